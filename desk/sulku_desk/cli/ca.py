"""`sulku ca`: the certificate authorities that carry out orders. Nothing here revokes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, exit_code, print_table, say, speaks_plainly

if TYPE_CHECKING:
    from sulku_desk.instance import Instance
    from sulku_revocation.ca.authorities import Authorities

app = typer.Typer(no_args_is_help=True, help="The certificate authorities that carry out orders.")


@contextmanager
def _authorities() -> Iterator[tuple[Instance, Authorities]]:
    from sulku_desk.authorities import make_authorities
    from sulku_revocation.bounded_http import HttpFetch

    with opened() as instance:
        fetch = HttpFetch()
        authorities = make_authorities(instance.settings, instance.clock, fetch)
        try:
            yield instance, authorities
        finally:
            authorities.close()
            fetch.close()


@app.command("list")
@speaks_plainly
def list_(json_: Json = False) -> None:
    """Print every CA of the settings and the issuers on file that go to it."""
    from sulku_desk.ca_trial import served_by
    from sulku_revocation.register import DatabaseRegister

    with _authorities() as (instance, authorities):
        with instance.storage.desk.reading() as connection:
            issuers = DatabaseRegister(connection).issuers()
        found = [
            {
                "name": one.name,
                "adapter": one.adapter,
                "url": one.url,
                "kind": {True: "test", False: "production", None: "both"}[one.is_test],
                "issuers": [issuer.name for issuer in served_by(issuers, authorities, one)],
            }
            for one in authorities.all
        ]
    rows = [(one["name"], one["adapter"], one["url"], one["kind"], len(one["issuers"])) for one in found]
    emit(
        found,
        as_json=json_,
        text=lambda: print_table(("name", "adapter", "url", "for", "issuers on file"), rows, empty="No CA."),
    )


@app.command("test")
@speaks_plainly
def try_(
    name: Annotated[str, typer.Argument(help="A name that `sulku ca list` prints.")] = "default",
    json_: Json = False,
) -> None:
    """Try a CA without revoking: settings, credential, the status of a certificate on file. The exit code says why."""
    from sulku_desk.ca_trial import capabilities_of, try_authority

    with _authorities() as (instance, authorities):
        steps = try_authority(instance.storage.desk, authorities, name)
        can = capabilities_of(authorities.open(name)) if steps[0].error is None else None
    error = next((step.error for step in steps if step.error is not None), None)

    def text() -> None:
        for step in steps:
            say(f"{'FAULT' if step.error else 'well'}  {step.what}: {step.said}")
            if step.error and step.error.next_step:
                say(f"       {step.error.next_step}")
        if can is not None:
            say("can    " + ", ".join(f"{word} {_shown(value)}" for word, value in can.items()))

    shown = [
        {
            "what": one.what,
            "ok": one.error is None,
            "said": one.said,
            "next_step": one.error.next_step if one.error else "",
        }
        for one in steps
    ]
    emit({"name": name, "ok": error is None, "steps": shown, "capabilities": can}, as_json=json_, text=text)
    if error is not None:
        raise typer.Exit(exit_code(error))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
