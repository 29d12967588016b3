"""The questions a mail puts to the register, asked in as few calls as possible; the answers as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from sulku_kernel.address import domain_of
from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.found import Found
from sulku_revocation.domain.host_name import is_one_slip
from sulku_revocation.domain.judging import may_be_compromise
from sulku_revocation.domain.matching import EXACT
from sulku_revocation.domain.record import Account, CertificateRecord
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.said import Said

# The search for slips and for similar names costs more than everything else: only for what is left unexplained.
_MOST_NEAR, _MOST_SAME_KEY, _MOST_HOLDERS = 5, 50, 3
_SHORTEST_NEAR = 6


def look_up_many(register: Register, mails: Sequence[tuple[Mail, Said, Sequence[Reference]]]) -> list[Found]:
    """What the register knows about each mail: one call for all references and one for all senders."""
    asked = tuple(dict.fromkeys(reference for _, _, references in mails for reference in references))
    answers = register.look_up(asked) if asked else {}
    accounts = register.accounts_of_addresses(mail.header_from for mail, _, _ in mails if mail.header_from is not None)
    of_domain = cache(register.accounts_of_domain)
    found = []
    for mail, said, references in mails:
        address = mail.header_from
        records = {reference: answers[reference] for reference in references}
        senders = accounts[address] if address is not None else ()
        found.append(
            Found(
                records=records,
                near=_near_serials(register, records) | _near_hosts(register, records, senders),
                organisations=_near_organisations(register, records),
                accounts=senders,
                of_domain=of_domain(domain_of(address)) if address is not None and not senders else (),
                same_key=_same_key(register, records) if may_be_compromise(mail, said) else {},
                signers=_signers(register, mail),
            )
        )
    return found


def _signers(register: Register, mail: Mail) -> tuple[CertificateRecord, ...]:
    smime = mail.authentication.evidence.smime if mail.authentication.evidence else None
    return register.with_spki(smime.spki) if smime is not None and smime.is_intact and smime.spki else ()


_Records = Mapping[Reference, tuple[CertificateRecord, ...]]


def _near_serials(register: Register, records: _Records) -> dict[Reference, tuple[CertificateRecord, ...]]:
    known = [r.value for r, hits in records.items() if r.kind is ReferenceKind.SERIAL and hits]
    lost = [
        reference
        for reference, hits in records.items()
        if reference.kind is ReferenceKind.SERIAL
        and reference.is_labelled
        and not hits
        and len(reference.value) >= _SHORTEST_NEAR
        and not any(reference.value in value for value in known)
    ]
    near = {}
    for reference in lost[:_MOST_NEAR]:
        hits = {record.id: record for reading in reference.readings for record in register.near_serials(reading)}
        near[reference] = tuple(hits.values())
    return near


def _near_hosts(
    register: Register, records: _Records, senders: Sequence[Account]
) -> dict[Reference, tuple[CertificateRecord, ...]]:
    """For a host name that nobody has: the sender's own certificates for one that is a slip away."""
    kind = ReferenceKind.HOST_NAME
    lost = [r for r, hits in records.items() if r.kind is kind and r.is_labelled and not hits][:_MOST_NEAR]
    if not lost:
        return {}
    theirs = [record for account in senders[:_MOST_HOLDERS] for record in register.certificates_of_account(account.id)]
    return {
        reference: tuple(
            record for record in theirs if any(is_one_slip(reference.value, name) for name in record.host_names)
        )
        for reference in lost
    }


def _near_organisations(
    register: Register, records: _Records
) -> dict[Reference, tuple[tuple[CertificateRecord, float], ...]]:
    if any(hits for reference, hits in records.items() if reference.kind in EXACT):
        return {}
    similar: dict[Reference, tuple[tuple[CertificateRecord, float], ...]] = {}
    lost = [r for r, hits in records.items() if r.kind is ReferenceKind.ORGANISATION and r.is_labelled and not hits]
    for reference in lost[:_MOST_HOLDERS]:
        holders = register.near_organisations(reference.value)[:_MOST_HOLDERS]
        similar[reference] = tuple(
            (record, score)
            for account, score in holders
            for record in register.certificates_of_account(account.id, limit=20)
        )
    return similar


def _same_key(register: Register, records: _Records) -> dict[str, tuple[CertificateRecord, ...]]:
    keys = {
        record.spki
        for r, hits in records.items()
        if r.kind is not ReferenceKind.ORGANISATION and len(hits) <= 3
        for record in hits
    }
    return {spki: register.with_spki(spki) for spki in sorted(keys - {""})[:_MOST_SAME_KEY]}
