"""Keys that must not be certified: asked by command, over HTTP, and what an administrator may open."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.testclient import TestClient
from tests.integration.console_world import Console
from tests.integration.test_commands import Run, done, run  # noqa: F401  a fixture
from tests.unit import proof_material as made
from tests.unit.test_proofs import prove

from sulku_console.app import create_app
from sulku_desk.instance import open_instance
from sulku_desk.settings import load_settings
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.events import read_events
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.block_list import block_proven
from sulku_revocation.domain.proofs.attestation import make_attestation
from sulku_revocation.key_sealing import load_recovery_key, seal_key

TOKEN = "issuance-token"


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(run: Run, tmp_path: Path) -> Run:  # noqa: F811  the fixture that is used
    """The command on an instance whose administrator is logged in."""
    done(run("init", "--email", "admin@desk.example", "--password-file", str(tmp_path / "password"), "--json"))
    return run


def file_of(tmp_path: Path, content: bytes | str, name: str = "file") -> str:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return str(tmp_path / name)


def test_a_blocked_key_is_known_in_every_form_and_has_an_exit_code_of_its_own(desk: Run, tmp_path: Path) -> None:
    private = made.key("ec")
    forms = {
        "request": made.pem("CERTIFICATE REQUEST", made.request(private, "host.example")),
        "certificate": made.certificate(private),
        "public": made.pem("PUBLIC KEY", made.public_der(private)),
        "private": made.CONTAINERS["traditional pem"](private),
    }
    files = [file_of(tmp_path, content, name) for name, content in forms.items()]
    assert desk("keys", "check", *files).exit_code == 0
    assert done(desk("keys", "block", files[0], "--because", "Found in a repository.", "--json"))["known"] == 0

    for one in (*files, made.spki(private), made.spki(private).upper()):
        checked = desk("keys", "check", one, "--json")
        assert checked.exit_code == 8, one
        (finding,) = json.loads(checked.stdout)
        assert (finding["spki"], finding["fine"], finding["basis"]) == (made.spki(private), False, "asserted")
    assert desk("keys", "check", file_of(tmp_path, made.certificate(made.key("rsa")), "other")).exit_code == 0
    assert [one["spki"] for one in done(desk("keys", "list", "--json"))] == [made.spki(private)]
    assert made.spki(private) in desk("keys", "list").stdout


def test_a_weak_key_is_told_before_it_is_certified(desk: Run, tmp_path: Path) -> None:
    checked = desk("keys", "check", file_of(tmp_path, made.request(made.close_primes_key(), "host.example")), "--json")
    assert checked.exit_code == 8
    assert json.loads(checked.stdout)[0]["weak"] == ["fermat"]


@pytest.mark.parametrize("content", ["", "no key at all", b"\x30\x03\x02\x01\x00", made.huge_rsa(14_336)])
def test_a_file_without_a_readable_key_is_an_error_and_no_clearance(
    desk: Run, tmp_path: Path, content: bytes | str
) -> None:
    named = file_of(tmp_path, content, "application-7")
    refused = desk("keys", "check", named, file_of(tmp_path, made.certificate(made.key("rsa")), "other"))
    assert refused.exit_code == 2
    assert named in refused.stderr  # of many files it says which one
    assert desk("keys", "check", "no-such-file").exit_code == 2


def test_an_administrator_opens_a_sealed_key_with_the_recovery_key_and_the_history_tells(
    desk: Run, tmp_path: Path
) -> None:
    private = made.key("ed25519")
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    instance = open_instance(load_settings(tmp_path / "home"))
    recovery = load_recovery_key(instance.settings.keys_folder)
    assert recovery is not None
    (proof,) = prove(files=(der,), seal=lambda key: seal_key(key, recovery))
    with begin(instance.storage.desk, instance.clock, Actor.desk("worker")) as tx:
        block_proven(tx, 1, [proof])
    private_half = tmp_path / "home" / "recovery" / "recovery.key"
    arguments = [
        "keys",
        "unseal",
        made.spki(private),
        "--output",
        str(tmp_path / "opened"),
        "--because",
        "A court asks.",
    ]

    wrong = file_of(tmp_path, "00" * 32)
    assert desk(*arguments, "--recovery", wrong).exit_code == 2
    assert desk("keys", "unseal", "ab" * 32, *arguments[3:], "--recovery", str(private_half)).exit_code == 3
    done(desk(*arguments, "--recovery", str(private_half), "--json"))
    assert (tmp_path / "opened").read_bytes() == der
    assert (tmp_path / "opened").stat().st_mode & 0o077 == 0
    (kept,) = done(desk("keys", "evidence", made.spki(private), "--json"))
    assert kept["has_sealed_key"]
    assert "BEGIN CERTIFICATE REQUEST" in kept["document"]
    assert done(desk("audit", "verify", "--json"))["ok"]
    with instance.storage.desk.reading() as connection:
        (opened,) = [event for event in read_events(connection) if event.action == "UNSEAL"]
    assert opened.actor == "user:admin"
    assert (opened.payload or {})["because"] == ["A court asks."]
    instance.close()


# --- over HTTP ------------------------------------------------------------------------------------------------------


@pytest.fixture
def console(storage: Storage, clock: SetClock) -> Console:
    return Console(storage, clock)


@pytest.fixture
def issuance(console: Console) -> TestClient:
    app = create_app(dataclasses.replace(console.app.state.parts, issuance_token=TOKEN))
    client = TestClient(app)
    client.headers["authorization"] = f"Bearer {TOKEN}"
    return client


def block(console: Console, private: made.Key) -> None:
    with begin(console.store, console.clock, Actor.desk("worker")) as tx:
        block_proven(tx, 1, prove(files=(make_attestation(private),)))


def test_issuance_asks_with_a_request_or_a_digest(console: Console, issuance: TestClient) -> None:
    private = made.key("ec")
    request = made.request(private, "host.example")
    assert issuance.post("/api/keys/check", content=request).json()["fine"] is True
    block(console, private)
    for content in (request, made.pem("CERTIFICATE REQUEST", request).encode()):
        answer = issuance.post("/api/keys/check", content=content).json()
        assert answer["fine"] is False
        assert answer["keys"][0]["basis"] == "demonstrated"
    assert issuance.get(f"/api/keys/{made.spki(private)}").json()["kinds"] == ["kca_request"]
    assert issuance.get(f"/api/keys/{made.spki(made.key('rsa'))}").json()["fine"] is True


def test_a_copy_of_the_list_is_only_sent_when_it_has_changed(console: Console, issuance: TestClient) -> None:
    block(console, made.key("ec"))
    first = issuance.get("/api/keys")
    assert [one["spki"] for one in first.json()["keys"]] == [made.spki(made.key("ec"))]
    again = issuance.get("/api/keys", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    block(console, made.key("rsa"))
    assert issuance.get("/api/keys", headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_without_the_token_nothing_is_answered(console: Console, issuance: TestClient) -> None:
    without = TestClient(console.app)
    for client, token in (
        (issuance, ""),
        (issuance, "Bearer "),
        (issuance, "Bearer wrong"),
        (without, "Bearer "),
        (without, f"Bearer {TOKEN}"),
    ):
        headers = {"authorization": token}
        for answer in (
            client.get("/api/keys", headers=headers),
            client.get("/api/keys/" + "ab" * 32, headers=headers),
            client.post("/api/keys/check", content=b"x", headers=headers),
        ):
            assert answer.status_code == 401
            assert set(answer.json()) == {"error", "next_step"}


def test_what_cannot_be_read_is_told_in_plain_words(issuance: TestClient) -> None:
    for answer in (
        issuance.get("/api/keys/xyz"),
        issuance.post("/api/keys/check", content=b""),
        issuance.post("/api/keys/check", content=b"\0" * 300_000),
    ):
        assert answer.status_code == 400
        assert answer.json()["next_step"]
