"""What stands on the pages of a campaign's certificates, legal holds and report: English → (Finnish, Swedish)."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "To the campaigns": ("Joukkosulkemisiin", "Till masspärrningarna"),
    "Pages of the campaign": ("Joukkosulkemisen sivut", "Masspärrningens sidor"),
    "Overview": ("Yleiskuva", "Översikt"),
    "Report": ("Raportti", "Rapport"),
    "Something has happened in this campaign since this page was opened.": (
        "Joukkosulkemisessa on tapahtunut jotain sen jälkeen, kun tämä sivu avattiin.",
        "Något har hänt i masspärrningen sedan den här sidan öppnades.",
    ),
    "Paused because:": ("Keskeytyksen syy:", "Pausad eftersom:"),
    # What to do next
    "Look at the list and at what it leaves aside, then freeze it.": (
        "Tarkista luettelo ja siitä pois jäävät rivit, ja jäädytä se sitten.",
        "Granska listan och de rader som lämnas åt sidan, och frys den sedan.",
    ),
    "Put certificates on the list.": ("Lisää varmenteita luetteloon.", "Lägg till certifikat på listan."),
    "Look at the dry run, then decide the one reason.": (
        "Tarkista koeajo ja päätä sitten yhteinen syy.",
        "Granska provkörningen och besluta sedan den gemensamma orsaken.",
    ),
    "It is paused: nothing more is sent. Go on, or cancel it.": (
        "Keskeytetty: varmentajalle ei lähetetä enempää. Jatka tai peru.",
        "Pausad: inget mer skickas till utfärdaren. Fortsätt eller avbryt.",
    ),
    "The CA refused some. Read why, and call the CA; the others go on.": (
        "Varmentaja kieltäytyi sulkemasta osaa. Lue syy ja soita varmentajalle; muut etenevät.",
        "Utfärdaren vägrade spärra en del. Läs varför och ring utfärdaren; de övriga fortsätter.",
    ),
    "Only certificates under a legal hold are left. They are revoked when the hold ends.": (
        "Jäljellä on vain varmenteita, joilla on sulkemiskielto. Ne suljetaan, kun kielto päättyy.",
        "Bara certifikat med spärrningsförbud är kvar. De spärras när förbudet upphör.",
    ),
    "Nothing: orders are sent, and CRL and OCSP are watched.": (
        "Ei mitään: sulkumääräyksiä lähetetään, ja sulkulistaa ja OCSP-palvelua seurataan.",
        "Ingenting: spärrningsorder skickas, och spärrlistan och OCSP bevakas.",
    ),
    "The drill is over. Read its report, and write down what was learned.": (
        "Harjoitus on ohi. Lue raportti ja kirjaa, mitä opittiin.",
        "Övningen är över. Läs rapporten och anteckna lärdomarna.",
    ),
    "The CA refused some. Read why, and revoke those on a ticket.": (
        "Varmentaja kieltäytyi sulkemasta osaa. Lue syy ja sulje ne tiketillä.",
        "Utfärdaren vägrade spärra en del. Läs varför och spärra dem via ett ärende.",
    ),
    "It is completed. Read the report, and write what only people know.": (
        "Valmis. Lue raportti ja täydennä siihen se, minkä vain ihmiset tietävät.",
        "Klar. Läs rapporten och komplettera med det som bara människor vet.",
    ),
    "It is cancelled. What had been sent before is still watched.": (
        "Peruttu. Sitä ennen lähetettyjä seurataan yhä.",
        "Avbruten. Det som hade skickats tidigare bevakas fortfarande.",
    ),
    # The certificates, each with its result
    "Which certificates": ("Mitkä varmenteet", "Vilka certifikat"),
    "All": ("Kaikki", "Alla"),
    "Search by serial number or its end, holder or common name": (
        "Hae sarjanumerolla tai sen lopulla, haltijalla tai nimellä",
        "Sök med serienummer eller dess slut, innehavare eller namn",
    ),
    "Show all": ("Näytä kaikki", "Visa alla"),
    "{a}–{b} of {n}": ("{a}–{b}, yhteensä {n}", "{a}–{b} av {n}"),
    "Choose": ("Valitse", "Välj"),
    "Result": ("Tulos", "Resultat"),
    "no holder on file": ("ei tunnettua haltijaa", "ingen känd innehavare"),
    "Deadline": ("Määräaika", "Frist"),
    "Not seen on the CRL yet.": ("Ei vielä näy sulkulistalla.", "Syns inte på spärrlistan ännu."),
    "Somebody at the CA must agree; since": (
        "Odottaa hyväksyntää varmentajalla alkaen",
        "Väntar på godkännande hos utfärdaren sedan",
    ),
    "Revoked": ("Suljettu", "Spärrat"),
    "seen on the CRL": ("havaittu sulkulistalla", "iakttaget på spärrlistan"),
    "seen on CRL and OCSP": ("havaittu sulkulistalla ja OCSP-palvelussa", "iakttaget på spärrlistan och i OCSP"),
    "until {at}": ("{at} asti", "till {at}"),
    "To the first page": ("Ensimmäiselle sivulle", "Till första sidan"),
    "Download all certificates with their results (CSV)": (
        "Lataa kaikki varmenteet tuloksineen (CSV)",
        "Ladda ner alla certifikat med resultat (CSV)",
    ),
    "1 certificate": ("1 varmenne", "1 certifikat"),
    "{n} certificates": ("{n} varmennetta", "{n} certifikat"),
    # Legal holds
    "Put a legal hold on the chosen": ("Kirjaa valituille sulkemiskielto", "Anteckna spärrningsförbud för de valda"),
    "Lift the hold of the chosen": ("Pura valittujen sulkemiskielto", "Häv spärrningsförbudet för de valda"),
    "Legal hold": ("Sulkemiskielto", "Spärrningsförbud"),
    "Lift the legal hold": ("Pura sulkemiskielto", "Häv spärrningsförbudet"),
    "Choose certificates": ("Valitse varmenteet", "Välj certifikat"),
    "No certificate under a hold was chosen.": (
        "Valittuna ei ole varmennetta, jolla on sulkemiskielto.",
        "Inget certifikat med spärrningsförbud är valt.",
    ),
    "No certificate was chosen that can still be held: what was sent to the CA is beyond it.": (
        "Valittuna ei ole varmennetta, jonka sulkemisen voi vielä kieltää: varmentajalle lähetettyä ei voi pysäyttää.",
        "Inget certifikat är valt som ännu kan få spärrningsförbud: det som skickats till utfärdaren kan inte hejdas.",
    ),
    "Nothing is sent to the CA about them while it lasts; then they are revoked with the others.": (
        "Niistä ei lähetetä mitään varmentajalle kiellon aikana; sen jälkeen ne suljetaan muiden mukana.",
        "Ingenting skickas om dem till utfärdaren under förbudet; därefter spärras de med de övriga.",
    ),
    "These certificates are then revoked with the others. It cannot be undone.": (
        "Nämä varmenteet suljetaan sitten muiden mukana. Sitä ei voi perua.",
        "De här certifikaten spärras då med de övriga. Det går inte att ångra.",
    ),
    "These certificates are then revoked with the others, at once. It cannot be undone.": (
        "Nämä varmenteet suljetaan sitten heti muiden mukana. Sitä ei voi perua.",
        "De här certifikaten spärras då genast med de övriga. Det går inte att ångra.",
    ),
    "Type the last 8 characters of each serial number.": (
        "Kirjoita kunkin sarjanumeron 8 viimeistä merkkiä.",
        "Skriv de 8 sista tecknen i varje serienummer.",
    ),
    "Hold 1 more certificate of the same holder too": (
        "Kiellä myös saman haltijan 1 muun varmenteen sulkeminen",
        "Förbjud spärrning också av 1 annat certifikat hos samma innehavare",
    ),
    "Hold {n} more certificates of the same holders too": (
        "Kiellä myös samojen haltijoiden {n} muun varmenteen sulkeminen",
        "Förbjud spärrning också av {n} andra certifikat hos samma innehavare",
    ),
    "Back, without changing anything": ("Takaisin muuttamatta mitään", "Tillbaka utan att ändra något"),
    "1 certificate is held.": ("1 varmenteella on nyt sulkemiskielto.", "1 certifikat har nu spärrningsförbud."),
    "{n} certificates are held.": (
        "{n} varmenteella on nyt sulkemiskielto.",
        "{n} certifikat har nu spärrningsförbud.",
    ),
    "1 certificate goes out with the others.": (
        "1 varmenne suljetaan muiden mukana.",
        "1 certifikat spärras med de övriga.",
    ),
    "{n} certificates go out with the others.": (
        "{n} varmennetta suljetaan muiden mukana.",
        "{n} certifikat spärras med de övriga.",
    ),
    "a legal hold has an authority, a reference and an end that lies ahead": (
        "sulkemiskiellolla on viranomainen, asianumero ja tulevaisuudessa oleva päättymisaika",
        "ett spärrningsförbud har en myndighet, ett ärendenummer och ett slut som ligger i framtiden",
    ),
    "Copy them from it.": ("Kopioi ne määräyksestä.", "Kopiera dem från beslutet."),
    "it is open which certificates are meant": (
        "on avoinna, mitä varmenteita tarkoitetaan",
        "det är öppet vilka certifikat som avses",
    ),
    "Give serial numbers or a holder.": ("Valitse varmenteet luettelosta.", "Välj certifikaten i listan."),
    "nothing there can still be held": (
        "yhdenkään valitun varmenteen sulkemista ei voi enää kieltää",
        "inget av de valda certifikaten kan längre få spärrningsförbud",
    ),
    "nothing there is held": (
        "yhdenkään valitun varmenteen sulkeminen ei ole kielletty",
        "inget av de valda certifikaten har spärrningsförbud",
    ),
    "Look at the lines: sulku campaign lines.": (
        "Katso varmenteiden tilat luettelosta.",
        "Se certifikatens läge i listan.",
    ),
    # The report
    "This is how it stands now, not the final report: the campaign is not over.": (
        "Tämä on tilanne nyt, ei loppuraportti: joukkosulkeminen ei ole vielä ohi.",
        "Det här är läget nu, inte slutrapporten: masspärrningen är inte över.",
    ),
    "Files": ("Tiedostot", "Filer"),
    "Every certificate with its result and evidence (CSV)": (
        "Jokainen varmenne tuloksineen ja todisteineen (CSV)",
        "Varje certifikat med resultat och bevis (CSV)",
    ),
    "The report for machines (JSON)": ("Raportti ohjelmille (JSON)", "Rapporten för program (JSON)"),
    "Draft of the CCADB incident report (Markdown, in English)": (
        "Luonnos CCADB:n poikkeamaraportiksi (Markdown, englanniksi)",
        "Utkast till CCADB:s incidentrapport (Markdown, på engelska)",
    ),
    "What the log knows is filled in; people stand there by their role. The rest is marked “to be written”.": (
        "Lokista tiedetyt kohdat on täytetty; ihmiset mainitaan roolin mukaan. Muissa lukee ”to be written”.",
        "Det som loggen vet är ifyllt; människor nämns med sin roll. Resten är märkt ”to be written”.",
    ),
    "Revoked before for another reason": ("Suljettu aiemmin muusta syystä", "Spärrade tidigare av annan orsak"),
    "Asked in OCSP too": ("Tarkistettu myös OCSP-palvelusta", "Kontrollerade även i OCSP"),
    "Replaced by a newer certificate so far": (
        "Tähän mennessä korvattu uudemmalla varmenteella",
        "Hittills ersatta med ett nyare certifikat",
    ),
    "not decided yet": ("ei vielä päätetty", "inte beslutad ännu"),
    "Times": ("Ajankohdat", "Tidpunkter"),
    "Something is wrong since": ("Vika on ollut alkaen", "Felet har funnits sedan"),
    "Known to us since": ("Meillä tiedossa alkaen", "Känt hos oss sedan"),
    "To be revoked by": ("Suljettava viimeistään", "Ska vara spärrade senast"),
    "Times for the report, as far as they are known (Helsinki time)": (
        "Ajankohdat raporttiin, jos ne tiedetään (Helsingin aikaa)",
        "Tidpunkter för rapporten, om de är kända (Helsingforstid)",
    ),
    "Holders read by when everything is revoked.": (
        "Haltijat näkevät viesteistään, mihin mennessä kaikki suljetaan.",
        "Innehavarna ser i sina meddelanden när allt senast spärras.",
    ),
    "First order sent": ("Ensimmäinen sulkumääräys lähetetty", "Första spärrningsordern skickad"),
    "Last order accepted by the CA": (
        "Varmentaja hyväksynyt viimeisen määräyksen",
        "Sista ordern godkänd av utfärdaren",
    ),
    "First revocation seen": ("Ensimmäinen havaittu suljetuksi", "Första iakttagen som spärrad"),
    "Last revocation seen": ("Viimeinen havaittu suljetuksi", "Sista iakttagen som spärrad"),
    "Ended": ("Päättynyt", "Avslutad"),
    "No order was sent.": ("Yhtään sulkumääräystä ei ole lähetetty.", "Ingen spärrningsorder har skickats."),
    "Mails to holders": ("Viestit haltijoille", "Meddelanden till innehavarna"),
    "Holders without a contact on file: reach them in another way": (
        "Haltijat ilman yhteystietoa: tavoita heidät muulla tavoin",
        "Innehavare utan kontaktuppgift: nå dem på annat sätt",
    ),
    "… and {n} more: the file for machines has all.": (
        "… ja {n} muuta: kaikki ovat ohjelmille tarkoitetussa tiedostossa.",
        "… och {n} till: alla finns i filen för program.",
    ),
    "What would have been written:": ("Mitä olisi kirjoitettu:", "Vad som skulle ha skrivits:"),
    "CRLs that showed it": ("Sulkulistat, joilla se näkyi", "Spärrlistor som visade det"),
    "Number": ("Numero", "Nummer"),
    "Issued": ("Annettu", "Utfärdad"),
    "Seen": ("Havaittu", "Iakttagen"),
}

CODES: dict[str, tuple[str, str, str]] = {
    "left_out:revoked": ("revoked before", "suljettu aiemmin", "spärrat tidigare"),
    "left_out:expired": ("expired before", "vanhentunut aiemmin", "utgånget tidigare"),
    "notice:before": ("Before the revocation", "Ennen sulkemista", "Före spärrningen"),
    "notice:after": ("After the revocation", "Sulkemisen jälkeen", "Efter spärrningen"),
    "mail_state:queued": ("waiting", "odottaa", "väntar"),
    "mail_state:inflight": ("on its way", "lähdössä", "på väg"),
    "mail_state:awaiting_retry": ("to be tried again", "yritetään uudelleen", "försöks på nytt"),
    "mail_state:done": ("sent", "lähetetty", "skickade"),
    "mail_state:failed": ("not accepted", "ei mennyt perille", "gick inte fram"),
    "mail_state:withheld": ("not sent, by a rule", "ei lähetetty säännön vuoksi", "inte skickade enligt regel"),
}
