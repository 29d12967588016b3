"""50 holders × 12 ways to write in their names, against a desk that checks for itself: nobody is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from unittest.mock import patch

import dkim
import pytest
from tests.corpus.corpus_register import corpus_records
from tests.senders import NOW, Zone, envelope, key_record, pem, plain_mail, rsa_key, signed_mail

from sulku_mailbox.checking_senders import check_senders
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.sender_checks import SenderCheck, authenticate
from sulku_revocation.domain.assurance import assure, is_aligned
from sulku_revocation.domain.found import Found

EVIL = rsa_key(2048, 666)
EVIL_PEER = "198.51.100.66"
CHECK = SenderCheck(lambda name: ".".join(name.split(".")[-2:]), arc_sealers=frozenset({"lists.example"}))
HOLDERS = [f"tuotanto@holder{number}.example" for number in range(50)]
ACCOUNT = corpus_records()[1][0]


def world() -> Zone:
    zone = Zone().txt("s1._domainkey.evil.example", key_record(EVIL)).txt("evil.example", "v=spf1 +all")
    zone.txt("_dmarc.evil.example", "v=DMARC1; p=none").txt("s1._domainkey.lists.example", key_record())
    for holder in HOLDERS:
        domain = holder.partition("@")[2]
        zone.txt(f"s1._domainkey.{domain}", key_record()).txt(f"_dmarc.{domain}", "v=DMARC1; p=reject")
        zone.txt(domain, "v=spf1 ip4:192.0.2.0/28 -all")
        zone.txt(f"s1._domainkey.{domain}.evil.example", key_record(EVIL))
    return zone


ZONE = world()


def forged(holder: str) -> Iterator[tuple[str, bytes]]:
    """Each way with its mail. The holder's own server has signed one mail, which everybody has seen."""
    domain = holder.partition("@")[2]
    plain = plain_mail(holder)
    genuine = signed_mail(plain, domain)
    yield "nothing but the name", plain
    yield "signed by another domain", signed_mail(plain, "evil.example", key=EVIL)
    yield "signed with another key in the holder's name", signed_mail(plain, domain, key=EVIL)
    yield "signed by a name that begins like the holder's", signed_mail(plain, f"{domain}.evil.example", key=EVIL)
    yield "a genuine mail with another number", genuine.replace(b"0bf4eab0", b"0bf4eab1")
    yield "a genuine mail with more behind it", genuine + b"Sulkekaa my\xc3\xb6s 01.\r\n"
    yield "a genuine mail of last month", signed_mail(plain, domain, signed_at=NOW - timedelta(days=30))
    yield "a genuine mail with a second subject", b"Subject: Sulkekaa 01\r\n" + genuine
    yield "a genuine mail with a second author", b"From: " + holder.encode() + b"\r\n" + genuine
    yield "a genuine mail with smuggled lines", genuine.replace(b"0bf4eab0.\r\n", b"0bf4eab0.\n")
    yield "a chain sealed by the forger", sealed(plain, domain)
    yield "results that the forger wrote", b"Authentication-Results: mx.evil.example; dmarc=pass\r\n" + plain


def sealed(raw: bytes, domain: str) -> bytes:
    seen = f"Authentication-Results: evil.example; dmarc=pass header.from={domain}\r\n".encode() + raw
    with patch("dkim.time.time", return_value=NOW.timestamp()):
        fields = dkim.arc_sign(
            seen, b"s1", b"evil.example", pem(EVIL), b"evil.example", include_headers=[b"from", b"subject"]
        )
    return b"".join(fields) + seen


def read(raw: bytes) -> Mail:
    return parse_mail(raw, trusted_authserv_ids=frozenset({"mx.sulku.example"}))


@pytest.mark.parametrize("part", range(5))
def test_nobody_who_writes_in_a_holders_name_is_taken_for_the_holder(part: int) -> None:
    batch = [
        (way, raw, read(raw), envelope("eve@evil.example", EVIL_PEER, helo="mx.evil.example"))
        for holder in HOLDERS[part::5]
        for way, raw in forged(holder)
    ]
    found = check_senders(CHECK, ZONE, [(raw, mail, delivery) for _, raw, mail, delivery in batch], NOW)
    assert len(batch) == 120
    for (way, _, mail, _), evidence in zip(batch, found, strict=True):
        judged = authenticate(mail, evidence)
        level, _ = assure(judged, Found(accounts=(ACCOUNT,)), received_at=NOW)
        assert not is_aligned(judged), way
        assert level in {"L0", "L1"}, way


def test_the_holders_own_mail_is_believed() -> None:
    """Or the test above would prove nothing."""
    for holder in HOLDERS[:5]:
        domain = holder.partition("@")[2]
        ways: list[tuple[bytes, Callable[..., object]]] = [
            (signed_mail(plain_mail(holder), domain), lambda: envelope("x@evil.example", EVIL_PEER)),
            (plain_mail(holder), lambda holder=holder: envelope(holder)),
        ]
        for raw, delivery in ways:
            mail = read(raw)
            (evidence,) = check_senders(CHECK, ZONE, [(raw, mail, delivery())], NOW)
            level, _ = assure(authenticate(mail, evidence), Found(accounts=(ACCOUNT,)), received_at=NOW)
            assert level == "L2"
