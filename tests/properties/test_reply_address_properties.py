"""A token of ours names one ticket and one recipient; nothing else that looks like one is worth anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sulku_kernel.address import normalise_address
from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.domain.mail import Bounce, Envelope, Mail, Via
from sulku_mailbox.domain.reply_address import JoinCandidate, ReplyTokens
from sulku_mailbox.recipients import Recipients

DESK = "vptuotanto@vrk.fi"
KEYS = {"2026": b"k" * 32, "2025": b"o" * 32}
TOKENS = ReplyTokens(KEYS, "2026", DESK)
REQUESTER = "tuotanto@holder.example"

ticket_ids = st.integers(1, 2**32 - 1)
addresses = st.from_regex(r"[a-z][a-z0-9]{0,20}@[a-z]{1,10}\.example", fullmatch=True)
effect_keys = st.text(max_size=60)


def mail(**given) -> Mail:
    empty = Mail(sha256="0" * 64, size=0, subject="", header_from=REQUESTER, header_from_shown="")
    return replace(empty, **given)


def envelope(*rcpt_to: str) -> Envelope:
    return Envelope("", rcpt_to, datetime(2026, 11, 24, tzinfo=UTC), Via.SMTP)


def read(tokens: ReplyTokens = TOKENS, *, rcpt_to=(), sender: str | None = REQUESTER, **given):
    return tokens.candidates(mail(header_from=sender, **given), envelope(*rcpt_to))


@given(ticket_ids, addresses)
def test_a_reply_from_the_recipient_finds_its_ticket(ticket_id: int, recipient: str) -> None:
    address = TOKENS.reply_address(ticket_id, recipient)
    expected = (JoinCandidate(ticket_id, sender_fits=True),)
    assert read(rcpt_to=[address], sender=recipient) == expected
    assert read(header_to=(address.upper(),), sender=recipient) == expected


@given(ticket_ids, addresses, effect_keys)
def test_a_message_id_of_ours_finds_its_ticket_wherever_it_is_named(ticket_id: int, recipient: str, key: str) -> None:
    message_id = TOKENS.message_id(ticket_id, recipient, key)
    expected = (JoinCandidate(ticket_id, sender_fits=True),)
    assert read(in_reply_to=(message_id,), sender=recipient) == expected
    assert read(references=("<a@b>", message_id), sender=recipient) == expected
    bounced = read(bounce=Bounce((), message_id), sender="mailer-daemon@mx.example")
    assert bounced == (JoinCandidate(ticket_id, sender_fits=False),)


@given(ticket_ids, addresses, addresses)
def test_somebody_else_who_got_hold_of_the_address_does_not_fit(ticket_id: int, recipient: str, other: str) -> None:
    address = TOKENS.reply_address(ticket_id, recipient)
    (candidate,) = read(rcpt_to=[address], sender=other)
    assert candidate.sender_fits is (other == recipient)
    assert not read(rcpt_to=[address], sender=None)[0].sender_fits


@given(ticket_ids, addresses, st.integers(0, 39), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_any_changed_character_gives_nothing(ticket_id: int, recipient: str, at: int, to: str) -> None:
    for token_at, make in ((len("vptuotanto+"), _address), (1, _message_id)):
        genuine = make(ticket_id, recipient)
        place = token_at + at
        altered = genuine[:place] + to + genuine[place + 1 :]
        found = read(rcpt_to=[altered], in_reply_to=(altered,), sender=recipient)
        assert bool(found) is (altered == genuine)


def _address(ticket_id: int, recipient: str) -> str:
    return TOKENS.reply_address(ticket_id, recipient)


def _message_id(ticket_id: int, recipient: str) -> str:
    return TOKENS.message_id(ticket_id, recipient, "ack:ticket:1")


@given(ticket_ids, addresses, st.integers(0, 55))
def test_a_truncated_or_lengthened_token_gives_nothing(ticket_id: int, recipient: str, cut: int) -> None:
    genuine = TOKENS.reply_address(ticket_id, recipient)
    local, _, domain = genuine.partition("@")
    assert read(rcpt_to=[f"{local[:cut]}@{domain}" if cut < len(local) else "x@y", f"{local}a@{domain}"]) == ()


@given(ticket_ids, addresses)
def test_another_key_another_effect_or_another_purpose_gives_nothing(ticket_id: int, recipient: str) -> None:
    other = ReplyTokens({"2026": b"x" * 32}, "2026", DESK)
    assert read(other, rcpt_to=[TOKENS.reply_address(ticket_id, recipient)], sender=recipient) == ()
    renamed = ReplyTokens({"2027": KEYS["2026"]}, "2027", DESK)
    assert read(renamed, rcpt_to=[TOKENS.reply_address(ticket_id, recipient)], sender=recipient) == ()
    token, _, rest = TOKENS.message_id(ticket_id, recipient, "a").partition(".")
    mixed = token + "." + TOKENS.message_id(ticket_id, recipient, "b").partition(".")[2]
    assert rest not in mixed
    assert read(in_reply_to=(mixed,), sender=recipient) == ()
    assert read(rcpt_to=[f"vptuotanto+{token[1:]}@vrk.fi"], sender=recipient) == ()


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=5))
@settings(max_examples=200)
def test_reading_never_raises_and_believes_nothing_unsigned(text: str, more: list[str]) -> None:
    strange = (text, f"vptuotanto+{text}@vrk.fi", f"<{text}@vrk.fi>", *more)
    assert read(rcpt_to=strange, header_to=strange, in_reply_to=strange, references=strange) == ()


@given(ticket_ids, addresses)
def test_an_older_key_is_still_read(ticket_id: int, recipient: str) -> None:
    before = ReplyTokens({"2025": KEYS["2025"]}, "2025", DESK)
    address = before.reply_address(ticket_id, recipient)
    assert read(rcpt_to=[address], sender=recipient) == (JoinCandidate(ticket_id, sender_fits=True),)
    assert TOKENS.reply_address(ticket_id, recipient) != address


@given(ticket_ids, addresses, effect_keys)
def test_an_address_fits_every_mail_system_and_our_own_listener(ticket_id: int, recipient: str, key: str) -> None:
    address = TOKENS.reply_address(ticket_id, recipient)
    assert len(address.rpartition("@")[0]) <= 64
    assert normalise_address(address) == address
    assert Recipients([DESK]).accept(address)
    message_id = TOKENS.message_id(ticket_id, recipient, key)
    assert message_id == TOKENS.message_id(ticket_id, recipient, key)
    assert len(message_id) < 250
    assert message_id.isascii()


@given(addresses, addresses, effect_keys, effect_keys)
def test_message_ids_of_different_effects_differ_and_without_a_ticket_join_none(
    recipient: str, other: str, key: str, other_key: str
) -> None:
    for ticket_id in (None, 7):
        same = (recipient, key) == (other, other_key)
        first, second = (TOKENS.message_id(ticket_id, *one) for one in ((recipient, key), (other, other_key)))
        assert (first == second) is same
    assert read(in_reply_to=(TOKENS.message_id(None, recipient, key),), sender=recipient) == ()


def test_a_mail_with_tokens_of_two_tickets_names_both_in_order() -> None:
    first, second = TOKENS.reply_address(8, REQUESTER), TOKENS.message_id(7, REQUESTER, "k")
    assert [one.ticket_id for one in read(rcpt_to=[first], references=(second,))] == [8, 7]


def test_the_token_of_the_sender_counts_though_a_strangers_stands_first() -> None:
    stranger, own = TOKENS.reply_address(8, "other@holder.example"), TOKENS.reply_address(8, REQUESTER)
    assert read(rcpt_to=[stranger, own]) == (JoinCandidate(8, sender_fits=True),)


@pytest.mark.parametrize(
    ("keys", "current", "address"),
    [
        (KEYS, "2026", "an-address-that-is-long-x@vrk.fi"),
        (KEYS, "2026", "nowhere"),
        (KEYS, "2027", DESK),
        ({}, "", DESK),
        ({"a": b"tell-nobody"}, "a", DESK),
    ],
)
def test_unusable_keys_and_addresses_are_found_at_the_start(keys: dict[str, bytes], current: str, address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ReplyTokens(keys, current, address)
    assert caught.value.next_step
    assert "tell-nobody" not in str(caught.value) + caught.value.next_step


def test_the_longest_address_that_fits_is_used() -> None:
    tokens = ReplyTokens(KEYS, "2026", "a" * 23 + "@vrk.fi")
    assert len(tokens.reply_address(1, REQUESTER).partition("@")[0]) == 64
