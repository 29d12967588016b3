"""The one certificate that a person means by what they typed: a serial number, a fingerprint or an id on file."""

from __future__ import annotations

import re

from sulku_kernel.errors import InputError, NotFoundError
from sulku_revocation.domain.record import CertificateRecord
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.serials import read_serial

_HEX = re.compile(r"[0-9a-f]+")
_FINGERPRINT_DIGITS = (40, 64)
_TYPED = "typed"


def certificate_named(register: Register, text: str) -> CertificateRecord:
    """The certificate `text` names: a serial in any notation, a SHA-1 or SHA-256 fingerprint, or `id:12`.

    Raises NotFoundError when there is none, and InputError, listing them, when several certificates fit.
    """
    text = text.strip()
    if text.startswith("id:") and text[3:].isdecimal():
        found = register.certificate(int(text[3:]))
        hits: tuple[CertificateRecord, ...] = () if found is None else (found,)
    else:
        references = _references(text)
        answers = register.look_up(references) if references else {}
        hits = tuple({record.id: record for several in answers.values() for record in several}.values())
    if not hits:
        raise NotFoundError(
            f"no certificate on file has the serial number or fingerprint {text[:100]!r}",
            next_step="Search for it: sulku register find TEXT.",
        )
    if len(hits) > 1:
        listed = "; ".join(f"id:{hit.id} {hit.common_name} of {hit.issuer}" for hit in hits[:5])
        raise InputError(f"{text[:100]!r} fits several certificates: {listed}", next_step="Name one by its id:….")
    return hits[0]


def _references(text: str) -> tuple[Reference, ...]:
    digits = re.sub(r"[\s:]", "", text).lower()
    references = []
    if len(digits) in _FINGERPRINT_DIGITS and _HEX.fullmatch(digits):
        references.append(Reference(ReferenceKind.FINGERPRINT, digits, _TYPED))
    readings = read_serial(text)
    if readings:
        references.append(Reference(ReferenceKind.SERIAL, readings[0], _TYPED, readings=readings))
    return tuple(references)
