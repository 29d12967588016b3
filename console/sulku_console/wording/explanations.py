"""Why the desk thinks what it thinks, in words: the closed lists of other parts, `kind:word` → (Finnish, Swedish).

The English sentences stand where the words are defined. A test holds both lists together.
"""

from __future__ import annotations

from collections.abc import Mapping

from sulku_console.wording.attached import ATTACHED_TRANSLATED
from sulku_console.wording.grounds import GROUNDS_TRANSLATED
from sulku_console.wording.list_warnings import WARNINGS_TRANSLATED
from sulku_console.wording.said import SAID, SAID_TRANSLATED
from sulku_kernel.language import Language
from sulku_mailbox.domain.defects import MEANINGS
from sulku_revocation.domain import explain_words
from sulku_revocation.domain.attached_file import BECAME, FILE_KINDS
from sulku_revocation.domain.decision_list import WARNINGS
from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.reason_wizard import GROUNDS
from sulku_revocation.domain.wording_rules import RULES as WORDING_RULES

_MEANING_OF_RULE = {rule.id: str(rule.meaning) for rule in WORDING_RULES}

ENGLISH: dict[str, Mapping[str, str]] = {
    "need": explain_words.NEEDS,
    "why": explain_words.WHY,
    "outcome": explain_words.OUTCOMES,
    "assurance": explain_words.ASSURANCES,
    "proof": explain_words.PROOFS,
    "refusal": explain_words.REFUSALS,
    "fact": explain_words.FACTS,
    "said": SAID,
    "warning": WARNINGS,
    "ground": {fact: ground.sentence for fact, ground in GROUNDS.items()},
    "policy": {rule.name: rule.sentence for rule in DEFAULT_POLICY.rules},
    "defect": {str(word): sentence for word, sentence in MEANINGS.items()},
    "file": FILE_KINDS,
    "became": BECAME,
}


def explain(kind: str, word: str, language: Language) -> tuple[str, bool]:
    """What a word means, and whether it could be said in that language (else it is English, or the bare word)."""
    if kind == "because":
        kind, word = ("said", _MEANING_OF_RULE[word]) if word in _MEANING_OF_RULE else ("fact", word)
    english = ENGLISH[kind].get(word, word)
    if language is Language.EN:
        return english, True
    translated = TRANSLATED.get(f"{kind}:{word}")
    if translated is None:
        return english, False
    return translated[0 if language is Language.FI else 1], True


TRANSLATED: dict[str, tuple[str, str]] = {
    **ATTACHED_TRANSLATED,
    **GROUNDS_TRANSLATED,
    **WARNINGS_TRANSLATED,
    **SAID_TRANSLATED,
    "need:certificate": (
        "Ei ole selvää, mitä varmennetta tarkoitetaan: ei mitään, useita, tai jokin nimetyistä on tuntematon.",
        "Det är oklart vilket certifikat som avses: inget, flera, eller något av de nämnda är okänt.",
    ),
    "need:reason": (
        "Pyynnössä ei ole syytä. Sen voi toteuttaa ilmankin; merkinnässä ei silloin ole syykoodia.",
        "Begäran anger ingen orsak. Den kan utföras ändå; posten får då ingen orsakskod.",
    ),
    "need:confirmation": (
        "Viesti peruu jotain, asettaa ehdon, on ristiriitainen tai tulee joltakulta, joka ei ole haltija.",
        "Meddelandet återtar något, ställer ett villkor, motsäger sig självt eller kommer inte från innehavaren.",
    ),
    "need:second_factor": (
        "Pyytäjää ei ole vielä tunnistettu riittävän hyvin: takaisinsoitto, tunnuslause tai toinen yhteyshenkilö.",
        "Den som begär är inte tillräckligt identifierad: återuppringning, lösenfras eller en annan kontakt.",
    ),
    "need:proof": (
        "Ulkopuolinen ilmoittaa vaarantumisesta ilman todistetta, jonka kone voisi tarkistaa.",
        "En utomstående rapporterar kompromettering utan bevis som en maskin kan verifiera.",
    ),
    "need:password": (
        "Liitteenä oleva paketti on salattu: salasana puuttuu.",
        "Ett bifogat arkiv är krypterat: lösenordet saknas.",
    ),
    "need:readable_mail": (
        "Osaa viestistä kone ei osaa lukea (salattu, skannattu, kuva, katkennut): ihminen katsoo.",
        "En del av meddelandet kan inte läsas maskinellt (krypterat, skannat, bild, avklippt): en människa tittar.",
    ),
    "need:legal": (
        "Viestissä mainitaan tuomioistuin, poliisi, asianajaja tai uhkaus: esimies näkee sen ennen vastaamista.",
        "En domstol, polisen, en advokat eller ett hot nämns: en chef ser det innan någon svarar.",
    ),
    "why:chosen_by_reply": (
        "Pyytäjä valitsi sen niistä, jotka järjestelmä oli luetellut.",
        "Den som begärde valde det bland dem som systemet hade räknat upp.",
    ),
    "why:spared": (
        "Viestin mukaan se on uusi, jää käyttöön, on poikkeus tai vain mainitaan. Näytetään, ei valita.",
        "Enligt meddelandet är det nytt, ska vara kvar, är undantaget eller nämns bara. Visas, väljs inte.",
    ),
    "why:held": (
        "Viesti on harjoitus, asettaa ehdon tai peruu pyyntönsä. Näytetään, ei valita.",
        "Meddelandet är en övning, ställer ett villkor eller tar tillbaka sin begäran. Visas, väljs inte.",
    ),
    "why:not_proven": (
        "Viesti todistaa toisen avaimen paljastuneen, eikä lähettäjä ole haltija. Näytetään, ei valita.",
        "Meddelandet bevisar att en annan nyckel har röjts, och avsändaren är inte innehavaren. Visas, väljs inte.",
    ),
    "fact:wanted_time": (
        "Sulkemista pyydetään tähän aikaan; pyyntö katsotaan silloin vastaanotetuksi (REV-6.2.4-05A).",
        "Spärrning önskas vid denna tid; begäran anses då mottagen (REV-6.2.4-05A).",
    ),
    "fact:several_wanted_times": (
        "Viestissä on useita sulkemisaikoja tai epätarkka aika: joku kysyy, milloin.",
        "Meddelandet anger flera tider för spärrningen eller ingen exakt tid: någon frågar när.",
    ),
    "fact:compromise_does_not_wait": (
        "Sulkemista toivotaan myöhemmäksi, mutta paljastunut avain ei odota.",
        "Spärrning önskas senare, men en avslöjad nyckel får inte vänta.",
    ),
    "why:serial": ("Sen sarjanumero on viestissä.", "Dess serienummer står i meddelandet."),
    "why:fingerprint": ("Sen tiiviste (SHA-1 tai SHA-256) on viestissä.", "Dess fingeravtryck står i meddelandet."),
    "why:certificate": ("Itse varmenne oli mukana.", "Själva certifikatet kom med."),
    "why:spki": (
        "Sen julkisen avaimen tiiviste, itse avain tai sillä tehty pyyntö oli mukana.",
        "Dess publika nyckels kondensat, själva nyckeln eller en begäran gjord med den kom med.",
    ),
    "why:common_name": ("Sen yleisnimi (CN) on viestissä.", "Dess allmänna namn (CN) står i meddelandet."),
    "why:oid": ("Sen organisaation OID-tunnus on viestissä.", "Dess organisations OID står i meddelandet."),
    "why:host_name": (
        "Viestissä on palvelinnimi, jolle se on annettu.",
        "Ett värdnamn som det gäller för står i meddelandet.",
    ),
    "why:business_id": ("Sen haltijan Y-tunnus on viestissä.", "Innehavarens FO-nummer står i meddelandet."),
    "why:organisation": ("Sen haltijan nimi on viestissä.", "Innehavarens namn står i meddelandet."),
    "why:near_serial": (
        "Viestissä on sarjanumero, joka poikkeaa tästä yhden näppäilyvirheen verran. Näytetään, ei valita.",
        "Ett serienummer i meddelandet avviker med ett skrivfel. Visas, väljs aldrig.",
    ),
    "why:near_host_name": (
        "Viestissä on palvelinnimi, joka poikkeaa sen nimestä yhden näppäilyvirheen verran. Näytetään, ei valita.",
        "Ett värdnamn i meddelandet avviker med ett skrivfel från dess. Visas, väljs aldrig.",
    ),
    "why:near_organisation": (
        "Viestissä on nimi, joka muistuttaa sen haltijan nimeä. Näytetään, ei valita.",
        "Ett namn i meddelandet liknar innehavarens. Visas, väljs aldrig.",
    ),
    "why:same_key": (
        "Sillä on sama avain kuin varmenteella, jonka avain on paljastunut.",
        "Det har samma nyckel som ett certifikat vars nyckel har avslöjats.",
    ),
    "why:expired": ("Sen voimassaolo on päättynyt.", "Dess giltighetstid har gått ut."),
    "why:revoked": ("Se on jo suljettu.", "Det är redan spärrat."),
    "outcome:matched": (
        "Jokainen tarkka viittaus osuu täsmälleen yhteen varmenteeseen.",
        "Varje exakt hänvisning träffar precis ett certifikat.",
    ),
    "outcome:ambiguous": (
        "Ehdokkaita on, ja ihmisen on valittava tai täydennettävä.",
        "Det finns kandidater, och en människa måste välja eller komplettera.",
    ),
    "outcome:unmatched": ("Viesti ei tarkoita mitään rekisterissä olevaa.", "Meddelandet avser ingenting i registret."),
    "assurance:L0": (
        "Lähettäjää ei tunneta, tai on auki, kuka kirjoitti.",
        "Avsändaren är okänd, eller det är oklart vem som skrev.",
    ),
    "assurance:L1": (
        "Lähettäjän osoite on rekisterissä; mikään ei osoita, ettei sitä ole väärennetty.",
        "Avsändaradressen finns i registret; inget visar att den inte är förfalskad.",
    ),
    "assurance:L2": ("Rekisterissä, ja DMARC hyväksyi osoitteen.", "Registrerad, och DMARC godkände adressen."),
    "assurance:L3": (
        "Osoite on rekisterissä, ja lisäksi toinen tekijä, jonka operaattori on kirjannut.",
        "Adressen finns i registret, och därtill en andra faktor som en operatör har antecknat.",
    ),
    "assurance:L4": (
        "Kelpaava allekirjoitus, asiointipalvelu tai varmenteen oma avain.",
        "Giltig underskrift, e-tjänsten eller certifikatets egen nyckel.",
    ),
    "proof:private_key": ("Itse yksityinen avain.", "Själva den privata nyckeln."),
    "proof:kca_request": (
        "Pyyntö, joka ilmoittaa vaarantumisesta (`kca=v1`).",
        "En begäran som anger komprometteringen (`kca=v1`).",
    ),
    "proof:proof_request": (
        "Pyyntö, jonka kohde ilmoittaa vaarantumisesta.",
        "En begäran vars ämne anger komprometteringen.",
    ),
    "proof:pock": ("Itse allekirjoitettu todistevarmenne.", "Ett självsignerat beviscertifikat."),
    "proof:pwnedkeys": ("Pwnedkeys-lausuma.", "Ett pwnedkeys-uttalande."),
    "proof:signed_nonce": ("Lauseemme avaimella allekirjoitettuna.", "Vår mening signerad med nyckeln."),
    "proof:acme": ("Avaimella allekirjoitettu ACME-sulkupyyntö.", "En ACME-spärrning signerad med nyckeln."),
    "proof:weak_key": ("Avain, jonka kuka tahansa voi laskea.", "En nyckel som vem som helst kan räkna ut."),
    "fact:automatic": ("Otsaketietojen mukaan sen kirjoitti kone.", "Huvudena säger att en maskin skrev det."),
    "fact:address_on_file": ("Lähettäjän osoite on rekisterissä.", "Avsändaradressen finns i registret."),
    "fact:domain_on_file": (
        "Lähettäjän verkkotunnus on tämän haltijan, mutta osoite ei ole kenenkään rekisterissä.",
        "Avsändarens domän är denna innehavares, men adressen finns inte i registret.",
    ),
    "fact:address_not_on_file": (
        "Lähettäjän osoitetta ei ole rekisterissä.",
        "Avsändaradressen finns inte i registret.",
    ),
    "fact:no_identity": ("Viestissä ei ole yksiselitteistä lähettäjää.", "Meddelandet har ingen entydig avsändare."),
    "fact:identity_doubtful": ("Poikkeama jättää auki, kuka kirjoitti.", "En avvikelse lämnar öppet vem som skrev."),
    "fact:dmarc_aligned": ("DMARC hyväksyi lähettäjän verkkotunnuksen.", "DMARC godkände avsändardomänen."),
    "fact:dmarc_failed": ("DMARC hylkäsi lähettäjän verkkotunnuksen.", "DMARC underkände avsändardomänen."),
    "fact:dkim_result": (
        "Palvelimen allekirjoitus (DKIM): tulos, allekirjoittaja ja miksi se ei kelpaa, jos ei kelpaa.",
        "En servers underskrift (DKIM): resultat, undertecknare och varför den inte duger, om den inte gör det.",
    ),
    "fact:spf_result": (
        "Saako toimittanut palvelin lähettää kirjekuoren verkkotunnuksen puolesta (SPF).",
        "Om den levererande servern får sända för kuvertets domän (SPF).",
    ),
    "fact:arc_result": (
        "Mitä matkan varrella olleet palvelimet ovat sinetöineet (ARC): tulos ja sinetöijät.",
        "Vad servrar på vägen har förseglat (ARC): resultat och vilka som förseglat.",
    ),
    "fact:smime_result": (
        "Viesti on allekirjoitettu (S/MIME): mitä allekirjoitus merkitsee ja varmenteen osoitteet.",
        "Meddelandet är undertecknat (S/MIME): vad underskriften är värd och adresserna i certifikatet.",
    ),
    "fact:smime_valid": (
        "Rekisterissä olevan henkilön kelpaava allekirjoitus (S/MIME).",
        "Giltig underskrift av en registrerad person (S/MIME).",
    ),
    "fact:certificate_key_signed": (
        "Allekirjoitettu saman haltijan voimassa olevan varmenteen avaimella.",
        "Undertecknat med nyckeln till ett giltigt certifikat hos samma innehavare.",
    ),
    "fact:signature_old": (
        "Allekirjoitus on yli viikon vanha tai ilman aikaa: vanha viesti on voitu lähettää uudelleen.",
        "Underskriften är över en vecka gammal eller saknar tid: ett gammalt meddelande kan ha sänts på nytt.",
    ),
    "fact:subject_not_signed": (
        "Varmenne nimetään vain otsikossa, jota mikään allekirjoitus ei kata.",
        "Ett certifikat nämns bara i ämnesraden, som ingen underskrift omfattar.",
    ),
    "fact:encrypted": (
        "Viesti on salattu avaimella, jota päivystyksellä ei ole.",
        "Meddelandet är krypterat med en nyckel som jouren inte har.",
    ),
    "fact:was_encrypted": (
        "Viesti tuli päivystykselle salattuna, ja se avattiin.",
        "Meddelandet kom krypterat till jouren och öppnades.",
    ),
    "fact:other_holder": (
        "Lähettäjä on toisen haltijan yhteyshenkilö.",
        "Avsändaren är kontakt för en annan innehavare.",
    ),
    "fact:private_key": (
        "Viestissä tai sen liitteessä on yksityinen avain.",
        "En privat nyckel står i meddelandet eller är bifogad.",
    ),
    "refusal:invalid_key": (
        "Avain ei ole ehyt: se on vaurioitunut tai väärennetty toisen julkisen avaimen ympärille.",
        "Nyckeln är inte hel: skadad eller förfalskad kring någon annans publika nyckel.",
    ),
    "refusal:bad_signature": (
        "Allekirjoitus ei ole tämän avaimen.",
        "Signaturen är inte den här nyckelns.",
    ),
    "refusal:weak_hash": (
        "Se on allekirjoitettu SHA-1:llä tai MD5:llä, ja siinä on tilaa törmäykselle.",
        "Det är signerat med SHA-1 eller MD5 och har plats för en kollision.",
    ),
    "refusal:no_statement": (
        "Siinä ei sanota, että avain on paljastunut.",
        "Det säger inte att nyckeln har avslöjats.",
    ),
    "refusal:key_too_large": (
        "Avain on yli 8 192 bittiä tai tiedosto suurempi kuin mikään avain tarvitsee.",
        "Nyckeln är över 8 192 bitar eller filen större än någon nyckel behöver.",
    ),
    "refusal:explicit_parameters": (
        "EC-avain, jolla on oma käyränsä.",
        "En EC-nyckel med en egen kurva.",
    ),
    "refusal:unsupported": (
        "Avaimen tai salauksen laji, jota palvelu ei osaa lukea.",
        "Ett slag av nyckel eller kryptering som inte kan läsas här.",
    ),
    "refusal:password_needed": (
        "Se on salattu, eikä mikään viestissä oleva salasana avaa sitä.",
        "Det är krypterat, och inget lösenord i meddelandet öppnar det.",
    ),
    "refusal:too_costly": (
        "Se on tehty kuluttamaan aikaa.",
        "Det är gjort för att slösa tid.",
    ),
    "refusal:unknown_key": (
        "Julkinen avain, jolla se olisi pitänyt allekirjoittaa, ei tullut mukana.",
        "Den publika nyckel som borde ha signerat följde inte med.",
    ),
    "refusal:other_address": (
        "Se on määräys toiselle varmentajalle.",
        "Det är en order till en annan certifikatutfärdare.",
    ),
    "refusal:other_ticket": (
        "Lause kuuluu toiseen palvelupyyntöön.",
        "Meningen hör till ett annat ärende.",
    ),
    "refusal:nonce_unknown": (
        "Lause ei ole meidän.",
        "Meningen är inte vår.",
    ),
    "refusal:nonce_expired": (
        "Lause pyydettiin yli 24 tuntia sitten.",
        "Meningen begärdes för över 24 timmar sedan.",
    ),
    "refusal:nonce_used": (
        "Lause on jo käytetty.",
        "Meningen har redan använts.",
    ),
    "refusal:control_only": (
        "Vain tunnus on allekirjoitettu: se kertoo, kenellä avain on, ei että se on paljastunut.",
        "Endast koden är signerad: det visar vem som har nyckeln, inte att den avslöjats.",
    ),
    "refusal:damaged": (
        "Sitä ei voi lukea.",
        "Det kan inte läsas.",
    ),
    "fact:proof_verified": (
        "Kone on todentanut, että tämä avain on paljastunut.",
        "En maskin har verifierat att den här nyckeln har avslöjats.",
    ),
    "fact:proof_refused": (
        "Näyttää todisteelta avaimen paljastumisesta mutta ei ole sellainen, tästä syystä.",
        "Ser ut som ett bevis på att nyckeln avslöjats men är det inte, av denna orsak.",
    ),
    "fact:unclear_reference": (
        "Tämä viittaus ei osu mihinkään, osuu useaan tai on ristiriidassa muiden kanssa.",
        "Den här hänvisningen träffar inget, flera, eller motsäger de andra.",
    ),
    "fact:other_letters": (
        "Numerossa on toisen aakkoston kirjaimia. Se haetaan näkönsä mukaan mutta ei valitse mitään: ihminen vertaa.",
        "Numret har bokstäver ur ett annat alfabet. Det söks efter sitt utseende men väljer inget: en människa jämför.",
    ),
    "fact:unreadable": ("Tätä osaa kone ei osaa lukea.", "Den här delen kan inte läsas maskinellt."),
    "fact:other_format": (
        "Tällaista tiedostoa (vanha Word, RAR ja muita) kone ei avaa: ihminen avaa varovasti tai pyytää muun muodon.",
        "En sådan fil (gammal Word, RAR och andra) öppnas inte maskinellt: en människa öppnar den försiktigt.",
    ),
    "fact:own_address": ("Viesti tulee omasta osoitteestamme.", "Meddelandet kommer från en av våra egna adresser."),
    "policy:proven_compromise": (
        "Kone on tarkistanut, että yksityinen avain on vaarantunut: se suljetaan, lähettipä todisteen kuka tahansa.",
        "En maskin har verifierat att den privata nyckeln är komprometterad: det spärras, vem som än skickade beviset.",
    ),
    "policy:compromise_asserted_by_holder": (
        "Haltija sanoo avaimen vaarantuneen rekisteröidystä osoitteesta: suljetaan heti, takaisinsoitto samalla.",
        "Innehavaren säger från en registrerad adress att nyckeln läckt: spärras genast, återuppringning samtidigt.",
    ),
    "policy:unconfirmed_after_20_hours": (
        "Pyyntöä ei ole voitu vahvistaa 20 tunnissa: esimies päättää kirjallisesti perustellen; yritykset on kirjattu.",
        "Begäran kunde inte bekräftas på 20 timmar: en chef beslutar med skriftlig motivering; försöken är antecknade.",
    ),
    "policy:confirmed_holder": (
        "Haltijan pyyntö on vahvistettu toisella tekijällä (L3), ja toinen henkilö hyväksyy sen.",
        "Innehavarens begäran är bekräftad med en andra faktor (L3), och en annan person godkänner.",
    ),
    "policy:own_ground": (
        "Varmentajan oma peruste: esimies päättää, havainnot on kirjattu, ja toinen henkilö hyväksyy.",
        "Utfärdarens egen grund: en chef beslutar, det som upptäckts är antecknat, och en annan person godkänner.",
    ),
    "policy:confirmed_by_holder": (
        "Pyytäjä ei ole haltija: haltija suostui rekisterin numerosta tai tunnuslauseella, ja toinen hyväksyy.",
        "Den som begär är inte innehavaren: hen samtyckte på registrerat nummer eller lösenfras, en annan godkänner.",
    ),
    "defect:unreadable": (
        "Viestiä ei voitu lukea; vain muutama otsake poimittiin.",
        "Meddelandet kunde inte läsas; bara några fält plockades ut.",
    ),
    "defect:time_limit": ("Lukeminen kesti yli rajan.", "Läsningen tog längre än gränsen."),
    "defect:memory_limit": ("Lukeminen vaati muistia yli rajan.", "Läsningen krävde mer minne än gränsen."),
    "defect:size_limit": ("Se on suurempi kuin lukija hyväksyy.", "Det är större än läsaren godtar."),
    "defect:reader_lost": (
        "Eristetty lukija päättyi kesken tämän viestin.",
        "Den isolerade läsaren avslutades under läsningen.",
    ),
    "defect:reader_fault": ("Lukija itse epäonnistui tässä viestissä.", "Läsaren själv misslyckades med meddelandet."),
    "defect:nul": ("Siinä on NUL-tavuja.", "Det innehåller NUL-oktetter."),
    "defect:bare_newline": (
        "Siinä on sekaisin erilaisia rivinvaihtoja, kuten salakuljetetuissa viesteissä.",
        "Det blandar radslut, så som insmugglade meddelanden gör.",
    ),
    "defect:no_header": ("Siinä ei ole yhtään otsaketta.", "Det har inget huvudfält alls."),
    "defect:header_limit": (
        "Otsake on rajaa suurempi; loput jätettiin pois.",
        "Ett huvud är större än gränsen; resten utelämnades.",
    ),
    "defect:header_broken": ("Otsakeosa päättyy rikkinäiseen riviin.", "Huvudet slutar med en trasig rad."),
    "defect:repeated_header": (
        "Kenttä, joka saa esiintyä kerran, on monta kertaa.",
        "Ett fält som får stå en gång står flera gånger.",
    ),
    "defect:encoded_words_limit": ("Kentässä on liian monta koodattua sanaa.", "Ett fält har för många kodade ord."),
    "defect:parameter_limit": ("Kentässä on liian monta parametria.", "Ett fält har för många parametrar."),
    "defect:date_broken": ("Päiväyskenttä ei ole päiväys.", "Datumfältet är inget datum."),
    "defect:from_missing": (
        "Lähettäjäkenttä puuttuu tai siinä ei ole osoitetta.",
        "Avsändarfältet saknas eller har ingen adress.",
    ),
    "defect:from_several": (
        "Lähettäjiä tai lähettäjäkenttiä on useita.",
        "Det finns flera avsändare eller avsändarfält.",
    ),
    "defect:from_ambiguous": ("Lähettäjän voi lukea kahdella tavalla.", "Avsändaren kan läsas på två sätt."),
    "defect:address_broken": (
        "Osoitekentässä on jotain, mikä ei ole osoite.",
        "Något i ett adressfält är ingen adress.",
    ),
    "defect:address_limit": (
        "Kentässä on liian monta osoitetta; loput jätettiin pois.",
        "Ett fält har för många adresser; resten utelämnades.",
    ),
    "defect:nesting": ("Osat ovat liian monta kerrosta sisäkkäin.", "Delarna är nästlade djupare än gränsen."),
    "defect:parts_limit": (
        "Osia on yli rajan; loput jätettiin pois.",
        "Det har fler delar än gränsen; resten utelämnades.",
    ),
    "defect:boundary_missing": (
        "Moniosaisesta viestistä puuttuu raja; se luettiin tekstinä.",
        "En flerdelad post saknar gräns; den lästes som text.",
    ),
    "defect:boundary_not_closed": (
        "Viimeinen osa ei pääty: viesti voi olla katkennut.",
        "Den sista delen är inte avslutad: det kan vara avklippt.",
    ),
    "defect:transfer_encoding": (
        "Osan siirtokoodaus on rikki tai tuntematon.",
        "En dels överföringskodning är trasig eller okänd.",
    ),
    "defect:charset_unknown": (
        "Merkistö on tuntematon; toinen arvattiin.",
        "En teckenuppsättning är okänd; en annan gissades.",
    ),
    "defect:charset_wrong": (
        "Teksti ei sovi ilmoitettuun merkistöön; toinen arvattiin.",
        "Texten passar inte den angivna teckenuppsättningen; en annan gissades.",
    ),
    "defect:text_limit": (
        "Teksti on rajaa pidempi; loput jätettiin pois.",
        "En text är längre än gränsen; resten utelämnades.",
    ),
    "defect:direction_override": (
        "Tekstissä oli lukusuunnan kääntäviä merkkejä; ne poistettiin.",
        "Texten hade tecken som vänder läsriktningen; de togs bort.",
    ),
    "defect:alternatives_differ": (
        "Teksti- ja HTML-versio sanovat eri asioita; molemmat näytetään.",
        "Text- och HTML-versionen säger olika saker; båda visas.",
    ),
    "defect:authentication_conflict": (
        "Luotetut tunnistustulokset ovat ristiriidassa; mitään ei käytetä.",
        "Betrodda autentiseringsresultat motsäger varandra; inget används.",
    ),
}
