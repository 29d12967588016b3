"""Secrets that are made once: whole or not there, their owner's alone, and one for all who make them at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sulku_desk.instance import load_secret, load_token
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.secret_file import write_secret


@pytest.mark.parametrize("load", [load_secret, load_token])
def test_all_who_make_it_at_once_have_the_same(tmp_path: Path, load) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: load(tmp_path / "a.key"), range(64)))
    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600


def test_nobody_sees_a_secret_that_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    fsync = os.fsync

    def look(descriptor: int) -> None:
        seen.append((tmp_path / "a.key").exists())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    write_secret(tmp_path / "a.key", b"whole")
    assert seen == [False, True]  # its content is on disk before its name, and then its name
    assert (tmp_path / "a.key").read_bytes() == b"whole"


def test_a_secret_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    write_secret(tmp_path / "a.key", b"first")
    write_secret(tmp_path / "a.key", b"second")
    assert (tmp_path / "a.key").read_bytes() == b"first"


@pytest.mark.parametrize(("load", "content"), [(load_secret, b""), (load_secret, b"x" * 31), (load_token, b"\n")])
def test_what_a_crash_left_empty_signs_nothing(tmp_path: Path, load, content: bytes) -> None:
    (tmp_path / "a.key").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"a\.key") as refused:
        load(tmp_path / "a.key")
    assert refused.value.next_step
