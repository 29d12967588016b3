"""The files that came with a mail: what each is, what became of it, and what stands around it in their list."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "Attached": ("Liitteet", "Bilagor"),
    "(no name)": ("(ei nimeä)", "(inget namn)"),
    "within the text": ("tekstin seassa", "i texten"),
    "Of an earlier mail; the password in this one opened it.": (
        "Aiemmasta viestistä; tässä viestissä ollut salasana avasi sen.",
        "Ur ett tidigare meddelande; lösenordet i det här öppnade den.",
    ),
    "Holds the certificate:": ("Sisältää varmenteen:", "Innehåller certifikatet:"),
    "Holds the certificate of a CA:": ("Sisältää varmentajan varmenteen:", "Innehåller en utfärdares certifikat:"),
    "not in the register": ("ei rekisterissä", "finns inte i registret"),
    "… and {n} more that are not listed": (
        "… ja {n} muuta, joita ei ole lueteltu",
        "… och {n} till som inte räknas upp",
    ),
}

ATTACHED_TRANSLATED: dict[str, tuple[str, str]] = {
    "file:certificate": ("varmenne", "certifikat"),
    "file:request": ("varmennepyyntö (CSR)", "certifikatbegäran (CSR)"),
    "file:public_key": ("julkinen avain", "publik nyckel"),
    "file:key": ("avainaineisto", "nyckelmaterial"),
    "file:signature": ("allekirjoitus", "underskrift"),
    "file:archive": ("paketti", "arkiv"),
    "file:pdf": ("PDF", "PDF"),
    "file:document": ("asiakirja", "dokument"),
    "file:mail": ("viesti", "meddelande"),
    "file:picture": ("kuva", "bild"),
    "file:calendar": ("kalenterimerkintä", "kalenderpost"),
    "file:report": ("sähköpostijärjestelmän ilmoitus", "rapport från ett e-postsystem"),
    "file:text": ("tekstitiedosto", "textfil"),
    "file:other": ("tiedosto", "fil"),
    "became:read": ("Luettu.", "Har lästs."),
    "became:opened": ("Avattu.", "Har öppnats."),
    "became:searched": (
        "Tutkittu: siinä ei ole varmennetta eikä avainta.",
        "Har genomsökts: inget certifikat och ingen nyckel finns i den.",
    ),
    "became:shown": (
        "Näkyy yllä tekstinä, josta osa voi puuttua.",
        "Visas som text ovan; en del av den kan saknas.",
    ),
    "became:sealed": (
        "Sinetöity: sitä ei näytetä eikä luovuteta.",
        "Har förseglats: den visas inte och lämnas inte ut.",
    ),
    "became:signature": (
        "Viestin allekirjoitus: ”Kuka sen lähetti” kertoo, mitä se merkitsee.",
        "Meddelandets underskrift: ”Vem som sände det” visar vad den är värd.",
    ),
    "became:unchecked": (
        "Ei tarkistettu: allekirjoituksista tarkistetaan S/MIME.",
        "Har inte kontrollerats: av underskrifter kontrolleras S/MIME.",
    ),
    "became:encrypted": (
        "Salattu avaimella, jota päivystyksellä ei ole.",
        "Krypterad med en nyckel som jouren inte har.",
    ),
    "became:password": ("Ei voitu avata: salasana puuttuu.", "Kunde inte öppnas: lösenordet saknas."),
    "became:limit": (
        "Ei avattu, tai vain osittain: liian suuri, tai sisältöä on liikaa.",
        "Har inte öppnats, eller bara delvis: för stor eller för mycket innehåll.",
    ),
    "became:damaged": (
        "Ei voitu avata: vioittunut tai muuta kuin nimestä voisi päätellä.",
        "Kunde inte öppnas: skadad, eller något annat än namnet säger.",
    ),
    "became:picture": (
        "Kuva tai skannattu sivu, jota kone ei lue: katso se alkuperäisestä.",
        "En bild eller skannad sida, som inte läses maskinellt: titta på den i originalet.",
    ),
    "became:unknown": (
        "Ei voitu avata: tätä tiedostomuotoa ei lueta. Pyydä se toisessa muodossa.",
        "Kunde inte öppnas: filformatet läses inte. Be om ett annat format.",
    ),
}
