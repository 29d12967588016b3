"""`Found`: what the register answered about a mail, as a value, so that matching needs no register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sulku_revocation.domain.record import Account, CertificateRecord
from sulku_revocation.domain.reference import Reference


@dataclass(frozen=True, slots=True)
class Found:
    """The register's answers.

    `records`: the certificates each reference names. `near`: for a serial nobody has, those one slip away.
    `organisations`: for a name nobody has, the certificates of the holders whose name is like it, with the likeness
    0…1. `accounts`: the holders that have the sender's address on file; `of_domain`: where there are none, those that
    have its domain on file: whom to ask, never who wrote. `same_key`: SPKI digest → the certificates
    with that key. `signers`: the certificates with the key that an intact S/MIME signature of the mail was made with.
    """

    records: Mapping[Reference, tuple[CertificateRecord, ...]] = field(default_factory=dict)
    near: Mapping[Reference, tuple[CertificateRecord, ...]] = field(default_factory=dict)
    organisations: Mapping[Reference, tuple[tuple[CertificateRecord, float], ...]] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    of_domain: tuple[Account, ...] = ()
    same_key: Mapping[str, tuple[CertificateRecord, ...]] = field(default_factory=dict)
    signers: tuple[CertificateRecord, ...] = ()


NOTHING_FOUND = Found()
