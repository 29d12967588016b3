"""Hostile mails through the whole desk: each ends in a ticket with its original, and holds up nobody who needs help."""

from __future__ import annotations

from email.policy import SMTP

from tests.story.desk import Desk, serial_of
from tests.unit import proof_material as made
from tests.unit.hostile_files import HOSTILE_FILES
from tests.unit.hostile_mails import HOSTILE
from tests.unit.hostile_set import hostile_set
from tests.unit.packed_files import raw_mail

from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.raw_mail import RawMail

SET = hostile_set()
MAILS = (
    "2,000 mails in each other",
    "100,000 addresses",
    "400 KB of encoded words",
    "200,000 open divs",
    "4 MB of noise",
    "NUL only",
)
FILES = ("zip whose entries overlap", "gzip of 100 MB", "xz of 80 MB", "7z whose key takes 2^24 rounds", "PDF with a tree of 10^12 pages",
         "office file with entities in entities", "mails in mails", "picture that is said to be 65,535 pixels wide")  # fmt: skip
SMALL = (
    "charset punycode",
    "charset zlib_codec",
    "From of (",
    "labelled in a PDF",
    "pem_blocks as text",
    "hex_colons in a zip",
)


def test_every_hostile_mail_becomes_a_ticket_and_a_real_request_behind_them_is_understood(desk: Desk) -> None:
    hostile = [
        *(HOSTILE[name]() for name in MAILS),
        *(raw_mail(*HOSTILE_FILES[name]()) for name in FILES),
        *(SET[name]() for name in SMALL),
        raw_mail("key.der", made.huge_rsa(14_336), "the private key"),
        raw_mail("key.der", made.many_rounds(20_000_000), "password is abc1"),
    ]
    for raw in hostile:
        store(desk, raw, "somebody@evil.example")
    serial = serial_of(desk.certificate(1, "kanta"))
    holder = desk.organisations[1].contacts[0].email
    asked = desk.write(holder, "Sulkupyyntö", f"Sulkekaa varmenne {serial}, yksityinen avain on vuotanut.")
    store(desk, asked.as_bytes(policy=SMTP), holder)
    desk.work()
    tickets = desk.tickets()
    assert len(tickets) == len(hostile) + 1
    assert serial in {request["serial"] for request in desk.requests()}
    assert {request["ticket_id"] for request in desk.requests()} == {tickets[-1]["id"]}
    assert tickets[-1]["urgency"] == "P1"
    desk.dispatch()
    assert len(desk.sent(to=holder)) == 1
    assert desk.audit_faults() == []


def store(desk: Desk, raw: bytes, mail_from: str) -> None:
    """As the listener does; nothing is worked on yet."""
    envelope = Envelope(mail_from, ("vptuotanto@vrk.fi",), desk.clock.now(), Via.SMTP, peer="192.0.2.1")
    desk.inbox.add([Delivery(RawMail.of(raw), envelope)])
