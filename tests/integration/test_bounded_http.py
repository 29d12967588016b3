"""What is asked over HTTP may be slow, broken or hostile: every exchange ends, and ends small."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from tests.servers.stub_http import StubHttp, answers, drips, hangs_up, stub_http

from sulku_revocation import bounded_http
from sulku_revocation.bounded_http import FetchError, HttpFetch, TooLargeError, Version


@pytest.fixture
def stub() -> Iterator[StubHttp]:
    with stub_http() as running:
        yield running


@pytest.fixture
def fetch() -> Iterator[HttpFetch]:
    made = HttpFetch()
    yield made
    made.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpFetch]:
    """For what never ends: the limits are the same, only shorter."""
    monkeypatch.setattr(bounded_http, "READ_SECONDS", 0.3)
    monkeypatch.setattr(bounded_http, "WHOLE_SECONDS", 0.6)
    made = HttpFetch()
    yield made
    made.close()


def test_a_body_comes_as_it_was_sent(stub: StubHttp, fetch: HttpFetch) -> None:
    stub.behave = answers(200, b"\x30\x00")
    assert fetch.get(stub.url + "/crl", limit=10) == b"\x30\x00"
    assert fetch.post(stub.url, b"question", content_type="application/ocsp-request", limit=10) == b"\x30\x00"
    assert stub.requests[1].endswith(b"question")


DATED = ("Last-Modified: Tue, 24 Nov 2026 01:00:00 GMT", "Date: Tue, 24 Nov 2026 01:00:02 GMT")


def test_a_body_that_the_server_has_sent_before_is_not_sent_again(stub: StubHttp, fetch: HttpFetch) -> None:
    stub.behave = answers(200, b"list", 'ETag: "7"', *DATED)
    got = fetch.get_unless(Version(), stub.url, limit=10)
    assert got == (b"list", Version('"7"', "Tue, 24 Nov 2026 01:00:00 GMT"))
    assert b"if-" not in stub.requests[0].lower()
    stub.behave = answers(304, b"")
    assert fetch.get_unless(got[1], stub.url, limit=10) is None
    asked = stub.requests[1].lower()
    assert b'if-none-match: "7"' in asked
    assert b"if-modified-since: tue, 24 nov 2026 01:00:00 gmt" in asked


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 24 Nov 2026 01:00:00 GMT",
        "soon",
        "Tue, 24 Nov 99999999999999999999 01:00:02 GMT",
        "Tue, 24 Nov 2026 01:00:02 -0000",
    ],
)
def test_a_date_that_another_body_may_have_is_no_version(stub: StubHttp, fetch: HttpFetch, date: str) -> None:
    stub.behave = answers(200, b"list", DATED[0], f"Date: {date}")
    assert fetch.get_unless(Version(), stub.url, limit=10) == (b"list", Version())


def test_unchanged_is_no_answer_to_who_has_nothing(stub: StubHttp, fetch: HttpFetch) -> None:
    stub.behave = answers(304, b"")
    with pytest.raises(FetchError, match="304"):
        fetch.get_unless(Version(), stub.url, limit=10)
    with pytest.raises(FetchError, match="304"):
        fetch.get(stub.url, limit=10)


@pytest.mark.parametrize("status", [204, 400, 404, 500, 503])
def test_an_error_status_is_no_answer(stub: StubHttp, fetch: HttpFetch, status: int) -> None:
    stub.behave = answers(status, b"")
    with pytest.raises(FetchError, match=str(status)):
        fetch.get(stub.url, limit=10)


def test_a_body_over_the_limit_is_too_large_declared_or_not(stub: StubHttp, fetch: HttpFetch) -> None:
    for behave in (
        answers(200, b"x" * 11),
        hangs_up(b"HTTP/1.1 200 X\r\n\r\n" + b"x" * 11),
        drips(b"HTTP/1.1 200 X\r\n\r\n", b"x" * 11, stub.stopping),
    ):
        stub.behave = behave
        with pytest.raises(TooLargeError):
            fetch.get(stub.url, limit=10)


def test_a_compressed_body_is_refused_unread(stub: StubHttp, fetch: HttpFetch) -> None:
    stub.behave = answers(200, gzip.compress(b"0" * 1_000_000), "Content-Encoding: gzip")
    with pytest.raises(FetchError, match="compressed"):
        fetch.get(stub.url, limit=10_000_000)


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"\x00" * 50]
)
def test_a_connection_cut_or_garbled_is_no_answer(stub: StubHttp, fetch: HttpFetch, sent: bytes) -> None:
    stub.behave = hangs_up(sent)
    with pytest.raises(FetchError):
        fetch.get(stub.url, limit=100)


def test_a_server_that_never_answers_is_given_up(stub: StubHttp, impatient: HttpFetch) -> None:
    stub.behave = lambda connection, request: stub.stopping.wait(5)  # type: ignore[assignment]
    with pytest.raises(FetchError, match="ReadTimeout"):
        impatient.get(stub.url, limit=100)
    stub.stopping.set()


@pytest.mark.parametrize(
    ("first", "part"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"a"),  # a header that never ends
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),  # promises without an answer
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),  # a body that never ends
    ],
)
def test_an_exchange_that_goes_on_for_ever_ends_in_time(
    stub: StubHttp, impatient: HttpFetch, first: bytes, part: bytes
) -> None:
    stub.behave = drips(first, part, stub.stopping)
    with pytest.raises(FetchError):
        impatient.get(stub.url, limit=100_000)


def test_a_port_nobody_listens_on_is_no_answer(free_port: int, fetch: HttpFetch) -> None:
    with pytest.raises(FetchError, match="ConnectError"):
        fetch.get(f"http://127.0.0.1:{free_port}/", limit=10)


def test_a_server_without_tls_is_no_answer_to_https(stub: StubHttp, impatient: HttpFetch) -> None:
    with pytest.raises(FetchError):
        impatient.get(stub.url.replace("http://", "https://"), limit=10)


@pytest.mark.parametrize("url", ["", "ldap://127.0.0.1/crl", "http://[", "file:///etc/passwd", "http://127.0.0.1:x/"])
def test_an_address_that_is_none_is_no_answer(fetch: HttpFetch, url: str) -> None:
    with pytest.raises(FetchError):
        fetch.get(url, limit=10)


def test_a_redirect_is_followed_on_the_same_host_only(stub: StubHttp, fetch: HttpFetch) -> None:
    def behave(connection, request: bytes) -> None:
        where = "Location: /there"
        answer = answers(200, b"ok") if b"GET /there" in request else answers(302, b"", where)
        answer(connection, request)

    stub.behave = behave
    assert fetch.get(stub.url + "/here", limit=10) == b"ok"
    for elsewhere in ("http://169.254.169.254/latest", "https://evil.example/", "//evil.example/x"):
        stub.behave = answers(302, b"", f"Location: {elsewhere}")
        with pytest.raises(FetchError, match="elsewhere"):
            fetch.get(stub.url, limit=10)
    stub.behave = answers(302, b"", "Location: /again")
    with pytest.raises(FetchError, match="too many"):
        fetch.get(stub.url, limit=10)
