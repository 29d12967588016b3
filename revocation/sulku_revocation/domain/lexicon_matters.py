"""Words of the other matters that people write about: cards, applications, days, courts, threats, advertisements.

Stems as in `lexicon.py`.
"""

from __future__ import annotations

from sulku_kernel.language import Language

FI, SV, EN = Language.FI, Language.SV, Language.EN

MATTERS: dict[str, dict[Language, str]] = {
    "card": {
        FI: "=kortti =kortin =korttia =korttini korttimme kortilla *kortti *kortin toimikort ammattikort",
        SV: "=kort =kortet =kortets yrkeskort personalkort *kortet",
        EN: "=card =cards smartcard smart-card",
    },
    "lost": {
        FI: "kado katos kadok hukas hukku varast anaste löydä hävi menete menett kateis",
        SV: "tapp borttapp =borta förlor försv stul =saknas",
        EN: "lost stolen missing lose",
    },
    "pin": {FI: "=pin pin-koodi =puk lukkiu lukit", SV: "=pin pin-kod =puk låst", EN: "=pin =puk locked"},
    "application": {
        FI: "hakemu varmennehake *hakemu tilauks tilauk varmennetilau =tilaus",
        SV: "ansök *ansök beställ",
        EN: "application applied =apply =order ordered enrol",
    },
    "csr": {FI: "=csr csr varmennepyy", SV: "=csr csr certifikatbegär", EN: "=csr csr signing-request"},
    "status": {
        FI: "vaihe tila tilan missä edenny etene käsittely vireill myönnet",
        SV: "status skede läge behandl framskr",
        EN: "status stage progress pending processed",
    },
    "day": {
        FI: "*kuuta *kuun *kuussa maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai huomenna "
        "ylihuomenna =tänään =ajankohta =toteutusaika",
        SV: "januari februari mars april =maj juni juli augusti september oktober november december måndag tisdag "
        "onsdag torsdag fredag lördag söndag =jan =feb =apr =jun =jul =aug =sep =sept =okt =nov =dec =morgon =imorgon "
        "=övermorgon =idag =dag =tidpunkt",
        EN: "january february march =may june july august october monday tuesday wednesday thursday friday saturday "
        "sunday =mar =oct =tomorrow =today",
    },
    # What a time that is no moment is said with: «viikolla 50», «kuun lopussa», «om två veckor».
    "loose_time": {
        FI: "=viikolla =viikon =viikonloppuna =kuun =kuussa =kuukauden =vuoden =vuonna =päivän =yönä =vuodenvaihteessa "
        "=kuunvaihteessa =loppuviikosta =alkuviikosta =tunnin =minuutin =iltana =illalla =keskiyöllä =iltapäivällä "
        "=huomisaamuna =jälkeen =klo =kello",
        SV: "=vecka =veckor =dagar =månad =månader =nästa =helg =slutet =början =årsskiftet =månadsskiftet =v "
        "=ikväll =inatt =kväll =natt =timme =timmar =nyår =jul =påsk =midsommar =kl =klockan",
        EN: "=week =weeks =weekend =month =months =year =days =tonight =hour =hours =christmas =easter =holidays",
    },
    # What a supervisor sees first: courts, police, lawyers, threats; and mere abuse.
    "court": {
        FI: "käräjäoik hovioik hallinto-oik tuomioist syyttäj takavarik asianaj oikeustoim kanteen haasteh juristi",
        SV: "domstol tingsrätt åklagar beslag advokat stämningsansök rättslig =jurist",
        EN: "court subpoena injunction prosecutor seizure lawyer attorney solicitor lawsuit litigation legal-action",
    },
    "police": {FI: "poliis keskusrikos esitutki", SV: "polis förundersök", EN: "police law-enforcement"},
    "authority_order": {
        FI: "määräy määrää velvoit päätö pyyntö pyytä vaadi vaati tutkinnanjoht",
        SV: "beslut order begär begäran kräver förelägg åläg",
        EN: "order orders warrant demand require request instruct",
    },
    "threat": {
        FI: "uhkaus uhkail kiristän kiristäm =vuodan =tapan pommi =kostan vahingonkorvau",
        SV: "=hotar =hotet bomb hämnas skadestånd",
        EN: "threaten extort =ransom bomb revenge =sue =damages",
    },
    # «Revoke it or I will publish …», «tai julkaisemme», «annars»: a demand with an "or else".
    "or_else": {FI: "=tai =muuten =muutoin", SV: "=annars =eller", EN: "=or =otherwise"},
    "reprisal": {
        FI: "=julkaisen =julkaisemme =haastan =haastamme rikosilmoitu",
        SV: "=publicerar =anmäler =polisanmäler =stämmer",
        EN: "=publish =expose =regret =sue",
    },
    # The small print under a mail, in which lawyers stand and threaten nobody.
    "small_print": {
        FI: "luottamuksell salassapi vastaanottaj",
        SV: "konfidentiell sekretess mottagar",
        EN: "confidential privileg recipient disclaimer",
    },
    "abuse": {
        FI: "vittu perkel saatan idioot paskat",
        SV: "jävla idiot jävlar helvete",
        EN: "fuck fucking idiot bastard moron",
    },
    # The words of the matter in languages that nobody at the desk need read.
    "foreign": {
        FI: "",
        SV: "",
        EN: "widerruf widerrufen =sperren =sperrung zertifikat schlüssel seriennummer révoqu =clé =clef "
        "revocar =clave tühista võti tilbagekald sperre sertifikat nøkkel nøgle отозв отзыв сертификат ключ "
        "відклик revocare chiave unieważni certyfikat klucz intrekk sleutel",
    },
    "spam": {
        FI: "kasino lainatarjou",
        SV: "kasino",
        EN: "viagra casino backlink seo bitcoin lottery unsubscribe =crypto cialis",
    },
}
