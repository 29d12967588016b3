"""Makes bad mails of good ones. Everything follows from the `Random` that is handed in, so that a seed tells it again."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from random import Random

# What mails, certificates, keys, archives and documents are made of, and what readers of them stumble over.
WORDS = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b"--", b"--b--", b'"', b"\\", b";", b"=", b"*0*=", b"=?utf-8?q?", b"=?", b"?=", b"<", b">",
    b"@", b"(", b":", b",", b"%", b"\xe4", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\x1b$B",
    b"From: x@y.example\r\n", b"Date: 99", b"charset=utf-16", b"charset=utf-7", b"charset=hz", b"charset=punycode", b"format=flowed",
    b"Content-Type: message/rfc822\r\n\r\n", b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n', b"Content-Type: text/html\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Disposition: attachment; filename=", b"Authentication-Results: mx; dmarc=pass",
    b"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=; b=\r\n", b"ARC-Seal: i=1; cv=none\r\n", b"References: <a@b>",
    b"<table><tr><td>", b"</p>", b"<pre>", b"<!--", b"<blockquote type=cite>", b"&#x10FFFF;", b"&auml;", b" kirjoitti:\r\n> ", b"\r\n> ",
    b"-----BEGIN CERTIFICATE-----\r\n", b"-----END CERTIFICATE-----\r\n", b"-----BEGIN PRIVATE KEY-----\r\n", b"-----BEGIN PKCS7-----\r\n",
    b"0bf4eab0", b"01:00:00:16", b"0x", b"serial ", b"sarjanumero ", b"9" * 48, b"CN=", b"1.2.246.10.", b"2911403-6", b"*.example",
    b"sulkekaa ", b"\xc3\xa4lk\xc3\xa4\xc3\xa4 sulkeko ", b"compromised ", b"1.6. klo 12", b"32.13.2026", b"salasana: ", b"begin 644 a\r\n",
    b"\x30\x82\xff\xff", b"\x30\x80", b"\x30\x84\x7f\xff\xff\xff", b"\x02\x01\xff", b"\x06\x09*\x86H\x86\xf7\r\x01\x07\x02", b"\x24\x80",
    b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\0", b"BZh9", b"ustar", b"%PDF-1.7\n",
    b"endobj", b"stream\r\n", b"/FlateDecode", b"<</Kids [1 0 R]>>", b"\x78\x9f\x3e\x22", b"\xfe\xed\xfe\xed", b"openssh-key-v1\0", b'{"payload":',
    b"PuTTY-User-Key-File-3: ssh-rsa\r\n", b"Private-Lines: 9\r\n", b"Argon2-Passes: 99\r\n", b"priv:\r\n    ", b"modulus:\r\n    00:",
    b"<RSAKeyValue><D>", b"\r\n00000000: 3082 ", b"\xce\xce\xce\xce", b"0bf4\xd0\xb5ab0",
)  # fmt: skip
NAMES = (
    b"a.zip",
    b"a.7z",
    b"a.tar.gz",
    b"a.xz",
    b"a.pdf",
    b"a.docx",
    b"a.eml",
    b"winmail.dat",
    b"a.p12",
    b"a.ppk",
    b"a.pem",
    b"a.cer",
    b"a.txt",
    b"smime.p7m",
)
LARGEST = 200_000
_MOST_CHANGES = 12
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/=]*")

Change = Callable[[bytes, Random], bytes]


def mutate(raw: bytes, others: Sequence[bytes], rng: Random) -> bytes:
    """`raw` with a few changes, perhaps with a piece of one of the `others` in it; at most `LARGEST` octets."""
    raw = bytes(raw)
    for _ in range(1 + int(rng.paretovariate(1.2)) % _MOST_CHANGES):
        draw = rng.random()
        if draw < 0.08:
            raw = _spliced(raw, rng.choice(others), rng)
        elif draw < 0.25:
            raw = _changed_inside(raw, rng)
        else:
            raw = rng.choice(_CHANGES)(raw, rng)
    return raw[:LARGEST]


def noise_mail(rng: Random) -> bytes:
    """A mail whose attached file is noise under some name, behind the beginning of some format."""
    content = rng.choice(WORDS) + rng.randbytes(rng.randrange(2_000))
    return _attached(rng.choice(NAMES), content)


def _attached(name: bytes, content: bytes) -> bytes:
    head = (
        b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nsalasana: abc1\r\n--b\r\n'
    )
    kind = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    return (
        head
        + kind
        + b"Content-Disposition: attachment; filename="
        + name
        + b"\r\n\r\n"
        + base64.encodebytes(content)
        + b"--b--\r\n"
    )


def _cut(size: int, rng: Random, most: int = 400) -> tuple[int, int]:
    start = rng.randrange(size + 1)
    return start, min(size, start + rng.randrange(most))


def _removed(raw: bytes, rng: Random) -> bytes:
    start, end = _cut(len(raw), rng)
    return raw[:start] + raw[end:]


def _cut_off(raw: bytes, rng: Random) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def _word_put_in(raw: bytes, rng: Random) -> bytes:
    start, end = _cut(len(raw), rng, 12)
    times = rng.choice((1, 1, 1, 2, 40, 2_000))
    return raw[:start] + rng.choice(WORDS) * times + raw[end:]


def _noise_put_in(raw: bytes, rng: Random) -> bytes:
    start, end = _cut(len(raw), rng, 8)
    return raw[:start] + rng.randbytes(rng.randrange(1, 9)) + raw[end:]


def _bit_flipped(raw: bytes, rng: Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(rng.randrange(1, 6)):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _repeated(raw: bytes, rng: Random) -> bytes:
    start, end = _cut(len(raw), rng)
    return raw[:start] + raw[start:end] * rng.choice((2, 3, 50)) + raw[end:]


def _moved(raw: bytes, rng: Random) -> bytes:
    start, end = _cut(len(raw), rng)
    piece, rest = raw[start:end], raw[:start] + raw[end:]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + piece + rest[at:]


def _other_line_ends(raw: bytes, rng: Random) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", rng.choice((b"\n", b"\r\n", b"\r")))


def _wrapped(raw: bytes, rng: Random) -> bytes:
    head = b"From: c@d.example\r\nSubject: Vs: sulku\r\n"
    if rng.random() < 0.5:
        return head + b"Content-Type: message/rfc822\r\n\r\n" + raw
    return _attached(b"a.eml", raw)


_CHANGES: tuple[Change, ...] = (
    _removed, _cut_off, _word_put_in, _word_put_in, _noise_put_in, _bit_flipped, _repeated, _moved, _other_line_ends, _wrapped
)  # fmt: skip
_CHANGES_OF_FILES: tuple[Change, ...] = (
    _removed,
    _cut_off,
    _word_put_in,
    _noise_put_in,
    _bit_flipped,
    _bit_flipped,
    _repeated,
    _moved,
)


def _spliced(raw: bytes, other: bytes, rng: Random) -> bytes:
    start, end = _cut(len(other), rng, 3_000)
    at, until = _cut(len(raw), rng)
    return raw[:at] + other[start:end] + raw[until:]


def _changed_inside(raw: bytes, rng: Random) -> bytes:
    """Change the octets of an attached file, so that it still arrives as one. Without a file, the mail itself."""
    found = [match.span() for match in _BASE64.finditer(raw)]
    if not found:
        return _word_put_in(raw, rng)
    start, end = rng.choice(found)
    packed = raw[start:end].translate(None, b"\r\n=")
    content = base64.b64decode(packed[: len(packed) // 4 * 4])
    for _ in range(rng.randrange(1, 4)):
        content = rng.choice(_CHANGES_OF_FILES)(content, rng)
    return raw[:start] + base64.encodebytes(content).rstrip(b"\n") + b"\n" + raw[end:]
