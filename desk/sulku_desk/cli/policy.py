"""`sulku policy …`: the revocation policy in force, and what another one would change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, print_table, say, speaks_plainly
from sulku_desk.cli.policy_reread import reread_all
from sulku_kernel.serial_number import whole_octets

if TYPE_CHECKING:
    from sulku_revocation.domain.policy import Policy, PolicyRule, Requirement
    from sulku_revocation.policy_trial import Change, Trial

app = typer.Typer(no_args_is_help=True, help="The revocation policy: look at it, try another one.")


@app.command()
@speaks_plainly
def show(
    text: Annotated[bool, typer.Option("--text", help="Print the delivered policy as a file to edit.")] = False,
    json_: Json = False,
) -> None:
    """Show the policy in force: its rules in order, and what each requires."""
    from sulku_desk.revocation_policy import load_revocation_policy
    from sulku_desk.settings import load_settings
    from sulku_revocation.domain.default_policy import DEFAULT_POLICY_TEXT

    if text:
        typer.echo(DEFAULT_POLICY_TEXT, nl=False)
        return
    policy = load_revocation_policy(load_settings())
    emit(_policy(policy), as_json=json_, text=lambda: _print_policy(policy))


@app.command("test")
@speaks_plainly
def try_(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: the delivered policy.")] = None,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read and judge every stored mail once more, as this version does.")
    ] = False,
    json_: Json = False,
) -> None:
    """Try a policy on every request on file and say what would change. Changes nothing.

    With `--reread` not only the policy is tried but this version's whole understanding: each original is read, matched,
    proven and judged again, and what would come out differently is told mail by mail (`--json`: a line each, and a last
    one with the numbers). A file that is unsound is refused (exit code 7), naming the line and the rule.
    """
    from sulku_desk.revocation_policy import load_revocation_policy, read_policy
    from sulku_revocation.domain.default_policy import DEFAULT_POLICY
    from sulku_revocation.policy_trial import try_policy
    from sulku_revocation.register import DatabaseRegister

    candidate = DEFAULT_POLICY if file is None else read_policy(file)
    if reread:
        reread_all(candidate if file is not None else None, as_json=json_)
        return
    with opened() as instance, instance.storage.desk.reading() as connection:
        current = load_revocation_policy(instance.settings)
        register = DatabaseRegister(connection)
        trial = try_policy(connection, register, current=current, candidate=candidate, now=instance.clock.now())
    data = {
        "current": current.label,
        "candidate": candidate.label,
        "requests": trial.requests,
        "rules": _rule_counts(trial),
        "becoming_automatic": sum(change.becomes_automatic for change in trial.changes),
        "changes": [_change(change) for change in trial.changes],
    }
    emit(data, as_json=json_, text=lambda: _print_trial(trial, data))


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "version": policy.version,
        "digest": policy.digest,
        "automatic_when_proven": policy.is_automatic_when_proven,
        "rules": [
            {
                "name": rule.name,
                "assurance": rule.assurance.value,
                "needs": _needs(rule),
                "decided_by": rule.decided_by,
                "sentence": rule.sentence,
            }
            for rule in policy.rules
        ],
    }


def _print_policy(policy: Policy) -> None:
    say(f"Policy {policy.label}")
    automatic = "is revoked with nobody's help" if policy.is_automatic_when_proven else "waits for two people, too"
    say(f"A compromise that a machine has proven {automatic}.")
    for place, rule in enumerate(policy.rules, 1):
        needs = "".join(f" and {need}" for need in _needs(rule))
        say(f"{place}. {rule.name}: {rule.assurance}{needs}, decided by {rule.decided_by}")
        say(f"   {rule.sentence}")


def _needs(one: PolicyRule | Requirement) -> list[str]:
    needs = {"evidence": one.needs_evidence, "confirmation": one.needs_confirmation}
    return [name for name, is_needed in needs.items() if is_needed]


def _rule_counts(trial: Trial) -> dict[str, dict[str, int]]:
    names = dict.fromkeys([*trial.rules_before, *trial.rules_after])
    return {
        name: {"before": trial.rules_before.get(name, 0), "after": trial.rules_after.get(name, 0)} for name in names
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "ticket": change.number,
        "serial": change.serial,
        "state": change.state,
        "before": _requirement(change.before, change.missing_before),
        "after": _requirement(change.after, change.missing_after),
    }


def _requirement(needed: Requirement, missing: tuple[str, ...]) -> dict[str, Any]:
    return {
        "rule": needed.because[0],
        "assurance": needed.assurance.value,
        "needs": _needs(needed),
        "decided_by": needed.decided_by,
        "automatic": needed.automatic,
        "missing": list(missing),
    }


def _print_trial(trial: Trial, data: dict[str, Any]) -> None:
    say(f"In force: {data['current']}. Tried: {data['candidate']}. {trial.requests} requests on file.")
    counts = [(name, count["before"], count["after"]) for name, count in data["rules"].items()]
    print_table(("rule", "before", "after"), counts, empty="No request is on file yet.", whole=("rule",))
    if data["becoming_automatic"]:
        say(f"{data['becoming_automatic']} would be revoked with nobody's help.")
    rows = [
        (change.number, whole_octets(change.serial), change.state, _in_short(change.before), _in_short(change.after))
        for change in trial.changes
    ]
    columns = ("ticket", "serial", "state", "before", "after")
    print_table(columns, rows, empty="Nothing would change.", whole=("ticket", "serial"))


def _in_short(needed: Requirement) -> str:
    needs = "".join(f" + {need}" for need in _needs(needed))
    how = "automatic" if needed.automatic else needed.decided_by
    return f"{needed.because[0]}: {needed.assurance}{needs}, {how}"
