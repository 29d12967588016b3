"""`winmail.dat` (MS-OXTNEF): its text and files are found; what is cut or lies harms nobody and reaches a person."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit import tnef_streams as made
from tests.unit.hostile_mails import multipart

from sulku_mailbox.domain.file_kinds import Kind, kind_of
from sulku_mailbox.domain.mail import Attachment, Mail, Why
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.tnef import read_tnef
from sulku_mailbox.opening.attachments import open_attachments
from sulku_mailbox.opening.inside import MOST_FILES

KEY = b"-----BEGIN CERTIFICATE REQUEST-----\n"


def mail_with(stream: bytes) -> Mail:
    part = b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return open_attachments(parse_mail(multipart(b"\r\nHello", part + base64.encodebytes(stream))))


def test_text_and_files_of_a_winmail_are_found() -> None:
    stream = made.tnef(
        made.attribute(made.MESSAGE, made.BODY, "Sulkekaa tämä.\r\n\0".encode("cp1252")),
        made.file("AVAIN~1.PEM", KEY, made.unicode(0x3707, "avain päivitys.pem")),
        made.file("b.txt", b"two"),
    )
    found = read_tnef(stream)
    assert found.is_whole
    assert found.text == "Sulkekaa tämä.\n"
    assert [(one.name, one.content) for one in found.files] == [("avain päivitys.pem", KEY), ("b.txt", b"two")]


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        ([made.unicode(0x1000, "Sulkekaa. ä")], "Sulkekaa. ä"),
        ([made.property_of(0x1E, 0x1000, b"Sulkekaa. \xe4\0")], "Sulkekaa. ä"),
        ([made.property_of(0x102, 0x1013, b"<p>Sulkekaa. &auml;</p>")], "Sulkekaa. ä"),
        ([made.number(0x0FFE, 5), made.named(3, struct.pack("<I", 1)), made.unicode(0x1000, "x")], "x"),
        ([struct.pack("<HHI", 0x1003, 0x6001, 2) + bytes(8), made.unicode(0x1000, "x")], "x"),
        ([struct.pack("<HHI", 0x101F, 0x6002, 2) + made.padded(b"a\0") * 2, made.unicode(0x1000, "x")], "x"),
        ([struct.pack("<HH", 0x0B, 0x6003) + bytes(4), made.unicode(0x1000, "x")], "x"),
    ],
)
def test_the_text_is_found_among_the_properties(listed: list[bytes], text: str) -> None:
    found = read_tnef(made.tnef(made.message(*listed)))
    assert (found.is_whole, found.text.strip()) == (True, text)


def test_its_code_page_is_heeded() -> None:
    body = made.attribute(made.MESSAGE, made.BODY, "спасибо\0".encode("cp1251"))
    assert read_tnef(made.tnef(body, code_page=1251)).text == "спасибо"


def test_the_files_reach_the_search_and_embedded_messages_are_opened_in_turn() -> None:
    found = mail_with(made.deep(2))
    assert [(one.name, one.content) for one in found.extracted if one.name == "innermost.txt"] == [
        ("innermost.txt", b"x")
    ]
    assert found.locked == ()


def test_a_winmail_is_known_by_its_octets_whatever_it_is_called() -> None:
    assert kind_of(Attachment("note.txt", "text/plain", made.tnef(), "", "1")) is Kind.TNEF


def test_a_cut_winmail_gives_what_is_there_and_tells_a_person() -> None:
    stream = made.tnef(made.file("a.txt", b"one"), made.file("b.txt", b"two"))
    found = mail_with(stream[:-4])
    assert [one.content for one in found.extracted] == [b"one"]
    assert [(one.name, one.why) for one in found.locked] == [("winmail.dat", Why.DAMAGED)]


def test_every_cut_is_survived() -> None:
    stream = made.tnef(made.message(made.unicode(0x1000, "text")), made.file("a", b"1", made.unicode(0x3707, "b")))
    for length in range(len(stream)):
        read_tnef(stream[:length])
    assert read_tnef(stream).is_whole
    assert not read_tnef(b"").is_whole
    assert not read_tnef(b"%PDF").is_whole


HOSTILE = {
    "a value of four gigabytes": made.SIGNATURE + struct.pack("<BII", 1, made.BODY, 0xFFFFFFFF),
    "four billion properties": made.tnef(made.attribute(1, made.MESSAGE_PROPERTIES, b"\xff" * 4)),
    "four billion values": made.tnef(made.message(struct.pack("<HHI", 0x1003, 1, 0xFFFFFFFF))),
    "four billion empty values": made.tnef(made.message(struct.pack("<HHI", 0x101F, 1, 0xFFFFFFFF) + bytes(400_000))),
    "a property of no known type": made.tnef(made.message(struct.pack("<HHI", 0x77, 1, 0))),
    "10,000 files": made.tnef(made.joined(made.file(f"{n}.txt", b"x") for n in range(10_000))),
    "200,000 attributes of nothing": made.tnef(made.attribute(1, 0x1, b"") * 200_000),
    "200,000 files without name or content": made.tnef(made.attribute(2, made.FILE_BEGINS, b"") * 200_000),
    "a hundred messages in each other": made.deep(100),
    "200,000 properties": made.tnef(made.message(*[made.number(1, 1)] * 200_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_winmail_ends(name: str) -> None:
    found = mail_with(HOSTILE[name])
    assert len(found.extracted) <= MOST_FILES
    assert "reader_fault" not in found.defects


def test_too_many_files_reach_a_person() -> None:
    found = mail_with(HOSTILE["10,000 files"])
    assert [one.why for one in found.locked] == [Why.LIMIT]


@settings(max_examples=150)
@given(st.binary(max_size=60), st.integers(0, 200), st.binary(max_size=8))
def test_the_reader_is_total(noise: bytes, at: int, replaced: bytes) -> None:
    stream = made.tnef(made.message(made.unicode(0x1000, "t")), made.file("a", b"1", made.unicode(0x3707, "b")))
    read_tnef(made.SIGNATURE + noise)
    read_tnef(stream[:at] + replaced + stream[at + len(replaced) :])
