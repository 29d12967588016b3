"""The words of the desk's revocation form, in Finnish, Swedish and English.

What is chosen in a list is a sentence, and what is labelled is labelled by the field's own words: so the desk reads a
filled form as it reads any text, in the form's language, and a person who reads the file sees the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from sulku_kernel.language import Language

_COLUMNS = (Language.FI, Language.SV, Language.EN)


@dataclass(frozen=True, slots=True)
class FormField:
    """A field as it is drawn: its label, what may be chosen (empty: written freely), and whether it is a wide one."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class FormPart:
    """Fields that belong together, under a heading."""

    heading: str
    fields: tuple[FormField, ...]


_TEXTS = {
    "title": ("Varmenteen sulkupyyntö", "Begäran om spärrning av certifikat", "Certificate revocation request"),
    "how": (
        "Täyttäkää lomake tietokoneella ja lähettäkää se liitteenä osoitteeseen {address}. Palvelu on aina auki.",
        "Fyll i blanketten på datorn och skicka den som bilaga till {address}. Tjänsten är öppen dygnet runt.",
        "Fill the form in on a computer and send it as an attachment to {address}. The service is open 24 hours a day.",
    ),
    "phone": ("Puhelin: {phone}.", "Telefon: {phone}.", "Telephone: {phone}."),
    "which": (
        "Varmenteen yksilöi sarjanumero, tai palvelinnimi ja varmentaja. Myös varmenteen voi liittää viestiin.",
        "Certifikatet anges med serienummer, eller med värdnamn och utfärdare. Det kan också bifogas.",
        "A certificate is named by its serial number, or by host name and issuer. It may also be attached.",
    ),
    "no_code": (
        "Älkää kirjoittako lomakkeeseen henkilötunnusta älkääkä liittäkö yksityistä avainta.",
        "Skriv ingen personbeteckning på blanketten och bifoga ingen privat nyckel.",
        "Do not write a personal identity code into the form, and do not attach a private key.",
    ),
    "final": (
        "Suljettua varmennetta ei voi palauttaa käyttöön.",
        "Ett spärrat certifikat kan inte tas i bruk igen.",
        "A revoked certificate cannot be re-enabled.",
    ),
    "choose": ("Valitkaa", "Välj", "Choose"),
}

_PARTS = (
    (
        ("Pyyntö ja varmenne", "Begäran och certifikatet", "Request and certificate"),
        ("request", "certificate_type", "serial_number", "host_name", "common_name", "issuer"),
    ),
    (("Haltija", "Innehavare", "Holder"), ("organisation", "business_id", "oid")),
    (
        ("Syy ja ajankohta", "Orsak och tidpunkt", "Reason and time"),
        ("reason", "compromised_since", "replacement", "wanted_at"),
    ),
    (
        ("Yhteystiedot", "Kontaktuppgifter", "Contact"),
        ("requester_name", "requester_role", "relation", "phone", "email", "case_code"),
    ),
)

_LABELS = {
    "request": ("Pyyntö", "Begäran", "Request"),
    "certificate_type": ("Varmenteen tyyppi", "Typ av certifikat", "Type of certificate"),
    "serial_number": ("Sarjanumero", "Serienummer", "Serial number"),
    "host_name": ("Palvelinnimi (FQDN)", "Värdnamn (FQDN)", "Host name (FQDN)"),
    "common_name": ("CN (varmenteen nimi)", "CN (certifikatets namn)", "CN (common name)"),
    "issuer": ("Varmentaja", "Utfärdare", "Issuer"),
    "organisation": ("Organisaatio", "Organisation", "Organisation"),
    "business_id": ("Y-tunnus", "FO-nummer", "Business ID"),
    "oid": ("OID-tunnus", "OID-kod", "OID"),
    "reason": ("Syy", "Orsak", "Reason"),
    "compromised_since": (
        "Milloin avain paljastui",
        "När nyckeln avslöjades",
        "When the key was compromised",
    ),
    "replacement": ("Uusi varmenne", "Nytt certifikat", "New certificate"),
    "wanted_at": (
        "Toivottu sulkemisaika (tyhjä: heti)",
        "Önskad spärrningstid (tom: genast)",
        "Requested time (empty: now)",
    ),
    "requester_name": ("Pyytäjä", "Den som begär", "Requester"),
    "requester_role": ("Asema", "Ställning", "Position"),
    "relation": ("Suhde haltijaan", "Förhållande till innehavaren", "Relation to the holder"),
    "phone": ("Puhelin", "Telefon", "Telephone"),
    "email": ("Sähköposti", "E-post", "E-mail"),
    "case_code": ("Asian koodi, jos tiedossa", "Ärendets kod, om den är känd", "Case code, if known"),
}

_CHOICES = {
    "request": (
        ("Pyydämme varmenteen sulkemista.",),
        ("Vi begär att certifikatet spärras.",),
        ("Please revoke the certificate.",),
    ),
    "certificate_type": (
        (
            "palvelinvarmenne",
            "järjestelmäallekirjoitusvarmenne",
            "testi-palvelinvarmenne",
            "testi-järjestelmäallekirjoitusvarmenne",
        ),
        ("servercertifikat", "systemsignaturcertifikat", "test-servercertifikat", "test-systemsignaturcertifikat"),
        (
            "server certificate",
            "system signature certificate",
            "test server certificate",
            "test system signature certificate",
        ),
    ),
    "reason": (
        (
            "Yksityinen avain on paljastunut tai sen epäillään paljastuneen.",
            "Organisaation tiedot ovat muuttuneet.",
            "Varmenne on korvattu uudella varmenteella.",
            "Varmennetta ei enää tarvita.",
            "Syytä ei ilmoiteta.",
        ),
        (
            "Den privata nyckeln har avslöjats eller misstänks ha avslöjats.",
            "Organisationens uppgifter har ändrats.",
            "Certifikatet har ersatts med ett nytt certifikat.",
            "Certifikatet behövs inte längre.",
            "Ingen orsak anges.",
        ),
        (
            "The private key has been or may have been compromised.",
            "The organisation's data have changed.",
            "The certificate has been superseded by a new one.",
            "The certificate is no longer needed.",
            "No reason is given.",
        ),
    ),
    "replacement": (
        ("on jo käytössä", "tulossa myöhemmin", "ei tarvita"),
        ("är redan i bruk", "kommer senare", "behövs inte"),
        ("already in use", "coming later", "not needed"),
    ),
    "relation": (
        ("varmenteen haltija", "tekninen yhteyshenkilö", "Kanta-välittäjä", "muu"),
        ("certifikatinnehavare", "teknisk kontaktperson", "Kanta-förmedlare", "annan"),
        ("certificate holder", "technical contact", "Kanta broker", "other"),
    ),
}


def form_texts(language: Language) -> dict[str, str]:
    """The form's texts outside its fields; `{address}` and `{phone}` are still to be filled."""
    column = _COLUMNS.index(language)
    return {name: texts[column] for name, texts in _TEXTS.items()}


def form_parts(language: Language) -> tuple[FormPart, ...]:
    """The form from top to bottom."""
    column = _COLUMNS.index(language)
    return tuple(FormPart(heading[column], tuple(_field(name, column) for name in names)) for heading, names in _PARTS)


def _field(name: str, column: int) -> FormField:
    choices = _CHOICES[name][column] if name in _CHOICES else ()
    return FormField(name, _LABELS[name][column], choices, has_default=name == "request")
