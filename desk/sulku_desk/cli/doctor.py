"""`sulku doctor`: which part is unwell, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sulku_desk.cli.output import Json, emit, print_table, say, speaks_plainly
from sulku_kernel.language import Language
from sulku_kernel.saying import Saying

if TYPE_CHECKING:
    from sulku_desk.doctor_facts import Finding


def add_to(app: typer.Typer) -> None:
    """Register the command at the top level."""
    app.command("doctor")(doctor)


@speaks_plainly
def doctor(
    skip: Annotated[list[str] | None, typer.Option(help="Leave this part out: it lies on another machine.")] = None,
    language: Annotated[Language, typer.Option(help="The language of what is said.")] = Language.EN,
    json_: Json = False,
) -> None:
    """Look at every part of the desk and say which is unwell and what to do. Changes nothing.

    Exit code 0 when the desk is well (also when something will need care soon), 1 when a part is unwell.
    """
    from sulku_desk.doctor import worst
    from sulku_desk.doctor_facts import Level, Part
    from sulku_desk.doctor_words import in_language
    from sulku_desk.examining_all import examine
    from sulku_desk.settings import load_settings
    from sulku_kernel.clock import SystemClock
    from sulku_kernel.errors import InputError

    unknown = sorted(set(skip or ()) - set(Part))
    if unknown:
        raise InputError(f"there is no part {unknown[0]}", next_step=f"Parts: {', '.join(Part)}.")
    findings = [one for one in examine(load_settings(), SystemClock()) if one.part not in (skip or ())]
    level = worst(findings)

    shown = [_in_words(finding, language) for finding in findings]

    def text() -> None:
        def words(english: str) -> str:
            return in_language(Saying(english), language)

        levels = {Level.WELL: words("well"), Level.SOON: words("soon"), Level.UNWELL: words("UNWELL")}
        rows = [(one["part"], levels[Level(one["level"])], one["what"]) for one in shown]
        print_table((words("part"), "", words("what")), rows, empty="")
        for one in shown:
            if one["next_step"]:
                say(f"{one['part']}: {one['next_step']}")
        ends = {Level.WELL: "The desk is well.", Level.SOON: "The desk is well for now."}
        say(words(ends.get(level, "The desk is not well.")))

    emit({"level": level, "findings": shown}, as_json=json_, text=text)
    if level is Level.UNWELL:
        raise typer.Exit(1)


def _in_words(finding: Finding, language: Language) -> dict[str, str]:
    from sulku_desk.doctor_words import in_language

    step = "" if finding.step is None else in_language(finding.step, language)
    what = in_language(finding.said, language)
    return {"part": finding.part, "level": finding.level, "what": what, "next_step": step}
