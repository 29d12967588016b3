"""Who sent it: DKIM, SPF, DMARC and ARC together, with what trusted servers stated."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import dkim
import pytest
from tests.senders import NOW, Zone, authentic_zone, envelope, key_record, pem, plain_mail, rsa_key, signed_mail

from sulku_mailbox.checking_senders import check_senders
from sulku_mailbox.domain.dns import DnsQuestion, RecordType
from sulku_mailbox.domain.evidence import evidence_json
from sulku_mailbox.domain.mail import Envelope, Mail, Via
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.sender_checks import SenderCheck, authenticate

BORDER = "mx.sulku.example"


def organisational(domain: str) -> str:
    return ".".join(domain.split(".")[-2:])


CHECK = SenderCheck(organisational, relays={"203.0.113.5"}, arc_sealers={"lists.example"})


def authenticated(raw: bytes, zone: Zone, delivery: Envelope | None = None, check: SenderCheck = CHECK) -> Mail:
    mail = parse_mail(raw, trusted_authserv_ids=frozenset({BORDER}))
    (evidence,) = check_senders(check, zone, [(raw, mail, delivery or envelope())], NOW)
    return authenticate(mail, evidence)


ELSEWHERE = envelope(mail_from="a@elsewhere.example", peer="198.51.100.1")


def test_a_domains_own_signature_or_server_makes_dmarc_pass() -> None:
    for raw, delivery, because in (
        (signed_mail(plain_mail()), ELSEWHERE, "dkim:hus.example"),
        (plain_mail(), envelope(), "spf:hus.example"),
    ):
        mail = authenticated(raw, authentic_zone(), delivery)
        assert mail.authentication.dmarc == "pass"
        assert mail.authentication.aligned_domain == "hus.example"
        assert mail.authentication.evidence.dmarc.why == because


def test_neither_makes_it_fail() -> None:
    mail = authenticated(plain_mail(), authentic_zone(), ELSEWHERE)
    assert (mail.authentication.dmarc, mail.authentication.aligned_domain) == ("fail", None)


def test_another_domains_signature_says_nothing_about_the_author() -> None:
    zone = authentic_zone().txt("s1._domainkey.evil.example", key_record())
    mail = authenticated(signed_mail(plain_mail(), "evil.example"), zone, ELSEWHERE)
    assert (mail.authentication.dkim, mail.authentication.dmarc) == ("pass", "fail")


def test_a_sister_domain_is_aligned_unless_the_policy_is_strict() -> None:
    zone = authentic_zone().txt("s1._domainkey.mail.hus.example", key_record())
    raw = signed_mail(plain_mail(), "mail.hus.example")
    assert authenticated(raw, zone, ELSEWHERE).authentication.dmarc == "pass"
    zone.txt("_dmarc.hus.example", "v=DMARC1; p=reject; adkim=s; aspf=s")
    assert authenticated(raw, zone, ELSEWHERE).authentication.dmarc == "fail"
    assert authenticated(plain_mail(), zone).authentication.dmarc == "pass"
    assert authenticated(plain_mail(), zone, envelope("x@sub.hus.example")).authentication.dmarc == "fail"


def test_the_organisations_policy_holds_for_what_lies_below_it() -> None:
    zone = authentic_zone().txt("s1._domainkey.lab.hus.example", key_record())
    raw = signed_mail(plain_mail("a@lab.hus.example"), "lab.hus.example")
    assert authenticated(raw, zone, ELSEWHERE).authentication.aligned_domain == "lab.hus.example"


@pytest.mark.parametrize("policy", ["", "v=DMARC1", "v=DMARC1; p=maybe", "p=reject; v=DMARC1", "spf"])
def test_without_a_policy_nothing_passes(policy: str) -> None:
    zone = authentic_zone().txt("_dmarc.hus.example", *([policy] if policy else []))
    assert authenticated(signed_mail(plain_mail()), zone).authentication.dmarc in {"none", "permerror"}


def test_silence_of_the_dns_is_never_a_pass() -> None:
    raw = signed_mail(plain_mail())
    for name in ("_dmarc.hus.example", "s1._domainkey.hus.example"):
        zone = authentic_zone()
        zone.silent.add(DnsQuestion(name, RecordType.TXT))
        mail = authenticated(raw, zone, ELSEWHERE)
        assert (mail.authentication.dmarc, mail.authentication.aligned_domain) == ("temperror", None)


def test_a_signature_of_last_week_aligns_nothing() -> None:
    """An old genuine request, sent again by somebody else, must not count as the holder's."""
    for age, expected in ((timedelta(days=6), "pass"), (timedelta(days=8), "fail")):
        mail = authenticated(signed_mail(plain_mail(), signed_at=NOW - age), authentic_zone(), ELSEWHERE)
        assert mail.authentication.dmarc == expected
    assert mail.authentication.evidence.dmarc.why == "signature_too_old"


def test_behind_a_server_of_ours_spf_is_not_told() -> None:
    for delivery in (envelope(peer="203.0.113.5"), envelope(via=Via.LMTP), envelope(via=Via.IMAP)):
        evidence = authenticated(plain_mail(), authentic_zone(), delivery).authentication.evidence
        assert (evidence.spf.result, evidence.spf.why) == ("none", "behind_relay")


UNSOUND = {
    "bare newlines": lambda raw: raw.replace(b"0bf4eab0.\r\n", b"0bf4eab0.\n"),
    "a NUL": lambda raw: raw + b"\0\r\n",
    "two From fields": lambda raw: b"From: a@evil.example\r\n" + raw,
    "a second subject": lambda raw: b"Subject: sulkekaa 01\r\n" + raw,
    "an author that reads in two ways": lambda raw: raw.replace(b"Tuotanto <", b"a@hus.example <b@evil.example> <"),
    "a broken header": lambda raw: raw.replace(b"MIME-Version", b"no field\r\nMIME-Version"),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_what_reads_in_two_ways_is_never_authenticated(what: str) -> None:
    mail = authenticated(UNSOUND[what](signed_mail(plain_mail())), authentic_zone())
    assert mail.authentication.dmarc != "pass"
    assert mail.authentication.aligned_domain is None
    assert mail.authentication.evidence.unchecked


def stated(results: str, raw: bytes) -> bytes:
    return f"Authentication-Results: {BORDER}; {results}\r\n".encode() + raw


def test_what_the_border_stated_and_we_computed_add_up() -> None:
    raw = stated("dmarc=pass header.from=hus.example", plain_mail())
    mail = authenticated(raw, Zone(), envelope(via=Via.LMTP))
    assert (mail.authentication.dmarc, mail.authentication.aligned_domain) == ("pass", "hus.example")
    mail = authenticated(stated("spf=softfail", signed_mail(plain_mail())), authentic_zone(), ELSEWHERE)
    assert (mail.authentication.spf, mail.authentication.dmarc) == ("softfail", "pass")


def test_where_they_contradict_each_other_neither_counts() -> None:
    for results, raw in (
        ("dkim=fail", signed_mail(plain_mail())),
        ("dmarc=pass header.from=hus.example", plain_mail()),
        ("dmarc=fail header.from=hus.example", signed_mail(plain_mail())),
    ):
        mail = authenticated(stated(results, raw), authentic_zone(), ELSEWHERE)
        assert "authentication_conflict" in mail.defects
        assert mail.authentication.aligned_domain is None
        assert mail.authentication.dmarc == "none"


def through_a_list(raw: bytes, *, says: str = "dmarc=pass header.from=hus.example", sealer: str = "lists.example"):
    """A list that checks, changes and seals a mail; dkimpy seals."""
    seen = f"Authentication-Results: {sealer}; {says}\r\n".encode() + raw.replace(b"0bf4eab0.", b"0bf4eab0.\r\n-- list")
    with patch("dkim.time.time", return_value=NOW.timestamp()):
        fields = dkim.arc_sign(
            seen, b"s1", sealer.encode(), pem(rsa_key()), sealer.encode(), include_headers=[b"from", b"to", b"subject"]
        )
    return b"".join(fields) + seen


def test_a_trusted_list_vouches_for_what_it_saw() -> None:
    zone = authentic_zone().txt("s1._domainkey.lists.example", key_record())
    raw = through_a_list(signed_mail(plain_mail()))
    mail = authenticated(raw, zone, ELSEWHERE)
    assert mail.authentication.evidence.arc.result == "pass"
    assert mail.authentication.evidence.dmarc.why == "arc:lists.example"
    assert mail.authentication.aligned_domain == "hus.example"
    untrusting = replace(CHECK, arc_sealers=frozenset())
    assert authenticated(raw, zone, ELSEWHERE, untrusting).authentication.dmarc == "fail"


@pytest.mark.parametrize(
    ("what", "raw"),
    [
        ("changed behind the seal", through_a_list(plain_mail()).replace(b"-- list", b"-- evil")),
        ("the seal forged", through_a_list(plain_mail()).replace(b"ARC-Seal: i=1; cv=none;", b"ARC-Seal: i=1; cv=none; x=y;")),
        ("results changed", through_a_list(plain_mail(), says="dmarc=fail header.from=hus.example").replace(b"i=1; lists.example; dmarc=fail", b"i=1; lists.example; dmarc=pass")),
        ("it saw a failure", through_a_list(plain_mail(), says="dmarc=fail header.from=hus.example")),
        ("it saw another author", through_a_list(plain_mail(), says="dmarc=pass header.from=evil.example")),
        ("another sealer", through_a_list(plain_mail(), sealer="evil.example")),
        ("a set is missing", through_a_list(plain_mail()).replace(b"i=1", b"i=2")),
    ],
)  # fmt: skip
def test_a_chain_that_does_not_hold_changes_nothing(what: str, raw: bytes) -> None:
    zone = authentic_zone().txt("s1._domainkey.lists.example", key_record())
    zone.txt("s1._domainkey.evil.example", key_record())
    assert authenticated(raw, zone, ELSEWHERE).authentication.dmarc == "fail", what


def test_the_records_that_counted_are_kept_as_they_stood() -> None:
    mail = authenticated(signed_mail(plain_mail()), authentic_zone(), envelope(tls="TLSv1.3"))
    kept = evidence_json(mail.authentication.evidence)
    assert kept["transport"] == {"via": "smtp", "peer": "192.0.2.1", "helo": "mx.hus.example", "tls": "TLSv1.3"}
    assert kept["dkim"] == [
        {"result": "pass", "domain": "hus.example", "selector": "s1", "signed_at": "2026-11-24T01:00:00.000000Z", "bits": 2048}
    ]  # fmt: skip
    assert {record["name"]: record.get("values") for record in kept["dns"]} == {
        "_dmarc.hus.example": ["v=DMARC1; p=reject"],
        "hus.example": ["v=spf1 ip4:192.0.2.0/28 -all"],
        "s1._domainkey.hus.example": [key_record()],
    }
    assert all(record["at"] == "2026-11-24T01:00:00.000000Z" for record in kept["dns"])


def test_strangers_records_do_not_fill_the_history() -> None:
    zone = authentic_zone().txt("hus.example", "v=spf1 " + " ".join(f"include:x{at}.example" for at in range(10)))
    for at in range(10):
        zone.txt(f"x{at}.example", *["v=spf1 ip4:192.0.2.99 ?all", *["x" * 8_000] * 49])
    mail = authenticated(signed_mail(plain_mail()), zone)
    kept = evidence_json(mail.authentication.evidence)
    assert kept["spf"]["result"] == "neutral"
    assert len(str(kept)) < 40_000
    assert [key_record()] in [record.get("values") for record in kept["dns"]], "what proved it is there all the same"


def test_a_batch_asks_each_question_once() -> None:
    zone = authentic_zone()
    raw = signed_mail(plain_mail())
    batch = [(raw, parse_mail(raw), envelope())] * 20
    assert {one.dmarc.result for one in check_senders(CHECK, zone, batch, NOW)} == {"pass"}
    assert (zone.rounds, len(zone.asked)) == (1, 4)
