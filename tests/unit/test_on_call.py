"""The escalation policy in its TOML file: what it may say, and how a mistake in it is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.conftest import NIGHT

from sulku_kernel.errors import ConfigurationError
from sulku_tickets.domain.escalation_policy import policy_from_json, policy_json
from sulku_tickets.on_call import first_to_page, gaps, load_policy, parse_policy

GOOD = """
version = "2026-11"
repeat_minutes = 4

[[step]]
after_minutes = 0
contacts = [{ name = "First line", email = "oncall@desk.example" }]

[[step]]
after_minutes = 7.5
[[step.contacts]]
name = "Turn"
email = "turn@desk.example"
language = "sv"
since = 2026-11-23T08:00:00+02:00
until = 2026-11-30T08:00:00+02:00

[[duty_manager]]
name = "Manager"
email = "manager@desk.example"
"""
SHORT = '[[step]]\nafter_minutes = 0\n{}\n[[duty_manager]]\nname = "M"\nemail = "m@desk.example"\n'


def test_a_policy_is_read_as_it_stands():
    policy = parse_policy(GOOD)
    assert (policy.version, policy.repeat) == ("2026-11", timedelta(minutes=4))
    assert [step.after for step in policy.steps] == [timedelta(0), timedelta(minutes=7, seconds=30)]
    turn = policy.steps[1].contacts[0]
    assert (turn.language, turn.since) == ("sv", datetime(2026, 11, 23, 6, tzinfo=UTC))
    assert [contact.name for contact in first_to_page(policy, NIGHT)] == ["First line"]


def test_without_a_version_the_text_is_its_version():
    one = parse_policy(SHORT.format("contacts = []"))
    other = parse_policy(SHORT.format("contacts = [] # changed"))
    assert one.version != other.version


def test_steps_a_fraction_of_a_second_apart_are_refused_now_and_not_at_night():
    text = SHORT.format("") + "[[step]]\nafter_minutes = 10.001\n[[step]]\nafter_minutes = 10.002\n"
    with pytest.raises(ConfigurationError, match="after the one before"):
        parse_policy(text)
    policy = parse_policy(text.replace("10.002", "10.02"))
    assert policy_from_json(policy_json(policy)) == policy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version = ", "at end of document"),
        (GOOD.replace("version", "versoin"), "'versoin' is not known here"),
        (GOOD.replace("repeat_minutes = 4", "repeat_minutes = 0.5"), "a minute or more"),
        (GOOD.replace("repeat_minutes = 4", 'repeat_minutes = "4"'), "repeat_minutes: '4' is no number of minutes"),
        (GOOD.replace("after_minutes = 7.5", "after_minutes = -1"), "step 2, after_minutes: -1 is no number"),
        (GOOD.replace("after_minutes = 7.5", "after_minutes = nan"), "step 2, after_minutes: nan is no number"),
        (GOOD.replace("after_minutes = 7.5", ""), "step 2, after_minutes: None is no number"),
        (GOOD.replace("after_minutes = 7.5", "after_minutes = 0"), "after the one before it"),
        (GOOD.replace("after_minutes = 0", "after_minutes = 1"), "pages at once"),
        (GOOD.replace('"sv"', '"se"'), "step 2, contacts 1: 'se' is no language"),
        (GOOD.replace("turn@desk", "turn desk"), "step 2, contacts 1: Turn has no usable email address"),
        (
            GOOD.replace("2026-11-23T08:00:00+02:00", "2026-11-23T08:00:00"),
            "step 2, contacts 1, since: 2026-11-23 08:00:00 is no moment",
        ),
        (GOOD.replace("2026-11-30", "2026-11-01"), "the turn of Turn ends before it begins"),
        (GOOD.replace('name = "Manager"', 'nmae = "Manager"'), "duty_manager 1: 'nmae' is not known here"),
        (GOOD.split("[[duty_manager]]", maxsplit=1)[0], "needs a duty manager"),
        (GOOD.replace("[[duty_manager]]", "[duty_manager]"), "duty_manager must be a list of tables"),
        ("", "the first step"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, words):
    with pytest.raises(ConfigurationError) as refused:
        parse_policy(text, "on_call.toml")
    assert str(refused.value).startswith("on_call.toml")
    assert words in str(refused.value)
    assert refused.value.next_step


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path):
    path = tmp_path / "on_call.toml"
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"on_call\.toml"):
            load_policy(path)
        path.write_bytes(b"\xff\xfe")
    path.write_text(GOOD)
    assert load_policy(path).version == "2026-11"


def test_a_gap_in_the_rota_is_seen_a_week_ahead():
    policy = parse_policy(GOOD)
    end = datetime(2026, 11, 30, 6, tzinfo=UTC)
    assert gaps(policy, NIGHT) == [(2, end)]
    assert gaps(policy, end) == [(2, end)]
    turn_begins = end - timedelta(days=7)
    assert gaps(policy, turn_begins - timedelta(hours=1)) == [(2, turn_begins - timedelta(hours=1))]
    assert gaps(parse_policy(GOOD.replace("2026-11-30", "2027-11-30")), NIGHT) == []
