"""The grounds of `domain.reason_wizard` in Finnish and Swedish."""

from __future__ import annotations

GROUNDS_TRANSLATED: dict[str, tuple[str, str]] = {
    "ground:asked": (
        "Haltija pyytää sulkemista eikä ilmoita syytä.",
        "Innehavaren begär spärrning och anger ingen orsak.",
    ),
    "ground:replaced": ("Haltija on korvannut sen toisella.", "Innehavaren har ersatt det med ett annat."),
    "ground:renamed": (
        "Haltijan nimi tai tiedot ovat muuttuneet.",
        "Innehavarens namn eller uppgifter har ändrats.",
    ),
    "ground:not_needed": ("Haltija ei enää tarvitse sitä.", "Innehavaren behöver det inte längre."),
    "ground:not_authorised": (
        "Varmennetta ei ole alun perinkään haettu oikeutetusti.",
        "Certifikatet har från början ansökts utan rätt därtill.",
    ),
    "ground:key_compromised": (
        "Avain on tai saattaa olla väärissä käsissä.",
        "Nyckeln är eller kan vara i fel händer.",
    ),
    "ground:key_computable": (
        "Kuka tahansa voi laskea avaimen (Debian, ROCA, Fermat).",
        "Vem som helst kan räkna ut nyckeln (Debian, ROCA, Fermat).",
    ),
    "ground:validation_unsound": (
        "Siihen ei voi luottaa, että nimi on haltijan hallinnassa.",
        "Det går inte att lita på att innehavaren kontrollerar namnet.",
    ),
    "ground:key_unfit": (
        "Avain on liian lyhyt tai sen tyyppi ei ole sallittu.",
        "Nyckeln är för kort eller av en typ som inte är tillåten.",
    ),
    "ground:misused": ("Varmennetta on käytetty väärin.", "Certifikatet har missbrukats."),
    "ground:agreement_broken": ("Haltija on rikkonut sopimusta.", "Innehavaren har brutit mot avtalet."),
    "ground:name_not_allowed": (
        "Haltija ei saa enää käyttää nimeä.",
        "Innehavaren får inte längre använda namnet.",
    ),
    "ground:wildcard_misled": (
        "Jokerimerkkivarmennetta on käytetty harhauttamiseen.",
        "Ett jokerteckencertifikat har använts för att vilseleda.",
    ),
    "ground:contents_changed": (
        "Varmenteen tieto on muuttunut eikä enää pidä paikkaansa.",
        "En uppgift i certifikatet har ändrats och stämmer inte längre.",
    ),
    "ground:wrongly_issued": (
        "Sitä ei ole myönnetty vaatimusten tai varmennuskäytännön mukaisesti.",
        "Det har inte utfärdats enligt kraven eller utfärdarens praxis.",
    ),
    "ground:contents_wrong": (
        "Varmenteen tieto on ollut väärä alusta asti.",
        "En uppgift i certifikatet har varit fel från början.",
    ),
    "ground:right_to_issue_ends": (
        "Varmentajan oikeus myöntää varmenteita päättyy.",
        "Utfärdarens rätt att utfärda certifikat upphör.",
    ),
    "ground:policy_demands": (
        "Varmentajan varmennepolitiikka tai varmennuskäytäntö vaatii sitä.",
        "Utfärdarens certifikatpolicy eller praxis kräver det.",
    ),
    "ground:method_exposes_key": (
        "Tunnetaan menetelmä, joka paljastaa haltijan avaimen.",
        "En metod är känd som avslöjar innehavarens nyckel.",
    ),
}
