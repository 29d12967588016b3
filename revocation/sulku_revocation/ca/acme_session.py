"""A conversation with an ACME server: directory, nonces, account, signed requests (RFC 8555, 6 and 7.1 to 7.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sulku_revocation.bounded_http import Answer
from sulku_revocation.ca.acme_jws import SigningKey, sign_request
from sulku_revocation.ca.authority import TryLater
from sulku_revocation.ca.rest import CaHttp, not_now, quoted, read_object

_ERRORS = "urn:ietf:params:acme:error:"
_ADDRESSES = ("newNonce", "newAccount", "revokeCert")
_MOST_NONCES_KEPT = 32
_MOST_TRIES = 6  # a server may refuse a good nonce at any time (RFC 8555, 6.5); Pebble does one in twenty


@dataclass(frozen=True, slots=True)
class Problem:
    """What the server says is wrong (RFC 8555, 6.7): the last word of its type, and its detail."""

    kind: str
    detail: str


class AcmeSession:
    """Signed requests to the server of the directory at the CA's address. Safe for several threads at once."""

    def __init__(self, http: CaHttp) -> None:
        self._http = http
        self._directory: dict[str, Any] = {}
        self._nonces: deque[str] = deque(maxlen=_MOST_NONCES_KEPT)
        self._asking = Lock()

    def address(self, name: str) -> str:
        """Where the directory says `name` is. Raises TryLater; a plain address is never taken from a secured one."""
        with self._asking:
            if not self._directory:
                answer = self._http.ask("GET", "")
                if answer.status != 200:
                    raise not_now(answer)
                self._directory = _read_directory(answer)
        url = str(self._directory[name])
        if self._http.settings.url.startswith("https://") and not url.startswith("https://"):
            raise self._http.wrong(f"its directory leads to {url}, without TLS", "Tell the CA.")
        return url

    def find_account(self, key: SigningKey) -> str:
        """The address of the account of this key, which must exist (RFC 8555, 7.3.1).

        Raises TryLater and ConfigurationError.
        """
        answer = self.ask(self.address("newAccount"), key, {"onlyReturnExisting": True}, account=None)
        if answer.status == 200 and "location" in answer.headers:
            return answer.headers["location"]
        problem = read_problem(answer)
        if problem.kind in {"accountDoesNotExist", "unauthorized", "externalAccountRequired"}:
            raise self._http.wrong(
                f"the ACME server does not know our account: {quoted(problem.detail)}",
                "Register the key of options.account_key as docs/ca-acme.md says.",
            )
        raise not_now(answer)

    def ask(self, url: str, key: SigningKey, payload: Mapping[str, Any] | None, *, account: str | None) -> Answer:
        """The answer to a signed request; refused nonces are replaced and the request is signed anew.

        A refused nonce was not acted upon, so that this repeats nothing. Raises TryLater.
        """
        for _ in range(_MOST_TRIES):
            body = sign_request(key, url, self._nonce(), payload, account=account)
            answer = self._http.ask("POST", url, body=body, headers={"Content-Type": "application/jose+json"})
            self._keep_nonce(answer)
            if answer.status != 400 or read_problem(answer).kind != "badNonce":
                return answer
        raise TryLater(f"the ACME server refused {_MOST_TRIES} nonces one after another")

    def _nonce(self) -> str:
        try:
            return self._nonces.popleft()
        except IndexError:
            answer = self._http.ask("HEAD", self.address("newNonce"))
        nonce = answer.headers.get("replay-nonce")
        if not nonce:
            raise TryLater(f"the ACME server gives no nonce (status {answer.status})")
        return nonce

    def _keep_nonce(self, answer: Answer) -> None:
        nonce = answer.headers.get("replay-nonce")
        if nonce:
            self._nonces.append(nonce)


def _read_directory(answer: Answer) -> dict[str, Any]:
    """RFC 8555, 7.1.1. Raises TryLater for what is none."""
    plain = read_object(answer)
    missing = [name for name in _ADDRESSES if not str(plain.get(name) or "").startswith("http")]
    if missing:
        raise TryLater(
            f"the answer is no ACME directory: {missing[0]} is missing",
            next_step="Check that the url of this CA is that of an ACME directory.",
        )
    return plain


def read_problem(answer: Answer) -> Problem:
    """What went wrong; of an answer that is no problem document the kind is empty."""
    try:
        plain = read_object(answer)
    except TryLater:
        return Problem("", "")
    kind = str(plain.get("type") or "")
    return Problem(kind.removeprefix(_ERRORS) if kind.startswith(_ERRORS) else "", str(plain.get("detail") or ""))
