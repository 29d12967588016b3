"""A mail as bytes for the jail's pipe, and as JSON for people and programs."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.unit.hostile_mails import nested_base64_messages

from sulku_mailbox.domain.mail import Attachment, Authentication, Automatic, Bounce, FailedRecipient, Mail
from sulku_mailbox.domain.mail_frame import decode_mail, encode_mail
from sulku_mailbox.domain.mail_json import KEYS, mail_to_json
from sulku_mailbox.domain.parsing import parse_mail

EMPTY = Mail(sha256="0" * 64, size=0, subject="", header_from=None, header_from_shown="")
DIGEST_OF_AB = "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"
FULL = replace(
    EMPTY,
    subject="Sulkupyyntö 証明書",
    header_from="a@b.example",
    header_from_shown="Ä <a@b.example>",
    header_to=("desk@c.example",),
    reply_to=("r@b.example",),
    date=datetime(2026, 11, 24, 1, 0, tzinfo=UTC),
    message_id="<1@b.example>",
    in_reply_to=("<0@b.example>",),
    references=("<0@b.example>",),
    text="a\nb",
    new_text="a",
    quoted_text="b",
    html="<p>a",
    attachments=(Attachment("a.cer", "application/pkix-cert", b"ab", DIGEST_OF_AB, "2", is_inline=True),),
    forwarded=(replace(EMPTY, attachments=(Attachment("", "x/y", b"ab", DIGEST_OF_AB, "1"),)),),
    automatic=Automatic.BOUNCE,
    automatic_because=("delivery_status",),
    bounce=Bounce((FailedRecipient("x@b.example", "5.1.1", "failed"),), "<2@c.example>"),
    authentication=Authentication("pass", "fail", "pass", "b.example", ("spf=pass",)),
    is_signed=True,
    is_encrypted=True,
    defects=("nul", "nesting"),
)


@pytest.mark.parametrize("mail", [EMPTY, FULL, parse_mail(nested_base64_messages(3))])
def test_a_mail_comes_out_of_its_frame_as_it_went_in(mail: Mail) -> None:
    assert decode_mail(encode_mail(mail)) == mail


def tampered(**changes: object) -> bytes:
    frame = encode_mail(FULL)
    (length,) = struct.unpack_from(">I", frame)
    plain = json.loads(frame[4 : 4 + length]) | changes
    head = json.dumps(plain).encode()
    return struct.pack(">I", len(head)) + head + frame[4 + length :]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0\0\0\2",
        b"\0\0\0\2{}",
        b"\0\0\0\2[]",
        b"\0\0\0\4null",
        b"\xff\xff\xff\xff{}",
        struct.pack(">I", 200_000) + b"[" * 200_000,
        encode_mail(FULL)[:-1],
        encode_mail(FULL) + b"x",
        tampered(subject=1),
        tampered(header_to=[1]),
        tampered(size="x"),
        tampered(date="2026-11-24T01:00:00"),
        tampered(date=5),
        tampered(automatic="maybe"),
        tampered(defects=["made up"]),
        tampered(authentication=["pass"]),
        tampered(bounce=[1]),
        tampered(attachments=[["a", "x/y", -1, "1", False]]),
        tampered(attachments=[["a", "x/y", 10**12, "1", False]]),
        tampered(forwarded={"a": 1}),
    ],
)
def test_what_is_no_frame_is_refused_with_one_kind_of_error(frame: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_mail(frame)


def test_a_frame_of_endless_forwards_is_refused() -> None:
    mail = EMPTY
    for _ in range(40):
        mail = replace(EMPTY, forwarded=(mail,))
    with pytest.raises(ValueError, match="too deep"):
        decode_mail(encode_mail(mail))


def test_the_digest_of_a_file_is_computed_outside_the_jail() -> None:
    lying = replace(FULL, attachments=(replace(FULL.attachments[0], sha256="f" * 64),))
    assert decode_mail(encode_mail(lying)).attachments[0].sha256 == DIGEST_OF_AB


def test_the_json_of_a_mail_has_the_promised_keys() -> None:
    assert mail_to_json(FULL, file="mail.eml") == {
        "file": "mail.eml",
        "subject": "Sulkupyyntö 証明書",
        "from": "a@b.example",
        "to": ["desk@c.example"],
        "date": "2026-11-24T01:00:00.000000Z",
        "message_id": "<1@b.example>",
        "text": "a\nb",
        "new_text": "a",
        "quoted_text": "b",
        "attachments": [
            {"name": "a.cer", "type": "application/pkix-cert", "size": 2, "sha256": DIGEST_OF_AB},
            {"name": "", "type": "message/rfc822", "size": EMPTY.size, "sha256": EMPTY.sha256},  # the attached mail
        ],
        "extracted": [],
        "language": "fi",
        "automatic": "bounce",
        "bounce": {
            "recipients": [{"address": "x@b.example", "status": "5.1.1", "action": "failed"}],
            "original_message_id": "<2@c.example>",
        },
        "authentication": {
            "spf": "pass",
            "dkim": "fail",
            "dmarc": "pass",
            "aligned_domain": "b.example",
            "because": ["spf=pass"],
        },
        "defects": ["nul", "nesting"],
    }


def test_every_key_of_the_json_is_explained() -> None:
    assert list(KEYS) == list(mail_to_json(FULL, file="mail.eml"))


def test_the_json_of_an_empty_mail_says_null_where_there_is_nothing() -> None:
    found = mail_to_json(EMPTY)
    assert [found[key] for key in ("from", "date", "message_id", "language", "bounce")] == [None] * 5
    assert "file" not in found
