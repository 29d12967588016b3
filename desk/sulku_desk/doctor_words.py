"""What the doctor says, in Finnish and Swedish: English → (Finnish, Swedish), with the same names of values.

Who is woken at night reads it in their own language; another's words within (an error of a library, of a server) stay
as they are.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sulku_kernel.language import Language
from sulku_kernel.saying import Code, Saying, Value, english, long
from sulku_templates.people_time import people_time
from sulku_templates.words import word

_COLUMN = {Language.FI: 0, Language.SV: 1}
_DAY = {Language.FI: "vrk", Language.SV: "dygn"}

_FOUNDATIONS = {
    "it answers, and a commit is on disk before it counts": (
        "vastaa, ja tallennettu on levyllä, ennen kuin se on voimassa",
        "svarar, och det som sparas finns på disken innan det gäller",
    ),
    "it does not answer": ("ei vastaa", "svarar inte"),
    "it does not answer ({error})": ("ei vastaa ({error})", "svarar inte ({error})"),
    "a commit may be lost in a crash": (
        "tallennettua voi kadota, jos kone kaatuu",
        "sparade uppgifter kan gå förlorade vid en krasch",
    ),
    "another program holds {file} locked: nothing can be written": (
        "toinen ohjelma pitää tiedostoa {file} lukittuna: mitään ei voi tallentaa",
        "ett annat program håller filen {file} låst: ingenting kan sparas",
    ),
    "Find out who has the file open (fuser), and end it; mails are answered with 451 meanwhile.": (
        "Selvitä, kuka pitää tiedostoa auki (fuser), ja lopeta se. Viesteihin vastataan koodilla 451.",
        "Ta reda på vem som har filen öppen (fuser) och avsluta det. Meddelanden besvaras med koden 451.",
    ),
    "there is no instance in {home}": ("hakemistossa {home} ei ole asennusta", "det finns ingen installation i {home}"),
    "Run: sulku init, or set SULKU_HOME.": (
        "Suorita: sulku init, tai aseta SULKU_HOME.",
        "Kör: sulku init, eller ange SULKU_HOME.",
    ),
    "Run: sulku init": ("Suorita: sulku init", "Kör: sulku init"),
    "Run: sulku migrate": ("Suorita: sulku migrate", "Kör: sulku migrate"),
    "Check that it runs and that SULKU_DATABASE_URL is right; mails are answered with 451 meanwhile.": (
        "Tarkista, että tietokanta on käynnissä ja SULKU_DATABASE_URL oikein. Viesteihin vastataan koodilla 451.",
        "Kontrollera att databasen är igång och SULKU_DATABASE_URL rätt. Meddelanden besvaras med koden 451.",
    ),
    "Find out what switched it off; restart the desk.": (
        "Selvitä, mikä kytki varmistuksen pois, ja käynnistä palvelu uudelleen.",
        "Ta reda på vad som stängde av skyddet och starta om tjänsten.",
    ),
    "both stores have this program's version": (
        "molemmat varastot ovat tämän ohjelman versiota",
        "båda lagren har detta programs version",
    ),
    "all keys are here and closed to others": (
        "kaikki avaimet ovat tallessa ja suojattu muilta",
        "alla nycklar finns och är skyddade för andra",
    ),
    "{file} is missing": ("{file} puuttuu", "{file} saknas"),
    "{file} is open to other users": (
        "{file} on muiden käyttäjien luettavissa",
        "{file} kan läsas av andra användare",
    ),
    "Restore the keys from the backup; never let new ones be made.": (
        "Palauta avaimet varmuuskopiosta; älä koskaan anna luoda uusia.",
        "Återställ nycklarna från säkerhetskopian; låt aldrig nya skapas.",
    ),
    "{place}: {free} MiB free of {total}": (
        "{place}: vapaana {free} MiB, yhteensä {total} MiB",
        "{place}: {free} MiB ledigt av {total} MiB",
    ),
    "Make room at once: mails are put off with 452 until there is.": (
        "Vapauta tilaa heti: siihen asti viestejä lykätään koodilla 452.",
        "Frigör utrymme genast: tills dess skjuts meddelanden upp med koden 452.",
    ),
    "Make room or a larger disk before it is full.": (
        "Vapauta tilaa tai hanki suurempi levy, ennen kuin se täyttyy.",
        "Frigör utrymme eller skaffa en större disk innan den blir full.",
    ),
    "this machine, the database and the last event agree": (
        "tämän koneen kello, tietokannan kello ja viimeinen tapahtuma ovat yhtäpitäviä",
        "den här maskinens klocka, databasens klocka och den senaste händelsen stämmer överens",
    ),
    "the last event is {ahead} in the future": (
        "viimeinen tapahtuma on {ahead} tulevaisuudessa",
        "den senaste händelsen ligger {ahead} i framtiden",
    ),
    "See who set the clock back; let NTP keep it. Deadlines run by it.": (
        "Selvitä, kuka siirsi kelloa taaksepäin, ja anna NTP:n pitää se ajassa. Määräajat kulkevat sen mukaan.",
        "Ta reda på vem som ställde tillbaka klockan och låt NTP sköta den. Tidsfristerna följer den.",
    ),
    "this machine is {apart} ahead of the database": (
        "tämän koneen kello on {apart} edellä tietokannan kelloa",
        "den här maskinens klocka går {apart} före databasens",
    ),
    "this machine is {apart} behind the database": (
        "tämän koneen kello on {apart} jäljessä tietokannan kellosta",
        "den här maskinens klocka går {apart} efter databasens",
    ),
    "Let NTP keep both clocks. Deadlines and leases run by this machine's.": (
        "Anna NTP:n pitää molemmat kellot ajassa. Määräajat ja varaukset kulkevat tämän koneen kellon mukaan.",
        "Låt NTP sköta båda klockorna. Tidsfrister och reservationer följer den här maskinens klocka.",
    ),
}

_SERVERS = {
    "no listener and no mailbox is set: no mail comes in": (
        "kuuntelijaa tai postilaatikkoa ei ole määritetty: viestejä ei tule sisään",
        "varken lyssnare eller brevlåda är angiven: inga meddelanden kommer in",
    ),
    "the disk failed to keep a mail; none is taken in since {since}": (
        "levy ei pystynyt tallentamaan viestiä; vastaanotto keskeytyi {since}",
        "disken kunde inte spara ett meddelande; mottagningen avbröts {since}",
    ),
    "Check the disk, then restart the role intake. Nothing is lost: senders try again for days.": (
        "Tarkista levy ja käynnistä rooli intake uudelleen. Mitään ei katoa: lähettäjät yrittävät usean päivän ajan.",
        "Kontrollera disken och starta om rollen intake. Inget går förlorat: avsändarna försöker i flera dagar.",
    ),
    "the disk failed to keep what was written; the desk stands still since {since}": (
        "levy ei pystynyt tallentamaan kirjoitettua; päivystysjärjestelmä on pysähdyksissä {since} alkaen",
        "disken kunde inte spara det som skrevs; jourens system står stilla sedan {since}",
    ),
    "Check the disk, then stop and start sulku serve: it verifies the database first.": (
        "Tarkista levy, pysäytä sulku serve ja käynnistä se uudelleen: se tarkistaa ensin tietokannan.",
        "Kontrollera disken, stoppa sulku serve och starta det på nytt: det kontrollerar först databasen.",
    ),
    "Set [smtp] or [imap].": ("Määritä [smtp] tai [imap].", "Ange [smtp] eller [imap]."),
    "{where} answers": ("{where} vastaa", "{where} svarar"),
    "{name} on port {port}": ("{name} portissa {port}", "{name} på port {port}"),
    "{host}, port {port}": ("{host}, portti {port}", "{host} på port {port}"),
    "{name}: {adapter} at {url}": ("{name}: {adapter}, osoite {url}", "{name}: {adapter}, adress {url}"),
    "its certificate does not hold ({error})": (
        "sen varmenne ei kelpaa ({error})",
        "dess certifikat godtas inte ({error})",
    ),
    "it says: {said}": ("vastaus on: {said}", "svaret är: {said}"),
    "it says nothing": ("vastausta ei tule", "inget svar kommer"),
    "trust for signatures": ("allekirjoitusten luottamusankkurit", "förtroendeankare för underskrifter"),
    "the key for encrypted mails": ("salattujen viestien avain", "nyckeln för krypterade meddelanden"),
    "no current revocation list of {name}: no signature under it counts": (
        "varmentajalta {name} ei ole voimassa olevaa sulkulistaa: sen alaisia allekirjoituksia ei oteta huomioon",
        "det finns ingen gällande spärrlista av {name}: underskrifter under den räknas inte",
    ),
    "See that sulku serve runs with the role intake; senders try again for days meanwhile.": (
        "Tarkista, että sulku serve on käynnissä roolissa intake. Lähettäjät yrittävät uudelleen usean päivän ajan.",
        "Kontrollera att sulku serve kör rollen intake. Avsändarna försöker på nytt i flera dagar.",
    ),
    "Check the mail server and [outgoing]. Pages go by it too: phone on-call until it is back.": (
        "Tarkista postipalvelin ja [outgoing]. Myös hälytykset kulkevat sitä kautta: soita päivystäjille siihen asti.",
        "Kontrollera e-postservern och [outgoing]. Även larm går den vägen: ring jouren tills den fungerar.",
    ),
    "Check the CA and [ca]. Orders wait and are repeated; for a compromise call the CA's own duty.": (
        "Tarkista varmentaja ja [ca]. Sulkumääräykset toistetaan. Jos avain on paljastunut, soita sen päivystykseen.",
        "Kontrollera utfärdaren och [ca]. Spärrningsorder upprepas. Om en nyckel har avslöjats, ring dess jour.",
    ),
    "Check the mail server and [imap]: password or token, port, TLS.": (
        "Tarkista postipalvelin ja [imap]: salasana tai tunniste, portti, TLS.",
        "Kontrollera e-postservern och [imap]: lösenord eller token, port, TLS.",
    ),
    "Check the resolver and [dns]. Until it answers no sender is authenticated by the desk itself.": (
        "Tarkista nimipalvelin ja [dns]. Ennen kuin se vastaa, palvelu ei tunnista yhtään lähettäjää itse.",
        "Kontrollera namnservern och [dns]. Innan den svarar autentiserar tjänsten ingen avsändare själv.",
    ),
    "Check [smime]: files, their rights, and fresh revocation lists in its folder.": (
        "Tarkista [smime]: tiedostot, niiden oikeudet ja tuoreet sulkulistat hakemistossa.",
        "Kontrollera [smime]: filerna, deras rättigheter och färska spärrlistor i mappen.",
    ),
}

_ROAD = {
    "{count} mails wait to be read": (
        "lukemista odottavia viestejä: {count}",
        "meddelanden som väntar på att läsas: {count}",
    ),
    "{count} mails wait unread, the oldest for {longest}": (
        "lukemattomia viestejä: {count}, vanhin on odottanut {longest}",
        "olästa meddelanden: {count}, det äldsta har väntat {longest}",
    ),
    "See that the role worker runs and what it logs; add workers when it keeps up.": (
        "Tarkista, että rooli worker on käynnissä, ja katso sen loki. Jos se ei ehdi, lisää työprosesseja.",
        "Kontrollera att rollen worker kör och se dess logg. Om den inte hinner med, lägg till arbetsprocesser.",
    ),
    "nothing is late and nothing was given up": (
        "mikään ei ole myöhässä eikä mistään ole luovuttu",
        "ingenting är försenat och ingenting har getts upp",
    ),
    "{count} of {kind} are due for {longest} and nobody has taken them": (
        "odottamassa: {kind}, {count} kpl, vanhin {longest}; mikään prosessi ei ole ottanut niitä",
        "väntar: {kind}, {count} st., den äldsta {longest}; ingen process har tagit hand om dem",
    ),
    "See that the role dispatcher runs and what it logs.": (
        "Tarkista, että rooli dispatcher on käynnissä, ja katso sen loki.",
        "Kontrollera att rollen dispatcher kör och se dess logg.",
    ),
    "{count} effects were given up within a day": (
        "toimenpiteitä, joista on luovuttu vuorokauden aikana: {count}",
        "åtgärder som har getts upp under ett dygn: {count}",
    ),
    "Look at their tickets: sulku ticket list, then what was paged about.": (
        "Katso niiden palvelupyynnöt: sulku ticket list, ja mistä hälytettiin.",
        "Se deras ärenden: sulku ticket list, och vad som larmades om.",
    ),
    "{count} orders are on their way to the CA": (
        "matkalla varmentajalle olevia sulkumääräyksiä: {count}",
        "spärrningsorder på väg till utfärdaren: {count}",
    ),
    "{count} orders wait for the CA, the oldest for {longest}": (
        "varmentajaa odottavia sulkumääräyksiä: {count}, vanhin on odottanut {longest}",
        "spärrningsorder som väntar på utfärdaren: {count}, den äldsta har väntat {longest}",
    ),
    "Check the CA; for a compromise call its own duty. Orders are repeated.": (
        "Tarkista varmentaja. Jos avain on paljastunut, soita sen päivystykseen. Sulkumääräykset toistetaan.",
        "Kontrollera utfärdaren. Om en nyckel har avslöjats, ring dess jour. Spärrningsorder upprepas.",
    ),
    "{count} revocations are about to be published": (
        "julkaisua odottavia sulkemisia: {count}",
        "spärrningar som snart publiceras: {count}",
    ),
    "{count} revocations are not published, the oldest for {longest}": (
        "julkaisemattomia sulkemisia: {count}, vanhin on odottanut {longest}",
        "opublicerade spärrningar: {count}, den äldsta har väntat {longest}",
    ),
    "Tell the CA that CRL or OCSP do not show what it has accepted.": (
        "Ilmoita varmentajalle, että sulkulista tai OCSP-palvelu ei näytä, mitä se on hyväksynyt.",
        "Meddela utfärdaren att spärrlistan eller OCSP-tjänsten inte visar vad den har godtagit.",
    ),
    "it has never run": ("ei ole koskaan käynnistynyt", "har aldrig körts"),
    "its last tick was {ago} ago": ("viime kerrasta on kulunut {ago}", "senaste körningen var för {ago} sedan"),
    "it ticks, in term {term}": ("toimii, kausi {term}", "fungerar, period {term}"),
    "See that the role scheduler runs somewhere: without it no deadline warns and no second step is paged.": (
        "Tarkista, että rooli scheduler on käynnissä: muuten määräajoista ei varoiteta eikä muita portaita hälytetä.",
        "Kontrollera att rollen scheduler kör: utan den varnas inte för tidsfrister och larmas inte nästa steg.",
    ),
}

_PUBLICATION = {
    "{count} addresses of issuers are looked at, and all are well": (
        "seurattavia varmentajien osoitteita: {count}, kaikki kunnossa",
        "utfärdaradresser som följs: {count}, alla i ordning",
    ),
    "Import the issuer's certificate: sulku register import.": (
        "Tuo varmentajan varmenne: sulku register import.",
        "Importera utfärdarens certifikat: sulku register import.",
    ),
    "Fetch it yourself from outside; tell the CA what you get.": (
        "Hae se itse ulkopuolelta ja kerro varmentajalle, mitä saat.",
        "Hämta den själv utifrån och berätta för utfärdaren vad du får.",
    ),
    "{issuer}: nobody has looked at {url} since {since}": (
        "{issuer}: osoitetta {url} ei ole tarkistettu {since} jälkeen",
        "{issuer}: {url} har inte kontrollerats sedan {since}",
    ),
    "{issuer}: the CRL at {url} ended {end}": (
        "{issuer}: sulkulistan {url} voimassaolo päättyi {end}",
        "{issuer}: spärrlistan {url} upphörde att gälla {end}",
    ),
    "{issuer}: the CRL at {url} ends {end}": (
        "{issuer}: sulkulistan {url} voimassaolo päättyy {end}",
        "{issuer}: spärrlistan {url} upphör att gälla {end}",
    ),
    "Have the CA publish a new list now: an expired one stops everybody who checks it.": (
        "Pyydä varmentajaa julkaisemaan uusi lista nyt: vanhentunut pysäyttää kaikki, jotka tarkistavat sen.",
        "Be utfärdaren publicera en ny lista nu: en utgången stoppar alla som kontrollerar den.",
    ),
    "{issuer}: the CRL at {url} is of {made}, older than it may be": (
        "{issuer}: sulkulista {url} on ajalta {made} eli vanhempi kuin se saa olla",
        "{issuer}: spärrlistan {url} är från {made}, alltså äldre än den får vara",
    ),
    "Have the CA publish: what was revoked since is not on it.": (
        "Pyydä varmentajaa julkaisemaan: sen jälkeen suljetut puuttuvat siltä.",
        "Be utfärdaren publicera: det som har spärrats sedan dess saknas på den.",
    ),
    "{issuer}: with all {count} certificates revoked the CRL takes {size} MB": (
        "{issuer}: jos kaikki {count} varmennetta suljettaisiin, sulkulistan koko olisi {size} Mt",
        "{issuer}: om alla {count} certifikat spärrades skulle spärrlistan ta {size} MB",
    ),
    "Have the CA partition its list before it must revoke many: nobody reads one so large.": (
        "Pyydä varmentajaa jakamaan lista osiin, ennen kuin suljettavia on paljon: niin suurta ei lue mikään.",
        "Be utfärdaren dela upp listan innan många måste spärras: ingenting läser en så stor lista.",
    ),
    "the CRLs hold what was ordered here, and nothing has gone": (
        "sulkulistoilla on, mitä täältä on määrätty, eikä mitään ole poistunut",
        "spärrlistorna innehåller det som har beordrats här, och ingenting har försvunnit",
    ),
    "the CRL of {issuer}: {count} certificates stand there and were not ordered here": (
        "varmentajan {issuer} sulkulistalla on varmenteita, joita täältä ei ole määrätty suljettaviksi: {count}",
        "på spärrlistan från {issuer} finns certifikat vars spärrning inte har beordrats härifrån: {count}",
    ),
    "the CRL of {issuer}: {count} certificates are gone and have not expired": (
        "varmentajan {issuer} sulkulistalta on poistunut suljettuja varmenteita ennen aikojaan: {count}",
        "på spärrlistan från {issuer} saknas spärrade certifikat som ännu inte har gått ut: {count}",
    ),
    "Ask the CA: `sulku ca crl` names them. If it does not know, its credentials are in other hands.": (
        "Kysy varmentajalta: `sulku ca crl` nimeää ne. Jos se ei tiedä, sen tunnukset ovat vieraissa käsissä.",
        "Fråga utfärdaren: `sulku ca crl` räknar upp dem. Om den inte vet är dess behörigheter i främmande händer.",
    ),
}

_PEOPLE_AND_PROOF = {
    "every step has somebody for the next 7 days": (
        "jokaisella portaalla on päivystäjä seuraavat 7 vuorokautta",
        "varje steg har en jourhavande de närmaste 7 dygnen",
    ),
    "the on-call policy cannot be used: {error}": (
        "päivystysohjetta ei voi käyttää: {error}",
        "jourpolicyn kan inte användas: {error}",
    ),
    "Correct the file; docs/administrator.md shows one.": (
        "Korjaa tiedosto; malli on sivulla docs/administrator.md.",
        "Rätta filen; en förlaga finns i docs/administrator.md.",
    ),
    "nobody is on call at step {step} now; the next step is paged instead": (
        "portaalla {step} ei ole nyt päivystäjää; seuraavaa porrasta hälytetään sen sijaan",
        "steg {step} har nu ingen jourhavande; nästa steg larmas i stället",
    ),
    "nobody is on call at step {step} from {since} on; the next step is paged instead": (
        "portaalla {step} ei ole päivystäjää {since} alkaen; seuraavaa porrasta hälytetään sen sijaan",
        "steg {step} har ingen jourhavande från och med {since}; nästa steg larmas i stället",
    ),
    "Fill the rota in the on-call policy.": (
        "Täydennä vuorolista päivystysohjeeseen.",
        "Fyll i turlistan i jourpolicyn.",
    ),
    "the end of the history is signed for in the second place": (
        "tapahtumahistorian loppu on allekirjoitettu ja tallessa toisessa paikassa",
        "historikens slut är undertecknat och finns på ett andra ställe",
    ),
    "{count} entries of the history are not signed for, and none ever was": (
        "allekirjoittamattomia historian merkintöjä: {count}; yhtään ei ole vielä allekirjoitettu",
        "osignerade poster i historiken: {count}; ingen har ännu signerats",
    ),
    "{count} entries of the history are not signed for; the last time was {ago} ago": (
        "allekirjoittamattomia historian merkintöjä: {count}; viimeksi allekirjoitettiin {ago} sitten",
        "osignerade poster i historiken: {count}; senast signerades för {ago} sedan",
    ),
    "See that the checkpoints' folder can be written and the scheduler runs.": (
        "Tarkista, että tarkistuspisteiden hakemistoon voi kirjoittaa ja että rooli scheduler on käynnissä.",
        "Kontrollera att mappen för kontrollpunkter är skrivbar och att rollen scheduler kör.",
    ),
    "{file} cannot be read ({error})": ("tiedostoa {file} ei voi lukea ({error})", "{file} kan inte läsas ({error})"),
    "our own certificate ends {day}, in {days} days": (
        "oman varmenteemme voimassaolo päättyy {day}; päiviä jäljellä: {days}",
        "vårt eget certifikat upphör att gälla {day}; dagar kvar: {days}",
    ),
    "Renew smtp.certificate and restart the role intake.": (
        "Uusi smtp.certificate ja käynnistä rooli intake uudelleen.",
        "Förnya smtp.certificate och starta om rollen intake.",
    ),
    "what {ca} has issued was last read {ago} ago": (
        "varmentajan {ca} myöntämien varmenteiden luettelo on luettu viimeksi {ago} sitten",
        "förteckningen över vad {ca} har utfärdat lästes senast för {ago} sedan",
    ),
    "Run `sulku register sync --ca {ca}`: it says why it cannot be read.": (
        "Suorita `sulku register sync --ca {ca}`: se kertoo, miksi luetteloa ei voi lukea.",
        "Kör `sulku register sync --ca {ca}`: det säger varför den inte kan läsas.",
    ),
    "no valid certificate is forgotten on a compromised key": (
        "yksikään voimassa oleva varmenne ei ole jäänyt paljastuneelle avaimelle",
        "inget giltigt certifikat har glömts kvar på en avslöjad nyckel",
    ),
    "{count} valid certificates have a compromised key, and no ticket is open about them": (
        "voimassa olevia varmenteita, joiden avain on paljastunut ja joista ei ole avointa palvelupyyntöä: {count}",
        "giltiga certifikat med avslöjad nyckel och utan öppet ärende: {count}",
    ),
    "Name them with `sulku keys sweep`; open a ticket and revoke them.": (
        "`sulku keys sweep` nimeää ne; avaa palvelupyyntö ja sulje varmenteet.",
        "`sulku keys sweep` räknar upp dem; öppna ett ärende och spärra dem.",
    ),
    "mass revocation need not be practised before {day}": (
        "joukkosulkemista ei tarvitse harjoitella ennen {day}",
        "masspärrning behöver inte övas före {day}",
    ),
    "a drill of a mass revocation is due by {day}": (
        "joukkosulkemista on harjoiteltava viimeistään {day}",
        "masspärrning ska övas senast {day}",
    ),
    "Practise one: sulku campaign new --drill (docs/campaigns.md).": (
        "Harjoittele: sulku campaign new --drill (docs/campaigns.md).",
        "Öva: sulku campaign new --drill (docs/campaigns.md).",
    ),
}

_SUMMARIES = {
    "well": ("kunnossa", "i ordning"),
    "soon": ("pian", "snart"),
    "UNWELL": ("EI KUNNOSSA", "INTE I ORDNING"),
    "part": ("osa", "del"),
    "what": ("tila", "läge"),
    "The desk is well.": ("Palvelu on kunnossa.", "Tjänsten är i ordning."),
    "The desk is well for now.": ("Palvelu on toistaiseksi kunnossa.", "Tjänsten är tills vidare i ordning."),
    "The desk is not well.": ("Palvelu ei ole kunnossa.", "Tjänsten är inte i ordning."),
}

TRANSLATED: dict[str, tuple[str, str]] = {
    **_FOUNDATIONS,
    **_SERVERS,
    **_ROAD,
    **_PUBLICATION,
    **_PEOPLE_AND_PROOF,
    **_SUMMARIES,
}


def in_language(saying: Saying, language: Language) -> str:
    """The sentence in a language; English where it has no other words."""
    if language is Language.EN:
        return str(saying)
    return saying.written(_translated(saying.english, language), lambda value: _shown(value, language))


def _translated(text: str, language: Language) -> str:
    return TRANSLATED[text][_COLUMN[language]] if text in TRANSLATED else text


def _shown(value: Value, language: Language) -> str:
    if isinstance(value, Saying):
        return in_language(value, language)
    if isinstance(value, Code):
        return word(value.kind, value.code, language)
    if isinstance(value, timedelta):
        return long(value, _DAY[language])
    if isinstance(value, datetime):
        return people_time(value, language)
    if isinstance(value, date):
        return f"{value.day}.{value.month}.{value.year}"
    return _translated(value, language) if isinstance(value, str) else english(value)
