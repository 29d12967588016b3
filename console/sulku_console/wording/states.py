"""Words of closed lists that code and rows use: word → (English, Finnish, Swedish)."""

from __future__ import annotations

CODES: dict[str, tuple[str, str, str]] = {
    # States of tickets
    "NEW": ("New", "Uusi", "Nytt"),
    "OPEN": ("Open", "Avoin", "Öppet"),
    "AWAITING_REQUESTER": ("Waits for an answer", "Odottaa vastausta", "Väntar på svar"),
    "CLOSED": ("Closed", "Päätetty", "Avslutat"),
    # Classes
    "revocation_request": ("Revocation request", "Sulkupyyntö", "Spärrbegäran"),
    "problem_report": ("Problem report", "Ongelmailmoitus", "Problemrapport"),
    "application": ("Application matter", "Hakemusasia", "Ansökningsärende"),
    "support": ("Support", "Neuvonta", "Rådgivning"),
    "misdirected": ("Misdirected", "Väärään paikkaan tullut", "Fel adress"),
    "automatic": ("Automatic mail", "Automaattinen viesti", "Automatiskt meddelande"),
    "bounce": ("Delivery report", "Toimitusilmoitus", "Leveransrapport"),
    # Why people are paged
    "suspected_compromise": (
        "suspected key compromise",
        "epäily avaimen vaarantumisesta",
        "misstänkt nyckelkompromettering",
    ),
    "deadline": ("a deadline was missed", "määräaika ylittyi", "en frist har överskridits"),
    "effect_failed": (
        "something failed and needs a person",
        "jokin epäonnistui ja vaatii ihmisen",
        "något misslyckades och kräver en människa",
    ),
    "poison_mail": ("a mail cannot be read", "viestiä ei voi lukea", "ett meddelande kan inte läsas"),
    # Deadlines
    "clock:acknowledgement": ("Acknowledgement", "Vastaanottoilmoitus", "Mottagningsbekräftelse"),
    "clock:first_human": ("A person looks at it", "Ihminen katsoo", "En människa tittar"),
    "clock:decision": ("Decision", "Päätös", "Beslut"),
    "clock:preliminary_report": ("Preliminary report", "Alustava selvitys", "Preliminär rapport"),
    "clock:publication": (
        "Visible on CRL and OCSP",
        "Näkyy sulkulistalla ja OCSP:ssä",
        "Syns på spärrlistan och i OCSP",
    ),
    "clock:decision_to_visible": (
        "From approval to visible",
        "Hyväksynnästä näkyväksi",
        "Från godkännande till synlig",
    ),
    "clock:low_trust_review": (
        "Unknown sender looked at",
        "Tuntematon lähettäjä tarkastettu",
        "Okänd avsändare granskad",
    ),
    "clock:answer": ("Answer", "Vastaus", "Svar"),
    # States of requests
    "request:PROPOSED": ("Proposed", "Ehdotettu", "Föreslaget"),
    "request:DECIDED": (
        "Decided, waits for approval",
        "Päätetty, odottaa hyväksyntää",
        "Beslutat, väntar på godkännande",
    ),
    "request:APPROVED": ("Approved", "Hyväksytty", "Godkänt"),
    "request:ORDERED": ("Ordered", "Määrätty", "Beordrat"),
    "request:ACCEPTED": ("Accepted by the CA", "Varmentaja hyväksyi", "Godtaget av utfärdaren"),
    "request:REVOKED": ("Revoked", "Suljettu", "Spärrat"),
    "request:REJECTED": ("Rejected", "Hylätty", "Avslaget"),
    "request:WITHDRAWN": ("Withdrawn", "Peruttu", "Återtaget"),
    "request:DROPPED": ("Taken off", "Poistettu", "Borttaget"),
    "request:REFUSED": ("Refused by the CA", "Varmentaja kieltäytyi", "Vägrat av utfärdaren"),
    # States and alarms of orders
    "order:STORED": ("Stored", "Tallennettu", "Lagrad"),
    "order:SENT": ("Sent", "Lähetetty", "Skickad"),
    "order:ACCEPTED": ("Accepted, not seen yet", "Hyväksytty, ei vielä näkyvissä", "Godtagen, syns inte ännu"),
    "order:CONFIRMED": ("Revoked and visible", "Suljettu ja näkyvissä", "Spärrat och synligt"),
    "order:REFUSED": ("Refused", "Kieltäydytty", "Vägrad"),
    "alarm:ca_unavailable": ("The CA does not answer.", "Varmentaja ei vastaa.", "Certifikatutfärdaren svarar inte."),
    "alarm:ca_settings_wrong": (
        "The CA's address or token is wrong.",
        "Varmentajan osoite tai tunniste on väärä.",
        "Certifikatutfärdarens adress eller token är fel.",
    ),
    "alarm:ca_contradicts_itself": (
        "The CA contradicts itself.",
        "Varmentajan vastaukset ovat ristiriidassa.",
        "Utfärdarens svar motsäger varandra.",
    ),
    "alarm:revoked_for_another_reason": (
        "It was revoked for another reason.",
        "Se on suljettu toisesta syystä.",
        "Det har spärrats av en annan orsak.",
    ),
    "alarm:crl_wrong": ("The CRL is wrong.", "Sulkulista on virheellinen.", "Spärrlistan är felaktig."),
    "alarm:ocsp_wrong": ("OCSP is wrong.", "OCSP-vastaus on virheellinen.", "OCSP-svaret är felaktigt."),
    "alarm:crl_and_ocsp_differ": (
        "CRL and OCSP say different things.",
        "Sulkulista ja OCSP ovat ristiriidassa.",
        "Spärrlistan och OCSP säger olika saker.",
    ),
    "alarm:not_visible_after_30_minutes": (
        "Not visible after 30 minutes.",
        "Ei näkyvissä 30 minuutin jälkeen.",
        "Syns inte efter 30 minuter.",
    ),
    "alarm:not_visible_after_60_minutes": (
        "Not visible after 60 minutes.",
        "Ei näkyvissä 60 minuutin jälkeen.",
        "Syns inte efter 60 minuter.",
    ),
    # Reasons, and what they mean in plain words
    "reason:keyCompromise": ("Key compromise", "Avain vaarantunut", "Nyckeln komprometterad"),
    "reason:affiliationChanged": ("Data changed", "Tiedot muuttuneet", "Uppgifterna ändrade"),
    "reason:superseded": ("Replaced", "Korvattu uudella", "Ersatt"),
    "reason:cessationOfOperation": ("No longer used", "Ei enää käytössä", "Används inte längre"),
    "reason:privilegeWithdrawn": ("Privilege withdrawn", "Oikeus poistettu", "Rättigheten återkallad"),
    "reason:unspecified": ("No reason given", "Syytä ei ilmoitettu", "Ingen orsak angiven"),
    "means:keyCompromise": (
        "The private key is, or may be, in other hands. Goes before every other reason.",
        "Yksityinen avain on tai voi olla muiden käsissä. Menee kaikkien muiden syiden edelle.",
        "Den privata nyckeln är eller kan vara i andra händer. Går före alla andra orsaker.",
    ),
    "means:affiliationChanged": (
        "The organisation or its data have changed: a merger, another name.",
        "Organisaatio tai sen tiedot ovat muuttuneet: fuusio, uusi nimi.",
        "Organisationen eller dess uppgifter har ändrats: fusion, nytt namn.",
    ),
    "means:superseded": (
        "A new certificate is in use instead. Make sure that it is the old one that is revoked.",
        "Uusi varmenne on otettu käyttöön. Varmista, että suljetaan vanha.",
        "Ett nytt certifikat används i stället. Se till att det är det gamla som spärras.",
    ),
    "means:cessationOfOperation": (
        "The system or the service has ended; nothing uses the certificate.",
        "Järjestelmä tai palvelu on lopetettu; mikään ei käytä varmennetta.",
        "Systemet eller tjänsten har upphört; ingenting använder certifikatet.",
    ),
    "means:privilegeWithdrawn": (
        "The CA's own ground: misuse, or terms that were broken. Never what a customer asks for.",
        "Varmentajan oma peruste: väärinkäyttö tai ehtojen rikkominen. Asiakas ei koskaan pyydä tätä.",
        "Utfärdarens egen grund: missbruk eller brutna villkor. Aldrig något som en kund begär.",
    ),
    "means:unspecified": (
        "The holder gave none. The entry on the CRL then has no reason code.",
        "Haltija ei ilmoittanut syytä. Sulkulistan merkinnässä ei silloin ole syykoodia.",
        "Innehavaren angav ingen. Posten på spärrlistan har då ingen orsakskod.",
    ),
    # Kinds of certificates, contacts, evidence, languages
    "type:server": ("server certificate", "palvelinvarmenne", "servercertifikat"),
    "type:test_server": ("test server certificate", "testipalvelinvarmenne", "testservercertifikat"),
    "type:system_signature": (
        "system signature certificate",
        "järjestelmäallekirjoitusvarmenne",
        "systemsignaturcertifikat",
    ),
    "type:test_system_signature": (
        "test system signature certificate",
        "testijärjestelmäallekirjoitusvarmenne",
        "testsystemsignaturcertifikat",
    ),
    "type:ca": ("certificate of a CA", "varmentajan varmenne", "utfärdarcertifikat"),
    "type:unknown": ("certificate", "varmenne", "certifikat"),
    "contact:revocation": ("revocation", "sulkeminen", "spärrning"),
    "contact:technical": ("technical", "tekninen", "teknisk"),
    "contact:billing": ("billing", "laskutus", "fakturering"),
    "evidence:callback": (
        "Called back at a number on file",
        "Takaisinsoitto rekisterin numeroon",
        "Återuppringning till ett registrerat nummer",
    ),
    "evidence:passphrase": ("They know the passphrase", "He tietävät tunnuslauseen", "De kan lösenfrasen"),
    "evidence:other": ("In another way", "Muulla tavalla", "På annat sätt"),
    "evidence:failed": (
        "Tried to confirm, without success",
        "Varmistus ei onnistunut",
        "Försök att bekräfta misslyckades",
    ),
    "language:fi": ("Finnish", "suomi", "finska"),
    "language:sv": ("Swedish", "ruotsi", "svenska"),
    "language:en": ("English", "englanti", "engelska"),
    # Stages of applications, as the applicant reads them
    "stage:received": ("Received", "Vastaanotettu", "Mottagen"),
    "stage:waiting_for_csr": (
        "Waiting for the certificate request (CSR)",
        "Odottaa varmennepyyntöä (CSR)",
        "Väntar på certifikatbegäran (CSR)",
    ),
    "stage:in_review": ("In review", "Käsittelyssä", "Under behandling"),
    "stage:returned_for_completion": (
        "Returned for completion",
        "Palautettu täydennettäväksi",
        "Återlämnad för komplettering",
    ),
    "stage:approved": ("Approved", "Hyväksytty", "Godkänd"),
    "stage:issued": ("Certificate issued", "Varmenne myönnetty", "Certifikatet utfärdat"),
    "stage:delivered": ("Certificate delivered", "Varmenne toimitettu", "Certifikatet levererat"),
    "stage:rejected": ("Rejected", "Hylätty", "Avslagen"),
    "stage:withdrawn": ("Withdrawn", "Peruttu", "Återtagen"),
    "stage:expired": ("Expired", "Rauennut", "Förfallen"),
}
