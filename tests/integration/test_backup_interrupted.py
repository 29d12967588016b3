"""A backup or restore that was killed, or whose disk was full, is run again: nothing of it is in the way or stays."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NIGHT
from tests.story.desk import Desk, open_desk
from typer.testing import CliRunner

from sulku_desk.backup import making, restoring
from sulku_desk.backup.making import make_backup
from sulku_desk.backup.restoring import restore
from sulku_desk.cli import app
from sulku_desk.instance import open_instance
from sulku_desk.settings import load_settings
from sulku_kernel.errors import ConfigurationError, UnavailableError

PASSPHRASE = b"a long passphrase of the test"


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path / "home", None, NIGHT, organisations=1) as opened:
        yield opened


def test_what_a_killed_restore_left_is_removed_and_the_place_counts_as_empty(lite: Desk, tmp_path: Path) -> None:
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    home = tmp_path / "restored"
    (home / ".restore-killed" / "keys").mkdir(parents=True)
    (home / ".restore-killed" / "keys" / "audit.pem").write_text("plain")
    assert restore(made.file, home, PASSPHRASE).faults == []
    assert not [entry for entry in home.iterdir() if entry.name.startswith(".")]


def test_there_is_no_instance_before_all_of_it_is_in_place(
    lite: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    home, rename, seen = tmp_path / "restored", Path.rename, []

    def look_first(path: Path, target: Path) -> Path:
        if target.parent == home:
            seen.append(target.name)
            with pytest.raises(ConfigurationError, match="there is no instance"):
                open_instance(load_settings(home))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", look_first)
    assert restore(made.file, home, PASSPHRASE).faults == []
    assert {"desk.sqlite", "inbox.sqlite", "keys"} <= set(seen)


def test_a_disk_that_is_full_is_said_to_be_and_not_the_backup_to_be_wrong(
    lite: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_backup(lite.instance, tmp_path / "one.backup", PASSPHRASE)
    (tmp_path / "passphrase").write_bytes(PASSPHRASE)
    home = tmp_path / "restored"

    def fill(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setenv("SULKU_HOME", str(home))
    with monkeypatch.context() as full:
        full.setattr(restoring, "unpack", fill)
        command = ["restore", str(made.file), "--passphrase-file", str(tmp_path / "passphrase")]
        said = CliRunner().invoke(app, command)
        assert "the disk is full" in said.output
        assert not home.exists()
    assert CliRunner().invoke(app, command).exit_code == 0


def test_a_disk_that_is_full_leaves_no_backup_and_both_places_that_need_room_are_named(
    lite: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(making, "write_archive", fill)
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(UnavailableError, match="no backup was written") as raised:
        make_backup(lite.instance, tmp_path / "elsewhere" / "one.backup", PASSPHRASE)
    assert str(tmp_path / "elsewhere") in raised.value.next_step
    assert str(lite.instance.settings.home) in raised.value.next_step
    assert list((tmp_path / "elsewhere").iterdir()) == list(lite.instance.settings.home.glob(".backup*")) == []
