"""Every file of the hostile set ends in a mail that a ticket can be made of, within the jail's five seconds and 200 MB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.hostile_files import HOSTILE_FILES
from tests.unit.packed_files import raw_mail

from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.jailed_reader import JailedReader, JailLimits
from sulku_mailbox.opening.inside import MOST_FILES, MOST_OCTETS

MB = 1_048_576
# The kernel ends whoever uses more processor time; the wall clock is for a machine that does other things as well.
LIMITS_OF_THE_TEST = JailLimits(cpu_seconds=4, seconds=60)


@pytest.fixture(scope="module")
def jail() -> Iterator[JailedReader]:
    keeper = JailedReader(limits=LIMITS_OF_THE_TEST)
    keeper.read(b"Subject: warm\r\n\r\n")
    yield keeper
    keeper.close()


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_costs_neither_the_mail_nor_the_reader(name: str, jail: JailedReader) -> None:
    file_name, content = HOSTILE_FILES[name]()
    candidates = " ".join(f"w{number}" for number in range(40))
    found = jail.read(raw_mail(file_name, content, f"password: {candidates}"))
    assert found.defects == ()
    assert found.text.startswith("password")
    assert [one.name for one in found.attachments] == [file_name]
    assert_within_the_limits(found)
    assert jail.starts == 1, "the child had to be ended"
    assert peak_megabytes(jail) < 200


def test_whatever_could_not_be_opened_wholly_is_said(jail: JailedReader) -> None:
    silent = []
    for name in ("zip cut off", "gzip of 100 MB", "7z of zeros", "PDF packed forty times", "PDF of noise"):
        found = jail.read(raw_mail(*HOSTILE_FILES[name]()))
        if not found.locked:
            silent.append(name)
    assert silent == []


def assert_within_the_limits(mail: Mail) -> None:
    assert len(mail.extracted) <= MOST_FILES
    assert sum(one.size for one in mail.extracted) <= MOST_OCTETS
    places = [*(one.where for one in mail.extracted), *(one.where for one in mail.locked)]
    assert all("\n" not in where and len(where) < 2_000 for where in places)


def peak_megabytes(jail: JailedReader) -> float:
    lines = Path(f"/proc/{jail.child_id}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1_024 for line in lines if line.startswith("VmHWM"))
