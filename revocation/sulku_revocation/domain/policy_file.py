"""A policy as TOML text → `Policy`, refused when it is unsound: no file may let a mail alone revoke something.

What holds for every policy (`_require_sound`): the first rule is that of a proven compromise, whoever sent it; the last
answers always; each other rule asks for what a mail cannot bring by itself. Two people act in any case, except where
the file lets a proven compromise go by itself.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.domain.policy import Condition, Policy, PolicyRule, is_at_least
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets.domain.urgency import Assurance

DECIDERS = ("operator", "supervisor")
NEEDS = ("evidence", "confirmation")
_TOP = {"version": str, "automatic_when_proven": bool, "rule": list}
_RULE = {"name": str, "when": list, "assurance": str, "decided_by": str, "needs": list, "sentence": str}
_CONDITION: dict[str, type] = {
    "proven_compromise": bool, "holder": bool, "holder_agrees": bool, "reason": list, "assurance_at_least": str,
    "assurance_below": str, "older_than_hours": int,
}  # fmt: skip
# A supervisor must still be able to act before the 24 hours are over (REV-6.2.4-03A).
_LATEST_HOURS = 23
_REASONS = {reason.rfc_name: reason for reason in ReasonCode}


def parse_policy(text: str, where: str) -> Policy:
    """The policy in a text. Raises ConfigurationError, naming the file, the line and the rule."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where}: {error}", next_step="Correct the TOML at that place.") from None
    _check(value, _TOP, where)
    rows = value.get("rule", [])
    rules: list[PolicyRule] = []
    for place, row in enumerate(rows, 1):
        spot = f"{where}, {_spot(text, place, row)}"
        rule = _rule(row, spot)
        _require_sound(rule, spot, is_first=place == 1, is_last=place == len(rows))
        if rule.name in {other.name for other in rules}:
            raise _refused(spot, "another rule has that name", "Give each rule its own name.")
        rules.append(rule)
    version = value.get("version", "")
    if not rules or not version.strip():
        raise _refused(where, "it has no version or no rule", "Begin with the one that `sulku init` writes.")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Policy(version, tuple(rules), value.get("automatic_when_proven", False), digest)


def _rule(row: Mapping[str, Any], spot: str) -> PolicyRule:
    _check(row, _RULE, spot)
    for name in ("name", "assurance", "decided_by", "sentence"):
        if not row.get(name):
            raise _refused(spot, f"{name} is missing", "Write it.")
    needs = row.get("needs", [])
    _one_of(needs, NEEDS, "needs", spot)
    _one_of([row["decided_by"]], DECIDERS, "decided_by", spot)
    if not row["sentence"].endswith("."):
        raise _refused(spot, "the sentence has no full stop", "People read it: write a whole sentence.")
    return PolicyRule(
        row["name"],
        tuple(_condition(condition, spot) for condition in row.get("when", [])),
        _rung(row["assurance"], spot),
        row["decided_by"],
        row["sentence"],
        needs_evidence="evidence" in needs,
        needs_confirmation="confirmation" in needs,
    )


def _condition(said: Any, spot: str) -> Condition:
    if not isinstance(said, dict) or not said:
        raise _refused(spot, "an alternative of `when` says nothing", "Leave `when` out for a rule that always fits.")
    _check(said, _CONDITION, spot)
    _one_of(said.get("reason", []), _REASONS, "reason", spot)
    hours = said.get("older_than_hours")
    if hours is not None and not 1 <= hours <= _LATEST_HOURS:
        raise _refused(spot, f"older_than_hours must be 1 to {_LATEST_HOURS}", "24 hours after receipt it is too late.")
    return Condition(
        proven_compromise=said.get("proven_compromise"),
        holder=said.get("holder"),
        holder_agrees=said.get("holder_agrees"),
        reasons=frozenset(_REASONS[name] for name in said.get("reason", [])),
        assurance_at_least=_rung(said["assurance_at_least"], spot) if "assurance_at_least" in said else None,
        assurance_below=_rung(said["assurance_below"], spot) if "assurance_below" in said else None,
        older_than=None if hours is None else timedelta(hours=hours),
    )


# --- what every policy must hold to -----------------------------------------------------------------------------------


def _require_sound(rule: PolicyRule, spot: str, *, is_first: bool, is_last: bool) -> None:
    if is_first != (rule.when == (Condition(proven_compromise=True),)):
        raise _refused(
            spot,
            "a compromise that a machine has proven must be the first rule, and only the first, and nothing else in it",
            "Whoever sent the proof, nothing may stand before it: `when = [{ proven_compromise = true }]`.",
        )
    if is_first:
        if rule.assurance is not Assurance.L0 or rule.needs_evidence or rule.needs_confirmation:
            raise _refused(spot, "a proof counts whoever sent it", "Require L0 and no needs for it.")
        return
    if is_last != (not rule.when):
        raise _refused(spot, "the last rule, and only it, has no `when`", "Let the last rule answer for all else.")
    if not (_asks_enough(rule) or (rule.when and all(_is_the_holder(rule, one) for one in rule.when))):
        raise _refused(
            spot,
            "a mail alone would be enough",
            'Require L3 of the holder, or needs = ["confirmation"], or needs = ["evidence"] decided by a supervisor.',
        )


def _asks_enough(rule: PolicyRule) -> bool:
    """Whether something is required that no mail brings: the holder's word, or a supervisor's case with evidence."""
    return rule.needs_confirmation or (rule.needs_evidence and rule.decided_by == "supervisor")


def _is_the_holder(rule: PolicyRule, condition: Condition) -> bool:
    """Whether only the holder gets through, sure by a second factor, or by DMARC for an alarm about the key.

    Whoever is surely somebody else is still somebody else; of a key the holder's own alarm counts ("known or
    suspected", TLS BR 7.2.2).
    """
    is_alarm = condition.reasons == frozenset({ReasonCode.KEY_COMPROMISE})
    return condition.holder is True and is_at_least(rule.assurance, Assurance.L2 if is_alarm else Assurance.L3)


# --- what is wrong, and where -----------------------------------------------------------------------------------------


def _check(said: Mapping[str, Any], known: Mapping[str, type], spot: str) -> None:
    for key, value in said.items():
        if key not in known:
            raise _refused(spot, f"nobody knows {key!r}", f"Known are: {', '.join(known)}.")
        if type(value) is not known[key]:
            raise _refused(spot, f"{key} is no {_TYPES[known[key]]}", "Correct the value.")


_TYPES: dict[type, str] = {str: "text", bool: "true or false", list: "list", int: "whole number"}


def _one_of(said: Iterable[Any], known: Iterable[str], name: str, spot: str) -> None:
    for value in said:
        if value not in known:
            raise _refused(spot, f"{name} may not be {value!r}", f"Known are: {', '.join(known)}.")


def _rung(said: str, spot: str) -> Assurance:
    _one_of([said], tuple(Assurance), "assurance", spot)
    return Assurance(said)


def _spot(text: str, place: int, row: Any) -> str:
    """`line 34, rule own_ground`: the line of the n-th `[[rule]]`."""
    lines = [at for at, line in enumerate(text.splitlines(), 1) if line.replace(" ", "").startswith("[[rule]]")]
    name = row.get("name", place) if isinstance(row, dict) else place
    return f"line {lines[place - 1]}, rule {name}" if place <= len(lines) else f"rule {name}"


def _refused(spot: str, why: str, next_step: str) -> ConfigurationError:
    return ConfigurationError(f"{spot}: {why}", next_step=next_step)
