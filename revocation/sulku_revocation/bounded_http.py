"""HTTP with bounds on time, size and redirects: what is asked here may be slow, broken or hostile."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from sulku_kernel.errors import UnavailableError
from sulku_revocation.whole_timeout import WholeTimeoutTransport, give_up_after

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
WHOLE_SECONDS = 60.0
_SAME_PLACE_REDIRECTS = 3


class FetchError(UnavailableError):
    """No answer: refused, timed out, cut off, an error status, a redirect to elsewhere."""


class TooLargeError(FetchError):
    """The answer is larger than it may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer read whole. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Version:
    """What a server calls the version of a body (RFC 9110, 8.8): said to it, it need not send the same again.

    Empty where it names none, or only a date so near the answer's own that another body may have it (8.8.2.2).
    """

    etag: str = ""
    last_modified: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for another version only."""
        said = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in said.items() if value}


def http_client(tls: ssl.SSLContext | None = None) -> httpx2.Client:
    """A client that ignores proxies, CA bundles and `.netrc` of the environment, follows nothing and keeps no cookies.

    `tls` says whom to trust and which certificate to show; without it the system's CAs are trusted.
    """
    return httpx2.Client(
        transport=WholeTimeoutTransport(tls),
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        trust_env=False,
        follow_redirects=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "sulku"},
    )


def ask(client: httpx2.Client, request: httpx2.Request, *, limit: int) -> Answer:
    """Send and read at most `limit` bytes within WHOLE_SECONDS. Raises FetchError and TooLargeError.

    Any status is an answer, redirects too. A compressed body is refused: a few bytes may stand for gigabytes.
    """
    where = f"{request.method} {request.url}"
    try:
        with give_up_after(WHOLE_SECONDS):
            response = client.send(request, stream=True)
            try:
                body = _read(response, limit, where)
            finally:
                response.close()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise FetchError(f"{where}: {type(error).__name__}: {error}") from error
    return Answer(response.status_code, dict(response.headers.items()), body)


def _read(response: httpx2.Response, limit: int, where: str) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchError(f"{where}: the answer is compressed, which was not asked for")
    body = bytearray()
    for part in response.iter_raw():
        body += part
        if len(body) > limit:
            raise TooLargeError(f"{where}: the answer is larger than {limit} bytes")
    return bytes(body)


class HttpFetch:
    """Fetches published things (CRLs, OCSP answers). One per thread, or shared: the client is safe to share."""

    def __init__(self, client: httpx2.Client | None = None) -> None:
        self._client = client or http_client()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, url: str, *, limit: int) -> bytes:
        """The body behind `url`. Raises FetchError and TooLargeError."""
        return _body(self._follow(url, limit, {}), url)

    def get_unless(self, known: Version, url: str, *, limit: int) -> tuple[bytes, Version] | None:
        """The body behind `url` and its version; None when it is still the `known` one. Raises as `get`."""
        conditions = known.conditions
        answer = self._follow(url, limit, conditions)
        if answer.status == 304 and conditions:
            return None
        return _body(answer, url), _version(answer)

    def _follow(self, url: str, limit: int, headers: Mapping[str, str]) -> Answer:
        for _ in range(_SAME_PLACE_REDIRECTS + 1):
            answer = ask(self._client, self._request("GET", url, headers=headers), limit=limit)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url = _redirected(url, answer)
        raise FetchError(f"{url}: too many redirects")

    def post(self, url: str, body: bytes, *, content_type: str, limit: int) -> bytes:
        """The answer to `body`. Raises FetchError and TooLargeError. Redirects are not followed."""
        request = self._request("POST", url, content=body, headers={"Content-Type": content_type})
        return _body(ask(self._client, request, limit=limit), url)

    def _request(
        self, method: str, url: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Request:
        try:
            return self._client.build_request(method, url, content=content, headers=headers)
        except (httpx2.InvalidURL, ValueError) as error:
            raise FetchError(f"{url}: {error}", next_step="Correct the address in the issuer's settings.") from error


def _body(answer: Answer, url: str) -> bytes:
    if answer.status != 200:
        raise FetchError(f"{url}: status {answer.status}")
    return answer.body


def _version(answer: Answer) -> Version:
    modified = answer.headers.get("last-modified", "")
    made, sent = _http_date(modified), _http_date(answer.headers.get("date", ""))
    is_certain = made is not None and sent is not None and sent - made >= timedelta(seconds=1)
    return Version(answer.headers.get("etag", ""), modified if is_certain else "")


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return None if at.tzinfo is None else at


def _redirected(url: str, answer: Answer) -> str:
    """Where a redirect leads, when it stays with the same host and does not fall back from https to http."""
    try:
        here = httpx2.URL(url)
        there = here.join(answer.headers.get("location", ""))
    except (httpx2.InvalidURL, ValueError) as error:
        raise FetchError(f"{url}: a redirect that cannot be read") from error
    if there.host != here.host or (here.scheme, there.scheme) == ("https", "http"):
        raise FetchError(f"{url}: a redirect to elsewhere ({there.host}) is not followed")
    return str(there)
