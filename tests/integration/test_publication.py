"""What relying parties see, fetched over HTTP from a real CA and from servers that lie, err and stall."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from tests.servers.ca import issuer_record, open_ca, serial_of, serve_ca, to_issue
from tests.servers.stub_http import Behaviour, StubHttp, answers, drips, hangs_up, stub_http
from tests.unit.published import HOUR, NOW, SERIAL, certificate, crl, entry, key, name, ocsp_answer

from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation import bounded_http, published_crls
from sulku_revocation.bounded_http import HttpFetch, Version
from sulku_revocation.ca.authority import OrderToSend
from sulku_revocation.domain.crl_evidence import OpenCrl, open_crl
from sulku_revocation.domain.crl_writing import ECDSA_SHA256, encode_crl_entry, key_identifier_of, write_crl
from sulku_revocation.domain.publication_evidence import NotYet, Publication, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.publication import PublicationMemory, see_publication


class Publisher(StubHttp):
    """A CA's web server: `crl` and `ocsp` say what each address answers."""

    crl: Behaviour
    ocsp: Behaviour


@pytest.fixture
def server() -> Iterator[Publisher]:
    with stub_http(Publisher) as running:
        assert isinstance(running, Publisher)
        running.crl = answers(200, crl(entry()))
        running.ocsp = answers(200, ocsp_answer())
        running.behave = lambda connection, request: (running.crl if b"/crl" in request else running.ocsp)(
            connection, request
        )
        yield running


@pytest.fixture
def fetch() -> Iterator[HttpFetch]:
    made = HttpFetch()
    yield made
    made.close()


@pytest.fixture
def issuer(server: Publisher) -> IssuerRecord:
    return IssuerRecord(
        id=1,
        name="CN=CA",
        key_identifier=key_identifier_of(certificate()).hex(),
        is_test=False,
        crl_url=f"{server.url}/crl",
        ocsp_url=f"{server.url}/ocsp",
        certificate_der=certificate().public_bytes(Encoding.DER),
    )


@pytest.fixture
def look(issuer: IssuerRecord, fetch: HttpFetch) -> Callable[..., Publication]:
    def look(memory: PublicationMemory | None = None, **changed) -> Publication:
        return see_publication(replace(issuer, **changed), SERIAL, ReasonCode.SUPERSEDED, NOW, fetch, memory=memory)

    return look


def why(finding: object) -> str:
    assert isinstance(finding, NotYet | Wrong)
    return finding.why


def test_a_revocation_by_a_real_ca_is_visible_at_once_in_both(
    tmp_path: Path, clock: SetClock, fetch: HttpFetch
) -> None:
    memory = PublicationMemory()
    with open_ca(tmp_path / "ca", clock) as ca, serve_ca(ca, tmp_path / "ca") as running:
        der = ca.issue("care", to_issue(clock))
        issuer = issuer_record(ca, "care", url=running.url)

        def look() -> Publication:
            return see_publication(issuer, serial_of(der), ReasonCode.KEY_COMPROMISE, clock.now(), fetch, memory=memory)

        before = look()
        assert (why(before.crl), why(before.ocsp)) == ("not_listed", "good")
        order = OrderToSend("1", issuer.name, issuer.key_identifier, serial_of(der), ReasonCode.KEY_COMPROMISE)
        running.authority.revoke(order)
        after = look()
        assert after.is_visible
        assert isinstance(after.crl, Seen)
        assert (after.crl.number, after.crl.revoked_at, after.crl.signed) == (2, clock.now(), ca.crl("care"))


def test_both_say_revoked_and_the_evidence_is_what_was_served(look: Callable[..., Publication]) -> None:
    found = look()
    assert found.is_visible
    assert found.looked_at == NOW
    assert isinstance(open_crl(found.crl.signed, certificate()), OpenCrl)
    assert ocsp.load_der_ocsp_response(found.ocsp.signed).serial_number == SERIAL


def test_good_in_ocsp_while_the_crl_says_revoked_is_a_contradiction(
    server: Publisher, look: Callable[..., Publication]
) -> None:
    server.ocsp = answers(200, ocsp_answer(state=ocsp.OCSPCertStatus.GOOD))
    found = look()
    assert isinstance(found.crl, Seen)
    assert found.disagrees
    assert not found.is_visible


VECTORS = {
    "expired": (crl(entry(), until=NOW), ocsp_answer(until=NOW), "expired", "expired"),
    "another signature": (crl(entry(), by="other"), ocsp_answer(by="other", signer=certificate("CA", "other")), "signature", "signer"),
    "another reason": (crl(entry(reason=None)), ocsp_answer(reason=None), "reason", "reason"),
    "another certificate": (crl(entry(5)), ocsp_answer(serial=5), "not_listed", "certificate"),
    "garbage": (b"<html>", b"<html>", "garbage", "garbage"),
    "nothing": (b"", b"", "garbage", "garbage"),
    "cut": (crl(entry())[:-9], ocsp_answer()[:-9], "garbage", "garbage"),
    "the other's answer": (ocsp_answer(), crl(entry()), "garbage", "garbage"),
    "another nonce": (crl(entry()), ocsp_answer(nonce=b"o" * 32), None, "nonce"),
}  # fmt: skip


@pytest.mark.parametrize("case", VECTORS)
def test_an_answer_that_must_not_count_does_not(server: Publisher, look: Callable[..., Publication], case: str) -> None:
    served_crl, served_ocsp, crl_why, ocsp_why = VECTORS[case]
    server.crl, server.ocsp = answers(200, served_crl), answers(200, served_ocsp)
    found = look()
    assert not found.is_visible
    assert [None if isinstance(one, Seen) else why(one) for one in (found.crl, found.ocsp)] == [crl_why, ocsp_why]


def test_an_answer_larger_than_any_is_not_read_to_its_end(
    server: Publisher, look: Callable[..., Publication], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_crls, "LARGEST_CRL", 100)
    server.ocsp = drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 70_000, server.stopping)
    found = look()
    assert (why(found.crl), why(found.ocsp)) == ("too_large", "too_large")
    assert isinstance(found.crl, Wrong)


@pytest.mark.parametrize("behave", [answers(404, b""), answers(500, b""), hangs_up(), hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nx")])  # fmt: skip
def test_no_answer_is_looked_for_again(server: Publisher, look: Callable[..., Publication], behave: Behaviour) -> None:
    server.crl = server.ocsp = behave
    found = look()
    assert (why(found.crl), why(found.ocsp)) == ("unreachable", "unreachable")
    assert not found.disagrees


def test_one_service_that_stalls_does_not_hide_the_other(
    server: Publisher, look: Callable[..., Publication], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "WHOLE_SECONDS", 1.0)
    server.crl = drips(b"HTTP/1.1 200 OK\r\nX: ", b"a", server.stopping)
    found = look()
    assert why(found.crl) == "unreachable"
    assert isinstance(found.ocsp, Seen)


def test_a_responder_that_only_knows_get_is_asked_by_get(server: Publisher, look: Callable[..., Publication]) -> None:
    def only_get(connection: socket.socket, request: bytes) -> None:
        (answers(200, ocsp_answer()) if request.startswith(b"GET /ocsp/") else answers(405, b""))(connection, request)

    server.ocsp = only_get
    assert look().is_visible


def test_every_question_has_a_nonce_of_its_own_so_that_no_old_answer_counts(
    server: Publisher, look: Callable[..., Publication]
) -> None:
    def asked() -> bytes:
        body = server.requests[-1].partition(b"\r\n\r\n")[2]
        return ocsp.load_der_ocsp_request(body).extensions.get_extension_for_class(x509.OCSPNonce).value.nonce

    look()
    first = asked()
    server.ocsp = answers(200, ocsp_answer(nonce=first))
    assert why(look().ocsp) == "nonce"
    assert len(first) == 32
    assert asked() != first


def test_an_older_crl_than_one_seen_before_does_not_count(server: Publisher, look: Callable[..., Publication]) -> None:
    memory = PublicationMemory({1: 4})
    assert look(memory).is_visible
    assert memory.last_number(1) == 5
    server.crl = answers(200, crl(entry(), number=4))
    assert why(look(memory).crl) == "replayed"
    server.crl = answers(200, crl(entry(), number=9, made=NOW + HOUR, until=NOW + 2 * HOUR))
    assert why(look(memory).crl) == "not_fresh"
    assert memory.last_number(1) == 5  # a list that does not count teaches nothing


def test_a_newer_crl_seen_by_another_thread_meanwhile_makes_none_a_replay(
    server: Publisher, look: Callable[..., Publication]
) -> None:
    memory = PublicationMemory({1: 5})

    def while_another_looks(connection: socket.socket, request: bytes) -> None:
        memory.remember_number(1, 6)
        answers(200, crl(entry()))(connection, request)

    server.crl = while_another_looks
    assert look(memory).is_visible
    assert memory.last_number(1) == 6


def test_a_crl_is_verified_once_for_a_thousand_orders(
    server: Publisher, look: Callable[..., Publication], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(published_crls, "open_crl", lambda *given: opened.append(1) or open_crl(*given))
    memory = PublicationMemory()
    for _ in range(5):
        assert look(memory).is_visible
    assert len(opened) == 1
    other_key = certificate("CA", "other").public_bytes(Encoding.DER)
    assert why(look(memory, certificate_der=other_key).crl) == "signature"  # never by a key it was not verified with
    assert len(opened) == 2


def test_an_issuer_without_addresses_or_certificate_is_said_to_be_so(look: Callable[..., Publication]) -> None:
    found = look(crl_url="", ocsp_url="")
    assert (why(found.crl), why(found.ocsp)) == ("no_address", "no_address")
    for der in (None, b"no certificate"):
        found = look(certificate_der=der)
        assert (why(found.crl), why(found.ocsp)) == ("no_issuer_certificate", "no_issuer_certificate")
        assert isinstance(found.crl, Wrong)


def test_an_address_that_is_none_is_unreachable(look: Callable[..., Publication]) -> None:
    found = look(crl_url="ldap://ldap.example/cn=ca", ocsp_url="not an address")
    assert (why(found.crl), why(found.ocsp)) == ("unreachable", "unreachable")


def test_the_clocks_may_differ_by_five_minutes(server: Publisher, look: Callable[..., Publication]) -> None:
    ahead = NOW + timedelta(minutes=4)
    server.crl, server.ocsp = (
        answers(200, crl(entry(at=ahead), made=ahead)),
        answers(200, ocsp_answer(at=ahead, made=ahead)),
    )
    assert look().is_visible


# --- many orders, large, partitioned and delta lists ----------------------------------------------------------------


def fetches(server: Publisher, path: bytes = b"/crl") -> int:
    return sum(request.startswith(b"GET " + path) for request in server.requests)


def large(*entries: x509.RevokedCertificate, **given) -> bytes:
    """A list so long that it is not fetched for every question."""
    more = [encode_crl_entry(SerialNumber(2**90 + n), NOW - HOUR, ReasonCode.SUPERSEDED) for n in range(3_000)]
    mine = [encode_crl_entry(SerialNumber(one.serial_number), NOW - HOUR, ReasonCode.SUPERSEDED) for one in entries]
    return write_crl(
        issuer_name=name("CA").public_bytes(), key_identifier=key_identifier_of(certificate()),
        number=given.get("number", 5), this_update=given.get("made", NOW - HOUR), next_update=NOW + 9 * HOUR,
        entries=[*more, *mine], algorithm=ECDSA_SHA256, sign=lambda tbs: key().sign(tbs, ec.ECDSA(hashes.SHA256())),
    )  # fmt: skip


def test_a_large_list_is_fetched_once_for_many_orders_and_anew_when_it_may_show_more(
    server: Publisher, issuer: IssuerRecord, fetch: HttpFetch
) -> None:
    memory, second = PublicationMemory(), timedelta(seconds=1)

    def look(serial: int, after: timedelta) -> Publication:
        return see_publication(issuer, SerialNumber(serial), ReasonCode.SUPERSEDED, NOW + after, fetch, memory=memory)

    server.crl = answers(200, large(entry()))
    for n in range(50):
        assert isinstance(look(2**90 + n, timedelta(0)).crl, Seen)
    assert why(look(1, timedelta(0)).crl) == "not_listed"
    assert fetches(server) == 1
    server.crl = answers(200, large(entry(), entry(1), number=6))
    assert isinstance(look(1, 2 * second).crl, Seen)
    assert isinstance(look(SERIAL, 50 * second).crl, Seen)
    assert fetches(server) == 2
    look(SERIAL, 63 * second)
    assert fetches(server) == 3


class Unchanging:
    """Serves `body` under a version, and says that it is unchanged to whoever names that version."""

    def __init__(self, body: bytes, version: str = "1") -> None:
        self.body, self.etag = body, f'"{version}"'
        self.sent: list[int] = []

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        is_known = f"if-none-match: {self.etag}".encode() in request.lower()
        self.sent.append(304 if is_known else 200)
        answer = answers(304, b"") if is_known else answers(200, self.body, f"ETag: {self.etag}")
        answer(connection, request)


def test_an_unchanged_list_is_not_sent_again_and_counts_as_looked_at_until_it_ends(
    server: Publisher, issuer: IssuerRecord, fetch: HttpFetch
) -> None:
    memory, minute = PublicationMemory(), timedelta(minutes=1)
    server.crl = served = Unchanging(crl(entry(), until=NOW + 20 * minute))

    def look(after: timedelta) -> Publication:
        return see_publication(issuer, SERIAL, ReasonCode.SUPERSEDED, NOW + after, fetch, memory=memory)

    for n in range(3):
        assert isinstance(look(n * minute).crl, Seen)
    assert served.sent == [200, 304, 304]
    assert why(look(21 * minute).crl) == "expired"
    assert served.sent[3:] == [200], "of a list that has ended nobody asks whether it is unchanged"
    server.crl = Unchanging(crl(number=6, until=NOW + 9 * HOUR), "2")
    assert why(look(22 * minute).crl) == "not_listed"


def test_a_server_that_calls_everything_unchanged_is_asked_for_the_whole_now_and_then(
    server: Publisher, issuer: IssuerRecord, fetch: HttpFetch
) -> None:
    memory = PublicationMemory()
    server.crl = served = Unchanging(crl())

    def look(after: timedelta) -> Publication:
        return see_publication(issuer, SERIAL, ReasonCode.SUPERSEDED, NOW + after, fetch, memory=memory)

    assert why(look(timedelta()).crl) == "not_listed"
    served.body = crl(entry(), number=6)
    assert why(look(timedelta(minutes=29)).crl) == "not_listed"
    assert isinstance(look(timedelta(minutes=30)).crl, Seen)


def test_unchanged_since_another_issuer_certificate_does_not_count(
    server: Publisher, look: Callable[..., Publication]
) -> None:
    memory = PublicationMemory()
    server.crl = served = Unchanging(crl(entry()))
    assert look(memory).is_visible
    other_key = certificate("CA", "other").public_bytes(Encoding.DER)
    assert why(look(memory, certificate_der=other_key).crl) == "signature"
    assert served.sent == [200, 200]
    server.crl = answers(304, b"")
    assert why(look(PublicationMemory()).crl) == "unreachable"


def test_the_embedded_ca_sends_a_list_once(tmp_path: Path, clock: SetClock, fetch: HttpFetch) -> None:
    with open_ca(tmp_path / "ca", clock) as ca, serve_ca(ca, tmp_path / "ca") as running:
        url = f"{running.url}/crl/care.crl"
        got = fetch.get_unless(Version(), url, limit=10_000)
        assert got is not None
        assert got[0] == ca.crl("care")
        assert fetch.get_unless(got[1], url, limit=10_000) is None
        clock.advance(timedelta(hours=12))
        assert fetch.get_unless(got[1], url, limit=10_000) != got


def test_threads_that_ask_at_once_wait_for_one_fetch(server: Publisher, issuer: IssuerRecord, fetch: HttpFetch) -> None:
    memory = PublicationMemory()
    server.crl = answers(200, large(entry()))
    with ThreadPoolExecutor(8) as pool:
        looks = [
            pool.submit(see_publication, issuer, SERIAL, ReasonCode.SUPERSEDED, NOW, fetch, memory=memory)
            for _ in range(16)
        ]
    assert all(isinstance(one.result().crl, Seen) for one in looks)
    assert fetches(server) == 1


def test_a_certificate_of_a_partitioned_list_is_found_on_the_part_that_has_it(
    server: Publisher, look: Callable[..., Publication]
) -> None:
    urls = {b"/crl/1": crl(entry(7), number=90), b"/crl/2": crl(entry(), number=5)}
    server.crl = lambda connection, request: answers(200, urls[request.split()[1]])(connection, request)
    memory = PublicationMemory()
    both = f"{server.url}/crl/1 {server.url}/crl/2"
    assert look(memory, crl_url=both).is_visible
    assert look(memory, crl_url=both).is_visible  # each part is numbered by itself
    urls[b"/crl/2"] = crl(entry(), number=4)
    assert why(look(memory, crl_url=both).crl) == "replayed"
    urls[b"/crl/2"] = crl(number=6)
    found = look(memory, crl_url=both)
    assert (why(found.crl), found.crl.is_statement) == ("not_listed", True)
    del urls[b"/crl/2"]
    server.crl = lambda connection, request: (
        answers(200, urls[request.split()[1]]) if request.split()[1] in urls else answers(503, b"")
    )(connection, request)
    found = look(memory, crl_url=both)
    assert (why(found.crl), found.crl.is_statement) == ("unreachable", False)  # a part that is away may have it


def test_a_delta_list_is_fetched_where_the_complete_one_says(
    server: Publisher, look: Callable[..., Publication]
) -> None:
    where = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{server.url}/crl/delta")], None, None, None)
    complete = crl(extensions=((x509.FreshestCRL([where]), False),))
    changes = crl(entry(), number=6, extensions=((x509.DeltaCRLIndicator(5), True),))
    served = {b"/crl": complete, b"/crl/delta": changes}
    server.crl = lambda connection, request: answers(200, served[request.split()[1]])(connection, request)
    assert look().crl.signed == changes
    served[b"/crl/delta"] = crl(entry(), number=9, extensions=((x509.DeltaCRLIndicator(8), True),))
    assert why(look().crl) == "delta"
    server.crl = lambda connection, request: (
        answers(404, b"") if b"delta" in request.split()[1] else answers(200, complete)
    )(connection, request)
    assert why(look().crl) == "not_listed"  # without its delta the complete list stands alone


def test_what_is_known_of_a_list_after_a_restart_keeps_an_old_one_from_counting(
    server: Publisher, look: Callable[..., Publication]
) -> None:
    urls = f"{server.url}/crl/1 {server.url}/crl/2"
    memory = PublicationMemory(numbers_of_lists={(1, f"{server.url}/crl/1"): 6, (1, f"{server.url}/crl/2"): 6})
    assert why(look(memory, crl_url=urls).crl) == "replayed"
