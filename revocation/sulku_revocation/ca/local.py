"""The adapter to the embedded CA (`sulku_desk.ca_server`), over its admin API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx2

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.bounded_http import Answer, FetchError, ask, http_client
from sulku_revocation.ca import wire
from sulku_revocation.ca.adapter_settings import AdapterOptions, AdapterSettings, read_options
from sulku_revocation.ca.authority import (
    Adapter,
    Capabilities,
    CertificateStatus,
    Lacking,
    Mark,
    OrderToSend,
    Outcome,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.embedded.key_files import read_token
from sulku_revocation.domain.record import IssuerRecord

LONGEST_WAIT = timedelta(hours=1)  # what a CA may ask for; a revocation is not put off for longer

_TRY_AGAIN = (408, 425, 429)  # statuses of 4xx that only mean "not now"

T = TypeVar("T")


def open_local(settings: AdapterSettings) -> LocalAuthority:
    """The adapter by its settings; it has no options. Raises ConfigurationError."""
    read_options(AdapterOptions, settings)
    return LocalAuthority(settings.url, settings.token_file or settings.folder / "ca" / "admin.token")


class LocalAuthority(Adapter):
    """A `CertificateAuthority` behind `url`, with the credential in `token_file`.

    The credential is read for each call: the CA makes it when it first starts, which may be after the desk's start.
    Every call raises ConfigurationError when it cannot be read or is not the CA's.
    """

    capabilities = Capabilities(
        invalidity_date=True,
        update_reason=True,
        is_idempotent=True,
        register=True,
        marks=True,
        batch=wire.MOST_ORDERS,
    )

    def __init__(self, url: str, token_file: Path) -> None:
        self._url = url.rstrip("/")
        self._token_file = token_file
        self._client = http_client()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def probe(self) -> None:
        """See `CertificateAuthority.probe`: an empty page of its register."""
        _understood(wire.read_register_page, self._ask("GET", f"/admin/register?after={10**17}"))

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        query = urlencode({"issuer_name": issuer.name, "issuer_key_identifier": issuer.key_identifier})
        answer = self._ask("GET", f"/admin/status/{quote(serial.hex)}?{query}")
        return _understood(wire.read_status, answer)

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        return _understood(wire.read_receipt, self._ask("POST", "/admin/revoke", wire.write_order(order)))

    def revoke_many(self, orders: Sequence[OrderToSend]) -> list[Outcome]:
        """See `CertificateAuthority.revoke_many`: one message, each order with a key of its own."""
        answer = self._ask("POST", "/admin/revoke-many", wire.write_orders(orders), limit=wire.LARGEST_ORDERS)
        return list(_understood(lambda body: wire.read_outcomes(body, len(orders)), answer))

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:
        """See `CertificateAuthority.register`."""
        return self.register_since(Mark(), lacking)

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  whole pages come
        """See `CertificateAuthority.register_since`: the mark is the last number of the CA's records."""
        while True:
            after = int(mark.value or 0)
            answer = self._ask("GET", f"/admin/register?after={after}", limit=wire.LARGEST_REGISTER_PAGE)
            certificates, following = _understood(wire.read_register_page, answer)
            yield from certificates
            if following is None:
                return
            if following <= after:
                raise TryLater("the CA's register does not go on")
            mark.value = str(following)

    def _ask(self, method: str, path: str, body: bytes | None = None, limit: int = wire.LARGEST_MESSAGE) -> Answer:
        """The answer, when its status is 200. Raises Refused, TryLater and ConfigurationError."""
        headers = {"Authorization": f"Bearer {read_token(self._token_file)}", "Content-Type": "application/json"}
        try:
            request = self._client.build_request(method, self._url + path, content=body, headers=headers)
        except (httpx2.InvalidURL, ValueError) as error:
            raise ConfigurationError(f"{self._url}: {error}", next_step="Correct the url of this CA.") from error
        try:
            answer = ask(self._client, request, limit=limit)
        except FetchError as error:
            raise TryLater(str(error), next_step="Check that the CA runs and that ca.url is right.") from error
        if answer.status == 200:
            return answer
        raise _not_done(answer)


def _understood(read: Callable[[bytes], T], answer: Answer) -> T:
    try:
        return read(answer.body)
    except wire.MessageError as error:
        raise TryLater(f"the CA's answer cannot be read: {error}") from error


def _not_done(answer: Answer) -> Refused | TryLater | ConfigurationError:
    """A refusal counts when the CA says why in its own words; a stray 404 of some other server does not.

    A wrong token is our fault and says nothing of the order: it waits until the token is right.
    """
    if answer.status == 401:
        return ConfigurationError(
            "the CA does not know our token", next_step="Put the CA's token into the file of the setting ca.token_file."
        )
    if 400 <= answer.status < 500 and answer.status not in _TRY_AGAIN:
        try:
            why, message = wire.read_refusal(answer.body)
        except wire.MessageError:
            pass
        else:
            return Refused(why, message, next_step="Look at the order and at the CA's register.")
    return TryLater(f"the CA answered with status {answer.status}", after=_retry_after(answer))


def _retry_after(answer: Answer) -> timedelta | None:
    """Seconds only; the form as a date is not used by the CA (RFC 9110, 10.2.3)."""
    text = answer.headers.get("retry-after", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    return min(timedelta(seconds=int(text)), LONGEST_WAIT)
