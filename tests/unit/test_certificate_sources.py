"""Archives and files that are made to hurt end in a fault that names them."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from sulku_revocation import certificate_sources
from sulku_revocation.certificate_sources import Fault, Source, read_sources, unpack


def archive(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("_", "."), content)
    return data.getvalue()


def faults_of(data: bytes) -> list[str]:
    return [str(found) for found in unpack("a.zip", data) if isinstance(found, Fault)]


def test_members_come_with_the_name_of_their_archive() -> None:
    assert list(unpack("a.zip", archive(x_pem=b"1", notes_txt=b"2"))) == [Source("a.zip:x.pem", b"1")]


def test_a_bomb_is_stopped_by_its_proportion() -> None:
    (fault,) = faults_of(archive(bomb_pem=b"\0" * 9_000_000))
    assert fault == "a.zip, bomb.pem: unpacks to far more than certificates need"


def test_many_small_bombs_are_stopped_by_their_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_sources, "MOST_UNPACKED_BYTES", 2_500_000)
    found = list(unpack("a.zip", archive(**{f"m{n}_pem": bytes([n]) * 900_000 for n in range(5)})))
    assert [isinstance(one, Source) for one in found] == [True, True, False]


def test_an_archive_inside_an_archive_is_refused() -> None:
    assert faults_of(archive(inner_zip=archive(x_pem=b"1"))) == [
        "a.zip, inner.zip: an archive inside an archive is not unpacked"
    ]


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_sources, "MOST_MEMBERS", 3)
    assert faults_of(archive(**{f"m{n}_pem": b"" for n in range(4)})) == ["a.zip: more than 3 files in one archive"]


def test_a_size_that_the_archive_lies_about_is_a_fault() -> None:
    data = bytearray(archive(x_pem=b"1234567890" * 10))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 7)
    (found,) = unpack("a.zip", bytes(data))
    assert isinstance(found, Fault) or len(found.data) <= 7


def test_an_encrypted_member_is_a_fault() -> None:
    data = bytearray(archive(x_pem=b"1"))
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + offset] |= 1
    (fault,) = faults_of(bytes(data))
    assert "encrypted" in fault


@pytest.mark.parametrize("cut", [10, 40, 90])
def test_a_cut_archive_is_a_fault(cut: int) -> None:
    assert faults_of(archive(x_pem=b"abc")[:-cut])


def test_names_that_would_steer_a_terminal_are_made_harmless() -> None:
    data = archive(**{"\x1b[2J\u202e_pem": b"1"})
    (found,) = unpack("a.zip", data)
    assert isinstance(found, Source)
    assert found.name == "a.zip:\ufffd[2J\ufffd.pem"


def test_a_file_that_is_missing_or_far_too_large_is_a_fault(tmp_path: Path) -> None:
    large = tmp_path / "large.pem"
    with large.open("wb") as file:
        file.truncate(10_000_001)
    faults = [str(found) for found in read_sources([tmp_path / "none.pem", large, tmp_path])]
    assert faults == [
        f"{tmp_path}/none.pem: No such file or directory",
        f"{large}: far too large for what it should be",
        f"{tmp_path}: Is a directory",
    ]
