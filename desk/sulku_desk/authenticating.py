"""Between reading and judging: who wrote each mail of a batch, as far as a machine can tell.

Checks signatures of the sender's servers against the DNS (when a resolver is set), opens what is encrypted to the desk
and verifies S/MIME. A mail without any of that, on a desk without a resolver, only gets its delivery noted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sulku_kernel.clock import Clock
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.checking_senders import Resolver, check_senders
from sulku_mailbox.domain.evidence import Evidence, SmimeEvidence
from sulku_mailbox.domain.mail import Envelope, Mail
from sulku_mailbox.domain.sender_checks import SenderCheck, authenticate, transport_evidence
from sulku_mailbox.domain.smime_layers import Layer, LayerKind, opened, outermost_layer
from sulku_mailbox.reader import Reader
from sulku_mailbox.smime_opening import MailKey
from sulku_revocation.domain.smime import content_of, verify_smime
from sulku_revocation.domain.smime_path import SmimeTrust

# Signed, then encrypted, then signed again (RFC 2634, 1.1), and one for whoever needs more.
_MOST_LAYERS = 4


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery with its mail, read."""

    raw: bytes
    mail: Mail
    envelope: Envelope
    anomalies: tuple[Anomaly, ...] = ()


@dataclass(frozen=True)
class Authenticator:
    """`resolver` None: nothing is asked, only what trusted servers state counts. `mail_key` None: nothing is opened."""

    reader: Reader
    clock: Clock
    check: SenderCheck
    trust: Callable[[], SmimeTrust]
    resolver: Resolver | None = None
    mail_key: MailKey | None = None

    def authenticate(self, batch: Sequence[Arrived]) -> list[Mail]:
        """The mails with their evidence; those that were opened with what was inside."""
        return [
            authenticate(*self._looked_into(one, evidence))
            for one, evidence in zip(batch, self._evidence(batch), strict=True)
        ]

    def _evidence(self, batch: Sequence[Arrived]) -> list[Evidence]:
        if self.resolver is None:
            return [transport_evidence(one.mail, one.envelope) for one in batch]
        asked = [(one.raw, one.mail, one.envelope) for one in batch]
        return check_senders(self.check, self.resolver, asked, self.clock.now())

    def _looked_into(self, one: Arrived, evidence: Evidence) -> tuple[Mail, Evidence]:
        if not (one.mail.is_signed or one.mail.is_encrypted):
            return one.mail, evidence
        raw, smime, was_encrypted = self._peel(one)
        mail = one.mail
        if raw is not one.raw:
            inside = self.reader.read(raw, one.anomalies)
            mail = replace(
                inside, sha256=mail.sha256, size=mail.size, authentication=mail.authentication, is_signed=mail.is_signed
            )
        return mail, replace(evidence, smime=smime, was_encrypted=was_encrypted)

    def _peel(self, one: Arrived) -> tuple[bytes, SmimeEvidence | None, bool]:
        """The mail without the layers that hide it, the outermost signature's evidence, and whether it was hidden."""
        raw, smime, was_encrypted = one.raw, None, False
        for _ in range(_MOST_LAYERS):
            layer = outermost_layer(raw)
            if layer is None:
                break
            if layer.kind is not LayerKind.ENCRYPTED and smime is None:
                smime = verify_smime(layer, one.mail.header_from, self.trust(), one.envelope.received_at)
            inner = self._inner(layer)
            if inner is None:
                break
            was_encrypted = was_encrypted or layer.kind is LayerKind.ENCRYPTED
            raw = opened(raw, inner)
        return raw, smime, was_encrypted

    def _inner(self, layer: Layer) -> bytes | None:
        if layer.kind is LayerKind.ENCRYPTED:
            return self.mail_key.open(layer.cms) if self.mail_key else None
        return content_of(layer)
