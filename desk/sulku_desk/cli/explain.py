"""`sulku explain`: what the desk would do with a mail, and why. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, say, speaks_plainly
from sulku_kernel.serial_number import whole_octets


def add_to(app: typer.Typer) -> None:
    """Register this command."""
    app.command("explain")(explain)


@speaks_plainly
def explain(
    mail: Annotated[Path, typer.Argument(metavar="MAIL.eml", help="A mail as it came, in a file.")],
    json_: Json = False,
) -> None:
    """Say what the desk would do with a mail and why, changing nothing."""
    from sulku_desk.explaining import explain_file
    from sulku_revocation.domain.explanation import explain_json

    with opened() as instance:
        judgement = explain_file(instance, mail)
    data = explain_json(judgement)
    emit(data, as_json=json_, text=lambda: _text(data, judgement.because))


def _text(data: dict[str, Any], because: tuple[tuple[str, str], ...]) -> None:
    reason = data["reason"] or "no reason given"
    say(f"{data['urgency']}  {data['class'].replace('_', ' ')}, {reason}, language {data['language']}")
    say(f"requester: assurance {data['assurance']}")
    for reference in data["references"]:
        say(f"named in the {reference['where']}: {reference['kind'].replace('_', ' ')} {reference['value']}")
    say(f"certificates: {data['outcome']}")
    for match in data["matches"]:
        say(f"  {match['score']:.2f}  {whole_octets(match['serial'])}  {', '.join(match['why'])}  ({match['issuer']})")
    for proof in data["proofs"]:
        what = f"verified for the key {proof['spki']}" if proof["verified"] else f"not verified: {proof['refusal']}"
        say(f"proof: {proof['kind']}, {what.replace('_', ' ')}")
    if data["needs"]:
        say(f"missing: {', '.join(data['needs'])}")
    say(f"on-call is {'paged' if data['page_on_call'] else 'not paged'}")
    say(f"an acknowledgement is {'sent' if data['acknowledge'] else 'not sent'}")
    if data["wanted_at"]:
        say(f"wished for {data['wanted_at']}")
    for words, rules in _by_sentence(because).items():
        names = ", ".join(rule.replace("_", " ") for rule in rules)
        say(f"because {names}{f': «{words}»' if words else ''}")


def _by_sentence(because: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """What each sentence, address or number was taken to say, in the order of the mail."""
    said: dict[str, list[str]] = {}
    for rule, words in because:
        said.setdefault(words, []).append(rule)
    return said
