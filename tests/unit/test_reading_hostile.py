"""Every mail of the hostile set is read inside the jail's limits, and comes out whole on the other side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.hostile_mails import HOSTILE, mail, multipart

from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.prescan import is_small_and_plain, prescan
from sulku_mailbox.jailed_reader import JailedReader, JailLimits
from sulku_mailbox.reader import Reader

# Whoever goes beyond these is killed by the kernel and would come back unreadable.
LIMITS_OF_THE_TEST = JailLimits(memory_bytes=256 * 1024 * 1024, cpu_seconds=2, seconds=60)


@pytest.fixture(scope="module")
def jail() -> Iterator[JailedReader]:
    keeper = JailedReader(limits=LIMITS_OF_THE_TEST)
    yield keeper
    keeper.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_within_two_seconds_and_256_megabytes(name: str, jail: JailedReader) -> None:
    raw = HOSTILE[name]()
    found = jail.read(raw)
    assert Defect.UNREADABLE not in found.defects
    assert found.size == len(raw)
    assert jail.starts == 1
    for inner in every(found):
        assert len(inner.text) <= LIMITS.text_chars
        assert len(inner.header_to) <= LIMITS.addresses
        assert len(inner.subject) <= LIMITS.subject_chars
        assert "\n" not in inner.subject
        assert len(inner.attachments) <= LIMITS.parts


def every(mail_: Mail) -> Iterator[Mail]:
    yield mail_
    for inner in mail_.forwarded:
        yield from every(inner)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_is_read_in_the_workers_own_process(name: str) -> None:
    assert not is_small_and_plain(prescan(HOSTILE[name]()))


def test_the_largest_mail_is_read_within_the_limits() -> None:
    line = b"QUJD" * 18 + b"\r\n"
    body = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + line * 600_000
    with Reader() as reader:
        found = reader.read(multipart(body))
    assert found.defects == ()
    assert found.attachments[0].size == 600_000 * 54


def test_what_is_larger_than_the_reader_accepts_goes_to_a_person() -> None:
    with Reader() as reader:
        found = reader.read(mail(b"x" * LIMITS.size))
    assert found.defects == ("unreadable", "size_limit")
    assert found.subject == "hostile"


@pytest.mark.parametrize(
    "raw",
    [
        mail(b"Please revoke 4a3f."),
        mail("Sulkekaa äkkiä".encode("latin-1"), b"Content-Type: text/plain; charset=iso-8859-1"),
        multipart(b"Content-Type: text/plain\r\n\r\na", b"Content-Type: text/html\r\n\r\n<p>a", kind=b"alternative"),
        multipart(b"\r\na", b"Content-Type: application/pkix-cert\r\n\r\nx"),
        multipart(b"\r\na", b"Content-Type: application/octet-stream; name=a.cer\r\n\r\nx"),
    ],
)
def test_the_ordinary_request_is_small_and_plain(raw: bytes) -> None:
    assert is_small_and_plain(prescan(raw))


@pytest.mark.parametrize(
    "raw",
    [
        multipart(b"\r\na", b"Content-Type: application/zip\r\n\r\nx"),
        multipart(b"\r\na", b"CONTENT-TYPE :\r\n application/pdf\r\n\r\nx"),
        multipart(b"\r\na", b"Content-Type: application/octet-stream; name=a.zip\r\n\r\nx"),
        multipart(b"\r\na", b"Content-Type: application/octet-stream\r\n\r\nx"),
        multipart(b"\r\na", b"Content-Type: message/rfc822\r\n\r\nx"),
        b"Content-Type: application/pdf\r\n\r\nx",
        mail(b"a\0b"),
        mail(b"a").replace(b"\r\n", b"\r"),
        mail(b"a" * 70_000),
        mail(b"a" * 20_000),
        mail(b"a", b"To: " + b"a@b.example," * 200),
        mail(b"a", b"Subject: " + b"=?utf-8?q?a?= " * 150),
        multipart(*[b"\r\na"] * 30),
        mail(b"a", *[b'X: boundary="%d"; multipart/mixed' % n for n in range(9)]),
        mail(b"a", b"X: " + b"y" * 40_000),
    ],
)
def test_what_is_odd_or_large_is_not_plain(raw: bytes) -> None:
    assert not is_small_and_plain(prescan(raw))
