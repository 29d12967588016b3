"""DKIM: what a domain signed holds, and nothing else does. dkimpy signs and is asked for its own opinion."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import dkim as oracle
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.senders import NOW, Zone, authentic_zone, key_record, plain_mail, rsa_key, signed_mail

from sulku_mailbox.domain import signed_mail as forms
from sulku_mailbox.domain.dkim import read_signatures, verify_signature
from sulku_mailbox.domain.evidence import DkimResult


def verify(raw: bytes, zone: Zone | None = None, now=NOW) -> list[DkimResult]:
    zone = zone or authentic_zone()
    mail = forms.split_signed(raw)
    good, bad = read_signatures(mail)
    return [verify_signature(one, mail, zone.answer(one.question), now) for one in good] + bad


def oracle_says(raw: bytes, zone: Zone) -> bool:
    def txt(name: bytes, timeout: int = 5) -> bytes | None:
        found = next((values for q, values in zone.records.items() if q.name == name.decode().rstrip(".")), None)
        return found[0].encode() if found else None

    return bool(oracle.verify(raw, dnsfunc=txt))


def _small_key() -> str:
    """A record with an RSA key of 512 bits, which the library would not make."""
    modulus = ((1 << 511) | (1 << 510) | 1).to_bytes(64, "big")
    number = b"\x02\x41\x00" + modulus + b"\x02\x03\x01\x00\x01"
    key = b"\x30" + bytes([len(number)]) + number
    bits = b"\x03" + bytes([len(key) + 1]) + b"\x00" + key
    whole = bytes.fromhex("300d06092a864886f70d0101010500") + bits
    return "v=DKIM1; p=" + base64.b64encode(b"\x30" + bytes([len(whole)]) + whole).decode()


SMALL = _small_key()
FORMS = (b"relaxed/relaxed", b"relaxed/simple", b"simple/relaxed", b"simple/simple")


@pytest.mark.parametrize("form", FORMS)
def test_a_signature_holds(form: bytes) -> None:
    (found,) = verify(signed_mail(plain_mail(), form=form))
    assert oracle_says(signed_mail(plain_mail(), form=form), authentic_zone())
    assert (found.result, found.why, found.domain, found.selector, found.bits) == (
        "pass",
        "",
        "hus.example",
        "s1",
        2048,
    )


@given(
    body=st.lists(st.sampled_from(["sulku", " ", "  ", "\t", "\r\n", "\r\n\r\n", "ä", "."]), max_size=25).map("".join),
    form=st.sampled_from(FORMS),
)
@settings(max_examples=60, deadline=None)
def test_blanks_and_empty_lines_count_as_the_forms_say(body: str, form: bytes) -> None:
    raw = signed_mail(plain_mail(body=body + "\r\n"), form=form)
    assert verify(raw)[0].result == "pass"
    assert oracle_says(raw, authentic_zone())


CHANGES = {
    "the body": lambda raw: raw.replace(b"0bf4eab0", b"0bf4eab1"),
    "the subject": lambda raw: raw.replace(b"Subject: Sulku", b"Subject: Muu"),
    "the author": lambda raw: raw.replace(b"From: Tuotanto", b"From: Joku"),
    "more behind": lambda raw: raw + b"Ja 01.\r\n",
    "the signature": lambda raw: raw.replace(b" b=", b" b=BBBB"),
    "the domain": lambda raw: raw.replace(b"hus.example; q", b"kys.example; q").replace(b"d=hus", b"d=kys"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_is_changed_breaks_it(what: str) -> None:
    zone = authentic_zone().txt("s1._domainkey.kys.example", key_record(rsa_key(2048, 1)))
    raw = CHANGES[what](signed_mail(plain_mail()))
    assert verify(raw, zone)[0].result == "fail"
    assert not oracle_says(raw, zone)


def test_white_space_that_relays_change_does_not_break_a_relaxed_one() -> None:
    raw = signed_mail(plain_mail())
    assert verify(raw.replace(b"To: desk", b"To:   desk").replace(b"varmenne 0", b"varmenne   0"))[0].result == "pass"


def test_a_file_with_unix_line_ends_is_checked_as_it_was_sent() -> None:
    assert verify(signed_mail(plain_mail()).replace(b"\r\n", b"\n"))[0].result == "pass"


@pytest.mark.parametrize(
    ("record", "result", "why"),
    [
        ("", "permerror", "key_record_broken"),
        ("v=DKIM1; p=", "permerror", "key_withdrawn"),
        ("v=DKIM2; p=AAAA", "permerror", "key_record_broken"),
        ("v=DKIM1; p=AAAA", "permerror", "key_record_broken"),
        ("v=DKIM1; k=ed25519; p=AAAA", "permerror", "key_of_another_kind"),
        (key_record(more="s=other; "), "permerror", "key_not_for_mail"),
        (key_record(more="h=sha1; "), "permerror", "key_of_another_kind"),
        (key_record(more="t=s; "), "pass", ""),
        (key_record(rsa_key(2048, 1)), "fail", "changed_or_forged"),
    ],
)
def test_a_key_record_that_says_something_else_gives_no_pass(record: str, result: str, why: str) -> None:
    found = verify(signed_mail(plain_mail()), authentic_zone().txt("s1._domainkey.hus.example", record))[0]
    assert (found.result, found.why) == (result, why)


def test_a_key_on_trial_is_noted() -> None:
    zone = authentic_zone().txt("s1._domainkey.hus.example", key_record(more="t=y; "))
    assert verify(signed_mail(plain_mail()), zone)[0].is_test


def test_no_key_and_two_keys_and_silence_are_told_apart() -> None:
    raw = signed_mail(plain_mail())
    (question,) = [one.question for one in read_signatures(forms.split_signed(raw))[0]]
    assert verify(raw, Zone())[0].why == "no_key"
    assert verify(raw, Zone().txt(question.name, key_record(), key_record()))[0].why == "several_keys"
    zone = authentic_zone()
    zone.silent.add(question)
    assert (verify(raw, zone)[0].result, verify(raw, zone)[0].why) == ("temperror", "dns_unanswered")


def test_small_keys_and_sha1_are_refused() -> None:
    least = rsa_key(1024)
    assert verify(signed_mail(plain_mail(), key=least), authentic_zone(key=least))[0].bits == 1024
    assert verify(signed_mail(plain_mail()), Zone().txt("s1._domainkey.hus.example", SMALL))[0].why == "key_too_small"
    raw = signed_mail(plain_mail()).replace(b"a=rsa-sha256", b"a=rsa-sha1")
    assert (verify(raw)[0].result, verify(raw)[0].why) == ("permerror", "weak_or_unknown_algorithm")


def test_a_body_length_counts_for_nothing() -> None:
    """Whoever appends to such a mail keeps its signature (RFC 6376, 8.2)."""
    found = verify(signed_mail(plain_mail(), has_length=True))[0]
    assert (found.result, found.why) == ("policy", "body_length")


def test_a_signature_without_the_subject_counts_for_nothing() -> None:
    found = verify(signed_mail(plain_mail(), names=[b"from", b"date"]))[0]
    assert (found.result, found.why) == ("policy", "subject_not_signed")


def test_a_signature_without_the_author_is_none() -> None:
    raw = signed_mail(plain_mail()).replace(b"h=from : to", b"h=to").replace(b"h=from:to", b"h=to")
    assert verify(raw)[0].why in {"from_not_signed", "signature_field_broken"}


def sign_by_hand(raw: bytes, tags: str) -> tuple[bytes, str]:
    """A signature with Ed25519 (RFC 8463): over the SHA-256 of what RSA would sign."""
    key = ed25519.Ed25519PrivateKey.generate()
    mail = forms.split_signed(raw)
    body_hash = base64.b64encode(mail.body_hash("relaxed", "sha256")).decode()
    field = (
        f"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=hus.example; s=ed; {tags}"
        f"h=from:to:subject; bh={body_hash}; b="
    ).encode()
    lines = [forms.canonical_field(one, "relaxed") for one in forms.chosen_fields(mail, ("from", "to", "subject"))]
    signed = b"".join(line + b"\r\n" for line in lines) + forms.canonical_field(field, "relaxed")
    signature = key.sign(hashlib.sha256(signed).digest())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    record = f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"
    return field + base64.b64encode(signature) + b"\r\n" + raw, record


def test_ed25519_holds_and_expiry_and_future_are_seen() -> None:
    stamp = int(NOW.timestamp())
    for tags, now, result, why in (
        ("", NOW, "pass", ""),
        (f"t={stamp}; x={stamp + 60}; ", NOW, "pass", ""),
        (f"t={stamp}; x={stamp + 60}; ", NOW + timedelta(minutes=2), "policy", "signature_expired"),
        (f"t={stamp}; ", NOW - timedelta(hours=1), "policy", "signed_in_the_future"),
    ):
        raw, record = sign_by_hand(plain_mail(), tags)
        found = verify(raw, Zone().txt("ed._domainkey.hus.example", record), now)[0]
        assert (found.result, found.why) == (result, why)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_for_a_signature_are_only_an_error(junk: bytes) -> None:
    raw = b"DKIM-Signature: " + junk.replace(b"\n", b"").replace(b"\r", b"") + b"\r\n" + plain_mail()
    assert all(one.result != "pass" for one in verify(raw))


def test_a_thousand_signatures_cost_no_more_than_a_few() -> None:
    raw = b"".join([signed_mail(plain_mail()).partition(b"From:")[0]] * 1000) + plain_mail()
    assert len(verify(raw)) <= 8
