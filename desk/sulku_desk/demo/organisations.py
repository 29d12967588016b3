"""Forty invented organisations of health care for the demo: names, identifiers with right check digits, contacts.

None of them exists; their domains end in `.example`, which is reserved (RFC 2606, 2).
"""

from __future__ import annotations

from dataclasses import dataclass

from sulku_kernel.language import Language

FI, SV, EN = Language.FI, Language.SV, Language.EN

# Name, first label of the domain, language of service.
_NAMES: tuple[tuple[str, str, Language], ...] = (
    ("Koivulahden hyvinvointialue", "koivulahti", FI),
    ("Saarijärvenpään keskussairaala", "saarijarvenpaa", FI),
    ("Helsingin VI apteekki", "vi-apteekki", FI),
    ("Kuusiniemen apteekki", "kuusiniemen-apteekki", FI),
    ("Åholmens välfärdsområde", "aholm", SV),
    ("Bergbackas sjukhus", "bergbacka", SV),
    ("Österstrands apotek", "osterstrands-apotek", SV),
    ("Pihlajapihan lääkärikeskus Oy", "pihlajapiha", FI),
    ("Northbridge Medical Systems Ltd", "northbridge", EN),
    ("Hammasklinikka Helmiäinen Oy", "helmiainen", FI),
    ("Hopealaakson terveyskeskus", "hopealaakso", FI),
    ("Kaislarannan palvelukoti Oy", "kaislaranta", FI),
    ("Mäntysaaren kuntoutuskeskus", "mantysaari", FI),
    ("Vaskivuoren apteekki", "vaskivuoren-apteekki", FI),
    ("Turvesuon II apteekki", "turvesuo-apteekki", FI),
    ("Sjöuddens hälsocentral", "sjoudden", SV),
    ("Lillkulla apotek", "lillkulla-apotek", SV),
    ("Kivikylän työterveys Oy", "kivikyla", FI),
    ("Revontulen kuvantamiskeskus Oy", "revontuli", FI),
    ("Suvisaaren sairaala", "suvisaari", FI),
    ("Laboratorio Linnunrata Oy", "linnunrata", FI),
    ("Ruskakosken hyvinvointialue", "ruskakoski", FI),
    ("Utöviks vårdhem Ab", "utovik", SV),
    ("Tervaniemen apteekki", "tervaniemen-apteekki", FI),
    ("Kanta-välittäjä Silta Oy", "silta-valitys", FI),
    ("Potilastieto Kontu Oy", "kontu", FI),
    ("Lumivaaran sairaala", "lumivaara", FI),
    ("Hiidenmäen terveyskeskus", "hiidenmaki", FI),
    ("Furulunds rehabilitering Ab", "furulund", SV),
    ("Silmäklinikka Kirkas Oy", "kirkas-silma", FI),
    ("Joutsenlammen apteekki", "joutsenlammen-apteekki", FI),
    ("Aurinkoniemen päiväsairaala", "aurinkoniemi", FI),
    ("Kalliopohjan hyvinvointialue", "kalliopohja", FI),
    ("Metsälammen palvelutalo", "metsalampi", FI),
    ("Stensjö läkarcentral Ab", "stensjo", SV),
    ("Varpulan III apteekki", "varpula-apteekki", FI),
    ("Sydänlahden erikoissairaala", "sydanlahti", FI),
    ("Kotihoito Kanerva Oy", "kanerva", FI),
    ("Fjärdskärs apotek", "fjardskars-apotek", SV),
    ("Archipelago Health Services Ltd", "archipelago", EN),
)


@dataclass(frozen=True, slots=True)
class InventedContact:
    """A role mailbox; nobody in particular."""

    name: str
    email: str
    phone: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InventedOrganisation:
    """One holder."""

    name: str
    business_id: str
    oid: str
    language: Language
    domain: str
    contacts: tuple[InventedContact, ...]


def invented_organisations() -> tuple[InventedOrganisation, ...]:
    """All forty, always the same."""
    numbers = _business_ids(len(_NAMES))
    return tuple(
        _organisation(place, name, label, language, business_id)
        for place, ((name, label, language), business_id) in enumerate(zip(_NAMES, numbers, strict=True))
    )


def _organisation(place: int, name: str, label: str, language: Language, business_id: str) -> InventedOrganisation:
    domain = f"{label}.example"
    words = {
        FI: ("Tietohallinto", "Tekninen yhteyshenkilö", "Laskutus"),
        SV: ("Dataadministrationen", "Teknisk kontaktperson", "Fakturering"),
        EN: ("IT operations", "Technical contact", "Billing"),
    }[language]
    return InventedOrganisation(
        name=name,
        business_id=business_id,
        # The organisation's arc is the Business ID without hyphen and leading zero (JHS 159).
        oid=f"1.2.246.10.{business_id.replace('-', '').lstrip('0')}",
        language=language,
        domain=domain,
        contacts=(
            InventedContact(
                words[0], f"tietohallinto@{domain}", f"+358 9 100 {place:02d}1", ("revocation", "technical")
            ),
            InventedContact(words[1], f"tekninen@{domain}", f"+358 9 100 {place:02d}2", ("technical",)),
            InventedContact(words[2], f"laskutus@{domain}", f"+358 9 100 {place:02d}3", ("billing",)),
        ),
    )


def _business_ids(count: int) -> list[str]:
    """The first `count` Business IDs from 9400000 up that have a check digit (a remainder of 1 is not given out)."""
    found: list[str] = []
    number = 9_400_000
    while len(found) < count:
        check = _check_digit(f"{number:07d}")
        if check is not None:
            found.append(f"{number:07d}-{check}")
        number += 137
    return found


def _check_digit(digits: str) -> int | None:
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    if remainder == 1:
        return None
    return 0 if remainder == 0 else 11 - remainder
