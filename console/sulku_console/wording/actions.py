"""What people can do, what is asked of them, and what is said when it did or did not work."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "Acknowledge the page": ("Kuittaa hälytys", "Kvittera larmet"),
    "Take the ticket": ("Ota tiketti", "Ta ärendet"),
    "Search": ("Hae", "Sök"),
    "Search by serial number, fingerprint, host name, organisation, OID or Business ID": (
        "Hae sarjanumerolla, tiivisteellä, palvelinnimellä, organisaatiolla, OID:llä tai Y-tunnuksella",
        "Sök med serienummer, fingeravtryck, värdnamn, organisation, OID eller FO-nummer",
    ),
    "Correct the list": ("Korjaa luetteloa", "Rätta listan"),
    "Put on the list": ("Lisää luetteloon", "Lägg till på listan"),
    "Take off the list": ("Poista luettelosta", "Ta bort från listan"),
    "Why": ("Miksi", "Varför"),
    # Evidence
    "Record evidence": ("Kirjaa varmistus", "Anteckna bekräftelse"),
    "How": ("Miten", "Hur"),
    "What came of it": ("Mitä siitä seurasi", "Vad det ledde till"),
    "Confirmed: they want this revocation": (
        "Vahvistettu: he haluavat tämän sulkemisen",
        "Bekräftat: de vill ha den här spärrningen",
    ),
    "Not confirmed: nobody reached, or they did not": (
        "Ei vahvistettu: ketään ei tavoitettu, tai pyyntö ei ollut heidän",
        "Inte bekräftat: ingen nåddes, eller begäran var inte deras",
    ),
    "Who was reached, at which number, what they said": (
        "Kuka tavoitettiin, mistä numerosta, mitä hän sanoi",
        "Vem som nåddes, på vilket nummer, vad personen sade",
    ),
    # Deciding
    "What was established": ("Mitä on todettu", "Vad som har konstaterats"),
    "The reason follows: of several the gravest, and the shortest time.": (
        "Syy seuraa tästä: useasta vakavin ja lyhin aika.",
        "Orsaken följer av detta: av flera den allvarligaste, och den kortaste tiden.",
    ),
    "What the CA has found itself": ("Mitä varmentaja on itse todennut", "Vad utfärdaren själv har konstaterat"),
    "{n} hours": ("{n} tuntia", "{n} timmar"),
    "What stops working:": ("Mikä lakkaa toimimasta:", "Vad som slutar fungera:"),
    "test only": ("vain testi", "endast test"),
    "Replaced by": ("Korvaava varmenne:", "Ersätts av"),
    "No replacement is on file.": ("Korvaavaa varmennetta ei ole rekisterissä.", "Inget ersättande certifikat finns."),
    "Other valid certificates of the holder: {n}.": (
        "Haltijan muita voimassa olevia varmenteita: {n}.",
        "Innehavarens övriga giltiga certifikat: {n}.",
    ),
    "asked for:": ("pyydetty:", "begärt:"),
    # Legal holds and changed reasons
    "Holds and changes of the reason": ("Sulkemiskiellot ja syyn muutokset", "Spärrningsförbud och ändrade orsaker"),
    "A court or another authority forbids it": (
        "Tuomioistuin tai muu viranomainen kieltää sulkemisen",
        "En domstol eller annan myndighet förbjuder spärrningen",
    ),
    "Authority": ("Viranomainen", "Myndighet"),
    "Reference": ("Asianumero", "Ärendenummer"),
    "Until (Helsinki time)": ("Mihin asti (Helsingin aikaa)", "Till när (Helsingforstid)"),
    "Hold it": ("Kirjaa kielto", "Anteckna förbudet"),
    "Lift the hold": ("Pura kielto", "Häv förbudet"),
    "Held: nothing is revoked while it lasts.": (
        "Kielto on kirjattu: mitään ei suljeta sen voimassa ollessa.",
        "Förbudet är antecknat: inget spärras så länge det gäller.",
    ),
    "The hold is lifted.": ("Kielto on purettu.", "Förbudet är hävt."),
    "Its key is compromised: change the published reason": (
        "Avain on paljastunut: muuta julkaistu syy",
        "Nyckeln har avslöjats: ändra den publicerade orsaken",
    ),
    "Change of the reason": ("Syyn muutos", "Ändring av orsaken"),
    "Change the reason to key compromise": ("Muuta syyksi avaimen paljastuminen", "Ändra orsaken till avslöjad nyckel"),
    "it is open until when it is held": ("päättymisaika puuttuu", "sluttiden saknas"),
    "Copy the end from the order.": ("Kopioi päättymisaika määräyksestä.", "Kopiera sluttiden ur beslutet."),
    "Decide": ("Päätä", "Besluta"),
    "Decide again": ("Päätä uudelleen", "Besluta på nytt"),
    "Decide to revoke": ("Päätä sulkea", "Besluta att spärra"),
    "What the policy asks": ("Mitä käytäntö vaatii", "Vad policyn kräver"),
    "Record evidence first, under “Who is asking”. A holder's word that the key has leaked asks for less.": (
        "Kirjaa ensin varmistus kohtaan ”Kuka pyytää”. Haltijan oma ilmoitus avaimen vuotamisesta vaatii vähemmän.",
        "Anteckna först en bekräftelse under ”Vem som begär”. Innehavarens ord om att nyckeln har läckt kräver mindre.",
    ),
    "The requester's assurance is {have}; {need} is required.": (
        "Pyytäjän varmuustaso on {have}; vaaditaan {need}.",
        "Säkerhetsnivån för den som begär är {have}; {need} krävs.",
    ),
    "No evidence is recorded on the ticket yet.": (
        "Tiketille ei ole vielä kirjattu varmistusta.",
        "Ingen bekräftelse är ännu antecknad på ärendet.",
    ),
    "The holder has not agreed by call-back or passphrase, or the list has several holders' certificates.": (
        "Haltija ei ole suostunut takaisinsoitolla tai tunnuslauseella, tai luettelossa on usean haltijan varmenteita.",
        "Innehavaren har inte samtyckt (återuppringning, lösenfras), eller listan har flera innehavares certifikat.",
    ),
    "Everything it asks for is there.": ("Kaikki vaadittu on kunnossa.", "Allt som krävs finns."),
    "Since when the key is compromised, if it is known (Helsinki time)": (
        "Milloin avain paljastui, jos se tiedetään (Helsingin aikaa)",
        "När nyckeln avslöjades, om det är känt (Helsingforstid)",
    ),
    "When to revoke (Helsinki time); leave it empty for at once": (
        "Milloin suljetaan (Helsingin aikaa); jätä tyhjäksi, jos heti",
        "När det spärras (Helsingforstid); lämna tomt om det ska ske genast",
    ),
    "A time that the requester asked for stands here already. A compromised key never waits.": (
        "Pyytäjän toivoma aika on tässä valmiina. Paljastunut avain ei koskaan odota.",
        "En tid som begärdes står redan här. En avslöjad nyckel får aldrig vänta.",
    ),
    "Choose a certificate by typing the last 8 characters of its serial number. Compare it with the request.": (
        "Valitse varmenne kirjoittamalla sen sarjanumeron 8 viimeistä merkkiä. Vertaa pyyntöön.",
        "Välj ett certifikat genom att skriva de 8 sista tecknen i dess serienummer. Jämför med begäran.",
    ),
    "Compare each serial number with the request. Then type its last 8 characters.": (
        "Vertaa jokaista sarjanumeroa pyyntöön. Kirjoita sitten sen 8 viimeistä merkkiä.",
        "Jämför varje serienummer med begäran. Skriv sedan dess 8 sista tecken.",
    ),
    "Type how many certificates these are, after looking at them": (
        "Kirjoita varmenteiden lukumäärä, kun olet katsonut ne",
        "Skriv hur många certifikat det är, när du har tittat på dem",
    ),
    "Because": ("Perustelu", "Motivering"),
    "the compromise of this key is proven: to let it go takes the role supervisor": (
        "Avaimen paljastuminen on todistettu: vain esimies voi jättää varmenteen sulkematta.",
        "Det är bevisat att nyckeln har avslöjats: bara en chef kan låta certifikatet vara.",
    ),
    "Decide to revoke, or ask a supervisor.": (
        "Päätä sulkemisesta tai pyydä esimiestä.",
        "Besluta om spärrning eller be en chef.",
    ),
    "Operators and supervisors decide.": ("Operaattorit ja esimiehet päättävät.", "Operatörer och chefer beslutar."),
    "Reject the request": ("Hylkää pyyntö", "Avslå begäran"),
    "The requester takes it back": ("Pyytäjä peruu pyyntönsä", "Den som begärde tar tillbaka"),
    "Withdraw it": ("Peru pyyntö", "Återta begäran"),
    "It is approved, and the CA has not carried it out: it can still be withdrawn.": (
        "Pyyntö on hyväksytty, eikä varmentaja ole vielä toteuttanut sitä: sen voi yhä perua.",
        "Begäran är godkänd och utfärdaren har inte verkställt den: den kan ännu återtas.",
    ),
    "Nothing is revoked. The requester reads your reason; write it in their language:": (
        "Mitään ei suljeta. Pyytäjä lukee perustelusi; kirjoita se hänen kielellään:",
        "Ingenting spärras. Den som begärde läser din motivering; skriv på dennes språk:",
    ),
    # Approving
    "Approve": ("Hyväksy", "Godkänn"),
    "Approve and revoke": ("Hyväksy ja sulje", "Godkänn och spärra"),
    "This certificate will be revoked. It cannot be undone.": (
        "Tämä varmenne suljetaan. Sitä ei voi perua.",
        "Det här certifikatet spärras. Det kan inte ångras.",
    ),
    "These {n} certificates will be revoked. It cannot be undone.": (
        "Nämä {n} varmennetta suljetaan. Sitä ei voi perua.",
        "Dessa {n} certifikat spärras. Det kan inte ångras.",
    ),
    "You decided this yourself. Another person must approve it.": (
        "Päätit tämän itse. Toisen henkilön on hyväksyttävä se.",
        "Du har själv beslutat detta. En annan person måste godkänna det.",
    ),
    "It waits for somebody with the role of an approver.": (
        "Se odottaa henkilöä, jolla on hyväksyjän rooli.",
        "Det väntar på någon med rollen godkännare.",
    ),
    "Nobody else can be reached: break glass": (
        "Ketään muuta ei tavoiteta: hätämenettely",
        "Ingen annan kan nås: nödförfarande",
    ),
    "On-call and the duty manager are told at once, and the case is reviewed on the next working day.": (
        "Päivystys ja vastuupäällikkö saavat heti tiedon, ja tapaus käydään läpi seuraavana arkipäivänä.",
        "Jouren och den ansvariga chefen får veta det genast, och fallet granskas nästa arbetsdag.",
    ),
    "Why nobody else could be reached": ("Miksi ketään muuta ei tavoitettu", "Varför ingen annan kunde nås"),
    "Break glass and revoke": ("Käytä hätämenettelyä ja sulje", "Använd nödförfarandet och spärra"),
    # Writing
    "Reply": ("Vastaa", "Svara"),
    "Send the reply": ("Lähetä vastaus", "Skicka svaret"),
    "To (empty: the requester)": ("Vastaanottaja (tyhjä: pyytäjä)", "Till (tomt: den som begärde)"),
    "Write in the customer's language:": ("Kirjoita asiakkaan kielellä:", "Skriv på kundens språk:"),
    "Greeting and signature are added.": (
        "Tervehdys ja allekirjoitus lisätään.",
        "Hälsning och underskrift läggs till.",
    ),
    "This is the preliminary report that is due within 24 hours": (
        "Tämä on alustava selvitys, joka on annettava 24 tunnissa",
        "Det här är den preliminära rapporten som ska ges inom 24 timmar",
    ),
    "It asks something: the ticket waits for the answer": (
        "Siinä kysytään jotain: tiketti jää odottamaan vastausta",
        "Den frågar något: ärendet väntar på svaret",
    ),
    "Write a note": ("Kirjoita muistiinpano", "Skriv en anteckning"),
    "Keep the note": ("Tallenna muistiinpano", "Spara anteckningen"),
    "Close the ticket": ("Merkitse tiketti päätetyksi", "Avsluta ärendet"),
    "Why it can be closed": ("Miksi asia on valmis", "Varför det kan avslutas"),
    "Why it is opened again": ("Miksi se avataan uudelleen", "Varför det öppnas på nytt"),
    # Said afterwards
    "The page is acknowledged.": ("Hälytys on kuitattu.", "Larmet är kvitterat."),
    "The ticket is yours.": ("Tiketti on sinun.", "Ärendet är ditt."),
    "The note is kept.": ("Muistiinpano on tallennettu.", "Anteckningen är sparad."),
    "The reply is on its way.": ("Vastaus on lähdössä.", "Svaret är på väg."),
    "The evidence is recorded.": ("Varmistus on kirjattu.", "Bekräftelsen är antecknad."),
    "The list is corrected.": ("Luettelo on korjattu.", "Listan är rättad."),
    "Decided. Now another person approves.": (
        "Päätetty. Nyt toinen henkilö hyväksyy.",
        "Beslutat. Nu godkänner en annan person.",
    ),
    "Approved. The order goes to the CA now.": (
        "Hyväksytty. Määräys lähtee nyt varmentajalle.",
        "Godkänt. Ordern går nu till certifikatutfärdaren.",
    ),
    "Rejected; the requester is told.": ("Hylätty; pyytäjälle kerrotaan.", "Avslagen; den som begärde får besked."),
    "Withdrawn; the requester is told.": ("Peruttu; pyytäjälle kerrotaan.", "Återtagen; den som begärde får besked."),
    "The ticket is closed.": ("Tiketti on päätetty.", "Ärendet är avslutat."),
    "The ticket is open again.": ("Tiketti on taas auki.", "Ärendet är öppet igen."),
    # What a person should do next
    "This ticket is closed.": ("Tiketti on päätetty.", "Ärendet är avslutat."),
    "On-call is being paged: acknowledge, so that the others may sleep.": (
        "Päivystäjiä hälytetään: kuittaa, niin muut saavat nukkua.",
        "Jouren larmas: kvittera, så att de andra får sova.",
    ),
    "It is decided. Another person looks at the list and approves it.": (
        "Päätös on tehty. Toinen henkilö katsoo luettelon ja hyväksyy sen.",
        "Det är beslutat. En annan person granskar listan och godkänner den.",
    ),
    "The CA refused an order. Read why, and call the CA.": (
        "Varmentaja kieltäytyi määräyksestä. Lue miksi ja soita varmentajalle.",
        "Certifikatutfärdaren vägrade en order. Läs varför och ring utfärdaren.",
    ),
    "A mail of ours came back: call a contact on file, and note what came of it.": (
        "Viestimme palautui: soita tiedossa olevalle yhteyshenkilölle ja kirjaa, mitä selvisi.",
        "Ett meddelande från oss kom tillbaka: ring en registrerad kontakt och anteckna vad som framkom.",
    ),
    "Did not arrive:": ("Ei mennyt perille:", "Kom inte fram:"),
    "Sent instead to:": ("Lähetetty sen sijaan:", "Skickat i stället till:"),
    "A certificate on the list is revoked already: drop it, and tell the requester.": (
        "Luettelossa on jo suljettu varmenne: poista se luettelosta ja kerro siitä pyytäjälle.",
        "På listan finns ett certifikat som redan är spärrat: ta bort det och meddela den som begärt spärrningen.",
    ),
    "Confirm who is asking, and record the evidence.": (
        "Varmista, kuka pyytää, ja kirjaa varmistus.",
        "Bekräfta vem som begär, och anteckna bekräftelsen.",
    ),
    "Compare the list with the request, then decide.": (
        "Vertaa luetteloa pyyntöön ja päätä sitten.",
        "Jämför listan med begäran och besluta sedan.",
    ),
    "The order is on its way. CRL and OCSP are watched.": (
        "Määräys on matkalla. Sulkulistaa ja OCSP:tä seurataan.",
        "Ordern är på väg. Spärrlistan och OCSP bevakas.",
    ),
    "Revoked, and seen on CRL and OCSP. Close the ticket when all are answered.": (
        "Suljettu, ja se näkyy sulkulistalla ja OCSP:ssä. Merkitse tiketti päätetyksi, kun kaikille on vastattu.",
        "Spärrat, och det syns på spärrlistan och i OCSP. Avsluta ärendet när alla har fått svar.",
    ),
    "Find out which certificate is meant: choose, search or ask.": (
        "Selvitä, mitä varmennetta tarkoitetaan: valitse, hae tai kysy.",
        "Ta reda på vilket certifikat som avses: välj, sök eller fråga.",
    ),
    "No certificate is matched: search or ask.": (
        "Varmennetta ei löytynyt: hae tai kysy.",
        "Inget certifikat hittades: sök eller fråga.",
    ),
    "An answer from the requester is awaited.": ("Odotetaan pyytäjän vastausta.", "Svar väntas av den som begärde."),
    "Read the mail and answer it.": ("Lue viesti ja vastaa siihen.", "Läs meddelandet och besvara det."),
    # What went wrong, and the next step
    "login or password is wrong": ("tunnus tai salasana on väärä", "användarnamnet eller lösenordet är fel"),
    "Try again, or ask an administrator.": (
        "Yritä uudelleen tai kysy pääkäyttäjältä.",
        "Försök igen eller fråga en administratör.",
    ),
    "too many failed attempts from here": (
        "liian monta epäonnistunutta yritystä täältä",
        "för många misslyckade försök härifrån",
    ),
    "Wait 15 minutes.": ("Odota 15 minuuttia.", "Vänta 15 minuter."),
    "this form is not from a page that is open for you now": (
        "lomake ei ole sivulta, joka on nyt auki sinulle",
        "formuläret kommer inte från en sida som nu är öppen för dig",
    ),
    "Open the page again, check what has happened since, and send it once more.": (
        "Avaa sivu uudelleen, katso, mitä on sillä välin tapahtunut, ja lähetä uudestaan.",
        "Öppna sidan på nytt, se vad som har hänt sedan dess och skicka en gång till.",
    ),
    "this form was sent by another site": (
        "lomakkeen lähetti toinen sivusto",
        "formuläret skickades av en annan webbplats",
    ),
    "Open the console itself.": ("Avaa itse konsoli.", "Öppna själva konsolen."),
    "there is no such page": ("sellaista sivua ei ole", "det finns ingen sådan sida"),
    "this page cannot be used like that": ("sivua ei voi käyttää noin", "sidan kan inte användas så"),
    "your account has no role that may read tickets": (
        "tunnuksellasi ei ole roolia, jolla tikettejä saa lukea",
        "ditt konto saknar en roll som får läsa ärenden",
    ),
    "Log in as an operator, approver, supervisor or auditor; accounts are kept with the command: sulku user.": (
        "Kirjaudu operaattorina, hyväksyjänä, esimiehenä tai tarkastajana; tunnuksia hoidetaan komennolla sulku user.",
        "Logga in som operatör, godkännare, chef eller granskare; konton sköts med kommandot sulku user.",
    ),
    "Go back to the queue.": ("Palaa jonoon.", "Gå tillbaka till kön."),
    "this cannot be read": ("tätä ei voi lukea", "detta kan inte läsas"),
    "Open the page again.": ("Avaa sivu uudelleen.", "Öppna sidan på nytt."),
    "the database does not answer now": ("tietokanta ei nyt vastaa", "databasen svarar inte nu"),
    "Try again in a moment; nothing was changed.": (
        "Yritä hetken kuluttua uudelleen; mitään ei muutettu.",
        "Försök igen om en stund; ingenting ändrades.",
    ),
    "somebody else changed it at the same time": (
        "joku muu muutti sitä samaan aikaan",
        "någon annan ändrade samtidigt",
    ),
    "Open the page again and look.": ("Avaa sivu uudelleen ja katso.", "Öppna sidan på nytt och titta."),
    "something in the console failed": ("jokin konsolissa meni vikaan", "något i konsolen gick fel"),
    "Try again; if it stays so, use the sulku command and tell an administrator.": (
        "Yritä uudelleen; jos vika jatkuu, käytä sulku-komentoa ja kerro pääkäyttäjälle.",
        "Försök igen; om felet kvarstår, använd kommandot sulku och berätta för en administratör.",
    ),
    "the list has changed since it was shown": (
        "luettelo on muuttunut siitä, kun se näytettiin",
        "listan har ändrats sedan den visades",
    ),
    "Look at the list again, compare it with the request, and approve what you see.": (
        "Katso luettelo uudelleen, vertaa sitä pyyntöön ja hyväksy se, minkä näet.",
        "Titta på listan på nytt, jämför med begäran och godkänn det du ser.",
    ),
    "who decided may not approve: four eyes": (
        "päätöksen tekijä ei saa hyväksyä sitä: neljän silmän periaate",
        "den som beslutat får inte godkänna: fyra ögon",
    ),
    "Ask another approver; if nobody can be reached, approve with --break-glass REASON.": (
        "Pyydä toista hyväksyjää; jos ketään ei tavoiteta, käytä hätämenettelyä ja perustele se.",
        "Be en annan godkännare; om ingen kan nås, använd nödförfarandet och motivera det.",
    ),
    "no certificate was chosen": ("varmennetta ei valittu", "inget certifikat valdes"),
    "Type the last 8 characters of the serial number beside it.": (
        "Kirjoita sarjanumeron 8 viimeistä merkkiä sen viereen.",
        "Skriv de 8 sista tecknen i serienumret bredvid det.",
    ),
    "Compare the serial number with the request, then type its last 8 characters again.": (
        "Vertaa sarjanumeroa pyyntöön ja kirjoita sen 8 viimeistä merkkiä uudelleen.",
        "Jämför serienumret med begäran och skriv dess 8 sista tecken på nytt.",
    ),
    "that is not the number of certificates on the list": (
        "se ei ole luettelon varmenteiden lukumäärä",
        "det är inte antalet certifikat på listan",
    ),
    "Count them, look at them, type the number.": (
        "Katso varmenteet, laske ne ja kirjoita lukumäärä.",
        "Titta på dem, räkna dem och skriv antalet.",
    ),
    "nothing was chosen": ("mitään ei valittu", "inget valdes"),
    "Tick a certificate.": ("Valitse varmenne.", "Kryssa för ett certifikat."),
    "no reason was chosen": ("syytä ei valittu", "ingen orsak valdes"),
    "Choose the reason that fits what the customer said.": (
        "Valitse syy, joka vastaa asiakkaan kertomaa.",
        "Välj den orsak som stämmer med vad kunden sade.",
    ),
    "it is open whether the requester was confirmed": (
        "jäi auki, vahvistiko pyytäjä pyynnön",
        "det är oklart om begäran bekräftades",
    ),
    "Choose one of the two.": ("Valitse jompikumpi.", "Välj ett av de två."),
    "a reason in words is missing": ("sanallinen perustelu puuttuu", "motivering i ord saknas"),
    "Write in a sentence why.": ("Kirjoita yhdellä lauseella miksi.", "Skriv i en mening varför."),
    "this link is not valid": ("linkki ei kelpaa", "länken är inte giltig"),
    "this link has ended": ("linkin voimassaolo on päättynyt", "länken har gått ut"),
    "this page is over": ("tämä hälytys on ohi", "det här larmet är över"),
    "this page is over; a newer one has its own link": (
        "tämä hälytys on ohi; uudemmalla on oma linkkinsä",
        "det här larmet är över; ett nyare har en egen länk",
    ),
    "Use the newest page, or the console.": (
        "Käytä uusinta hälytystä tai konsolia.",
        "Använd det nyaste larmet eller konsolen.",
    ),
    "Log in and acknowledge in the console.": ("Kirjaudu ja kuittaa konsolissa.", "Logga in och kvittera i konsolen."),
    "Log in and acknowledge in the console, or use the newest page.": (
        "Kirjaudu ja kuittaa konsolissa, tai käytä uusinta hälytystä.",
        "Logga in och kvittera i konsolen, eller använd det nyaste larmet.",
    ),
    "Use the link in the newest mail about it.": (
        "Käytä linkkiä, joka on uusimmassa sähköpostissa.",
        "Använd länken i det nyaste e-postmeddelandet om den.",
    ),
    "there is no such mail on this ticket": (
        "tiketillä ei ole sellaista viestiä",
        "ärendet har inget sådant meddelande",
    ),
    "there is no such evidence on this ticket": (
        "tiketillä ei ole sellaista todistetta",
        "ärendet har inget sådant bevis",
    ),
    "Choose one on the ticket's page.": ("Valitse tiketin sivulta.", "Välj på ärendets sida."),
    "this mail holds a private key and stays sealed": (
        "viestissä on yksityinen avain, ja se pysyy sinetöitynä",
        "meddelandet innehåller en privat nyckel och förblir förseglat",
    ),
    "Ask an administrator, if it is needed as proof.": (
        "Pyydä pääkäyttäjältä, jos sitä tarvitaan todisteeksi.",
        "Be en administratör, om det behövs som bevis.",
    ),
}
