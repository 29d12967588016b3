"""`sulku ca`: the certificate authorities that carry out orders. Nothing here revokes; `ca_key.py` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, counted, emit, exit_code, print_table, say, speaks_plainly
from sulku_kernel.serial_number import whole_octets

if TYPE_CHECKING:
    from sulku_desk.instance import Instance
    from sulku_revocation.ca.authorities import Authorities
    from sulku_revocation.domain.crl_health import Complaint

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


@app.command()
@speaks_plainly
def crl(
    campaign: Annotated[int, typer.Option(min=0, help="Say how long each list gets with so many more.")] = 0,
    json_: Json = False,
) -> None:
    """Print the issuers' lists as they were last seen, what is wrong with them, and what nobody here ordered."""
    from sulku_revocation.domain.crl_comparing import forecast_octets
    from sulku_revocation.domain.crl_health import complaints
    from sulku_revocation.watching import read_alarming, read_points

    with opened() as instance:
        now = instance.clock.now()
        oldest = timedelta(hours=instance.settings.publication.crl_age_hours)
        with instance.storage.desk.reading() as connection:
            points, alarming = read_points(connection), read_alarming(connection)
    found = [
        {
            **asdict(one),
            "octets_then": forecast_octets(one.octets, one.entries, campaign) if one.kind == "crl" else 0,
            "complaints": [_as_json(complaint) for complaint in complaints(one, now, oldest)],
        }
        for one in points
    ]
    emit({"points": found, "alarming": alarming}, as_json=json_, text=lambda: _print_points(found, alarming))


def _as_json(complaint: Complaint) -> dict[str, Any]:
    return {name: getattr(complaint, name) for name in ("is_urgent", "what", "next_step", "word")}


def _print_points(points: list[dict[str, Any]], alarming: list[dict[str, Any]]) -> None:
    columns = ("issuer", "url", "number", "this_update", "next_update", "entries", "octets", "octets_then")
    rows = [tuple(_shown_cell(one[name]) for name in columns) for one in points]
    print_table(columns, rows, empty="No list was looked at yet.", whole=("url",))
    for complaint in (complaint for one in points for complaint in one["complaints"]):
        say(f"{'FAULT' if complaint['is_urgent'] else 'soon '}  {complaint['what']}")
        say(f"       {complaint['next_step']}")
    for entry in alarming:
        what = "was not ordered here" if entry["origin"] == "foreign" else "was revoked here and is gone"
        say(f"FAULT  {whole_octets(entry['serial'])} of {entry['issuer']}: {what}")


@app.command()
@speaks_plainly
def known(
    serials: Annotated[list[str], typer.Argument(help="Serial numbers in hex, as `sulku ca crl` prints them.")],
    because: Annotated[str, typer.Option(help="What was found out, and from whom.")],
    json_: Json = False,
) -> None:
    """Say what was found out about entries of a CRL that alarm: they do no more. The history keeps it."""
    from sulku_revocation.watching import account_for

    with opened() as instance, acting(instance) as tx:
        count = account_for(tx, serials, because)
    sentence = counted(count, "One entry alarms no more.", "{n} entries alarm no more.")
    emit({"known": count}, as_json=json_, text=lambda: say(sentence))


def _shown_cell(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M}Z" if isinstance(value, datetime) else value


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
