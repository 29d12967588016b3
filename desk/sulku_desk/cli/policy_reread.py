"""`sulku policy test --reread`: what this version would make of the mails on file, told while they are read."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import err, say
from sulku_kernel.serial_number import whole_octets

if TYPE_CHECKING:
    from sulku_desk.rereading import Rejudged
    from sulku_revocation.domain.policy import Policy

_WHYS_SHOWN = 6
_LONGEST_WORDS = 160


def reread_all(candidate: Policy | None, *, as_json: bool) -> None:
    """Print each mail that would come out differently, then the numbers. `candidate` None: the policy stays."""
    from sulku_desk.rereading import count_mails, reread
    from sulku_desk.revocation_policy import load_revocation_policy

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    counted = {"mails": 0, "changed": 0, "faults": 0}
    with opened() as instance, Progress(*columns, console=err, transient=True, disable=as_json) as progress:
        current = load_revocation_policy(instance.settings)
        task = progress.add_task("Reading again", total=count_mails(instance))
        for one in reread(instance, current=current, candidate=candidate or current):
            counted["mails"] += 1
            counted["changed"] += one.is_other
            counted["faults"] += bool(one.fault)
            if one.is_other:
                _tell(one, as_json=as_json)
            progress.advance(task)
    if as_json:
        _line(counted)
    else:
        say(_summary(counted))


def _summary(counted: dict[str, int]) -> str:
    if not counted["changed"]:
        return f"{counted['mails']} mails read again. Nothing would change."
    faults = f", {counted['faults']} of them not readable" if counted["faults"] else ""
    return f"{counted['mails']} mails read again, {counted['changed']} would come out differently{faults}."


def _tell(one: Rejudged, *, as_json: bool) -> None:
    if as_json:
        _line(_data(one))
        return
    say(f"{one.mail.ticket}  {one.mail.sender}: {one.mail.subject}")
    if one.fault:
        say(f"  not read: {one.fault}")
    for key, (old, new) in one.changes.items():
        say(f"  {key.replace('_', ' ')}: {_shown(old)} -> {_shown(new)}")
    for serial, (old, new) in one.rules.items():
        say(f"  policy for {whole_octets(serial)}: {old or 'not asked for'} -> {new or 'not asked for'}")
    for word, hits in (("because now", one.why.gained), ("and no longer", one.why.lost)):
        for rule, words in hits[:_WHYS_SHOWN]:
            say(f"  {word} {rule.replace('_', ' ')}{f': «{words[:_LONGEST_WORDS]}»' if words else ''}")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value).replace("_", " ")


def _data(one: Rejudged) -> dict[str, Any]:
    return {
        "ticket": one.mail.ticket,
        "delivery": one.mail.delivery_id,
        "from": one.mail.sender,
        "subject": one.mail.subject,
        "changes": {key: {"before": old, "after": new} for key, (old, new) in one.changes.items()},
        "rules": {serial: {"before": old, "after": new} for serial, (old, new) in one.rules.items()},
        "because": [{"rule": rule, "words": words} for rule, words in one.why.gained],
        "no_longer": [{"rule": rule, "words": words} for rule, words in one.why.lost],
        "fault": one.fault,
    }


def _line(data: Any) -> None:
    """Shown at once: whoever reads along need not wait for the last mail."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
    sys.stdout.flush()
