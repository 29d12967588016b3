"""Mails made to hurt a reader, each by a few lines. Sizes are such that a reader without limits would notice."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Mapping

HEAD = b"From: Anna <anna@example.fi>\r\nTo: desk@example.fi\r\nSubject: hostile\r\nMessage-ID: <1@example.fi>\r\n"


def mail(body: bytes, *fields: bytes) -> bytes:
    """An ordinary header, these further fields, and the body."""
    return HEAD + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def multipart(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return mail(body + b"--b--\r\n", b"Content-Type: multipart/" + kind + b'; boundary="b"')


def html(body: bytes) -> bytes:
    return mail(body, b"Content-Type: text/html; charset=utf-8")


def nested_multiparts(levels: int) -> bytes:
    head = b'Content-Type: multipart/mixed; boundary="b0"\r\n'
    inner = b"".join(
        b'--b%d\r\nContent-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % (n, n + 1) for n in range(levels)
    )
    return HEAD + head + b"\r\n" + inner + b"--b%d\r\n\r\ninnermost\r\n" % levels


def same_boundary_nested(levels: int) -> bytes:
    part = b'--b\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return mail(part * levels, b'Content-Type: multipart/mixed; boundary="b"')


def nested_messages(levels: int) -> bytes:
    return (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * levels + HEAD + b"\r\ninnermost\r\n"


def nested_base64_messages(levels: int) -> bytes:
    raw = HEAD + b"\r\ninnermost\r\n"
    for _ in range(levels):
        raw = mail(base64.encodebytes(raw), b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64")
    return raw


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def many_bad_headers(name: bytes, piece: bytes) -> bytes:
    """A hundred attached mails, each with the largest header that is read."""
    field = name + b": " + piece * (60_000 // len(piece)) + b"\r\n"
    return multipart(*[b"Content-Type: message/rfc822\r\n\r\n" + field + b"\r\nx"] * 100)


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    # structure
    "100,000 parts": lambda: multipart(*[b"\r\nx"] * 100_000),
    "10,000 attachments": lambda: multipart(
        *[b"Content-Disposition: attachment; filename*=utf-8''%41.pem\r\n\r\nx" for _ in range(10_000)]
    ),
    "10,000 files in the text": lambda: mail(b"begin 644 a\r\n#86%A\r\n`\r\nend\r\n" * 10_000),
    "50,000 files in the text that do not end": lambda: mail(b"begin 644 a\r\n#86%A\r\n" * 50_000),
    "100,000 empty delimiters": lambda: mail(b"--b\r\n" * 100_000, b"Content-Type: multipart/mixed; boundary=b"),
    "5,000 nested multiparts": lambda: nested_multiparts(5_000),
    "20,000 multiparts of one boundary": lambda: same_boundary_nested(20_000),
    "2,000 mails in each other": lambda: nested_messages(2_000),
    "12 mails in base64 in each other": lambda: nested_base64_messages(12),
    "1,000 mails side by side": lambda: multipart(*[b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\nx"] * 1_000),
    "a digest of digests": lambda: multipart(*[b"\r\n" + HEAD + b"\r\nx"] * 2_000, kind=b"digest"),
    "a hundred mails with a broken From": lambda: many_bad_headers(b"From", b'a@:"'),
    "a hundred mails with a thousand recipients": lambda: many_bad_headers(b"To", b"a@b.example,"),
    "a hundred mails with a broken Subject": lambda: many_bad_headers(b"Subject", b"=?utf-8?q?=41?= "),
    "a hundred mails with many references": lambda: many_bad_headers(b"References", b"<a@b>"),
    "a hundred mails with many parameters": lambda: many_bad_headers(b"Content-Type", b"text/plain;a="),
    "200 nested multiparts with 100,000 delimiter-like lines": lambda: nested_multiparts(99) + b"--b\r\n" * 100_000,
    "a boundary of 100 KB": lambda: mail(b"x", b"Content-Type: multipart/mixed; boundary=" + b"b" * 100_000),
    "alternatives by the thousand": lambda: multipart(
        *[b"Content-Type: text/html\r\n\r\n<p>1234567"] * 5_000, kind=b"alternative"
    ),
    "different alternatives of a megabyte": lambda: multipart(
        b"\r\n" + b"".join(b"serial%07d " % n for n in range(70_000)),
        b"Content-Type: text/html\r\n\r\n" + b"".join(b"number%07d " % n for n in range(70_000)),
        kind=b"alternative",
    ),
    # header
    "100,000 addresses": lambda: mail(b"x", b"Cc: x@example.fi", b"To: " + b"a@b.example, " * 100_000),
    "100,000 address groups": lambda: mail(b"x", b"To: " + b"g:a@b.example;" * 100_000),
    "100 KB of quoted phrases": lambda: mail(b"x", b"Reply-To: " + b'"a" ' * 25_000 + b"<a@b.example>"),
    "open quotes and comments": lambda: mail(b"x", b'Reply-To: "' + b'\\"(' * 20_000),
    "nested comments": lambda: mail(b"x", b"Reply-To: " + b"(" * 50_000 + b"a@b.example"),
    "a From of at signs": lambda: b"From: " + b"@" * 60_000 + b"\r\nSubject: s\r\n\r\nx",
    "a From of words with at signs": lambda: b"From: " + b"a@b:" * 16_000 + b"\r\nSubject: s\r\n\r\nx",
    "a From of one long word": lambda: b"From: " + b"a" * 60_000 + b"\r\nSubject: s\r\n\r\nx",
    "64 KB of Content-Type parameters": lambda: mail(b"x", b"Content-Type: text/plain" + b"; a=b" * 13_000),
    "200 KB of distinct parameters": lambda: mail(
        b"x", b"Content-Type: text/plain" + b"".join(b"; p%d=v" % n for n in range(20_000))
    ),
    "parameters in 9,000 sections": lambda: mail(
        b"x", b"Content-Type: text/plain" + b"".join(b"; name*%d*=%%41" % n for n in range(9_000))
    ),
    "a parameter of back-slashes": lambda: mail(b"x", b'Content-Type: text/plain; name="' + b"\\" * 60_001),
    "parameters without values": lambda: mail(b"x", b"Content-Type: text/plain" + b";=" * 30_000),
    "400 KB of encoded words": lambda: b"Subject: " + b"=?utf-8?q?=C3=A4?= " * 20_000 + b"\r\n\r\nx",
    "encoded words that never end": lambda: b"Subject: " + b"=?utf-8?q?" * 6_000 + b"\r\n\r\nx",
    "encoded words in a name": lambda: b"From: " + b"=?utf-8?b?w6Q=?= " * 3_000 + b"<a@b.example>\r\n\r\nx",
    "50,000 header fields": lambda: b"A: b\r\n" * 50_000 + b"\r\nx",
    "50,000 From fields": lambda: b"From: a@b.example\r\n" * 50_000 + b"\r\nx",
    "a field of 2 MB in folds": lambda: b"Subject: " + b"a\r\n " * 500_000 + b"\r\n\r\nx",
    "a header line of 4 MB without colon": lambda: b"a" * 4_000_000,
    "a name of 4 MB before the colon": lambda: b"a" * 4_000_000 + b": b\r\n\r\nx",
    "references by the thousand": lambda: mail(b"x", b"References: " + b"<a@b>" * 15_000),
    "an open reference": lambda: mail(b"x", b"References: " + b"<" * 30_000 + b"a" * 30_000),
    "results by the thousand": lambda: mail(b"x", *[b"Authentication-Results: mx.example; " + b"(" * 8_000] * 12),
    "a date of digits": lambda: mail(b"x", b"Date: " + b"9" * 60_000),
    # text
    "a body of line breaks": lambda: mail(b"a" + b"\r\n" * 500_000 + b"b"),
    "a bounce of line breaks": lambda: mail(
        b"a" + b"\n" * 1_000_000 + b"b", b"X-Failed-Recipients: none", b"Auto-Submitted: auto-replied"
    ),
    "a bounce of blanks": lambda: mail(b"a" + b" > " * 300_000 + b"b", b"X-Failed-Recipients: none"),
    "a bounce of dashes": lambda: mail(b"--" * 500_000, b"X-Failed-Recipients: none"),
    "300,000 lines with a colon": lambda: mail(b"a:\r\n" * 250_000),
    "200,000 lines that begin a quotation": lambda: mail(b"On 1.1.2026 at 10:00 a@b.example wrote\r\n" * 25_000),
    "60,000 header blocks": lambda: mail(b"From: a\r\n" * 100_000),
    "20,000 lines that nearly introduce a quotation": lambda: mail((b"wrote " * 8 + b"wrote:\r\n") * 20_000),
    "9,000 signatures between quotations": lambda: mail(b"x\r\n" + b"> q\r\n--\r\n" * 9_000),
    "a line of quotation marks": lambda: mail(b">" * 1_000_000),
    "flowed quotations": lambda: mail(
        b">" * 200_000 + b" a \r\n" + b">" * 200_000 + b" b", b"Content-Type: text/plain; format=flowed"
    ),
    "flowed lines": lambda: mail(b"a \r\n" * 250_000, b"Content-Type: text/plain; format=flowed; delsp=yes"),
    "a megabyte of addresses in a bounce": lambda: mail(b"a@b.example " * 80_000, b"X-Failed-Recipients: none"),
    "a bounce of header lines": lambda: mail(b"Received: x\r\n y\r\n" * 60_000 + b"a@b", b"X-Failed-Recipients: none"),
    "a bounce of dialogue": lambda: mail(
        b"RCPT TO:<" * 20_000 + b">>> MAIL FROM:<a@b.example> " * 20_000 + b"\r\n550 <" * 20_000,
        b"X-Failed-Recipients: none",
    ),
    "a bounce of parentheses": lambda: mail(b"a@b.example (reason: " * 40_000, b"X-Failed-Recipients: none"),
    "a notification of brackets": lambda: mail(b'{"notificationType":' + b'[{"a":' * 100_000),
    "a report of one group": lambda: multipart(
        b"\r\nx",
        b"Content-Type: message/delivery-status\r\n\r\n" + b"Final-Recipient: rfc822; a@b.example\r\n" * 50_000,
        kind=b"report; report-type=delivery-status",
    ),
    "a complaint of 100,000 recipients": lambda: multipart(
        b"\r\nx",
        b"Content-Type: message/feedback-report\r\n\r\n" + b"Original-Rcpt-To: a@b.example\r\n" * 100_000,
        kind=b"report; report-type=feedback-report",
    ),
    "a report of 100,000 recipients": lambda: multipart(
        b"\r\nx",
        b"Content-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n\r\n" * 20_000,
        kind=b"report; report-type=delivery-status",
    ),
    "a megabyte of serial-like words": lambda: mail(b"4a:3f:00:9c " * 90_000),
    # HTML
    "200,000 open divs": lambda: html(b"<div>" * 200_000 + b"x"),
    "100,000 quotations in each other": lambda: html(b"<blockquote type=cite>x" * 80_000),
    "100,000 tables": lambda: html(b"<table><tr><td>" * 50_000),
    "a tag with 100,000 attributes": lambda: html(b"<p " + b"".join(b"a%d=b " % n for n in range(100_000)) + b">x"),
    "an attribute of 2 MB": lambda: html(b'<p style="' + b"display :" * 200_000 + b'">x'),
    "an open comment": lambda: html(b"<!--" * 500_000),
    "unclosed tags": lambda: html(b"<b" * 700_000),
    "formatting elements": lambda: html(b"<b><i><a>" * 30_000 + b"<p>x" * 3_000),
    "paragraphs that repeat 1,500 open elements": lambda: html(
        b"<p>" + b"\n".join(b"<b a=%d>" % n for n in range(1_500)) + b"<p>x\n" * 20_000
    ),
    "entities": lambda: html(b"&#x10FFFF;&#0;&#xD800;&notanentity;" * 20_000),
    "preformatted lines": lambda: html(b"<pre>" + b"\n" * 1_000_000),
    "lists": lambda: html(b"<ul><li>" * 40_000),
    # octets
    "4 MB of noise": lambda: noise(4_000_000),
    "noise as base64": lambda: mail(noise(1_000_000), b"Content-Transfer-Encoding: base64"),
    "padding as base64": lambda: mail(b"QQ==" * 250_000, b"Content-Transfer-Encoding: base64"),
    "equals signs as base64": lambda: mail(b"=" * 1_000_000, b"Content-Transfer-Encoding: base64"),
    "equals signs as quoted-printable": lambda: mail(b"=" * 1_000_000, b"Content-Transfer-Encoding: quoted-printable"),
    "blanks as quoted-printable": lambda: mail(b" " * 1_000_000 + b"x", b"Content-Transfer-Encoding: quoted-printable"),
    "an unknown transfer encoding": lambda: mail(b"x" * 1_000_000, b"Content-Transfer-Encoding: x-zip"),
    "NUL only": lambda: b"\0" * 1_000_000,
    "line feeds only": lambda: b"\n" * 1_000_000,
    "carriage returns only": lambda: b"\r" * 1_000_000,
    "carriage returns as line ends": lambda: HEAD.replace(b"\r\n", b"\r") + b"\r" + b"x\r" * 500_000,
    "delimiters only": lambda: b"--\r\n" * 300_000,
    "colons only": lambda: b":" * 1_000_000,
    "blanks and tabs": lambda: b" \t" * 500_000,
}
