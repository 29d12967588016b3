"""The adapter to a CA that speaks CMP over HTTP (RFC 9483, 4.2 `rr`; RFC 9811), with a shared secret or a certificate.

An answer counts only when it is protected by the CA's side and names our transaction and our nonce. CMP tells no date
and has no look-up: what became of an order in doubt is seen where it is published (`with_published_status.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import httpx2
from cryptography import x509
from pydantic import Field

from sulku_kernel.clock import Clock, SystemClock
from sulku_kernel.errors import ConfigurationError
from sulku_revocation.bounded_http import FetchError, ask, http_client
from sulku_revocation.ca.adapter_settings import (
    AdapterOptions,
    AdapterSettings,
    read_options,
    tls_to_ca,
)
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    AlreadyRevoked,
    Capabilities,
    Lookup,
    OrderToSend,
    Outcome,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.certificate_pem import OwnCertificates
from sulku_revocation.ca.cmp_credentials import OwnKey, Protection, SharedSecret
from sulku_revocation.domain import cmp_messages as cmp
from sulku_revocation.domain.certificate_der import UnreadableError

LARGEST_ANSWER = 1_000_000
MEDIA_TYPE = "application/pkixcmp"

# What a rejection means for the order (RFC 9810, 5.2.3). Anything else may pass: the same order is sent again.
_REFUSALS = {
    "badCertId": "unknown_serial", "wrongAuthority": "wrong_issuer", "badCertTemplate": "malformed",
    "notAuthorized": "not_authorised", "badRequest": "malformed", "badDataFormat": "malformed",
}  # fmt: skip
_OUR_FAULT = frozenset({"badMessageCheck", "wrongIntegrity", "signerNotTrusted", "badAlg"})


class CmpOptions(AdapterOptions):
    """`issuers` and one of the two ways to protect messages: see docs/ca-cmp.md."""

    issuers: Path = Field(description="PEM file with the certificates of the issuers that this CA has.")
    reference: str = Field("", description="The secret's reference, as the CA knows it.")
    mac: Literal["password_based", "pbmac1"] = Field("password_based", description="How the secret protects.")
    certificate: Path | None = Field(None, description="PEM: our certificate, instead of a secret.")
    key: Path | None = Field(None, description="PEM: its key, mode 0600.")
    server_certificates: Path | None = Field(None, description="PEM: certificates whose keys sign the answers.")
    trusted: Path | None = Field(None, description="PEM: CAs trusted for TLS; without it the system's.")
    recipient: str = Field("", description="Name of the CMP server (RFC 4514), when it is not the issuer.")
    batch: int = Field(1, ge=1, le=1000, description="Certificates in one message; RFC 9483 wants one.")
    invalidity_date: bool = Field(False, description="Whether the CA takes an invalidity date.")  # noqa: FBT003


def open_cmp(settings: AdapterSettings) -> CmpAuthority:
    """The adapter by its settings. Raises ConfigurationError."""
    options = read_options(CmpOptions, settings)
    protection: Protection
    if options.certificate is not None:
        if options.key is None or options.server_certificates is None:
            raise ConfigurationError(
                f"[{settings.section}] options.certificate needs options.key and options.server_certificates",
                next_step="Set all three, or a token_file with the shared secret instead.",
            )
        protection = OwnKey.load(options.certificate, options.key, options.server_certificates)
    else:
        protection = SharedSecret(settings, options.reference, options.mac)
    return CmpAuthority(settings, options, protection)


class CmpAuthority(Adapter):
    """See the module."""

    def __init__(
        self, settings: AdapterSettings, options: CmpOptions, protection: Protection, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._protection = protection
        self._issuers = OwnCertificates(options.issuers)
        self._recipient = _name(options.recipient)
        self._clock = clock or SystemClock()
        self._client = http_client(tls_to_ca(options.trusted) if options.trusted else None)
        self.capabilities = Capabilities(
            lookup=Lookup.NONE, batch=options.batch, invalidity_date=options.invalidity_date
        )

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
        self._client.close()

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: an empty general message; any protected answer shows that all is well."""
        answer = self._exchange(cmp.write_genm(), self._recipient or self._issuers.first().subject.public_bytes())
        if any(_OUR_FAULT & status.failures for status in answer.statuses):
            raise self._not_let_in(answer.statuses[0])

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        (outcome,) = self.revoke_many([order])
        if isinstance(outcome, Refused | TryLater):
            raise outcome
        return outcome

    def revoke_many(self, orders: Sequence[OrderToSend]) -> list[Outcome]:
        """See `CertificateAuthority.revoke_many`: one message. Raises Refused when an issuer is not this CA's."""
        issuers = [self._issuers.find(order.issuer_name, order.issuer_key_identifier) for order in orders]
        names = [issuer.subject.public_bytes() for issuer in issuers]
        wanted = [
            cmp.Revoking(name, order.serial, int(order.reason), self._invalidity(order))
            for name, order in zip(names, orders, strict=True)
        ]
        answer = self._exchange(cmp.write_rr(wanted), self._recipient or names[0])
        if answer.kind == cmp.ERROR:
            return [self._outcome_of(answer.statuses[0])] * len(orders)
        if answer.kind != cmp.RP or len(answer.statuses) != len(orders):
            raise TryLater("the CA answered something else than what was asked")
        return [self._outcome_of(status) for status in answer.statuses]

    def _invalidity(self, order: OrderToSend) -> datetime | None:
        return order.invalidity_at if self.capabilities.invalidity_date else None

    def _outcome_of(self, status: cmp.Status) -> Outcome:
        if status.status in {cmp.ACCEPTED, cmp.GRANTED_WITH_MODS, cmp.REVOCATION_NOTIFICATION}:
            return Accepted(None)
        if status.status in {cmp.WAITING, cmp.REVOCATION_WARNING}:
            return PendingApproval(status.text[:100])
        if "certRevoked" in status.failures:
            return AlreadyRevoked()
        if _OUR_FAULT & status.failures:
            raise self._not_let_in(status)
        words = " ".join([*sorted(status.failures), status.text[:200]]).strip() or f"status {status.status}"
        for failure, why in _REFUSALS.items():
            if failure in status.failures:
                return Refused(why, f"the CA refused: {words}", next_step="Look at the order and at the CA's log.")
        return TryLater(f"the CA did not do it: {words}")

    def _not_let_in(self, status: cmp.Status) -> ConfigurationError:
        return ConfigurationError(
            f"the CA does not accept our protection: {' '.join(sorted(status.failures))} {status.text[:200]}".rstrip(),
            next_step=f"Check the secret or certificate of [{self._settings.section}] and its reference at the CA.",
        )

    def _exchange(self, body: bytes, recipient: bytes) -> cmp.Message:
        """Send one message and verify its answer. Raises TryLater and ConfigurationError."""
        header = cmp.Header(
            sender=self._protection.sender,
            recipient=recipient,
            sender_kid=self._protection.sender_kid,
            transaction_id=secrets.token_bytes(16),
            sender_nonce=secrets.token_bytes(16),
            sent_at=self._clock.now(),
            algorithm=self._protection.new_algorithm(),
        )
        written = cmp.write_header(header)
        protection = self._protection.protect(header.algorithm, cmp.protected_part(written, body))
        der = self._post(cmp.write_message(written, body, protection, self._protection.extra))
        try:
            answer = cmp.read_message(der)
            is_protected = bool(answer.protection and answer.header.algorithm) and self._protection.holds(answer)
        except UnreadableError as error:
            raise TryLater(f"the CA's answer cannot be read: {error}") from error
        return self._verified(answer, header, is_protected=is_protected)

    def _verified(self, answer: cmp.Message, sent: cmp.Header, *, is_protected: bool) -> cmp.Message:
        """The answer, when it is by the CA and to what was sent (RFC 9483, 3.5).

        An error without protection says nothing of the order; but most servers answer so when ours does not hold.
        """
        if not is_protected:
            if not answer.protection and any(_OUR_FAULT & status.failures for status in answer.statuses):
                raise self._not_let_in(answer.statuses[0])
            raise TryLater("the CA's answer is not protected by its key or our secret: it is not believed")
        if answer.header.transaction_id != sent.transaction_id or answer.header.recipient_nonce != sent.sender_nonce:
            raise TryLater("the CA's answer belongs to another message: it is not believed")
        return answer

    def _post(self, message: bytes) -> bytes:
        try:
            request = self._client.build_request(
                "POST", self._settings.url, content=message, headers={"Content-Type": MEDIA_TYPE}
            )
        except (httpx2.InvalidURL, ValueError) as error:
            raise ConfigurationError(
                f"{self._settings.url}: {error}", next_step="Correct the url of this CA."
            ) from error
        try:
            answer = ask(self._client, request, limit=LARGEST_ANSWER)
        except FetchError as error:
            raise TryLater(str(error), next_step="Check that the CA runs and that its url is right.") from error
        if answer.status != 200 or not answer.headers.get("content-type", "").startswith(MEDIA_TYPE):
            raise TryLater(f"the CA answered with status {answer.status} and no CMP message")
        return answer.body


def _name(text: str) -> bytes:
    try:
        return x509.Name.from_rfc4514_string(text).public_bytes() if text else b""
    except ValueError as error:
        raise ConfigurationError(f"options.recipient: {error}", next_step="Write a name as CN=…,O=…,C=….") from error
