"""`Evidence`: everything a machine found out about who sent a mail, kept with the ticket as it was on that day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sulku_kernel.clock import to_text
from sulku_kernel.identity_code import mask_identity_codes
from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion

_LONGEST_VALUE, _MOST_VALUES, _MOST_RECORDS = 1_000, 20, 60
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class DkimResult:
    """What became of one signature: a result of RFC 8601, 2.7.1, and the word that says why where it is no pass."""

    domain: str
    selector: str
    result: str
    why: str = ""
    signed_at: datetime | None = None
    is_test: bool = False
    bits: int = 0


@dataclass(frozen=True, slots=True)
class ArcResult:
    """`none`, `pass`, `fail` or `temperror`; the sealers' domains, first server first."""

    result: str = "none"
    why: str = ""
    sealers: tuple[str, ...] = ()
    first_results: bytes = b""
    """The ARC-Authentication-Results of the first server: it saw the mail as it was sent."""


@dataclass(frozen=True, slots=True)
class SpfResult:
    """A result of RFC 7208, 2.6, for `domain`; `identity` is `mailfrom` or, for the null sender, `helo`."""

    result: str
    domain: str = ""
    identity: str = "mailfrom"
    why: str = ""


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """`none`, `pass`, `fail`, `temperror` or `permerror`; the policy the domain asks for; what aligned, or why not."""

    result: str
    policy: str = ""
    why: str = ""


class SmimeVerdict(StrEnum):
    """What a signature of S/MIME (RFC 8551) is worth. Only VALID says anything about the sender."""

    VALID = "valid"
    EXPIRED = "expired"
    OTHER_ADDRESS = "other_address"
    UNTRUSTED = "untrusted"
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation_unknown"
    BROKEN = "broken"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class SmimeEvidence:
    """The signature of a mail and its signer's certificate.

    `is_intact`: it is the signer's, over what was read, whatever the certificate may be worth. `spki` is the SHA-256
    of the signer's key, `fingerprint` that of the certificate. `why` is a word for what is wrong.
    """

    verdict: SmimeVerdict
    why: str = ""
    is_intact: bool = False
    addresses: tuple[str, ...] = ()
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    spki: str = ""
    fingerprint: str = ""
    signed_at: datetime | None = None
    is_old: bool = False
    """It says it was made long before the mail came, or does not say when: it may be sent again by anybody."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The findings of one delivery. What was not looked at is None; `unchecked` says why nothing was."""

    peer: str = ""
    helo: str = ""
    tls: str = ""
    via: str = ""
    unchecked: str = ""
    dkim: tuple[DkimResult, ...] = ()
    arc: ArcResult | None = None
    is_arc_trusted: bool = False
    spf: SpfResult | None = None
    dmarc: DmarcResult | None = None
    dns: tuple[tuple[DnsQuestion, DnsAnswer], ...] = ()
    stated: tuple[str, ...] = ()
    """What trusted Authentication-Results said (RFC 8601), `dmarc=pass` and the like."""
    smime: SmimeEvidence | None = None
    was_encrypted: bool = False
    """It came encrypted to the desk and was opened with the desk's key."""


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """As it is stored and shown: only what there is, times in UTC, values of records cut at a length no key reaches."""
    found: dict[str, Any] = {
        "transport": {
            name: value for name in ("via", "peer", "helo", "tls") if (value := getattr(evidence, name)[:255])
        }
    }
    if evidence.unchecked:
        found["unchecked"] = evidence.unchecked
    if evidence.stated:
        found["stated"] = list(evidence.stated)
    if evidence.dkim:
        found["dkim"] = [_dkim(one) for one in evidence.dkim]
    if evidence.arc is not None and evidence.arc.result != "none":
        found["arc"] = _filled(
            result=evidence.arc.result,
            why=evidence.arc.why,
            sealers=list(evidence.arc.sealers),
            trusted=evidence.is_arc_trusted,
        )
    if evidence.spf is not None:
        spf = evidence.spf
        found["spf"] = _filled(result=spf.result, domain=spf.domain, identity=spf.identity, why=spf.why)
    if evidence.dmarc is not None:
        found["dmarc"] = _filled(result=evidence.dmarc.result, policy=evidence.dmarc.policy, because=evidence.dmarc.why)
    if evidence.dns:
        found["dns"] = list(_records(evidence.dns[:_MOST_RECORDS]))
    if evidence.smime is not None:
        found["smime"] = _smime(evidence.smime)
    if evidence.was_encrypted:
        found["was_encrypted"] = True
    return found


def _dkim(one: DkimResult) -> dict[str, Any]:
    return _filled(
        result=one.result,
        domain=one.domain,
        selector=one.selector,
        why=one.why,
        signed_at=None if one.signed_at is None else to_text(one.signed_at),
        bits=one.bits,
        testing=one.is_test,
    )


def _smime(one: SmimeEvidence) -> dict[str, Any]:
    return _filled(
        verdict=one.verdict.value,
        why=one.why,
        intact=one.is_intact,
        addresses=list(one.addresses),
        subject=mask_identity_codes(one.subject),
        issuer=one.issuer,
        serial=one.serial,
        spki=one.spki,
        fingerprint=one.fingerprint,
        signed_at=None if one.signed_at is None else to_text(one.signed_at),
        old=one.is_old,
    )


def _records(dns: Iterable[tuple[DnsQuestion, DnsAnswer]]) -> Iterator[dict[str, Any]]:
    """The records; strangers write them, so that together they are cut where no honest sender's reach."""
    left = _MOST_CHARACTERS
    for question, answer in dns:
        values = [value[: min(_LONGEST_VALUE, left)] for value in answer.values[:_MOST_VALUES] if left > 0]
        left -= sum(map(len, values))
        yield _filled(
            name=question.name,
            type=question.type.value,
            status=answer.status.value,
            values=values,
            at=to_text(answer.at),
        )


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, False, [], 0)}
