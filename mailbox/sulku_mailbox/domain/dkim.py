"""DKIM signatures (RFC 6376, 8301, 8463): which key a mail's signature needs, and whether it holds with that key.

Stricter than the RFC where a desk can afford it: a signature with a body length (`l=`) counts for nothing, since
anybody may have written the rest; so does one that leaves out the Subject, where a certificate's number may stand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sulku_kernel.address import domain_of
from sulku_mailbox.domain.dkim_keys import KeyRecordError, PublishedKey, is_signed_with, read_key_record
from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, DnsStatus, RecordType, is_name
from sulku_mailbox.domain.evidence import DkimResult
from sulku_mailbox.domain.signed_mail import SignedMail, canonical_field, chosen_fields, without_signature
from sulku_mailbox.domain.tag_list import TagListError, read_tags, without_blanks

MOST_SIGNATURES = 8
SKEW = timedelta(minutes=5)
_ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
_FORMS = frozenset({"simple", "relaxed"})
_DIGITS = re.compile(r"\d{1,12}")
_LONGEST_SIGNATURE = 2_048
_MOST_NAMES = 200


@dataclass(frozen=True, slots=True)
class Signature:
    """A DKIM-Signature or ARC-Message-Signature field, read. `whole` is the field itself."""

    domain: str
    selector: str
    kind: str
    header_form: str
    body_form: str
    names: tuple[str, ...]
    body_hash: bytes
    signature: bytes
    signed_at: datetime | None
    expires_at: datetime | None
    has_length: bool
    identity_domain: str
    whole: bytes

    @property
    def question(self) -> DnsQuestion:
        """Where its key is published (RFC 6376, 3.6.2.1)."""
        return DnsQuestion(f"{self.selector}._domainkey.{self.domain}", RecordType.TXT)


class SignatureFieldError(ValueError):
    """The field is no signature we know; the message is the word that says why."""


def read_signatures(mail: SignedMail) -> tuple[list[Signature], list[DkimResult]]:
    """The mail's signatures, and results of those that cannot even be read. At most `MOST_SIGNATURES`, top first."""
    good: list[Signature] = []
    bad: list[DkimResult] = []
    for whole in mail.each("dkim-signature")[:MOST_SIGNATURES]:
        try:
            good.append(read_signature(whole))
        except SignatureFieldError as error:
            bad.append(DkimResult("", "", "permerror", str(error)))
    return good, bad


def read_signature(whole: bytes, *, is_arc: bool = False) -> Signature:
    """One field. Raises SignatureFieldError."""
    try:
        tags = read_tags(whole.partition(b":")[2].decode("ascii"))
        kind = _ALGORITHMS.get(tags["a"].lower())
        forms = tags.get("c", "simple/simple").lower().partition("/")
        names = tuple(name.lower() for name in without_blanks(tags["h"]).split(":"))
        domain, selector = tags["d"].lower().rstrip("."), tags["s"].lower()
        body_hash, signature = _octets(tags["bh"]), _octets(tags["b"])
        signed_at, expires_at = _moment(tags.get("t")), _moment(tags.get("x"))
    except (TagListError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise SignatureFieldError("signature_field_broken") from error
    # In ARC `i=` counts the instances (RFC 8617, 4.2.1).
    identity = domain if is_arc else domain_of(tags.get("i", f"@{domain}").lower().rstrip("."))
    if not is_arc and tags.get("v") != "1":
        raise SignatureFieldError("signature_field_broken")
    if kind is None:
        raise SignatureFieldError("weak_or_unknown_algorithm")
    if forms[0] not in _FORMS or (forms[2] or "simple") not in _FORMS or len(names) > _MOST_NAMES:
        raise SignatureFieldError("signature_field_broken")
    if not is_name(f"{selector}._domainkey.{domain}") or (identity != domain and not identity.endswith(f".{domain}")):
        raise SignatureFieldError("signature_field_broken")
    if "from" not in names:
        raise SignatureFieldError("from_not_signed")
    return Signature(
        domain=domain,
        selector=selector,
        kind=kind,
        header_form=forms[0],
        body_form=forms[2] or "simple",
        names=names,
        body_hash=body_hash,
        signature=signature,
        signed_at=signed_at,
        expires_at=expires_at,
        has_length="l" in tags,
        identity_domain=identity,
        whole=whole,
    )


def verify_signature(signature: Signature, mail: SignedMail, answer: DnsAnswer, now: datetime) -> DkimResult:
    """Whether the signature holds with the key that `answer` publishes. `now` is the moment of receipt."""
    result, why, key = _verify(signature, mail, answer, now)
    return DkimResult(
        domain=signature.domain,
        selector=signature.selector,
        result=result,
        why=why,
        signed_at=signature.signed_at,
        is_test=key is not None and key.is_test,
        bits=0 if key is None else key.bits,
    )


def _verify(
    signature: Signature, mail: SignedMail, answer: DnsAnswer, now: datetime
) -> tuple[str, str, PublishedKey | None]:
    if answer.status is DnsStatus.UNANSWERED:
        return "temperror", "dns_unanswered", None
    try:
        key = find_key(answer, signature)
    except KeyRecordError as error:
        return "permerror", str(error), None
    if not holds(signature, mail, key):
        return "fail", "changed_or_forged", key
    objection = _objection(signature, mail, now)
    return ("policy", objection, key) if objection else ("pass", "", key)


def _objection(signature: Signature, mail: SignedMail, now: datetime) -> str:
    """Why a signature that holds counts for nothing all the same."""
    if signature.expires_at is not None and now > signature.expires_at:
        return "signature_expired"
    if signature.signed_at is not None and signature.signed_at > now + SKEW:
        return "signed_in_the_future"
    if signature.has_length:
        return "body_length"
    return "subject_not_signed" if "subject" not in signature.names and mail.each("subject") else ""


def find_key(answer: DnsAnswer, signature: Signature) -> PublishedKey:
    """The key for `signature`. Raises KeyRecordError. More than one record leaves it open which counts (3.6.2.2)."""
    if answer.status is DnsStatus.NONE or not answer.values:
        raise KeyRecordError("no_key")
    if len(answer.values) > 1:
        raise KeyRecordError("several_keys")
    key = read_key_record(answer.values[0], signature.kind)
    if "sha256" not in key.hashes:
        raise KeyRecordError("key_of_another_kind")
    if key.wants_same_domain and signature.identity_domain != signature.domain:
        raise KeyRecordError("key_for_one_domain")
    return key


def holds(signature: Signature, mail: SignedMail, key: PublishedKey) -> bool:
    """Whether body hash and signature are right. A signature with `l=` is checked over the whole body all the same."""
    if mail.body_hash(signature.body_form, "sha256") != signature.body_hash:
        return False
    form = signature.header_form
    lines = [canonical_field(whole, form) + b"\r\n" for whole in chosen_fields(mail, signature.names)]
    own = canonical_field(without_signature(signature.whole), form)
    digest = hashlib.sha256(b"".join(lines) + own).digest()
    return is_signed_with(key.key, signature.signature, digest)


def _octets(value: str) -> bytes:
    letters = without_blanks(value)
    if not letters or len(letters) > _LONGEST_SIGNATURE:
        raise SignatureFieldError("signature_field_broken")
    try:
        return base64.b64decode(letters, validate=True)
    except binascii.Error as error:
        raise SignatureFieldError("signature_field_broken") from error


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    if not _DIGITS.fullmatch(value):
        raise SignatureFieldError("signature_field_broken")
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise SignatureFieldError("signature_field_broken") from error
