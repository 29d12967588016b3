"""A CA of `openssl ca`; what it holds is asked of openssl itself, by its text output of a CRL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers.openssl_ca import OpensslFolder, make_openssl_ca

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.openssl_ca import open_openssl_ca
from sulku_revocation.domain.reason_code import ReasonCode


@contextmanager
def open_case(folder: Path) -> Iterator[CaseCa]:
    ca = make_openssl_ca(folder / "ca")
    authority = open_openssl_ca(openssl_settings(ca))
    yield CaseCa(
        authority=authority,
        issuer=ca.issuer,
        issue=ca.issue,
        held=lambda serial: held(ca, serial),
        revokes=lambda serial: revokes(ca, serial),
        revoke_elsewhere=lambda serial, reason: revoke_elsewhere(ca, serial, reason),
        settings=lambda url: openssl_settings(ca),
    )


def openssl_settings(ca: OpensslFolder, **options: object) -> AdapterSettings:
    given = {
        "config": str(ca.folder / "openssl.cnf"), "folder": str(ca.folder), "issuer": str(ca.folder / "ca.pem"),
        "certificates": str(ca.folder / "newcerts"), "crl": str(ca.folder / "published.pem"),
        "program": str(ca.program), **options,
    }  # fmt: skip
    return AdapterSettings("folder", "authorities.folder", "", None, given, ca.folder)


def revokes(ca: OpensslFolder, serial: SerialNumber) -> int:
    lines = [line.split("\t") for line in (ca.folder / "index.txt").read_text(encoding="utf-8").splitlines()]
    return sum(fields[0] == "R" and int(fields[3], 16) == serial for fields in lines)


def held(ca: OpensslFolder, serial: SerialNumber) -> Held | None:
    ca.run("-gencrl", "-out", str(ca.folder / "held.pem"))
    crl = x509.load_pem_x509_crl((ca.folder / "held.pem").read_bytes())
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    if entry is None:
        return None
    reasons = [one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
    code = next((code for code in ReasonCode if reasons and code.rfc_name == reasons[0].value), ReasonCode(0))
    return int(code), entry.revocation_date_utc


def revoke_elsewhere(ca: OpensslFolder, serial: SerialNumber, reason: ReasonCode) -> None:
    ca.run("-revoke", str(ca.file_of(serial)), "-crl_reason", reason.rfc_name)
