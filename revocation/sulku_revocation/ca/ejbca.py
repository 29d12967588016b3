"""The adapter to EJBCA, over its REST API (the published OpenAPI description, `/ejbca/ejbca-rest-api/v1`).

Who may do what is decided by the client certificate. Its answer to a revocation says "Successfully revoked" whatever
came of it and repeats the reason that was asked for: only its field `revoked` counts, and the reason is read back from
its records. Where the CA wants an approval, the answer is 202. What it has issued: `ejbca_listing.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import Field

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import Answer
from sulku_revocation.ca.adapter_settings import AdapterOptions, AdapterSettings, read_options, tls_to_ca
from sulku_revocation.ca.authority import (
    Accepted,
    Adapter,
    AlreadyRevoked,
    Capabilities,
    CertificateState,
    CertificateStatus,
    Lacking,
    Mark,
    OrderToSend,
    PendingApproval,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.ejbca_listing import Reading, list_issued
from sulku_revocation.ca.own_issuers import OwnIssuers, first_certificate
from sulku_revocation.ca.rest import LARGEST_ANSWER, LARGEST_LIST, CaHttp, not_now, quoted, read_object
from sulku_revocation.domain.record import IssuerRecord

_API = "/ejbca/ejbca-rest-api/v1"
_SEARCH = "/ejbca/ejbca-rest-api/v2/certificate/search"
_REASONS = {
    "UNSPECIFIED": 0,
    "KEY_COMPROMISE": 1,
    "CA_COMPROMISE": 2,
    "AFFILIATION_CHANGED": 3,
    "SUPERSEDED": 4,
    "CESSATION_OF_OPERATION": 5,
    "CERTIFICATE_HOLD": 6,
    "REMOVE_FROM_CRL": 8,
    "PRIVILEGES_WITHDRAWN": 9,
    "AA_COMPROMISE": 10,
}
_WORDS = {code: word for word, code in _REASONS.items()}


class EjbcaOptions(AdapterOptions):
    """See docs/ca-ejbca.md."""

    certificate: Path = Field(description="PEM: our client certificate, with its chain.")
    key: Path = Field(description="PEM: its key, mode 0600.")
    trusted: Path | None = Field(None, description="PEM: CAs trusted for TLS; without it the system's.")


def open_ejbca(settings: AdapterSettings) -> Ejbca:
    """The adapter by its settings. Raises ConfigurationError."""
    return Ejbca(settings, read_options(EjbcaOptions, settings))


class Ejbca(Adapter):
    """A `CertificateAuthority` behind one EJBCA."""

    capabilities = Capabilities(invalidity_date=True, update_reason=True, register=True, marks=True)

    def __init__(self, settings: AdapterSettings, options: EjbcaOptions) -> None:
        self._http = CaHttp(settings, tls_to_ca(options.trusted, options.certificate, options.key))
        self._issuers = OwnIssuers(self._list_issuers)

    def close(self) -> None:
        """See `CertificateAuthority.close`."""
        self._http.close()

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: the CAs that this client certificate may see."""
        self._issuers.refresh()

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        answer = self._ask("GET", self._path(issuer.name, issuer.key_identifier, serial) + "/revocationstatus")
        match answer.status:
            case HTTPStatus.OK:
                return _status(read_object(answer))
            case HTTPStatus.NOT_FOUND if _said(answer):
                return CertificateStatus(CertificateState.UNKNOWN)
        raise not_now(answer)

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        asked = {"reason": _WORDS[order.reason]}
        if order.invalidity_at is not None:
            asked["invalidity_date"] = order.invalidity_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        path = self._path(order.issuer_name, order.issuer_key_identifier, order.serial)
        return _receipt(self._ask("PUT", f"{path}/revoke?{urlencode(asked)}"), order)

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register`."""
        return self.register_since(Mark(), lacking)

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  all comes
        """See `CertificateAuthority.register_since`: the mark is when the last change was, by the CA's clock."""
        reading = Reading(int(mark.value or 0))
        for ca_name, issuer in [(str(plain.get("name")), der) for plain, der in self._cas()]:
            if not reading.since:
                yield issuer
            yield from list_issued(self._search, ca_name, reading)
        mark.value = reading.mark

    def _search(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = self._ask("POST", _SEARCH, plain=asked, limit=LARGEST_LIST)
        match answer.status:
            case HTTPStatus.OK:
                return read_object(answer)
            case HTTPStatus.BAD_REQUEST if _said(answer):
                raise Refused("malformed", f"the CA refuses a search: {quoted(_said(answer))}")
        raise not_now(answer)

    def _path(self, name: str, key_identifier: str, serial: SerialNumber) -> str:
        issuer = self._issuers.find(name, key_identifier)
        return f"{_API}/certificate/{quote(issuer, safe='')}/{serial.hex.upper()}"

    def _list_issuers(self) -> Iterator[tuple[str, bytes]]:
        return ((str(plain.get("subject_dn")), der) for plain, der in self._cas())

    def _cas(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """The CAs that our client certificate may see, each with its certificate."""
        answer = self._ask("GET", f"{_API}/ca")
        if answer.status != HTTPStatus.OK:
            raise not_now(answer)
        listed = read_object(answer).get("certificate_authorities")
        if not isinstance(listed, list):
            raise TryLater("the CA's answer lists no CAs")
        for plain in listed:
            name = str(plain.get("subject_dn"))
            chain = self._ask("GET", f"{_API}/ca/{quote(name, safe='')}/certificate/download")
            if chain.status == HTTPStatus.OK:
                yield plain, first_certificate(chain.body)

    def _ask(
        self, method: str, path: str, *, plain: dict[str, Any] | None = None, limit: int = LARGEST_ANSWER
    ) -> Answer:
        answer = self._http.ask(method, path, plain=plain, limit=limit)
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise self._http.wrong(
                f"the CA does not let our client certificate do this: {quoted(_said(answer))}",
                "Give the role of docs/ca-ejbca.md to it.",
            )
        return answer


def _receipt(answer: Answer, order: OrderToSend) -> Receipt:
    """What an answer to a revocation comes to. Raises Refused and TryLater."""
    match answer.status:
        case HTTPStatus.OK:
            status = _status(read_object(answer))
            if status.state is not CertificateState.REVOKED:
                raise TryLater("the CA says that it did, and that the certificate is not revoked")
            return Accepted(status.revoked_at)  # the reason here is the one that was asked for, not the recorded one
        case HTTPStatus.ACCEPTED:
            return PendingApproval()
        case HTTPStatus.CONFLICT:
            return AlreadyRevoked()
        case HTTPStatus.NOT_FOUND if _said(answer):
            raise Refused("unknown_serial", f"{order.serial} of {order.issuer_name}: {quoted(_said(answer))}")
        case HTTPStatus.BAD_REQUEST if "approval" in _said(answer).lower():
            return PendingApproval()  # it waits already
        case HTTPStatus.BAD_REQUEST if "reason" in _said(answer).lower():
            raise Refused("reason", f"the CA refuses: {quoted(_said(answer))}")
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY if _said(answer):
            raise Refused("malformed", f"the CA refuses: {quoted(_said(answer))}")
    raise not_now(answer)


def _said(answer: Answer) -> str:
    """EJBCA's own error message; empty for a page of something else in front of it."""
    try:
        plain = read_object(answer)
    except TryLater:
        return ""
    return str(plain.get("error_message") or "")


def _status(plain: dict[str, Any]) -> CertificateStatus:
    """Raises TryLater when `revoked` is missing or no boolean."""
    match plain.get("revoked"):
        case False:
            return CertificateStatus(CertificateState.GOOD)
        case True:
            reason = _REASONS.get(str(plain.get("revocation_reason")).upper())
            return CertificateStatus(CertificateState.REVOKED, reason, _time(plain.get("revocation_date")))
    raise TryLater("the CA's answer does not say whether the certificate is revoked")


def _time(text: object) -> datetime | None:
    """ISO 8601 with an offset; None for anything else, which is then not told."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo is not None else None
