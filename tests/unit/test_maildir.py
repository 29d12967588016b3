"""A maildir gets whole mails, each once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sulku_mailbox.delivery import Maildir, TryLaterError

RAW = b"Message-ID: <a@desk.example>\r\nSubject: x\r\n\r\nHei\r\n"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_mail_lies_in_new_with_its_envelope(tmp_path: Path) -> None:
    Maildir(tmp_path / "sent").send("", "a@holder.example", RAW)
    (file,) = files(tmp_path / "sent")
    assert file.parent.name == "new"
    assert file.read_bytes() == b"Return-Path: <>\r\nDelivered-To: a@holder.example\r\n" + RAW


def test_the_same_message_id_twice_is_one_file_even_after_it_was_read(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    maildir.send("", "a@holder.example", RAW)
    maildir.send("", "a@holder.example", RAW + b"later\r\n")
    (file,) = files(tmp_path)
    file.rename(tmp_path / "cur" / f"{file.name}:2,S")
    maildir.send("", "a@holder.example", RAW)
    assert len(files(tmp_path)) == 1


def test_another_recipient_or_message_id_is_another_file(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    maildir.send("", "a@holder.example", RAW)
    maildir.send("", "b@holder.example", RAW)
    maildir.send("", "a@holder.example", RAW.replace(b"<a@", b"<b@"))
    assert len(files(tmp_path)) == 3


def test_a_folder_that_cannot_be_written_is_tried_later_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("in the way", encoding="utf-8")
    with pytest.raises(TryLaterError) as caught:
        Maildir(tmp_path / "sent").send("", "a@holder.example", RAW)
    assert "sent" in str(caught.value)
    assert caught.value.next_step


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sulku_mailbox.delivery.os.fsync", full)
    with pytest.raises(TryLaterError, match="No space left"):
        Maildir(tmp_path).send("", "a@holder.example", RAW)
    assert files(tmp_path) == []
