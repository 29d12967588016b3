"""The embedded CA on its port: what relying parties ask, and the admin API that only the token opens."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from tests.conftest import NIGHT
from tests.servers.ca import RunningCa, issuer_record, open_ca, serial_of, serve_ca, to_issue
from tests.servers.programs import require_program
from tests.servers.smtp import wait_until

from sulku_desk import ca_server
from sulku_desk.ca_server import CaServer
from sulku_kernel.clock import SetClock, SystemClock
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca import wire
from sulku_revocation.ca.authority import OrderToSend, TryLater
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.domain.crl_reading import CrlEntries
from sulku_revocation.domain.ocsp_evidence import ocsp_request
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.publication import ocsp_get_url


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock(NIGHT)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, clock: SetClock) -> Iterator[RunningCa]:
    folder = tmp_path_factory.mktemp("served") / "ca"
    with open_ca(folder, clock) as ca, serve_ca(ca, folder) as running:
        yield running


@pytest.fixture
def client(running: RunningCa) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=running.url, trust_env=False, timeout=10) as client:
        yield client


def on_list(running: RunningCa) -> frozenset[int]:
    return CrlEntries(running.ca.crl("care")).serials


def bearer(running: RunningCa) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.token}"}


def an_order(ca: EmbeddedCa, der: bytes) -> OrderToSend:
    issuer = issuer_record(ca, "care")
    return OrderToSend(
        f"order:{serial_of(der)}", issuer.name, issuer.key_identifier, serial_of(der), ReasonCode.SUPERSEDED
    )


def test_a_crl_and_a_certificate_are_served_as_what_they_are(running: RunningCa, client: httpx2.Client) -> None:
    crl = client.get("/crl/care.crl")
    assert (crl.status_code, crl.headers["content-type"]) == (200, "application/pkix-crl")
    assert crl.content == running.ca.crl("care")
    assert crl.headers["cache-control"] == "no-cache"
    certificate = client.get("/ca/care.crt")
    assert (certificate.status_code, certificate.headers["content-type"]) == (200, "application/pkix-cert")
    assert certificate.content == running.ca.issuer_certificate("care")
    assert client.head("/crl/care.crl").status_code == 200


def test_ocsp_answers_by_post_and_by_get_in_every_spelling(
    running: RunningCa, client: httpx2.Client, clock: SetClock
) -> None:
    issued = running.ca.issue_many("care", [to_issue(clock)] * 40)
    running.ca.revoke(an_order(running.ca, issued[0]))
    issuer = x509.load_der_x509_certificate(running.ca.issuer_certificate("care"))
    question = ocsp_request(issuer, serial_of(issued[0]), b"n" * 32)
    answers = [client.post("/ocsp/care", content=question, headers={"Content-Type": "application/ocsp-request"})]
    spellings = set()
    for der in issued:
        encoded = base64.b64encode(ocsp_request(issuer, serial_of(der), None)).decode()
        spellings |= set(encoded)
        answers += [client.get(f"/ocsp/care/{encoded}"), client.get(f"/ocsp/care/{quote(encoded, safe='')}")]
    assert {"/", "+", "="} <= spellings
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ocsp-response")
    states = [ocsp.load_der_ocsp_response(answer.content).certificate_status for answer in answers]
    assert states == [ocsp.OCSPCertStatus.REVOKED] * 3 + [ocsp.OCSPCertStatus.GOOD] * 78
    assert str(ocsp_get_url(f"{running.url}/ocsp/care", issuer, serial_of(issued[0]))).startswith(running.url)


@pytest.mark.parametrize("path", ["/ocsp/care/@@@", "/ocsp/care/%C3%A4", "/ocsp/care/AA", "/ocsp/care/MAA="])
def test_a_get_that_holds_no_question_is_answered_malformed(client: httpx2.Client, path: str) -> None:
    answer = client.get(path)
    assert ocsp.load_der_ocsp_response(answer.content).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_openssl_asks_over_http(tmp_path: Path) -> None:
    clock = SystemClock()
    with open_ca(tmp_path / "ca", clock) as ca, serve_ca(ca, tmp_path / "ca") as running:
        der = ca.issue("care", to_issue(clock))
        ca.revoke(an_order(ca, der))
        for name, one in (
            ("root", ca.issuer_certificate("root")),
            ("care", ca.issuer_certificate("care")),
            ("leaf", der),
        ):
            (tmp_path / name).write_bytes(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM))
        done = subprocess.run(
            [require_program("openssl"), "ocsp", "-issuer", "care", "-cert", "leaf", "-CAfile", "root", "-url", f"{running.url}/ocsp/care"],
            cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20,
        )  # fmt: skip
        assert "leaf: revoked" in done.stdout
        assert "Reason: superseded" in done.stdout
        assert "Response verify OK" in done.stderr


@pytest.mark.parametrize("path", ["/crl/none.crl", "/ca/none.crt", "/ocsp/none/MAA=", "/", "/docs", "/crl/..%2fkeys%2fcare.pem", "/admin"])  # fmt: skip
def test_a_place_that_does_not_exist_says_so_in_json(client: httpx2.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["why"] == "not_found"


def test_a_wrong_method_is_refused(client: httpx2.Client) -> None:
    assert client.post("/crl/care.crl").status_code == 405
    assert client.get("/admin/revoke").status_code == 405


ADMIN = (("POST", "/admin/revoke"), ("GET", "/admin/status/7"), ("GET", "/admin/register"))


@pytest.mark.parametrize(("method", "path"), ADMIN)
def test_the_admin_api_opens_to_the_token_alone(
    running: RunningCa, client: httpx2.Client, method: str, path: str
) -> None:
    token = running.token
    for given in ("", "Bearer", f"Bearer {token[:-1]}", f"Bearer {token}x", f"bearer {token}", token, f"Basic {token}", b"Bearer \xff\xe4"):  # fmt: skip
        answer = client.request(method, path, headers={"Authorization": given}, content=b"not even read")
        assert answer.status_code == 401
        assert answer.json()["why"] == "not_authorised"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert token not in answer.text
    assert client.request(method, path).status_code == 401
    assert client.request(method, path, headers=bearer(running)).status_code != 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"serial": 7}', b"\xff\xfe", b"[" * 60_000])
def test_an_order_that_is_none_is_malformed(running: RunningCa, client: httpx2.Client, body: bytes) -> None:
    answer = client.post("/admin/revoke", content=body, headers=bearer(running))
    assert (answer.status_code, answer.json()["why"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("serial", "0"), ("serial", "-5"), ("serial", "xyz"), ("serial", "f" * 41), ("serial", 7), ("reason", "1"),
        ("reason", True), ("reason", None), ("invalidity_at", "yesterday"), ("invalidity_at", "2026-11-24T01:00:00"),
        ("idempotency_key", None), ("issuer_name", ["CN=x"]),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_malformed(
    running: RunningCa, client: httpx2.Client, clock: SetClock, name: str, value: object
) -> None:
    order = json.loads(wire.write_order(an_order(running.ca, running.ca.issue("care", to_issue(clock)))))
    answer = client.post("/admin/revoke", json={**order, name: value}, headers=bearer(running))
    assert (answer.status_code, answer.json()["why"]) == (400, "malformed")
    assert int(order["serial"], 16) not in on_list(running)


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, "1e3", "²"])
def test_a_page_of_the_register_that_is_none_is_malformed(
    running: RunningCa, client: httpx2.Client, after: str
) -> None:
    answer = client.get("/admin/register", params={"after": after}, headers=bearer(running))
    assert answer.status_code == 400


def test_a_register_of_many_pages_comes_whole_and_in_order(running: RunningCa, clock: SetClock) -> None:
    issued = running.ca.issue_many("care", [to_issue(clock)] * 1200)
    assert list(running.authority.register())[-1200:] == issued


def test_a_body_that_is_too_large_is_refused_while_it_comes(running: RunningCa, client: httpx2.Client) -> None:
    too_large = client.post("/admin/revoke", content=b" " * 1_000_000, headers=bearer(running))
    assert too_large.status_code == 413
    assert client.post("/ocsp/care", content=iter([b"x" * 10_000] * 10)).status_code == 413


def test_a_body_that_does_not_come_is_not_waited_for(running: RunningCa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ca_server, "BODY_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", running.server.port), timeout=10) as connection:
        connection.sendall(b"POST /ocsp/care HTTP/1.1\r\nHost: ca\r\nContent-Length: 100\r\n\r\nhalf")
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


def test_a_fault_of_the_ca_says_nothing_of_its_inside(
    running: RunningCa, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(slug: str) -> bytes:
        raise RuntimeError("password=secret")

    def is_away(slug: str) -> bytes:
        raise TryLater("/home/secret/ca.sqlite: disk full")

    monkeypatch.setattr(running.ca, "crl", fails)
    broken = client.get("/crl/care.crl")
    monkeypatch.setattr(running.ca, "crl", is_away)
    away = client.get("/crl/care.crl")
    assert (broken.status_code, away.status_code) == (500, 503)
    assert "secret" not in broken.text + away.text
    assert away.headers["retry-after"] == "5"


def test_many_at_once_are_all_answered_and_each_certificate_is_revoked_once(
    running: RunningCa, clock: SetClock
) -> None:
    issued = running.ca.issue_many("care", [to_issue(clock)] * 30)
    orders = [OrderToSend(f"many:{n}", o.issuer_name, o.issuer_key_identifier, o.serial, o.reason) for n, o in enumerate(an_order(running.ca, der) for der in issued)]  # fmt: skip
    receipts = []

    def work() -> None:
        receipts.extend(running.authority.revoke(order) for order in orders)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 120
    assert sum(not receipt.is_repeat for receipt in receipts) == 30
    assert {serial_of(der) for der in issued} <= on_list(running)


def test_a_port_in_use_is_a_wrong_setting(running: RunningCa) -> None:
    with pytest.raises(ConfigurationError, match=str(running.server.port)):
        CaServer(running.ca, running.token, "127.0.0.1", running.server.port)


def test_a_server_that_runs_publishes_without_being_asked_and_stops_when_told(
    tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ca_server, "PUBLISH_EVERY_SECONDS", 0.02)
    stop = threading.Event()
    with open_ca(tmp_path / "ca", clock) as ca:
        der = ca.issue("care", to_issue(clock))
        server = CaServer(ca, "t" * 40, "127.0.0.1", 0)
        port = server.port
        thread = threading.Thread(target=server.run, args=(stop,))
        thread.start()
        file = tmp_path / "ca" / "crl" / "care.crl"
        wait_until(file.exists, "a first CRL")
        ca.revoke(an_order(ca, der))
        wait_until(lambda: serial_of(der) in CrlEntries(file.read_bytes()), "the revocation in the file")
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_status_of_a_serial_that_is_none_is_malformed(running: RunningCa, client: httpx2.Client) -> None:
    for serial in ("0", "xyz", "f" * 41):
        assert client.get(f"/admin/status/{serial}", headers=bearer(running)).status_code == 400
    assert running.authority.lookup(issuer_record(running.ca, "care"), SerialNumber(5)).state == "unknown"
