"""Signed statements of where the chain ended, kept in a second place."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sulku_kernel.checkpoints import (
    FILE_NAME,
    Checkpoint,
    last_checkpoint,
    load_signing_key,
    read_checkpoints,
    write_checkpoint,
)
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConfigurationError


@pytest.fixture
def key(tmp_path: Path):
    return load_signing_key(tmp_path / "keys" / "audit.pem")


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, key) -> None:
    path = tmp_path / "keys" / "audit.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_signing_key(path).private_bytes_raw() == key.private_bytes_raw()


def test_a_key_of_another_kind_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "other.pem"
    other = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigurationError, match=r"other\.pem holds no Ed25519 key") as refused:
        load_signing_key(path)
    assert refused.value.next_step


def test_no_checkpoints_yet_is_no_fault(tmp_path: Path, key) -> None:
    assert read_checkpoints(tmp_path / "nowhere", key.public_key()) == ([], [])


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ('"seq":5', '"seq":6'),
        ("ab" * 32, "cd" * 32),
        ("2026-11-24", "2026-11-25"),
        ('"signature":"', '"signature":"00'),
    ],
)
def test_any_altered_part_of_a_statement_breaks_its_signature(
    tmp_path: Path, clock: SetClock, key, part: str, other: str
) -> None:
    write_checkpoint(tmp_path, Checkpoint(5, "ab" * 32, clock.now()), key)
    path = tmp_path / FILE_NAME
    assert read_checkpoints(tmp_path, key.public_key())[1] == []
    path.write_text(path.read_text().replace(part, other))
    found, faults = read_checkpoints(tmp_path, key.public_key())
    assert found == []
    assert faults == [f"line 1 of {FILE_NAME} is not a checkpoint signed by this desk"]


def test_statements_of_another_key_count_for_nothing(tmp_path: Path, clock: SetClock, key) -> None:
    write_checkpoint(tmp_path, Checkpoint(5, "ab" * 32, clock.now()), load_signing_key(tmp_path / "stranger.pem"))
    found, faults = read_checkpoints(tmp_path, key.public_key())
    assert (found, len(faults)) == ([], 1)


def test_a_torn_last_line_hides_none_of_the_others(tmp_path: Path, clock: SetClock, key) -> None:
    for seq in (1, 2):
        write_checkpoint(tmp_path, Checkpoint(seq, f"{seq:064x}", clock.now()), key)
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes()[:-20])
    found, faults = read_checkpoints(tmp_path, key.public_key())
    assert ([checkpoint.seq for checkpoint in found], len(faults)) == ([1], 1)
    write_checkpoint(tmp_path, Checkpoint(3, f"{3:064x}", clock.now()), key)
    assert [checkpoint.seq for checkpoint in read_checkpoints(tmp_path, key.public_key())[0]] == [1, 3]


def test_the_last_is_found_from_the_end_behind_whatever_is_none(tmp_path: Path, clock: SetClock, key) -> None:
    public, path = key.public_key(), tmp_path / FILE_NAME
    assert last_checkpoint(tmp_path, public) is None
    write_checkpoint(tmp_path, Checkpoint(7, f"{7:064x}", clock.now()), load_signing_key(tmp_path / "stranger.pem"))
    assert last_checkpoint(tmp_path, public) is None
    path.write_bytes(b"x" * 100_000 + b"\n" + path.read_bytes())
    for seq in range(1, 41):
        write_checkpoint(tmp_path, Checkpoint(seq, f"{seq:064x}", clock.now()), key)
    write_checkpoint(tmp_path, Checkpoint(99, f"{99:064x}", clock.now()), load_signing_key(tmp_path / "stranger.pem"))
    path.write_bytes(path.read_bytes() + b'{"seq":')
    assert last_checkpoint(tmp_path, public) == Checkpoint(40, f"{40:064x}", clock.now())


def test_the_last_costs_no_more_when_there_are_many(tmp_path: Path, clock: SetClock, key) -> None:
    tried: list[bytes] = []

    class Counting:
        def verify(self, signature: bytes, content: bytes) -> None:
            tried.append(content)
            key.public_key().verify(signature, content)

    for seq in range(1, 31):
        write_checkpoint(tmp_path, Checkpoint(seq, f"{seq:064x}", clock.now()), key)
    last_checkpoint(tmp_path, Counting())
    assert len(tried) == 1
