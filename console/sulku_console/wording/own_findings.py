"""What the desk has found by itself, and what a person does then: English → (Finnish, Swedish), and their steps.

The steps are those of the runbook (docs/runbook/), short enough to be followed at night.
"""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "The desk's own finding": ("Päivystyksen oma havainto", "Jourens egen iakttagelse"),
    "the desk itself": ("päivystys itse", "jouren själv"),
    "Found": ("Havaittu", "Upptäckt"),
    "Whom it concerns": ("Ketä asia koskee", "Vem det gäller"),
    "Nobody has written: the desk found this by itself.": (
        "Kukaan ei ole lähettänyt viestiä: päivystys havaitsi tämän itse.",
        "Ingen har skrivit: jouren upptäckte detta själv.",
    ),
    "What the desk found": ("Mitä päivystys havaitsi", "Vad jouren har upptäckt"),
    "It is so no more. Write down what it was, and close the ticket.": (
        "Asia on nyt kunnossa. Kirjaa, mistä oli kyse, ja merkitse tiketti päätetyksi.",
        "Det är åter i ordning. Anteckna vad det var och avsluta ärendet.",
    ),
    "… and {n} more": ("… ja {n} muuta", "… och {n} till"),
    "Find out what is behind it.": ("Selvitä, mistä on kyse.", "Ta reda på vad det beror på."),
    "Ask the CA who ordered it, and when.": (
        "Kysy varmentajalta, kuka sen on määrännyt suljettavaksi ja milloin.",
        "Fråga utfärdaren vem som beordrade det och när.",
    ),
    "Tell the CA at once: what was revoked must stay on its CRL until it expires.": (
        "Ilmoita heti varmentajalle: suljetun on oltava sulkulistalla, kunnes se vanhenee.",
        "Meddela genast utfärdaren: det spärrade måste finnas på spärrlistan tills det går ut.",
    ),
    "Look at it from outside, and tell the CA.": (
        "Tarkista tilanne ulkoverkosta ja ilmoita varmentajalle.",
        "Kontrollera läget utifrån och meddela utfärdaren.",
    ),
    "It is approved for a later date, and goes to the CA then by itself.": (
        "Hyväksytty myöhemmäksi ajankohdaksi; määräys lähtee varmentajalle silloin itsestään.",
        "Godkänt för en senare tidpunkt; ordern går då till utfärdaren av sig själv.",
    ),
    "A legal hold forbids it: decide when it has ended or is lifted.": (
        "Sulkemiskielto estää sulkemisen: päätä asiasta, kun kielto on päättynyt tai purettu.",
        "Ett spärrningsförbud hindrar det: besluta när förbudet har upphört eller hävts.",
    ),
    "A legal hold lasts on everything that is undecided: nothing can be decided until it has ended or is lifted.": (
        "Kaikilla päättämättömillä on sulkemiskielto: mitään ei voi päättää, ennen kuin kielto päättyy tai puretaan.",
        "Allt som inte är beslutat har spärrningsförbud: inget kan beslutas förrän förbudet upphör eller hävs.",
    ),
    "1 certificate will be revoked. It cannot be undone.": (
        "1 varmenne suljetaan. Sitä ei voi perua.",
        "1 certifikat spärras. Det går inte att ångra.",
    ),
    "Of 1 certificate that is revoked already the published reason is changed.": (
        "1 jo suljetun varmenteen julkaistu syy muutetaan.",
        "Den publicerade orsaken ändras för 1 certifikat som redan är spärrat.",
    ),
    "Of {n} certificates that are revoked already the published reason is changed.": (
        "{n} jo suljetun varmenteen julkaistu syy muutetaan.",
        "Den publicerade orsaken ändras för {n} certifikat som redan är spärrade.",
    ),
    "A compromised key never waits.": ("Paljastunut avain ei koskaan odota.", "En avslöjad nyckel får aldrig vänta."),
    "Approve the change": ("Hyväksy muutos", "Godkänn ändringen"),
    "Break glass and change the reason": ("Muuta syy hätämenettelyllä", "Ändra orsaken med nödförfarande"),
    "Legal hold until {at}": ("Sulkemiskielto {at} asti", "Spärrningsförbud till {at}"),
    "promised before:": ("aiemmin luvattu ajankohta:", "tidigare utlovad tidpunkt:"),
    "wished for:": ("toivottu ajankohta:", "önskad tidpunkt:"),
}

CODES: dict[str, tuple[str, str, str]] = {
    "certificate_on_blocked_key": (
        "a valid certificate has a blocked key",
        "voimassa olevan varmenteen avain on estetty",
        "ett giltigt certifikat har en blockerad nyckel",
    ),
    "finding:crl_entry_foreign:1": (
        "Ask the CA who ordered it, and when. If nobody knows, have the credential blocked: it is an incident.",
        "Kysy varmentajalta, kuka sulki ja milloin. Jos kukaan ei tiedä, pyydä estämään tunnus: poikkeama.",
        "Fråga utfärdaren vem som spärrade och när. Vet ingen det: låt spärra behörigheten och hantera en incident.",
    ),
    "finding:crl_entry_foreign:2": (
        "Tell the holder. When it is explained: sulku ca known SERIAL --because …, then close the ticket.",
        "Ilmoita haltijalle. Kun asia on selvinnyt: sulku ca known SERIAL --because …, ja päätä tiketti.",
        "Meddela innehavaren. När det är utrett: sulku ca known SERIAL --because …, och avsluta ärendet.",
    ),
    "finding:crl_entry_gone:1": (
        "Tell the CA at once: what was revoked must be published until it has expired (RFC 5280, 3.3).",
        "Ilmoita heti varmentajalle: suljettu on julkaistava, kunnes se on vanhentunut (RFC 5280, 3.3).",
        "Meddela genast utfärdaren: det spärrade ska publiceras tills det har gått ut (RFC 5280, 3.3).",
    ),
    "finding:crl_entry_gone:2": (
        "If the CA has lost them, revoke them again by a new campaign with the same reason.",
        "Jos varmentaja on kadottanut ne, sulje ne uudella joukkosulkemisella samasta syystä.",
        "Om utfärdaren har förlorat dem, spärra dem på nytt med en ny masspärrning av samma orsak.",
    ),
    "finding:publication_unwell:1": (
        "Fetch it from another network. Have the CA publish a new list, or put the responder right.",
        "Hae se toisesta verkosta. Pyydä varmentajaa julkaisemaan uusi lista tai korjaamaan palvelu.",
        "Hämta det från ett annat nät. Be utfärdaren publicera en ny lista eller rätta tjänsten.",
    ),
    "finding:publication_unwell:2": (
        "A wrong signature or an older list is an attack until the CA has explained it.",
        "Väärä allekirjoitus tai vanhempi lista on hyökkäys, kunnes varmentaja on selittänyt sen.",
        "En felaktig signatur eller en äldre lista är ett angrepp tills utfärdaren har förklarat det.",
    ),
}
