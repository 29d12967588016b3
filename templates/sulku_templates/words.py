"""The field's words for codes that stand in contexts, in Finnish, Swedish and English.

Mind the trap: *suljettu* is a certificate, *päätetty* a case; *spärrat* a certificate, *avslutat* a case.
"""

from __future__ import annotations

from sulku_kernel.language import Language

_COLUMNS = (Language.FI, Language.SV, Language.EN)

# Names of RFC 5280, 5.3.1.
_REASONS = {
    "keyCompromise": (
        "avain on paljastunut tai sen epäillään paljastuneen",
        "nyckeln har avslöjats eller misstänks ha avslöjats",
        "key compromise (known or suspected)",
    ),
    "affiliationChanged": (
        "organisaation tiedot muuttuneet",
        "organisationens uppgifter har ändrats",
        "affiliation changed",
    ),
    "superseded": ("korvattu uudella varmenteella", "ersatt med nytt certifikat", "superseded by a new certificate"),
    "cessationOfOperation": (
        "varmenne tarpeeton tai toiminta päättynyt",
        "certifikatet behövs inte längre",
        "cessation of operation",
    ),
    "privilegeWithdrawn": ("oikeus peruttu", "rätten återkallad", "privilege withdrawn"),
    "unspecified": ("syytä ei ilmoitettu", "ingen orsak angiven", "no reason given"),
}

_URGENCIES = {
    "P0": (
        "P0, avain on todistettavasti paljastunut",
        "P0, nyckeln har bevisligen avslöjats",
        "P0, key compromise proven",
    ),
    "P1": ("P1, avaimen epäillään paljastuneen", "P1, nyckeln misstänks ha avslöjats", "P1, key compromise suspected"),
    "P2": ("P2, tavallinen sulkupyyntö", "P2, vanlig begäran om spärrning", "P2, ordinary revocation request"),
    "P3": ("P3, muu asia", "P3, övrigt ärende", "P3, other matter"),
}

_CASE_CLASSES = {
    "revocation_request": ("sulkupyyntö", "begäran om spärrning", "revocation request"),
    "problem_report": (
        "ilmoitus varmenteen ongelmasta",
        "anmälan om problem med certifikat",
        "certificate problem report",
    ),
    "application": ("hakemusasia", "ansökningsärende", "application matter"),
    "support": ("neuvontapyyntö", "begäran om rådgivning", "support request"),
    "misdirected": ("muualle kuuluva viesti", "meddelande som hör till en annan instans", "misdirected message"),
    "automatic": ("automaattinen viesti", "automatiskt meddelande", "automatic message"),
    "bounce": ("palautunut viesti", "returnerat meddelande", "returned message"),
}

_CAUSES = {
    "suspected_compromise": (
        "yksityisen avaimen paljastuminen",
        "röjd privat nyckel",
        "private key compromise",
    ),
    "deadline": ("määräaika on ylittynyt", "en tidsfrist har överskridits", "a deadline has passed"),
    "effect_failed": ("toimenpide ei onnistu", "en åtgärd misslyckas", "something cannot be carried out"),
    "taken_back": (
        "hyväksytty tai päätetty sulkupyyntö on peruttu",
        "en beslutad eller godkänd begäran har återtagits",
        "a decided or approved request was taken back",
    ),
    "poison_mail": ("viestiä ei voitu lukea", "ett meddelande kunde inte läsas", "a message could not be read"),
    "break_glass": (
        "hätämenettely: yksi henkilö päätti ja hyväksyi",
        "nödförfarande: en person beslutade och godkände",
        "broken glass: one person decided and approved",
    ),
    "publication_unwell": (
        "sulkulistassa tai OCSP-palvelussa on vikaa",
        "fel på en spärrlista eller en OCSP-tjänst",
        "a CRL or an OCSP responder is unwell",
    ),
    "crl_entry_foreign": (
        "sulkulistalla on varmenne, jota täältä ei ole määrätty suljettavaksi",
        "ett certifikat på spärrlistan som vi inte har beordrat spärrat",
        "a certificate on the CRL without an order of ours",
    ),
    "crl_entry_gone": (
        "suljettu varmenne on poistunut sulkulistalta",
        "ett spärrat certifikat har försvunnit från spärrlistan",
        "a revoked certificate is gone from the CRL",
    ),
    "legal_hold_ends": (
        "sulkemiskielto päättyy tai on päättynyt",
        "ett spärrningsförbud upphör eller har upphört",
        "a legal hold ends or has ended",
    ),
    "no_longer_revoked": (
        "suljettua varmennetta ei enää julkaista suljettuna",
        "ett spärrat certifikat publiceras inte längre som spärrat",
        "a revoked certificate is no longer published as revoked",
    ),
}

_CLOCKS = {
    "acknowledgement": ("vastaanottoilmoitus", "mottagningsbekräftelse", "acknowledgement"),
    "first_human": ("käsittelijän ensimmäinen toimi", "handläggarens första åtgärd", "first action by a person"),
    "decision": ("päätös", "beslut", "decision"),
    "preliminary_report": ("alustava selvitys", "preliminär rapport", "preliminary report"),
    "publication": (
        "sulkemisen julkaisu sulkulistalla ja OCSP-palvelussa",
        "publicering av spärrningen på spärrlistan och i OCSP-tjänsten",
        "publication of the revocation on CRL and OCSP",
    ),
    "decision_to_visible": ("päätöksestä julkaisuun", "från beslut till publicering", "from decision to publication"),
    "low_trust_review": (
        "tuntemattoman lähettäjän pyynnön tarkistus",
        "granskning av begäran från okänd avsändare",
        "review of a request from an unknown sender",
    ),
    "answer": ("vastaus", "svar", "answer"),
}

_CERTIFICATE_TYPES = {
    "server": ("palvelinvarmenne", "servercertifikat", "server certificate"),
    "test_server": ("testipalvelinvarmenne", "testservercertifikat", "test server certificate"),
    "system_signature": (
        "järjestelmäallekirjoitusvarmenne",
        "systemsignaturcertifikat",
        "system signature certificate",
    ),
    "test_system_signature": (
        "testijärjestelmäallekirjoitusvarmenne",
        "testsystemsignaturcertifikat",
        "test system signature certificate",
    ),
}

_EFFECTS = {
    "mail": ("viestin lähettäminen", "sändning av meddelande", "sending a mail"),
    "ca_order": (
        "sulkumääräys varmentajalle",
        "spärrningsorder till certifikatutfärdaren",
        "revocation order to the CA",
    ),
    "planned_revocation": (
        "sulkeminen sovittuna aikana",
        "spärrning vid avtalad tid",
        "revocation at the agreed time",
    ),
    "register_sync": (
        "varmenteiden haku varmentajalta rekisteriin",
        "hämtning av certifikat från utfärdaren till registret",
        "take-over of certificates from the CA",
    ),
    "key_sweep": ("heikkojen avainten haku", "sökning efter svaga nycklar", "search for weak keys"),
    "legal_hold": ("sulkemiskielto", "spärrningsförbud", "legal hold"),
    "campaign_batch": (
        "joukkosulkemisen sulkumääräykset",
        "spärrningsorder i en masspärrning",
        "revocation orders of a campaign",
    ),
    "campaign_look": (
        "joukkosulkemisen näkymisen tarkistus",
        "kontroll av att en masspärrning syns",
        "check that a campaign's revocations are visible",
    ),
    "campaign_notices": (
        "joukkosulkemisen ilmoitukset haltijoille",
        "meddelanden till innehavare om en masspärrning",
        "notices to the holders of a campaign",
    ),
    "automatic_decision": (
        "päätös toimintaperiaatteen mukaan",
        "beslut enligt policyn",
        "decision by the policy",
    ),
    "publication_check": (
        "sulkulistan ja OCSP-palvelun tarkistus",
        "kontroll av spärrlistan och OCSP-tjänsten",
        "check of CRL and OCSP",
    ),
}

# The parts of the desk itself, as `sulku doctor` names them.
_PARTS = {
    "database": ("tietokanta", "databasen", "database"),
    "schema": ("tietokannan versio", "databasens version", "schema of the database"),
    "keys": ("palvelun avaimet", "tjänstens nycklar", "keys of the desk"),
    "disk": ("levytila", "diskutrymmet", "disk"),
    "intake": ("viestien vastaanotto", "mottagningen av meddelanden", "intake of mails"),
    "worker": ("viestien lukeminen", "läsningen av meddelanden", "reading of mails"),
    "dispatcher": ("toimenpiteiden suorittaminen", "utförandet av åtgärder", "carrying out of effects"),
    "orders": ("sulkumääräykset varmentajalle", "spärrningsorder till utfärdaren", "orders to the CA"),
    "publication": ("sulkemisten julkaiseminen", "publiceringen av spärrningar", "publication of revocations"),
    "crl": ("sulkulistat", "spärrlistorna", "CRLs"),
    "crl_entries": ("sulkulistojen sisältö", "spärrlistornas innehåll", "entries of the CRLs"),
    "scheduler": ("määräaikojen ajastus", "tidsplaneringen", "scheduler"),
    "on_call": ("päivystysvuorot", "jourturerna", "on-call rota"),
    "checkpoints": ("historian allekirjoitukset", "historikens underskrifter", "checkpoints of the history"),
    "smarthost": ("lähtevä posti", "utgående post", "outgoing mail"),
    "ca": ("varmentaja", "utfärdaren", "CA"),
    "imap": ("postilaatikko", "brevlådan", "mailbox"),
    "certificate": ("oma palvelinvarmenne", "eget servercertifikat", "our own certificate"),
    "dns": ("nimipalvelu", "namntjänsten", "DNS"),
    "smime": ("S/MIME", "S/MIME", "S/MIME"),
    "blocked_keys": ("paljastuneet avaimet", "avslöjade nycklar", "compromised keys"),
    "drill": ("joukkosulkemisen harjoitus", "övning av masspärrning", "drill of a mass revocation"),
    "clock": ("kello", "klockan", "clock"),
}

WORDS: dict[str, dict[str, tuple[str, str, str]]] = {
    "reason": _REASONS,
    "urgency": _URGENCIES,
    "case_class": _CASE_CLASSES,
    "cause": _CAUSES,
    "clock": _CLOCKS,
    "certificate_type": _CERTIFICATE_TYPES,
    "effect": _EFFECTS,
    "part": _PARTS,
}


def word(kind: str, code: str, language: Language) -> str:
    """The words for a code; a code without words is shown as it is. Raises KeyError for a kind that is none."""
    words = WORDS[kind].get(code)
    return code if words is None else words[_COLUMNS.index(language)]
