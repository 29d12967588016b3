"""A policy file: what it says in a decision, and which ones are refused with a sentence that helps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.test_policy_properties import facts

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.domain.default_policy import DEFAULT_POLICY, DEFAULT_POLICY_TEXT
from sulku_revocation.domain.policy import Policy, requirements, unmet
from sulku_revocation.domain.policy_file import parse_policy

PROVEN = """\
version = "a"
[[rule]]
name = "proven"
when = [{ proven_compromise = true }]
assurance = "L0"
decided_by = "operator"
sentence = "Proven."
"""
LAST = """\
[[rule]]
name = "last"
assurance = "L0"
needs = ["confirmation"]
decided_by = "operator"
sentence = "All else."
"""


def rule(when: str, **said: str) -> str:
    rows = {"name": '"mine"', "assurance": '"L0"', "decided_by": '"operator"', "sentence": '"Mine."', **said}
    lines = "\n".join(f"{key} = {value}" for key, value in rows.items())
    return f"{PROVEN}[[rule]]\nwhen = [{when}]\n{lines}\n{LAST}"


@pytest.mark.parametrize(
    "text",
    [
        rule("{ holder = true }", assurance='"L2"'),
        rule("{ holder = false }", assurance='"L4"'),
        rule('{ reason = ["keyCompromise"] }', assurance='"L2"'),
        rule('{ reason = ["keyCompromise", "superseded"], holder = true }', assurance='"L2"'),
        rule('{ reason = ["keyCompromise"], holder = true }', assurance='"L1"'),
        rule("{ older_than_hours = 20 }", needs='["evidence"]'),
        rule("{ holder = true }, { assurance_at_least = 'L3' }", assurance='"L3"'),
        PROVEN + LAST.replace('needs = ["confirmation"]\n', ""),
    ],
)
def test_a_policy_in_which_a_mail_alone_would_be_enough_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"policy\.toml, line \d+, rule \w+: a mail alone would be enough"):
        parse_policy(text, "policy.toml")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no version or no rule"),
        (PROVEN.replace('"a"', '" "') + LAST, "no version or no rule"),
        ("version = ", "Invalid value"),
        (LAST, "line 1, rule last: a compromise that a machine has proven must be the first rule"),
        (PROVEN.replace("true", "false") + LAST, "must be the first rule"),
        (PROVEN.replace('"L0"', '"L2"') + LAST, "a proof counts whoever sent it"),
        (PROVEN + PROVEN.removeprefix('version = "a"\n') + LAST, "only the first"),
        (rule("{ holder = true }", assurance='"L3"').removesuffix(LAST), "the last rule, and only it, has no `when`"),
        (PROVEN + LAST + LAST, "the last rule, and only it"),
        (rule("{ holder = true }", assurance='"L3"', name='"proven"'), "another rule has that name"),
        (rule("{ holder = true }", assurance='"L9"'), "assurance may not be 'L9'"),
        (rule("{ holder = true }", assurance='"L3"', decided_by='"anybody"'), "decided_by may not be 'anybody'"),
        (rule("{ holder = true }", assurance='"L3"', four_eyes="false"), "nobody knows 'four_eyes'"),
        (rule("{ holder = 1 }", assurance='"L3"'), "holder is no true or false"),
        (rule("{}", assurance='"L3"'), "says nothing"),
        (rule("{ reason = ['certificateHold'] }", needs='["confirmation"]'), "reason may not be 'certificateHold'"),
        (rule("{ older_than_hours = 24 }", needs='["confirmation"]'), "older_than_hours must be 1 to 23"),
        (rule("{ holder = true }", assurance='"L3"', sentence='"Mine"'), "no full stop"),
        (rule("{ holder = true }", assurance='""'), "assurance is missing"),
    ],
)
def test_an_unsound_or_mistyped_policy_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_policy(text, "policy.toml")
    assert why in str(refused.value)
    assert str(refused.value).startswith("policy.toml")
    assert refused.value.next_step


def test_the_delivered_policy_and_every_changed_one_have_labels_of_their_own() -> None:
    changed = parse_policy(DEFAULT_POLICY_TEXT.replace("older_than_hours = 20", "older_than_hours = 12"), "x")
    assert DEFAULT_POLICY.version == changed.version == "2026-11"
    assert DEFAULT_POLICY.label != changed.label


_CELLS: dict[str, list[Any]] = {
    "proven_compromise": ["true", "false"], "holder": ["true", "false"], "holder_agrees": ["true", "false"],
    "reason": ['["keyCompromise"]', '["superseded", "keyCompromise"]', '["privilegeWithdrawn"]'],
    "assurance_at_least": ['"L1"', '"L2"', '"L3"'], "assurance_below": ['"L2"', '"L4"'],
    "older_than_hours": ["1", "20"],
}  # fmt: skip
_conditions = st.lists(st.sampled_from(sorted(_CELLS)), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(*(st.sampled_from(_CELLS[name]) for name in names)).map(
        lambda values: "{ " + ", ".join(f"{n} = {v}" for n, v in zip(names, values, strict=True)) + " }"
    )
)


@st.composite
def accepted(draw: st.DrawFn) -> Policy:
    """Whatever policy with one own rule the file's reader lets through."""
    text = rule(
        ", ".join(draw(st.lists(_conditions, min_size=1, max_size=2))),
        assurance=draw(st.sampled_from(['"L0"', '"L1"', '"L2"', '"L3"', '"L4"'])),
        needs=draw(st.sampled_from(["[]", '["evidence"]', '["confirmation"]'])),
        decided_by=draw(st.sampled_from(['"operator"', '"supervisor"'])),
    )
    try:
        return parse_policy(text, "x")
    except ConfigurationError:
        return DEFAULT_POLICY


@given(facts, accepted())
@settings(max_examples=400, deadline=None)
def test_no_policy_that_is_accepted_lets_a_strangers_mail_revoke(some: Any, policy: Policy) -> None:
    needed = requirements(some, policy)
    if not some.is_holder and not unmet(needed, some):
        assert some.is_proven_compromise or some.is_confirmed or needed.decided_by == "supervisor"
    if not some.has_evidence and not unmet(needed, some):
        assert some.is_proven_compromise or (some.is_holder and some.assurance >= "L2")
