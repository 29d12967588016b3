"""`sulku campaign` while one is under way: pause, resume, cancel, hold, release, watch."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sulku_desk.cli.campaigns import Because, Id, app, get_row
from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import counted, err, say, speaks_plainly
from sulku_desk.cli.times import read_time
from sulku_kernel.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import sqlalchemy as sa

    from sulku_revocation.campaign_report import Progress

__all__ = ["app"]  # with its commands of both files

Serials = Annotated[list[str] | None, typer.Option("--serial", help="A serial number on the list; repeat for more.")]
HolderOf = Annotated[str, typer.Option("--holder-of", help="All of the holder of this certificate (serial number).")]

LOOK_EVERY_SECONDS = 1.0


@app.command("pause")
@speaks_plainly
def pause_(id_: Id, because: Because) -> None:
    """Send nothing more to the CA. What was sent goes its way."""
    from sulku_revocation.campaigns import pause

    with opened() as instance, acting(instance) as tx:
        pause(tx, id_, because=because)
    say("Paused.")


@app.command("resume")
@speaks_plainly
def resume_(id_: Id, per_minute: Annotated[int | None, typer.Option(help="Another pace; 0: no limit.")] = None) -> None:
    """Go on after a pause or with the next wave."""
    from sulku_revocation.campaigns import resume

    with opened() as instance, acting(instance) as tx:
        resume(tx, id_, per_minute=per_minute)
    say("Revoking goes on.")


@app.command("cancel")
@speaks_plainly
def cancel_(id_: Id, because: Because) -> None:
    """End a campaign that is not running. What was revoked stays revoked."""
    from sulku_revocation.campaigns import cancel

    with opened() as instance, acting(instance) as tx:
        cancel(tx, id_, because=because)
    say("Cancelled. What was sent to the CA cannot be taken back.")


@app.command("hold")
@speaks_plainly
def hold_(
    id_: Id,
    authority: Annotated[str, typer.Option(help="Whose order it is: a court, an authority.")],
    reference: Annotated[str, typer.Option(help="Its number or date.")],
    until: Annotated[str, typer.Option(help="When it ends (with an offset).")],
    serial: Serials = None,
    holder_of: HolderOf = "",
    because: Annotated[str, typer.Option(help="What the order itself does not tell, for the history.")] = "",
) -> None:
    """Take certificates out while an authority forbids to revoke them."""
    from sulku_revocation.campaigns import LegalHold, hold

    at = read_time(until)
    if at is None:
        raise InputError("a legal hold has an end", next_step="Give --until.")
    with opened() as instance, acting(instance) as tx:
        lines, account_id = _meant(tx.connection, id_, serial, holder_of)
        order = LegalHold(authority, reference, at)
        count = hold(tx, id_, order, lines=lines, account_id=account_id, because=because)
    until_ = f"until {at.isoformat()}."
    say(counted(count, f"One certificate is held {until_}", f"{{n}} certificates are held {until_}"))


@app.command("release")
@speaks_plainly
def release_(id_: Id, because: Because, serial: Serials = None, holder_of: HolderOf = "") -> None:
    """End a legal hold before its time."""
    from sulku_revocation.campaigns import release

    with opened() as instance, acting(instance) as tx:
        lines, account_id = _meant(tx.connection, id_, serial, holder_of)
        count = release(tx, id_, because=because, lines=lines, account_id=account_id)
    say(counted(count, "One certificate goes out with the others.", "{n} certificates go out with the others."))


@app.command()
@speaks_plainly
def receipt(
    id_: Id,
    holder_of: HolderOf,
    folder: Annotated[Path, typer.Option(help="Where to put it.")] = Path(),
    language: Annotated[str | None, typer.Option(help="fi, sv or en; without it the holder's.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Mail it to the holder's contacts instead.")] = False,
) -> None:
    """Write a holder's receipt: every certificate of theirs that was seen revoked, with the signed CRL (PDF)."""
    from sulku_desk.campaign_receipt_making import make_campaign_receipt
    from sulku_desk.cli.receipts import read_language
    from sulku_desk.login import logged_in
    from sulku_revocation.campaign_notices import send_receipt
    from sulku_revocation.campaign_report import holder_named

    chosen = read_language(language)
    with opened() as instance:
        logged_in(instance)
        with instance.storage.desk.reading() as connection:
            account_id = holder_named(connection, id_, holder_of)
        if not send:
            say(str(make_campaign_receipt(instance, id_, account_id, chosen).write_to(folder)))
            return
        with acting(instance) as tx:
            count = send_receipt(tx, id_, account_id)
    say(counted(count, "It goes to one contact.", "It goes to {n} contacts."))


@app.command()
@speaks_plainly
def watch(id_: Id) -> None:
    """Follow a campaign with a bar until it has ended or is paused."""
    from sulku_revocation.campaign_report import progress
    from sulku_revocation.domain.campaign_states import CampaignState

    with opened() as instance, _bar(id_) as moved:
        while True:
            with instance.storage.desk.reading() as connection:
                campaign = get_row(connection, id_)
                found = progress(connection, campaign)
            moved(found)
            if campaign["state"] != CampaignState.RUNNING:
                break
            threading.Event().wait(LOOK_EVERY_SECONDS)
    say(f"{campaign['state'].lower()}: {found.ended} of {found.going} have ended.")


def _meant(
    connection: sa.Connection, id_: int, serials: list[str] | None, holder_of: str
) -> tuple[list[int], int | None]:
    """Lines by serial number, or a holder. Raises NotFoundError."""
    from sulku_revocation.campaign_report import holder_named, line_named

    if holder_of:
        return [], holder_named(connection, id_, holder_of)
    return [line_named(connection, id_, text)["id"] for text in serials or []], None


@contextmanager
def _bar(id_: int) -> Iterator[Callable[[Progress], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=err) as bar:
        task = bar.add_task(f"campaign {id_}", total=None)

        def moved(found: Progress) -> None:
            wave = f"campaign {id_}, wave {found.wave} of {found.waves}"
            bar.update(task, completed=found.ended, total=found.going, description=wave)

        yield moved
