"""Trying another policy on what is on file: what would change is told, and nothing changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.story.decisions_world import HOLDER, STRANGER, World
from typer.testing import CliRunner

from sulku_desk.cli import app
from sulku_revocation.domain.default_policy import DEFAULT_POLICY, DEFAULT_POLICY_TEXT
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.policy import Policy
from sulku_revocation.domain.policy_file import parse_policy
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.policy_trial import Trial, try_policy
from sulku_revocation.register import DatabaseRegister
from sulku_tickets.domain.urgency import Assurance


def changed(old: str, new: str) -> Policy:
    assert old in DEFAULT_POLICY_TEXT
    return parse_policy(DEFAULT_POLICY_TEXT.replace(old, new), "changed")


def tried(world: World, candidate: Policy) -> Trial:
    with world.store.reading() as connection:
        register = DatabaseRegister(connection)
        return try_policy(connection, register, current=DEFAULT_POLICY, candidate=candidate, now=world.clock.now())


def test_a_trial_names_the_requests_that_another_policy_would_treat_otherwise(world: World) -> None:
    reported = world.ticket(1, requester=STRANGER, reason=ReasonCode.KEY_COMPROMISE)
    asserted = world.ticket(2, requester=HOLDER, reason=ReasonCode.KEY_COMPROMISE, assurance=Assurance.L2)
    world.ticket(3, requester=HOLDER, reason=ReasonCode.SUPERSEDED, assurance=Assurance.L3)
    assert tried(world, DEFAULT_POLICY).changes == ()
    stricter = changed(
        'assurance_at_least = "L2" }]\nassurance = "L2"', 'assurance_at_least = "L3" }]\nassurance = "L3"'
    )
    trial = tried(world, stricter)
    assert trial.requests == 3
    (change,) = trial.changes
    assert (change.before.because[0], change.after.because[0]) == ("compromise_asserted_by_holder", "confirmed_holder")
    assert (change.missing_before, len(change.missing_after)) == ((), 1)
    assert trial.rules_before["compromise_asserted_by_holder"] == 1
    assert "compromise_asserted_by_holder" not in trial.rules_after
    assert world.states(reported) == world.states(asserted) == ["PROPOSED"]


def test_a_trial_says_what_would_be_revoked_with_nobodys_help(world: World) -> None:
    with world.store.reading() as connection:
        certificate = DatabaseRegister(connection).certificate(1)
    assert certificate is not None
    proof = Proof("private_key", is_verified=True, spki=certificate.spki)
    world.ticket(1, requester=STRANGER, reason=ReasonCode.KEY_COMPROMISE, proofs=(proof,))
    (change,) = tried(world, changed("automatic_when_proven = false", "automatic_when_proven = true")).changes
    assert change.becomes_automatic


def test_the_commands_show_the_policy_and_refuse_an_unsound_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "home"))
    run = CliRunner().invoke
    assert run(app, ["init", "--email", "you@desk.example", "--json"]).exit_code == 0
    file = tmp_path / "home" / "policy.toml"
    assert file.read_text(encoding="utf-8") == DEFAULT_POLICY_TEXT == run(app, ["policy", "show", "--text"]).output
    shown = json.loads(run(app, ["policy", "show", "--json"]).output)
    assert (shown["version"], shown["rules"][0]["name"]) == ("2026-11", "proven_compromise")
    assert "Nothing would change." in run(app, ["policy", "test"]).output
    unsound = tmp_path / "unsound.toml"
    unsound.write_text(DEFAULT_POLICY_TEXT.replace('assurance = "L3"', 'assurance = "L2"'), encoding="utf-8")
    refused = run(app, ["policy", "test", str(unsound)])
    assert refused.exit_code == 7
    assert "rule confirmed_holder: a mail alone would be enough" in " ".join(refused.output.split())
