"""Which issuing certificates the embedded CA has: data in `issuers.toml`, never code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from sulku_kernel.errors import ConfigurationError

KEY_KINDS = ("ec-p384", "ec-p256", "rsa-3072", "rsa-4096")
SERIAL_STYLES = ("short", "long")
_ATTRIBUTES = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
}


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """One issuing certificate. Addresses are complete here."""

    slug: str
    name: tuple[str, ...]
    parent: str | None
    key: str
    serials: str
    years: int
    is_test: bool
    crl_url: str
    ocsp_url: str
    ca_url: str

    @property
    def subject(self) -> x509.Name:
        """The issuer's name."""
        return name_from_parts(self.name)


def name_from_parts(parts: tuple[str, ...]) -> x509.Name:
    """`("C=FI", "CN=…")` → a name in that order. Raises ConfigurationError."""
    attributes = []
    for part in parts:
        key, separator, value = part.partition("=")
        if not separator or key not in _ATTRIBUTES:
            raise ConfigurationError(
                f"{part!r} is no part of a name",
                next_step=f"Write one of {', '.join(_ATTRIBUTES)}, then = and a value.",
            )
        try:
            attributes.append(x509.NameAttribute(_ATTRIBUTES[key], value))
        except ValueError as error:
            raise ConfigurationError(f"{part!r}: {error}", next_step="Correct this part of the name.") from error
    return x509.Name(attributes)


def load_hierarchy(folder: Path, base_url: str) -> tuple[IssuerSettings, ...]:
    """The issuers of the CA in `folder`, parents first. Raises ConfigurationError naming file and place."""
    own = folder / "issuers.toml"
    source = own if own.exists() else files(__package__).joinpath("issuers.toml")
    try:
        text = source.read_text(encoding="utf-8")
        entries = tomllib.loads(text)["issuer"]
        issuers = tuple(_issuer(entry, base_url.rstrip("/")) for entry in entries)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{source}: {type(error).__name__}: {error}",
            next_step="Compare the file with the comments at the head of the issuers.toml that comes with the program.",
        ) from error
    _check(issuers, str(source))
    return issuers


def _issuer(entry: dict[str, Any], base_url: str) -> IssuerSettings:
    slug = str(entry["slug"])
    return IssuerSettings(
        slug=slug,
        name=tuple(str(part) for part in entry["name"]),
        parent=entry.get("parent"),
        key=str(entry["key"]),
        serials=str(entry.get("serials", "long")),
        years=int(entry.get("years", 10)),
        is_test=bool(entry.get("test", False)),
        crl_url=str(entry.get("crl_url", f"{base_url}/crl/{slug}.crl")),
        ocsp_url=str(entry.get("ocsp_url", f"{base_url}/ocsp/{slug}")),
        ca_url=str(entry.get("ca_url", f"{base_url}/ca/{slug}.crt")),
    )


def _check(issuers: tuple[IssuerSettings, ...], source: str) -> None:
    known: set[str] = set()
    for issuer in issuers:
        problems = (
            (
                not issuer.slug.replace("-", "").isalnum() or not issuer.slug.isascii(),
                "the slug may hold a-z, 0-9 and -",
            ),
            (issuer.slug in known, "the slug occurs twice"),
            (issuer.parent is not None and issuer.parent not in known, "the parent must stand before it"),
            (issuer.key not in KEY_KINDS, f"key is one of {', '.join(KEY_KINDS)}"),
            (issuer.serials not in SERIAL_STYLES, f"serials is one of {', '.join(SERIAL_STYLES)}"),
            (not 1 <= issuer.years <= 30, "years lies between 1 and 30"),
        )
        for is_wrong, why in problems:
            if is_wrong:
                raise ConfigurationError(f"{source}: issuer {issuer.slug!r}: {why}", next_step="Correct this entry.")
        name_from_parts(issuer.name)
        known.add(issuer.slug)
    if not issuers:
        raise ConfigurationError(f"{source}: no issuer", next_step="Give at least one [[issuer]].")
