"""Looks a certificate up by whatever an operator typed: serial number, fingerprint, name, OID or Business ID."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sulku_revocation.domain.business_id import is_oid, read_business_id
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.serials import read_serial

MOST_FOUND = 50
_LONGEST = 200
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SEPARATORS = re.compile(r"[\s:]+")


def search_register(register: Register, typed: str) -> list[CertificateRecord]:
    """What fits exactly; where nothing does, what is one slip of a serial number or a similar holder away."""
    typed = typed.strip()[:_LONGEST]
    if not typed:
        return []
    references = tuple(references_in(typed))
    answers = register.look_up(references)
    found = {certificate.id: certificate for hits in answers.values() for certificate in hits}
    if not found:
        found = {certificate.id: certificate for certificate in _nearly(register, typed)}
    return list(found.values())[:MOST_FOUND]


def references_in(typed: str) -> Iterator[Reference]:
    """Every reading of what was typed."""
    readings = read_serial(typed)
    if readings:
        yield Reference(ReferenceKind.SERIAL, readings[0], "", readings)
    digits = _SEPARATORS.sub("", typed).lower()
    if _DIGEST.fullmatch(digits):
        yield Reference(ReferenceKind.FINGERPRINT, digits, "")
        yield Reference(ReferenceKind.SPKI, digits, "")
    host = read_host_name(typed)
    if host is not None:
        yield Reference(ReferenceKind.HOST_NAME, host, "")
    business_id = read_business_id(typed)
    if business_id is not None:
        yield Reference(ReferenceKind.BUSINESS_ID, business_id, "")
    if is_oid(typed):
        yield Reference(ReferenceKind.OID, typed, "")
    yield Reference(ReferenceKind.COMMON_NAME, typed, "")
    yield Reference(ReferenceKind.ORGANISATION, typed, "")


def _nearly(register: Register, typed: str) -> Iterator[CertificateRecord]:
    for reading in read_serial(typed):
        yield from register.near_serials(reading)
    for account, _ in register.near_organisations(typed):
        yield from register.certificates_of_account(account.id, limit=MOST_FOUND)
