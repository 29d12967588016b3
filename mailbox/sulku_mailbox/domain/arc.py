"""ARC chains (RFC 8617): what servers on the way say they saw before they changed a mail, each sealed by its server.

A chain that holds proves only who says so. It counts when every sealer in it is one that the administrator trusts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sulku_mailbox.domain.dkim import Signature, SignatureFieldError, find_key, holds, read_signature
from sulku_mailbox.domain.dkim_keys import KeyRecordError, is_signed_with
from sulku_mailbox.domain.dns import DnsAnswer, DnsAnswers, DnsQuestion, DnsStatus
from sulku_mailbox.domain.evidence import ArcResult
from sulku_mailbox.domain.signed_mail import SignedMail, canonical_field, without_signature
from sulku_mailbox.domain.tag_list import TagListError, read_tags

MOST_INSTANCES = 10  # RFC 8617, 4.2.1 allows 50; no honest road is that long
_FIELDS = ("arc-authentication-results", "arc-message-signature", "arc-seal")
_INSTANCE = re.compile(rb"\A[^:]*:[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*(\d{1,2})[ \t\r\n]*;")


@dataclass(frozen=True, slots=True)
class ArcSet:
    """The three fields of one server, and its two signatures read."""

    results: bytes
    message_field: bytes
    seal_field: bytes
    message: Signature
    seal: Signature
    verdict: str


def read_chain(mail: SignedMail) -> list[ArcSet] | ArcResult:
    """The sets in their order, or the result where there is nothing to verify."""
    if not mail.each("arc-seal"):
        return ArcResult()
    by_instance: dict[int, dict[str, bytes]] = {}
    for name in _FIELDS:
        for whole in mail.each(name):
            found = _INSTANCE.match(without_leading_tags(whole))
            instance = int(found[1]) if found else 0
            if not found or name in by_instance.setdefault(instance, {}):
                return ArcResult("fail", "chain_broken")
            by_instance[instance][name] = whole
    if len(by_instance) > MOST_INSTANCES or sorted(by_instance) != list(range(1, len(by_instance) + 1)):
        return ArcResult("fail", "chain_broken")
    try:
        chain = [_read_set(by_instance[instance]) for instance in sorted(by_instance)]
    except (KeyError, SignatureFieldError):
        return ArcResult("fail", "chain_broken")
    if [one.verdict for one in chain] != ["none", *["pass"] * (len(chain) - 1)]:
        return ArcResult("fail", "chain_broken", _sealers(chain))
    return chain


def without_leading_tags(whole: bytes) -> bytes:
    """The field with its `i=` first: in a signature it may stand behind other tags."""
    name, _, value = whole.partition(b":")
    pieces = value[:4_096].split(b";")
    instance = next((piece for piece in pieces if piece.strip().startswith(b"i")), b"")
    return name + b":" + instance + b";"


def _read_set(fields: dict[str, bytes]) -> ArcSet:
    results, message, seal = (fields[name] for name in _FIELDS)
    try:
        verdict = read_tags(seal.partition(b":")[2].decode("ascii"))["cv"].lower()
    except (TagListError, UnicodeDecodeError, KeyError) as error:
        raise SignatureFieldError("signature_field_broken") from error
    # A seal has no `h=` and no `bh=`; with stand-ins it is read like any other signature.
    return ArcSet(
        results,
        message,
        seal,
        read_signature(message, is_arc=True),
        read_signature(seal.rstrip(b"; \t\r\n") + b"; h=from; bh=AA==", is_arc=True),
        verdict,
    )


def chain_questions(chain: Iterable[ArcSet]) -> list[DnsQuestion]:
    """The keys that the chain needs."""
    return [signature.question for one in chain for signature in (one.message, one.seal)]


def verify_chain(chain: list[ArcSet], mail: SignedMail, answers: DnsAnswers) -> ArcResult:
    """Whether every seal holds, and the last server's signature over the mail itself (RFC 8617, 5.2)."""
    sealers = _sealers(chain)
    needed = [answers[question] for question in chain_questions(chain)]
    if any(answer.status is DnsStatus.UNANSWERED for answer in needed):
        return ArcResult("temperror", "dns_unanswered", sealers)
    last = chain[-1].message
    try:
        is_whole = holds(last, mail, find_key(answers[last.question], last))
        is_sealed = all(_seal_holds(chain[: at + 1], answers[one.seal.question]) for at, one in enumerate(chain))
    except KeyRecordError as error:
        return ArcResult("fail", str(error), sealers)
    if not (is_whole and is_sealed) or last.has_length:
        return ArcResult("fail", "changed_or_forged", sealers)
    return ArcResult("pass", "", sealers, chain[0].results)


def _seal_holds(chain: list[ArcSet], answer: DnsAnswer) -> bool:
    """A seal covers all sets up to its own, in their order (RFC 8617, 5.1.1)."""
    seal = chain[-1].seal
    lines = [
        canonical_field(whole, "relaxed") + b"\r\n"
        for one in chain
        for whole in (one.results, one.message_field, one.seal_field)
    ][:-1]
    own = canonical_field(without_signature(chain[-1].seal_field), "relaxed")
    digest = hashlib.sha256(b"".join(lines) + own).digest()
    return is_signed_with(find_key(answer, seal).key, seal.signature, digest)


def _sealers(chain: Iterable[ArcSet]) -> tuple[str, ...]:
    return tuple(one.seal.domain for one in chain)
