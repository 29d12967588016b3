"""The commonest small words of each language: enough to tell which one a few sentences are in."""

from __future__ import annotations

from sulku_kernel.language import Language

SMALL_WORDS: dict[Language, str] = {
    Language.FI: "ja on ei ole että hei joka jotka se tämä nyt sekä kun mutta myös niin olemme pyydämme pyydän voi "
    "voisitte terveisin ystävällisin kiitos meidän teidän varmenne varmenteen varmenteet sarjanumero "
    "avain syy sulkekaa sulkea sulkupyyntö hyvä hyvää päivää koska siitä tämän jonka ovat emme ennen "
    "jälkeen vielä enää heti kiireellinen organisaatio palvelin palvelimen puhelin asia liitteenä liite "
    "missä vaiheessa hakemus hakemuksemme kortti",
    Language.SV: "och är att det som för med på inte till av den en ett har om vi ni kan hej vänligen tack vår vårt "
    "våra ert er detta här hälsningar certifikat certifikatet serienummer nyckel nyckeln spärra spärras "
    "spärrning begäran bästa från men när också eftersom skulle vill ber bifogat bifogad god dag ansökan "
    "var kort mitt sedan nu eller",
    Language.EN: "the and is to of in for with that this please we our you your it has have been be are not on at dear "
    "hello hi regards thank thanks certificate certificates serial number key revoke revocation request "
    "from as by which was will would could attached following following because still i my was",
}
