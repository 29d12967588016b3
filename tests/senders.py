"""Mails as their senders' servers sign them (dkimpy signs, so that not our own idea of DKIM checks itself), and a DNS."""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from unittest.mock import patch

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, DnsStatus, RecordType
from sulku_mailbox.domain.mail import Envelope, Mail, Via

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SIGNED = (b"from", b"to", b"subject", b"date", b"message-id")


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """A key; the same for the same arguments, as making one takes a while."""
    return rsa.generate_private_key(65537, bits)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def key_record(key: rsa.RSAPrivateKey | None = None, more: str = "") -> str:
    der = (key or rsa_key()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; {more}p={base64.b64encode(der).decode()}"


def plain_mail(sender: str = "tuotanto@hus.example", *, body: str = "Sulkekaa varmenne 0bf4eab0.\r\n") -> bytes:
    return (
        f"From: Tuotanto <{sender}>\r\nTo: desk@sulku.example\r\nSubject: Sulkupyyntö  1\r\n"
        "Date: Tue, 24 Nov 2026 03:00:00 +0200\r\nMessage-ID: <1@hus.example>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}"
    ).encode()


def signed_mail(
    raw: bytes,
    domain: str = "hus.example",
    *,
    key: rsa.RSAPrivateKey | None = None,
    selector: str = "s1",
    form: bytes = b"relaxed/relaxed",
    names: Collection[bytes] = SIGNED,
    has_length: bool = False,
    signed_at: datetime | None = None,
) -> bytes:
    header, _, rest = form.partition(b"/")
    with patch("dkim.time.time", return_value=(signed_at or NOW).timestamp()):
        field = dkim.sign(
            raw,
            selector.encode(),
            domain.encode(),
            pem(key or rsa_key()),
            canonicalize=(header, rest),
            include_headers=list(names),
            length=has_length,
        )
    return bytes(field) + raw


def envelope(mail_from: str = "tuotanto@hus.example", peer: str = "192.0.2.1", **more: object) -> Envelope:
    given = {"rcpt_to": ("desk@sulku.example",), "received_at": NOW, "via": Via.SMTP, "helo": "mx.hus.example", **more}
    return Envelope(mail_from, peer=peer, **given)  # type: ignore[arg-type]  # tests know what they give


class Zone:
    """A DNS of the test's own: `zone.txt("example", "…")`. What is not in it does not exist."""

    def __init__(self) -> None:
        self.records: dict[DnsQuestion, tuple[str, ...]] = {}
        self.silent: set[DnsQuestion] = set()
        self.asked: list[DnsQuestion] = []
        self.rounds = 0

    def put(self, kind: str, name: str, *values: str) -> Zone:
        self.records[DnsQuestion(name, RecordType(kind))] = values
        return self

    def txt(self, name: str, *values: str) -> Zone:
        return self.put("TXT", name, *values)

    def answer(self, question: DnsQuestion) -> DnsAnswer:
        if question in self.silent:
            return DnsAnswer(DnsStatus.UNANSWERED, NOW)
        values = self.records.get(question)
        return DnsAnswer(DnsStatus.NONE, NOW) if values is None else DnsAnswer(DnsStatus.FOUND, NOW, values)

    def ask(self, questions: Collection[DnsQuestion], seconds: float = 1) -> dict[DnsQuestion, DnsAnswer]:
        self.rounds += 1
        self.asked += questions
        return {question: self.answer(question) for question in questions}


def authentic_zone(domain: str = "hus.example", key: rsa.RSAPrivateKey | None = None, policy: str = "reject") -> Zone:
    """A domain that signs, names its servers and asks to reject what is forged."""
    zone = Zone().txt(f"s1._domainkey.{domain}", key_record(key)).txt(f"_dmarc.{domain}", f"v=DMARC1; p={policy}")
    return zone.txt(domain, "v=spf1 ip4:192.0.2.0/28 -all")


__all__ = ["NOW", "Mail", "Zone", "authentic_zone", "envelope", "key_record", "plain_mail", "rsa_key", "signed_mail"]
