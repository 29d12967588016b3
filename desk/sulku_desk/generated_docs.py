"""Pages of `docs/` that are made from the tables in the code, so that they cannot be out of step.

`python -m sulku_desk.generated_docs` writes them; a test compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sulku_applications.domain.stages import APPLICATION_MACHINE
from sulku_console.metrics import METRICS
from sulku_desk.cli.output import EXIT_CODES
from sulku_desk.settings import Settings
from sulku_kernel.state_machine import StateMachine
from sulku_mailbox.domain.mail_json import mail_json_page
from sulku_revocation.domain.campaign_states import CAMPAIGN_STATES, LINE_STATES
from sulku_revocation.domain.explanation import explain_page
from sulku_revocation.domain.hold_states import HOLD_STATES
from sulku_revocation.domain.order_states import ORDER_STATES
from sulku_revocation.domain.request_states import REQUEST_STATES
from sulku_templates.catalogue import mails_page
from sulku_tickets.domain.ticket_states import ESCALATION_STATES, TICKET_STATES

MACHINES = (
    TICKET_STATES,
    ESCALATION_STATES,
    REQUEST_STATES,
    ORDER_STATES,
    CAMPAIGN_STATES,
    LINE_STATES,
    HOLD_STATES,
    APPLICATION_MACHINE,
)
NOTICE = "<!-- Made from the code by `python -m sulku_desk.generated_docs`; change the code, not this page. -->\n"


def states_page() -> str:
    """`docs/states.md`: each state machine as a diagram and a table."""
    parts = [NOTICE, "# States\n", "Every allowed step. Anything else is refused, for everybody.\n"]
    parts += [_machine(machine) for machine in MACHINES]
    return "\n".join(parts)


def _machine(machine: StateMachine) -> str:
    steps = [(state, verb, target) for state, verbs in machine.transitions.items() for verb, target in verbs.items()]
    moves = sorted({(a, b, verb) for a, verb, b in steps if a != b})
    lines = [f"## {machine.name.capitalize()}\n", "```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}: {verb}" for verb, state in machine.initial.items()]
    lines += [f"    {a} --> {b}: {verb}" for a, b, verb in moves]
    lines += [f"    {state} --> [*]" for state in sorted(machine.final)]
    lines += ["```\n", "| in the state | these change nothing but are recorded |", "| --- | --- |"]
    for state in machine.transitions:
        facts = sorted(verb for a, verb, b in steps if a == b == state)
        lines.append(f"| {state} | {', '.join(facts) or '–'} |")
    return "\n".join(lines) + "\n"


def metrics_page() -> str:
    """`docs/metrics.md`: what the web role counts for whoever watches the desk."""
    lines = [
        NOTICE,
        "# Metrics\n",
        "At `/metrics` of the web role, in the text format of Prometheus, of all nodes together. CAs stand there by",
        "the name that the settings give them; nothing of customers does. What to do when something is wrong says",
        "`/health/ready`, and `sulku doctor`.\n",
        "| metric | meaning |",
        "| --- | --- |",
    ]
    return "\n".join([*lines, *(f"| `{name}` | {meaning} |" for name, meaning in METRICS.items())]) + "\n"


def settings_page() -> str:
    """`docs/settings.md`: every setting, its default and its name in the environment."""
    lines = [
        NOTICE,
        "# Settings\n",
        "In `SULKU_HOME/sulku.toml`, or in the environment, which wins. A misspelt setting stops the start.\n",
        "| setting | environment | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name, field in _settings(Settings, ""):
        shown = "" if field.is_required() else _default(field.get_default(call_default_factory=True))
        lines.append(f"| `{name}` | `SULKU_{name.upper().replace('.', '__')}` | {shown} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def _settings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, f"{prefix}{name}.")
            continue
        yield prefix + name, field
        for inner in get_args(field.annotation):  # a table of sections by name
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _settings(inner, f"{prefix}{name}.NAME.")


def _default(value: Any) -> str:
    text = ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if value not in (None, "", (), {}) and text.strip("*") else "–"


def exit_codes_page() -> str:
    """`docs/exit-codes.md`: what a command's exit code means."""
    lines = [NOTICE, "# Exit codes\n", "| code | meaning |", "| --- | --- |", "| 0 | it was done |"]
    lines += [f"| {code} | {meaning} |" for _, code, meaning in sorted(EXIT_CODES, key=lambda row: row[1])]
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "explain.md": lambda: f"{NOTICE}\n{explain_page()}",
    "mails.md": lambda: f"{NOTICE}\n{mails_page()}",
    "mail-read.md": lambda: f"{NOTICE}\n{mail_json_page()}",
    "states.md": states_page,
    "metrics.md": metrics_page,
    "settings.md": settings_page,
    "exit-codes.md": exit_codes_page,
}


def write(folder: Path) -> None:
    """Write every page into `folder`."""
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    write(Path("docs"))
