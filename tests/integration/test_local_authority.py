"""The adapter to the embedded CA when the CA is down, slow, broken or somebody else: an order is refused or sent again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.servers.stub_http import Behaviour, StubHttp, answers, drips, hangs_up, stub_http

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation import bounded_http
from sulku_revocation.ca import adapters, wire
from sulku_revocation.ca.authority import Accepted, AlreadyRevoked, OrderToSend, Refused, TryLater
from sulku_revocation.ca.embedded.key_files import load_or_make_token
from sulku_revocation.ca.local import LocalAuthority, open_local
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ORDER = OrderToSend("order:1", "CN=CA", "ab", SerialNumber(7), ReasonCode.KEY_COMPROMISE, invalidity_at=AT)
ISSUER = IssuerRecord(1, "CN=CA", "ab", False, "", "", None)
ACCEPTED = wire.write_receipt(Accepted(AT))


@pytest.fixture
def stub() -> Iterator[StubHttp]:
    with stub_http() as running:
        yield running


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    load_or_make_token(tmp_path / "admin.token")
    return tmp_path / "admin.token"


@pytest.fixture
def authority(stub: StubHttp, token_file: Path) -> Iterator[LocalAuthority]:
    made = LocalAuthority(stub.url, token_file)
    yield made
    made.close()


def test_an_order_carries_everything_and_the_token(stub: StubHttp, authority: LocalAuthority, token_file: Path) -> None:
    stub.behave = answers(200, ACCEPTED)
    assert authority.revoke(ORDER) == Accepted(AT)
    head, _, body = stub.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /admin/revoke HTTP/1.1\r\n")
    assert f"Bearer {token_file.read_text().strip()}".encode() in head
    assert wire.read_order(body) == ORDER


def test_a_receipt_of_an_earlier_revocation_is_read(stub: StubHttp, authority: LocalAuthority) -> None:
    stub.behave = answers(200, wire.write_receipt(AlreadyRevoked(4, AT)))
    assert authority.revoke(ORDER) == AlreadyRevoked(4, AT)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (400, "malformed"), (403, "not_authorised"), (404, "unknown_serial"),
        (404, "wrong_issuer"), (422, "reason"),
    ],
)  # fmt: skip
def test_what_the_ca_refuses_with_a_reason_is_refused(
    stub: StubHttp, authority: LocalAuthority, status: int, why: str
) -> None:
    stub.behave = answers(status, wire.write_refusal(why, "a sentence"))
    with pytest.raises(Refused, match="a sentence") as refused:
        authority.revoke(ORDER)
    assert refused.value.why == why
    assert refused.value.next_step


def test_a_wrong_token_says_which_setting_is_wrong_and_refuses_no_order(
    stub: StubHttp, authority: LocalAuthority
) -> None:
    stub.behave = answers(401, wire.write_refusal("not_authorised", "a sentence"))
    with pytest.raises(ConfigurationError) as wrong:
        authority.revoke(ORDER)
    assert "ca.token_file" in wrong.value.next_step


@pytest.mark.parametrize(
    "behave",
    [
        answers(500, b"Traceback"),
        answers(502, b"<html>Bad gateway</html>"),
        answers(503, wire.write_refusal("try_later", "")),
        answers(404, b"<html>nginx</html>"),  # some other server stands there
        answers(404, b'{"detail": "Not Found"}'),
        answers(408, wire.write_refusal("malformed", "")),
        answers(429, wire.write_refusal("not_authorised", "")),
        answers(302, b"", "Location: https://evil.example/admin/revoke"),
        answers(204, b""),
        hangs_up(),
        hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" + ACCEPTED[:40]),
        answers(200, b""),
        answers(200, b"OK"),
        answers(200, b"[" * 60_000),
        answers(200, b"null"),
        answers(200, b'{"result": "done"}'),
        answers(200, b'{"result": "accepted"}'),
        answers(200, b'{"result": "accepted", "revoked_at": "2026-11-24T01:00:00", "is_repeat": false}'),  # naive
        answers(200, b'{"result": "accepted", "revoked_at": 5, "is_repeat": false}'),
        answers(200, b'{"result": "already_revoked", "reason": "1", "at": "2026-11-24T01:00:00Z"}'),
        answers(200, b" " * 100_000),
    ],
)
def test_anything_else_is_tried_again(stub: StubHttp, authority: LocalAuthority, behave: Behaviour) -> None:
    stub.behave = behave
    with pytest.raises(TryLater):
        authority.revoke(ORDER)


def test_a_ca_that_does_not_answer_in_time_is_tried_again(
    stub: StubHttp, authority: LocalAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "WHOLE_SECONDS", 0.3)
    stub.behave = lambda connection, request: stub.stopping.wait(3)  # type: ignore[assignment]
    with pytest.raises(TryLater):
        authority.revoke(ORDER)
    stub.behave = drips(b"HTTP/1.1 200 OK\r\nX: ", b"a", stub.stopping)
    with pytest.raises(TryLater):
        authority.revoke(ORDER)
    stub.stopping.set()


def test_a_ca_that_is_down_is_tried_again(free_port: int, token_file: Path) -> None:
    authority = LocalAuthority(f"http://127.0.0.1:{free_port}", token_file)
    with pytest.raises(TryLater) as later:
        authority.lookup(ISSUER, SerialNumber(7))
    assert later.value.next_step
    authority.close()


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("30", timedelta(seconds=30)),
        ("999999999", timedelta(hours=1)),
        ("-1", None),
        ("soon", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_the_time_a_ca_asks_for_is_kept_within_an_hour(
    stub: StubHttp, authority: LocalAuthority, header: str, after: timedelta | None
) -> None:
    stub.behave = answers(503, b"", f"Retry-After: {header}")
    with pytest.raises(TryLater) as later:
        authority.revoke(ORDER)
    assert later.value.after == after


def test_the_token_is_never_in_a_message(stub: StubHttp, authority: LocalAuthority, token_file: Path) -> None:
    token = token_file.read_text().strip()
    for behave in (answers(500, token.encode()), hangs_up(), answers(200, token.encode())):
        stub.behave = behave
        with pytest.raises(TryLater) as later:
            authority.revoke(ORDER)
        assert token not in str(later.value) + later.value.next_step


@pytest.mark.parametrize("content", [None, "", "short", "two words " * 9])
def test_a_missing_or_broken_token_is_a_wrong_setting(stub: StubHttp, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
        file.chmod(0o600)
    authority = LocalAuthority(stub.url, file)
    with pytest.raises(ConfigurationError) as wrong:
        authority.revoke(ORDER)
    assert str(file) in str(wrong.value)
    assert stub.requests == []
    authority.close()


def test_an_address_that_is_none_is_a_wrong_setting(token_file: Path) -> None:
    authority = LocalAuthority("http://127.0.0.1:port", token_file)
    with pytest.raises(ConfigurationError) as wrong:
        authority.revoke(ORDER)
    assert "url" in wrong.value.next_step
    authority.close()


def test_a_token_that_others_can_read_is_a_wrong_setting(stub: StubHttp, token_file: Path) -> None:
    token_file.chmod(0o644)
    authority = LocalAuthority(stub.url, token_file)
    with pytest.raises(ConfigurationError):
        authority.revoke(ORDER)
    authority.close()


def test_a_register_that_goes_in_circles_is_given_up(stub: StubHttp, authority: LocalAuthority) -> None:
    stub.behave = answers(200, wire.write_register_page([(1, b"\x30\x00")]))
    listed = authority.register()
    assert next(listed) == b"\x30\x00"
    with pytest.raises(TryLater):
        list(listed)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"certificates": ["zz"], "next": null}', b'{"certificates": 3, "next": 1}']
)
def test_a_page_of_the_register_that_cannot_be_read_is_tried_again(
    stub: StubHttp, authority: LocalAuthority, body: bytes
) -> None:
    stub.behave = answers(200, body)
    with pytest.raises(TryLater):
        list(authority.register())


def test_the_adapter_is_found_by_the_name_in_the_settings() -> None:
    assert adapters.load_adapter("local") is open_local


def test_an_adapter_that_is_not_installed_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match="'ejbka'") as wrong:
        adapters.load_adapter("ejbka")
    assert "local" in wrong.value.next_step


def test_an_adapter_that_cannot_be_loaded_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    broken = [
        EntryPoint("gone", "sulku_revocation.no_such_module:Authority", "sulku.ca"),
        EntryPoint("number", "sulku_revocation.ca.wire:LARGEST_MESSAGE", "sulku.ca"),
    ]
    monkeypatch.setattr(adapters, "entry_points", lambda *, group: broken)
    for name in ("gone", "number"):
        with pytest.raises(ConfigurationError, match=name):
            adapters.load_adapter(name)
