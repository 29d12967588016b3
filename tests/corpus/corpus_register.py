"""The corpus's register: `register/register.toml` and its PEM files as a FakeRegister."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.certificate_reading import ReadCertificate, read_certificate
from sulku_revocation.domain.record import Account, CertificateRecord, CertificateType, Contact, ContactRole
from sulku_revocation.testing import FakeRegister

FOLDER = Path(__file__).with_name("register")
UNREAD = {"common_name": "", "host_names": [], "not_before": None, "not_after": None}


@cache
def corpus_register() -> FakeRegister:
    """The register of the corpus."""
    return FakeRegister(*corpus_records(), sha1=_sha1())


@cache
def corpus_records() -> tuple[tuple[CertificateRecord, ...], tuple[Account, ...]]:
    """Its certificates and holders, for tests that add to them."""
    rows = _rows()
    accounts = tuple(_account(at, row) for at, row in enumerate(rows["account"], 1))
    by_name = {account.organisation: account for account in accounts}
    return tuple(_certificate(at, row, by_name) for at, row in enumerate(rows["certificate"], 1)), accounts


def pem(name: str) -> bytes:
    """One of the files beside the register."""
    return (FOLDER / name).read_bytes()


def _rows() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "register.toml").read_text(encoding="utf-8"))


def _sha1() -> dict[int, str]:
    return {at: _read(row["pem"]).sha1 for at, row in enumerate(_rows()["certificate"], 1) if "pem" in row}


@cache
def _read(name: str) -> ReadCertificate:
    return read_certificate(x509.load_pem_x509_certificate(pem(name)).public_bytes(Encoding.DER))


def _account(number: int, row: dict[str, Any]) -> Account:
    contacts = (
        Contact(c["name"], c["email"], c["phone"], frozenset(map(ContactRole, c["roles"]))) for c in row["contacts"]
    )
    return Account(
        id=number,
        organisation=row["organisation"],
        business_id=row["business_id"],
        oid=row["oid"],
        language=Language(row["language"]),
        domains=tuple(row["domains"]),
        contacts=tuple(contacts),
    )


def _certificate(number: int, row: dict[str, Any], accounts: dict[str, Account]) -> CertificateRecord:
    holder = accounts.get(row.get("account", ""))
    said: dict[str, Any] = UNREAD | row
    fingerprint = spki = ""
    if "pem" in row:
        read = _read(row["pem"])
        said |= {name: getattr(read, name) for name in ("issuer", *UNREAD)} | {"serial": read.serial.hex}
        fingerprint, spki = read.fingerprint, read.spki
    return CertificateRecord(
        id=number,
        issuer_id=2 if "TEST" in said["issuer"] else 1,
        issuer=said["issuer"],
        serial=SerialNumber.from_hex(said["serial"]),
        certificate_type=CertificateType(row["type"]),
        common_name=said["common_name"],
        organisation=holder.organisation if holder else "",
        organisation_oid=holder.oid if holder else "",
        host_names=tuple(said["host_names"]),
        not_before=said["not_before"],
        not_after=said["not_after"],
        fingerprint=fingerprint,
        spki=spki,
        account_id=holder.id if holder else None,
        revoked_at=row.get("revoked_at"),
        reason=None,
    )
