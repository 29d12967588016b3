"""A backup made while the desk works becomes, in an empty place, a desk in which everything holds."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import NIGHT
from tests.story.desk import Desk, open_desk
from typer.testing import CliRunner

from sulku_desk.backup.agreement import disagreements
from sulku_desk.backup.making import make_backup
from sulku_desk.backup.restoring import Restored, restore
from sulku_desk.checking import sign_checkpoint, verify_audit
from sulku_desk.cli import app
from sulku_desk.instance import Instance, open_instance
from sulku_desk.settings import load_settings
from sulku_desk.wiring import make_inbox, make_reader, make_worker
from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.write_ahead_log import moved_beside
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.raw_mail import RawMail
from sulku_revocation.bounded_http import FetchError, HttpFetch
from sulku_revocation.ca.authority import OrderToSend
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.models import certificates
from sulku_revocation.register import DatabaseRegister
from sulku_tickets.models import tickets

PASSPHRASE = b"a long passphrase of the test"
SECRET = "Salainen potilas Meikäläinen"


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "home", None, NIGHT, organisations=2) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    url = request.getfixturevalue("postgresql_url_with_tables") if request.param == "postgresql" else None
    with open_desk(tmp_path / "home", url, NIGHT, organisations=2) as opened:
        yield opened


@pytest.fixture
def empty_place(desk: Desk, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty database of the same kind, for a restore."""
    if desk.instance.storage.desk.is_sqlite:
        yield
        return
    with request.getfixturevalue("postgresql_server").new_database() as url:
        monkeypatch.setenv("SULKU_DATABASE_URL", url)
        yield


def mail(number: int) -> bytes:
    return (
        f"From: a{number}@example.fi\r\nSubject: {number}\r\n\r\nSulkekaa varmenne {number:x}0a. {SECRET}\r\n".encode()
    )


def put(desk: Desk, number: int) -> None:
    envelope = Envelope("a@example.fi", ("vptuotanto@vrk.fi",), NIGHT, Via.SMTP)
    desk.inbox.add([Delivery(RawMail.of(mail(number)), envelope)])


def opened_again(restored: Restored) -> Instance:
    return open_instance(load_settings(restored.home))


def faults_of(instance: Instance) -> list[str]:
    with instance.storage.inbox.reading() as inbox, instance.storage.desk.reading() as connection:
        return [*disagreements(inbox, connection), *verify_audit(instance).faults]


def test_a_backup_under_load_is_restored_and_the_desk_goes_on_from_there(
    desk: Desk, empty_place: None, tmp_path: Path
) -> None:
    for number in range(20):
        put(desk, number)
    desk.work()
    desk.dispatch()
    sign_checkpoint(desk.instance)
    stop, stored = threading.Event(), []

    def write() -> None:
        number = 1_000
        while not stop.is_set() and len(stored) < 2_000:
            put(desk, number)
            stored.append(number)
            number += 1

    def work() -> None:
        with make_reader(desk.instance.settings) as reader:
            make_worker(desk.instance, reader).run(stop)

    busy = [threading.Thread(target=target) for target in (write, work)]
    storage = desk.instance.storage
    with moved_beside(storage.inbox), moved_beside(storage.desk):  # as the roles do
        for thread in busy:
            thread.start()
        try:
            while len(stored) < 20:
                stop.wait(0.01)
            before = 20 + len(stored)
            made = make_backup(desk.instance, tmp_path, PASSPHRASE)
        finally:
            stop.set()
            for thread in busy:
                thread.join()
    assert made.manifest.faults == []
    assert made.manifest.deliveries >= before
    restored = restore(made.file, tmp_path / "restored", PASSPHRASE)
    assert restored.faults == []
    instance = opened_again(restored)
    try:
        raws = make_inbox(instance)
        found = raws.deliveries_after(0, 100_000)
        assert len(raws.raws(found)) == len(found) == made.manifest.deliveries
        with make_reader(instance.settings) as reader:
            worker = make_worker(instance, reader)
            while worker.run_once():
                pass
        with instance.storage.desk.reading() as connection:
            assert connection.execute(sa.select(sa.func.count()).select_from(tickets)).scalar_one() == len(found)
        assert faults_of(instance) == []
    finally:
        instance.close()


def test_what_the_ca_revoked_since_the_backup_is_named(desk: Desk, empty_place: None, tmp_path: Path) -> None:
    made = make_backup(desk.instance, tmp_path / "one.backup", PASSPHRASE)
    desk.clock.advance(timedelta(hours=1))
    with desk.instance.storage.desk.reading() as connection:
        issuers = {issuer.id: issuer for issuer in DatabaseRegister(connection).issuers()}
        query = sa.select(certificates.c.issuer_id, certificates.c.serial)
        known = connection.execute(query.where(certificates.c.certificate_type != CertificateType.CA.value)).first()
    assert known is not None
    issuer, serial = issuers[known.issuer_id], SerialNumber.from_hex(known.serial)
    desk.ca.revoke(OrderToSend("lost", issuer.name, issuer.key_identifier, serial, ReasonCode.SUPERSEDED))
    desk.ca.publish()
    restored = restore(made.file, tmp_path / "restored", PASSPHRASE)
    said = [sentence for sentence in restored.reconcile if "decisions that are lost" in sentence]
    assert len(said) == 1
    assert issuer.name in said[0]
    assert serial.hex in said[0]
    assert not any("could not be read" in sentence for sentence in restored.reconcile)
    assert any("fetch them again" in sentence for sentence in restored.reconcile)


def test_a_crl_that_cannot_be_fetched_is_left_to_a_person(lite: Desk, tmp_path: Path, monkeypatch) -> None:
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)

    def away(*_: object, **__: object) -> bytes:
        raise FetchError("refused")

    monkeypatch.setattr(HttpFetch, "get", away)
    restored = restore(made.file, tmp_path / "restored", PASSPHRASE)
    assert any("could not be read now (it does not answer)" in sentence for sentence in restored.reconcile)


def test_a_thief_reads_nothing(lite: Desk, tmp_path: Path) -> None:
    lite.receive(mail(1))
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    content = made.file.read_bytes()
    for secret in (SECRET.encode(), b"PRIVATE KEY", b"SQLite format 3", b"first@desk.example"):
        assert secret not in content
    assert made.file.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="does not open"):
        restore(made.file, tmp_path / "restored", b"another passphrase")
    with pytest.raises(InputError, match="is sealed"):
        restore(made.file, tmp_path / "restored", None)
    assert not (tmp_path / "restored").exists()


def test_no_key_leaves_the_instance_unsealed(lite: Desk, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only kept in a sealed backup"):
        make_backup(lite.instance, tmp_path / "one.backup", None)
    made = make_backup(lite.instance, tmp_path / "one.backup", None, with_keys=False)
    assert b"PRIVATE KEY" not in made.file.read_bytes()
    names = {piece.name for piece in made.manifest.pieces}
    assert names == {"desk.sqlite", "inbox.sqlite", "on_call.toml", "policy.toml"}


def test_a_backup_without_keys_opens_its_mails_when_they_are_put_back(lite: Desk, tmp_path: Path) -> None:
    lite.receive(mail(1))
    made = make_backup(lite.instance, tmp_path / "one.backup", None, with_keys=False)
    restored = restore(made.file, tmp_path / "restored", None)
    assert restored.faults == []
    assert "put keys/" in restored.reconcile[0]
    shutil.copytree(lite.instance.settings.keys_folder, restored.home / "keys")
    instance = opened_again(restored)
    try:
        (delivery,) = make_inbox(instance).deliveries_after(0)
        assert make_inbox(instance).raw(delivery.sha256) == mail(1)
    finally:
        instance.close()


def flip(content: bytearray) -> None:
    content[len(content) // 2] ^= 1


def cut(content: bytearray) -> None:
    del content[len(content) // 2 :]


def change_manifest(content: bytearray) -> None:
    at = content.index(b'"deliveries": ') + len(b'"deliveries": ')
    content[at : at + 1] = b"7"


@pytest.mark.parametrize("damage", [flip, cut, change_manifest])
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    lite: Desk, tmp_path: Path, damage: Callable[[bytearray], None]
) -> None:
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    content = bytearray(made.file.read_bytes())
    damage(content)
    made.file.write_bytes(content)
    with pytest.raises(InputError):
        restore(made.file, tmp_path / "restored", PASSPHRASE)
    assert not (tmp_path / "restored").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "one.backup"]


def test_a_restore_replaces_nothing(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_backup(desk.instance, tmp_path / "one.backup", PASSPHRASE)
    with pytest.raises(InputError, match="not empty"):
        restore(made.file, desk.instance.settings.home, PASSPHRASE)
    if desk.instance.settings.database is not None:
        monkeypatch.setenv("SULKU_DATABASE_URL", desk.instance.settings.database)
        with pytest.raises(InputError, match="has tables"):
            restore(made.file, tmp_path / "restored", PASSPHRASE)
        assert not (tmp_path / "restored").exists()
        assert faults_of(desk.instance) == []


def test_templates_are_kept_whatever_else_lies_in_their_folder(lite: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "our templates"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text("not ours", encoding="utf-8")
    for name in ("ack.fi.j2", "ack.fi.j2~", "lue minut.txt", "päivystys.txt"):
        (folder / name).write_text(name, encoding="utf-8")
    settings = lite.instance.settings.model_copy(update={"templates": folder})
    made = make_backup(replace(lite.instance, settings=settings), tmp_path / "one.backup", PASSPHRASE)
    restored = restore(made.file, tmp_path / "restored", PASSPHRASE)
    kept = {path.name: path.read_text(encoding="utf-8") for path in (restored.home / "templates").iterdir()}
    assert kept == {name: name for name in ("ack.fi.j2", "ack.fi.j2~", "lue minut.txt", "päivystys.txt")}


@pytest.mark.parametrize("name", ["../out", "/out", "a/../out", ".hidden", "a//b", "a\\b"])
def test_a_piece_that_leads_out_of_the_place_is_refused(lite: Desk, tmp_path: Path, name: str) -> None:
    made = make_backup(lite.instance, tmp_path / "one.backup", None, with_keys=False)
    made.file.write_bytes(made.file.read_bytes().replace(b'"on_call.toml"', json.dumps(name).encode().ljust(14), 1))
    with pytest.raises(InputError, match="names a piece"):
        restore(made.file, tmp_path / "restored", None)


def test_what_cannot_be_read_again_is_no_backup(lite: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> None:
        raise InputError("damaged")

    monkeypatch.setattr("sulku_desk.backup.making.check_archive", unreadable)
    with pytest.raises(InputError, match="damaged"):
        make_backup(lite.instance, tmp_path, PASSPHRASE)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_backup_replaces_nothing(lite: Desk, tmp_path: Path) -> None:
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    before = made.file.read_bytes()
    with pytest.raises(InputError, match="exists already"):
        make_backup(lite.instance, made.file, PASSPHRASE)
    assert made.file.read_bytes() == before


def test_plain_copies_that_a_killed_backup_left_behind_are_removed(lite: Desk, tmp_path: Path) -> None:
    home = lite.instance.settings.home
    old, running = home / ".backup-old", home / ".backup-running"
    for folder, age in ((old, timedelta(days=2)), (running, timedelta(hours=1))):
        folder.mkdir()
        at = (NIGHT - age).timestamp()
        os.utime(folder, (at, at))
    make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    assert [path.name for path in home.glob(".backup-*")] == [running.name]


def test_what_is_wrong_with_the_instance_is_said_and_the_backup_kept(lite: Desk, tmp_path: Path) -> None:
    lite.receive(mail(1))
    with sqlite3.connect(lite.instance.settings.home / "desk.sqlite") as connection:
        connection.execute("UPDATE ticket SET subject = 'another'")
        connection.execute("DELETE FROM ticket_mail")
    connection.close()
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    assert made.manifest.faults == [
        "the events do not explain subject of ticket 1",
        "1 deliveries were read but stand on no ticket (the first is 1)",
    ]
    restored = restore(made.file, tmp_path / "restored", PASSPHRASE)
    assert len(restored.faults) == 2


def test_history_that_a_second_place_has_signed_for_and_the_backup_lacks_is_named(lite: Desk, tmp_path: Path) -> None:
    lite.receive(mail(1))
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    lite.receive(mail(2))
    sign_checkpoint(lite.instance)
    second_place = lite.instance.settings.checkpoints_folder
    settings_file = lite.instance.settings.home / "sulku.toml"
    settings_file.write_text(f'checkpoints = "{second_place}"\n', encoding="utf-8")
    made = make_backup(lite.instance, tmp_path / "two.backup", PASSPHRASE)
    lite.receive(mail(3))
    sign_checkpoint(lite.instance)
    restored = restore(made.file, tmp_path / "restored", PASSPHRASE)
    assert restored.faults == []
    assert any("of the history are lost" in sentence for sentence in restored.reconcile)


def test_the_commands_say_it_in_words_json_and_exit_codes(
    lite: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\n")
    (tmp_path / "short").write_bytes(b"short\n")
    monkeypatch.setenv("SULKU_HOME", str(lite.instance.settings.home))
    options = ["--passphrase-file", str(tmp_path / "passphrase")]
    file = str(tmp_path / "one.backup")
    result = CliRunner().invoke(app, ["backup", file, *options, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["is_sealed"] is True
    assert CliRunner().invoke(app, ["backup", file, "--passphrase-file", str(tmp_path / "short")]).exit_code == 2
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "restored"))
    result = CliRunner().invoke(app, ["restore", file, *options])
    assert result.exit_code == 0, result.output
    assert "The stores agree and the audit trail holds." in result.output
    assert CliRunner().invoke(app, ["restore", file, *options]).exit_code == 2
    assert CliRunner().invoke(app, ["restore", str(tmp_path / "passphrase"), *options]).exit_code == 2
