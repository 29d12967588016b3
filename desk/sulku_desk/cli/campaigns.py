"""`sulku campaign`: mass revocation: list, freeze, dry run, decide, approve, waves, report (docs/campaigns.md)."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, counted, emit, err, print_table, say, speaks_plainly
from sulku_desk.cli.times import read_time
from sulku_kernel.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

    from sulku_revocation.campaign_listing import Listed

app = typer.Typer(no_args_is_help=True, help="Campaigns: revoke many certificates, decided once.")

Id = Annotated[int, typer.Argument(metavar="ID", min=1, help="The campaign's number, like 7 of C26-000007.")]
Because = Annotated[str, typer.Option("--because", help="Why, in a sentence; it is kept.")]

_SHOWN = 20


@app.command("new")
@speaks_plainly
def new(
    name: Annotated[str, typer.Argument(help="What it is about, in a few words.")],
    drill: Annotated[bool, typer.Option("--drill", help="Only practise: nothing is ordered, nobody is told.")] = False,
    ticket: Annotated[str, typer.Option(help="The ticket it serves: alarms page there.")] = "",
    began: Annotated[str, typer.Option(help="Since when something is wrong (with an offset).")] = "",
    identified: Annotated[str, typer.Option(help="Since when we know.")] = "",
    due: Annotated[str, typer.Option(help="By when all must be revoked; holders read it.")] = "",
    ocsp_per_mille: Annotated[int, typer.Option(help="Of how many in a thousand OCSP is asked too.")] = 10,
    quiet: Annotated[bool, typer.Option("--no-notice-before", help="Tell holders only afterwards.")] = False,
    json_: Json = False,
) -> None:
    """Begin a campaign with an empty list."""
    from sulku_revocation.campaigns import NewCampaign, create_campaign
    from sulku_tickets.domain.ticket_number import parse_ticket_number

    given = NewCampaign(
        name=name,
        is_drill=drill,
        ticket_id=parse_ticket_number(ticket) if ticket else None,
        began_at=read_time(began),
        identified_at=read_time(identified),
        due_at=read_time(due),
        ocsp_per_mille=ocsp_per_mille,
        is_told_before=not quiet,
    )
    with opened() as instance, acting(instance) as tx:
        campaign = create_campaign(tx, given)
    sentence = f"Campaign {campaign['id']} has an empty list. Next: sulku campaign add {campaign['id']} …"
    emit({"id": campaign["id"]}, as_json=json_, text=lambda: say(sentence))


@app.command()
@speaks_plainly
def add(
    id_: Id,
    files: Annotated[list[Path] | None, typer.Argument(help="Serial numbers, CSV, JSON or certificates.")] = None,
    issuer: Annotated[int | None, typer.Option(help="The issuer's id: sulku register list.")] = None,
    type_: Annotated[str, typer.Option("--type", help="server, system_signature, …")] = "",
    organisation: Annotated[str, typer.Option(help="The holder's name.")] = "",
    issued_from: Annotated[str, typer.Option(help="Validity begins at or after this time.")] = "",
    issued_until: Annotated[str, typer.Option(help="Validity begins before this time.")] = "",
    key: Annotated[str, typer.Option(help="SHA-256 of the public key (SPKI): all certificates with it.")] = "",
    json_: Json = False,
) -> None:
    """Put certificates on the list: from files, by criteria, or by key. Every line that names none is shown."""
    from sulku_desk.login import logged_in
    from sulku_revocation.block_list import read_spki
    from sulku_revocation.campaign_listing import Criteria, Lister
    from sulku_revocation.domain.record import CertificateType

    if type_ and type_ not in set(CertificateType):
        raise InputError(f"there is no type {type_!r}", next_step=f"There are {', '.join(CertificateType)}.")
    kind = CertificateType(type_) if type_ else None
    criteria = Criteria(issuer, kind, organisation, read_time(issued_from), read_time(issued_until))
    found: list[Listed] = []
    with opened() as instance, _counting() as progress:
        lister = Lister(instance.storage.desk, instance.clock, logged_in(instance), id_, progress)
        found += [lister.from_file(path.name, _read(path)) for path in files or ()]
        if key:
            found.append(lister.by_key(read_spki(key)))
        if not criteria.is_empty or not found:
            found.append(lister.by_criteria(criteria))
    data = [asdict(one) for one in found]
    emit(data, as_json=json_, text=lambda: _print_listed(found))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", next_step="Check the name of the file.") from None


def _print_listed(found: list[Listed]) -> None:
    for one in found:
        say(f"{one.added} added ({one.left_out} of them revoked or expired already), {one.known} were there before.")
        for place, text, why in one.unmatched or ():
            say(f"Names no certificate: {place}: {text!r}: {why}")


@app.command("freeze")
@speaks_plainly
def freeze_(id_: Id, json_: Json = False) -> None:
    """Close the list and take its hash. Nothing can be added any more."""
    from sulku_revocation.campaigns import freeze

    with opened() as instance, acting(instance) as tx:
        campaign = freeze(tx, id_)
    frozen = counted(campaign["total"], "One certificate is frozen.", "{n} certificates are frozen.")
    sentence = f"{frozen} SHA-256 of the list: {campaign['list_hash']}"
    emit({"total": campaign["total"], "list_hash": campaign["list_hash"]}, as_json=json_, text=lambda: say(sentence))


@app.command("plan")
@speaks_plainly
def plan_(
    id_: Id,
    order: Annotated[str, typer.Option(help="replaced_first, by_customer or by_deadline.")] = "replaced_first",
    waves: Annotated[str, typer.Option(help="Sizes of the waves, like 100,1000; the last takes the rest.")] = "",
    stepwise: Annotated[bool, typer.Option("--stepwise", help="Pause after each wave.")] = False,
    per_minute: Annotated[int, typer.Option(help="Orders a minute to a CA; its issuers share; 0: no limit.")] = 0,
    json_: Json = False,
) -> None:
    """Choose in which order, in which waves and how fast the list goes out."""
    from sulku_revocation.campaigns import Plan, plan
    from sulku_revocation.domain.campaign_rules import WaveOrder

    if order not in set(WaveOrder):
        raise InputError(f"there is no order {order!r}", next_step=f"There are {', '.join(WaveOrder)}.")
    if not all(size.strip().isdecimal() for size in waves.split(",") if waves):
        raise InputError("the sizes of waves are whole numbers", next_step="Give them like 100,1000.")
    sizes = tuple(int(size) for size in waves.split(",") if waves)
    with opened() as instance, acting(instance) as tx:
        campaign = plan(tx, id_, Plan(WaveOrder(order), sizes, is_stepwise=stepwise, per_minute=per_minute))
    sentence = f"Waves: {', '.join(map(str, campaign['waves']))}."
    emit({"waves": campaign["waves"]}, as_json=json_, text=lambda: say(sentence))


@app.command("dry-run")
@speaks_plainly
def dry_run_(id_: Id, json_: Json = False) -> None:
    """Show what would happen, in numbers. Nothing is sent and nothing changes."""
    from sulku_desk.cli.campaign_text import print_dry_run
    from sulku_revocation.campaign_dry_run import dry_run

    with opened() as instance, instance.storage.desk.reading() as connection:
        campaign = get_row(connection, id_)
        found = dry_run(connection, campaign, instance.clock.now())
    emit(asdict(found), as_json=json_, text=lambda: print_dry_run(campaign, found))


@app.command("decide")
@speaks_plainly
def decide_(
    id_: Id,
    reason: Annotated[str, typer.Option(help="keyCompromise, superseded, … or its number: for the whole list.")],
    because: Because,
    invalidity: Annotated[str, typer.Option(help="Since when the keys are compromised.")] = "",
    json_: Json = False,
) -> None:
    """Decide the one reason for the frozen list. Another person approves."""
    from sulku_desk.cli.campaign_text import read_reason
    from sulku_revocation.campaigns import decide_campaign

    with opened() as instance, acting(instance) as tx:
        campaign = decide_campaign(
            tx, id_, reason=read_reason(reason), because=because, invalidity_at=read_time(invalidity)
        )
    sentence = (
        f"Decided. Another person looks at it and approves it: sulku campaign approve {id_}"
        f" --hash {campaign['approval_digest'][-8:]}"
    )
    emit({"approval_digest": campaign["approval_digest"]}, as_json=json_, text=lambda: say(sentence))


@app.command("approve")
@speaks_plainly
def approve_(
    id_: Id,
    hash_: Annotated[str, typer.Option("--hash", help="The last 8 characters of the approval's hash, as shown.")],
    count: Annotated[int, typer.Option("--count", help="How many certificates are revoked, as the dry run says.")],
    json_: Json = False,
) -> None:
    """Approve the list and its reason, once for all of it. Revoking begins; it cannot be taken back."""
    from sulku_revocation.campaigns import approve_campaign

    with opened() as instance, acting(instance) as tx:
        campaign = get_row(tx.connection, id_)
        shown = campaign["approval_digest"] or ""
        if len(hash_) < 8 or not shown.endswith(hash_.lower()) or count != sum(campaign["waves"]):
            raise InputError(
                "what was typed is not the end of the hash and the number of certificates",
                next_step=f"Look at both: sulku campaign show {id_}.",
            )
        campaign = approve_campaign(tx, id_, shown_digest=shown)
    said = "The drill is done: nothing was ordered." if campaign["is_drill"] else "Approved: revoking has begun."
    emit({"state": campaign["state"]}, as_json=json_, text=lambda: say(said))


@app.command("list")
@speaks_plainly
def list_(json_: Json = False) -> None:
    """Every campaign, newest first, and when the last drill was."""
    from sulku_revocation.campaign_report import last_drill
    from sulku_revocation.campaigns import list_campaigns

    with opened() as instance, instance.storage.desk.reading() as connection:
        rows, drilled = list_campaigns(connection), last_drill(connection)
    shown = [(row["id"], row["state"], "drill" if row["is_drill"] else "", row["total"], row["name"]) for row in rows]

    def text() -> None:
        columns = ("id", "state", "", "certificates", "name")
        print_table(columns, shown, empty="There are no campaigns.", whole=("id", "state", "certificates"))
        say(f"Last drill: {drilled:%Y-%m-%d}." if drilled else "There was no drill yet; one is due each year.")

    emit({"campaigns": rows, "last_drill": drilled}, as_json=json_, text=text)


@app.command()
@speaks_plainly
def show(id_: Id, json_: Json = False) -> None:
    """How far a campaign is, who decided, and what must be typed to approve it."""
    from sulku_desk.cli.campaign_text import print_campaign
    from sulku_revocation.campaign_report import progress

    with opened() as instance, instance.storage.desk.reading() as connection:
        campaign = get_row(connection, id_)
        found = progress(connection, campaign)
    data = {**campaign, "certificates": {state.value: count for state, count in found.counts.items()}}
    emit(data, as_json=json_, text=lambda: print_campaign(campaign, found))


@app.command()
@speaks_plainly
def lines(
    id_: Id,
    state: Annotated[str, typer.Option(help="Only lines in this state, like REFUSED.")] = "",
    json_: Json = False,
) -> None:
    """What became of each certificate, as CSV (or JSON lines)."""
    from sulku_desk.cli.campaign_text import write_lines
    from sulku_revocation.campaign_report import lines_of
    from sulku_revocation.campaign_results import COLUMNS
    from sulku_revocation.domain.campaign_states import LineState

    if state and state.upper() not in set(LineState):
        raise InputError(f"there is no state {state!r}", next_step=f"There are {', '.join(LineState)}.")
    wanted = LineState(state.upper()) if state else None
    with opened() as instance, instance.storage.desk.reading() as connection:
        get_row(connection, id_)
        found = lines_of(connection, id_, state=wanted)
        write_lines(COLUMNS, found, as_json=json_)


@app.command("report")
@speaks_plainly
def report_(
    id_: Id,
    incident: Annotated[bool, typer.Option("--incident", help="Markdown for the CCADB's incident report.")] = False,
    json_: Json = False,
) -> None:
    """The final report; of a drill with the mails that would have gone out."""
    from sulku_desk.cli.campaign_text import print_report
    from sulku_desk.drill_mails import rendered_notices
    from sulku_revocation.campaign_plan import count_replaced
    from sulku_revocation.campaign_report import incident_report, report

    with opened() as instance, instance.storage.desk.reading() as connection:
        campaign = get_row(connection, id_)
        if incident:
            sys.stdout.write(incident_report(connection, campaign))
            return
        replaced = count_replaced(connection, id_, instance.clock.now())
        found = {**report(connection, campaign), "replaced": replaced}
        if campaign["is_drill"]:
            found["notices_rendered"] = rendered_notices(instance, connection, campaign)
    emit(found, as_json=json_, text=lambda: print_report(found))


def get_row(connection: sa.Connection, id_: int) -> dict[str, Any]:
    """The campaign. Raises NotFoundError."""
    from sulku_revocation.campaigns import get_campaign

    campaign = get_campaign(connection, id_)
    if campaign is None:
        raise NotFoundError(f"there is no campaign {id_}", next_step="See them all: sulku campaign list.")
    return campaign


@contextmanager
def _counting() -> Iterator[Callable[[Listed], None]]:
    """How many are listed so far, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with err.status("listing …") as status:
        yield lambda listed: status.update(f"{listed.added:,} listed")
