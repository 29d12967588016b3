"""What a person finds in the register by typing something into a search field."""

from __future__ import annotations

import re

from sulku_revocation.domain.business_id import is_oid, read_business_id
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.serials import read_serial

_MOST = 100
_HEX = re.compile(r"[0-9a-f]+")


def search(register: Register, text: str) -> tuple[tuple[CertificateRecord, ...], bool]:
    """Certificates for what was typed, and whether they really have it.

    A serial number in any spelling, a fingerprint, a key's digest, a host name, a common name, an OID, a Business ID or
    an organisation. When nothing has it: those whose serial number or holder's name is a slip away, and False.
    """
    text = text.strip()[:1_000]
    references = _references(text)
    answers = register.look_up(references)
    hits = {record.id: record for records in answers.values() for record in records}
    if hits:
        return tuple(hits.values())[:_MOST], True
    return _near(register, text)[:_MOST], False


def _references(text: str) -> list[Reference]:
    found = [Reference(kind, text, "typed") for kind in (ReferenceKind.COMMON_NAME, ReferenceKind.ORGANISATION)]
    if readings := read_serial(text):
        found.append(Reference(ReferenceKind.SERIAL, readings[0], "typed", readings))
    digest = re.sub(r"[\s:]", "", text).lower()
    if len(digest) in {40, 64} and _HEX.fullmatch(digest):
        found += [Reference(kind, digest, "typed") for kind in (ReferenceKind.FINGERPRINT, ReferenceKind.SPKI)]
    if host := read_host_name(text):
        found.append(Reference(ReferenceKind.HOST_NAME, host, "typed"))
    if is_oid(text):
        found.append(Reference(ReferenceKind.OID, text, "typed"))
    if business_id := read_business_id(text):
        found.append(Reference(ReferenceKind.BUSINESS_ID, business_id, "typed"))
    return found


def _near(register: Register, text: str) -> tuple[CertificateRecord, ...]:
    near = [record for reading in read_serial(text) for record in register.near_serials(reading)]
    for account, _ in register.near_organisations(text):
        near.extend(register.certificates_of_account(account.id))
    return tuple({record.id: record for record in near}.values())
