"""`sulku ticket`: everything an operator does at a terminal. Who does it is who has logged in."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, counted, emit, print_table, say, speaks_plainly
from sulku_desk.cli.times import EXAMPLE, FORMATS
from sulku_kernel.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Tickets: look, answer, confirm, decide.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Ticket number, like S26-000123 or 123.")]
Because = Annotated[str, typer.Option("--because", help="Why, in a sentence; it is kept.")]

DIGEST_DIGITS = 64
_WHO_IS_TOLD = "the requester is told, and whoever had been told a date."


@app.command("list")
@speaks_plainly
def list_(
    urgency: Annotated[list[str] | None, typer.Option(help="Only P0, P1, P2 or P3; repeat for more.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only this state; repeat for more.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only those that you have claimed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
    json_: Json = False,
) -> None:
    """The queue: what falls due first stands first."""
    from sulku_desk.cli.ticket_text import queue_rows
    from sulku_desk.login import logged_in
    from sulku_tickets.ticket_queue import OPEN_STATES, QueueFilters, queue

    with opened() as instance:
        actor = logged_in(instance)
        filters = QueueFilters(
            states=[one.upper() for one in state] if state else OPEN_STATES,
            urgencies=[one.upper() for one in urgency] if urgency else None,
            assignee=actor.name.removeprefix("user:") if mine else None,
            limit=limit,
        )
        with instance.storage.desk.reading() as connection:
            rows = [dict(row) for row in queue(connection, filters)]
        now = instance.clock.now()
    emit(
        rows,
        as_json=json_,
        text=lambda: print_table(
            ("number", "urgency", "due", "state", "from", "subject", "assignee"),
            queue_rows(rows, now),
            empty="Nothing waits.",
            whole=("number", "urgency", "due", "assignee"),
        ),
    )


@app.command()
@speaks_plainly
def show(
    number: Number,
    all_: Annotated[bool, typer.Option("--all", help="Every mail in full, and the whole history.")] = False,
    json_: Json = False,
) -> None:
    """A ticket: what to do next, certificates with what to look out for, whom to call, mails, and what happened."""
    from sulku_console.ticket_view import read_ticket
    from sulku_desk.cli.ticket_page import print_ticket
    from sulku_desk.cli.ticket_text import ticket_data
    from sulku_desk.login import logged_in
    from sulku_desk.web import make_parts

    with opened() as instance:
        actor = logged_in(instance)
        with instance.storage.desk.reading() as connection:
            data = ticket_data(connection, _id(number), instance.clock.now())
        view = read_ticket(make_parts(instance), _id(number), actor)
    emit(data, as_json=json_, text=lambda: print_ticket(data, view, in_full=all_))


@app.command()
@speaks_plainly
def claim(number: Number, json_: Json = False) -> None:
    """Take the ticket; its pages end."""
    from sulku_tickets import actions

    with opened() as instance, acting(instance) as tx:
        row = actions.claim(tx, _id(number))
    _done(row, json_, f"{row['number']} is yours.")


@app.command()
@speaks_plainly
def acknowledge(number: Number, json_: Json = False) -> None:
    """Say "I have it" without taking the ticket; its pages end."""
    from sulku_tickets import actions

    with opened() as instance, acting(instance) as tx:
        quiet = actions.acknowledge_page(tx, _id(number))
    emit({"acknowledged": quiet}, as_json=json_, text=lambda: say("It is quiet." if quiet else "Nothing was paging."))


@app.command()
@speaks_plainly
def reply(
    number: Number,
    text: Annotated[str, typer.Option("--text", help="The answer; without it, standard input is read.")] = "",
    to: Annotated[str | None, typer.Option(help="Another recipient than the requester.")] = None,
    preliminary_report: Annotated[
        bool,
        typer.Option(
            "--preliminary-report",
            help="It is the report due within 24 hours; its clock stops when holder and requester both have one.",
        ),
    ] = False,
    ask: Annotated[bool, typer.Option("--ask", help="The ticket then waits for an answer.")] = False,
    json_: Json = False,
) -> None:
    """Write to the requester; the mail goes out at once."""
    from sulku_revocation.reporting import untold
    from sulku_tickets import actions

    body = text or _standard_input("the answer", "--text")
    with opened() as instance, acting(instance) as tx:
        row = actions.reply(tx, _id(number), body, to=to, preliminary_report=preliminary_report, ask=ask)
        others = untold(tx, row["id"], besides=[to or row["requester"]]) if preliminary_report else []
    _done(row, json_, "The answer is in the outbox.")
    if not json_:
        for address in others:
            say(f"Its clock runs on until {address} gets a report too: --preliminary-report --to {address}")


@app.command()
@speaks_plainly
def note(
    number: Number,
    text: Annotated[str, typer.Argument(help="What only the desk sees; without it, standard input is read.")] = "",
    json_: Json = False,
) -> None:
    """Write something down that only the desk sees."""
    from sulku_tickets import actions

    body = text or _standard_input("the note", "the text")
    with opened() as instance, acting(instance) as tx:
        row = actions.note(tx, _id(number), body)
    _done(row, json_, "Noted.")


@app.command()
@speaks_plainly
def evidence(
    number: Number,
    kind: Annotated[str, typer.Argument(help="callback (number on file), passphrase or other.")],
    note: Annotated[str, typer.Option(help="Who was reached, at which number on file, what came of it.")],
    failed: Annotated[bool, typer.Option("--failed", help="It did not confirm the requester.")] = False,
    json_: Json = False,
) -> None:
    """Record how the requester was confirmed, or that it failed."""
    from sulku_tickets import actions

    with opened() as instance, acting(instance) as tx:
        row = actions.record_evidence(tx, _id(number), kind, note, confirmed=not failed)
    _done(row, json_, f"Recorded. Assurance: {row['assurance']}.")


@app.command()
@speaks_plainly
def match(
    number: Number,
    because: Because,
    add: Annotated[
        list[str] | None, typer.Option(help="A certificate that is meant: serial number, fingerprint or id:….")
    ] = None,
    drop: Annotated[list[int] | None, typer.Option(help="A request (its number) that is not meant.")] = None,
    json_: Json = False,
) -> None:
    """Correct which certificates the ticket is about."""
    from sulku_revocation.naming import certificate_named
    from sulku_revocation.register import DatabaseRegister
    from sulku_revocation.requests import correct_match

    if not add and not drop:
        raise InputError("nothing to correct", next_step="Give --add SERIAL or --drop REQUEST.")
    with opened() as instance, acting(instance) as tx:
        register = DatabaseRegister(tx.connection)
        wanted = [certificate_named(register, text).id for text in add or ()]
        rows = correct_match(tx, _id(number), register=register, because=because, add=wanted, drop=drop or ())
    emit(rows, as_json=json_, text=lambda: say(f"{len(rows)} added, {len(drop or ())} dropped."))


@app.command()
@speaks_plainly
def decide(
    number: Number,
    because: Because,
    fact: Annotated[
        list[str] | None,
        typer.Option(help="What was established; the reason follows. Repeat for more; sulku ticket facts lists them."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            help="Instead: keyCompromise, affiliationChanged, superseded, cessationOfOperation, unspecified; 1 3 4 5 0."
        ),
    ] = None,
    request: Annotated[list[int] | None, typer.Option(help="Only this request; repeat for more.")] = None,
    compromised_since: Annotated[
        datetime | None, typer.Option(formats=FORMATS, metavar=EXAMPLE, help="Since when, with an offset.")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(formats=FORMATS, metavar=EXAMPLE, help="Order it then, with an offset; default as asked."),
    ] = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="Do not wait for the time that was asked for.")] = False,
    json_: Json = False,
) -> None:
    """Decide that certificates are to be revoked. Another person then approves."""
    from sulku_desk.revocation_policy import load_revocation_policy
    from sulku_revocation.decisions import decide as decide_

    with opened() as instance, acting(instance) as tx:
        rows = decide_(
            tx,
            _id(number),
            reason=None if reason is None else _reason(reason),
            facts=fact or (),
            because=because,
            requests=request,
            invalidity_at=compromised_since,
            wanted_at=at,
            at_once=at_once,
            policy=load_revocation_policy(instance.settings),
        )
    emit(
        rows,
        as_json=json_,
        text=lambda: _say_decided(rows, number),
    )


def _say_decided(rows: list[dict[str, Any]], number: str) -> None:
    from sulku_revocation.domain.reason_code import ReasonCode
    from sulku_revocation.domain.reason_wizard import choose_reason

    if rows[0]["facts"]:
        choice = choose_reason(rows[0]["facts"].split())
        hours = int(choice.within.total_seconds() // 3600)
        say(f"{choice.ground.sentence} {choice.ground.rule}: within {hours} hours.")
    say(f"{len(rows)} decided: {ReasonCode(rows[0]['reason']).rfc_name}.")
    say(f"Next: somebody else approves: sulku ticket approve {number}")


@app.command()
@speaks_plainly
def facts(json_: Json = False) -> None:
    """The facts that are a ground for a revocation, the rule and reason that follow, and how long that leaves."""
    from sulku_revocation.domain.reason_wizard import GROUNDS

    found = [
        {
            "fact": ground.fact,
            "rule": ground.rule,
            "reason": ground.reason.rfc_name,
            "hours": int(ground.within.total_seconds() // 3600),
            "for_the_ca_only": ground.is_ours,
            "sentence": ground.sentence,
        }
        for ground in GROUNDS.values()
    ]
    rows = [
        (one["fact"], one["reason"], one["hours"], f"({ground.clause})", one["sentence"])
        for one, ground in zip(found, GROUNDS.values(), strict=True)
    ]
    columns = ("fact", "reason", "hours", "TLS BR 4.9.1.1", "what was established")
    emit(found, as_json=json_, text=lambda: print_table(columns, rows, empty="", whole=("fact", "reason")))


@app.command("update-reason")
@speaks_plainly
def update_reason(
    number: Number,
    because: Because,
    certificate: Annotated[list[str], typer.Option(help="A revoked certificate: serial number, fingerprint or id:….")],
    compromised_since: Annotated[
        datetime | None, typer.Option(formats=FORMATS, metavar=EXAMPLE, help="Since when, with an offset.")
    ] = None,
    json_: Json = False,
) -> None:
    """Change the reason of a revocation to keyCompromise, its key being known to be so now. Another person approves."""
    from sulku_desk.revocation_policy import load_revocation_policy
    from sulku_revocation.naming import certificate_named
    from sulku_revocation.reason_update import decide_updates
    from sulku_revocation.register import DatabaseRegister

    with opened() as instance, acting(instance) as tx:
        register = DatabaseRegister(tx.connection)
        rows = decide_updates(
            tx,
            _id(number),
            [certificate_named(register, text) for text in certificate],
            because=because,
            register=register,
            invalidity_at=compromised_since,
            policy=load_revocation_policy(instance.settings),
        )
    emit(rows, as_json=json_, text=lambda: _say_decided(rows, number))


@app.command()
@speaks_plainly
def approve(
    number: Number,
    digest: Annotated[
        str, typer.Option("--list", help="Digest of the list you looked at (sulku ticket show prints it).")
    ] = "",
    break_glass: Annotated[
        str | None, typer.Option("--break-glass", help="Approve your own decision alone, with this reason; it pages.")
    ] = None,
    json_: Json = False,
) -> None:
    """Approve exactly the list that was shown; the orders go to the CA at once, or when their time comes."""
    from sulku_desk.revocation_policy import load_revocation_policy
    from sulku_desk.wiring import on_call_pager
    from sulku_revocation.decisions import approve as approve_

    given = _whole(digest) if digest else ""
    with opened() as instance:
        shown = given or _look_and_confirm(instance, _id(number))
        with acting(instance) as tx:
            orders = approve_(
                tx,
                _id(number),
                shown_digest=shown,
                break_glass_reason=break_glass,
                page=on_call_pager(instance),
                policy=load_revocation_policy(instance.settings),
            )
    emit(orders, as_json=json_, text=lambda: say(_what_goes(len(orders))))


def _what_goes(orders: int) -> str:
    if not orders:
        return "Approved. It goes to the CA when its time comes, and can be withdrawn until then."
    return counted(orders, "One order goes to the CA.", "{n} orders go to the CA.")


@app.command()
@speaks_plainly
def reject(number: Number, because: Because, json_: Json = False) -> None:
    """Revoke nothing; the requester reads why."""
    from sulku_revocation.decisions import reject as reject_

    with opened() as instance, acting(instance) as tx:
        rows = reject_(tx, _id(number), because=because)
    emit(rows, as_json=json_, text=lambda: say(f"{len(rows)} rejected; {_WHO_IS_TOLD}"))


@app.command()
@speaks_plainly
def withdraw(number: Number, because: Because, json_: Json = False) -> None:
    """The requester took it back in time, or an order that waits for somebody at the CA is not to be carried out."""
    from sulku_revocation.decisions import withdraw as withdraw_

    with opened() as instance, acting(instance) as tx:
        rows = withdraw_(tx, _id(number), because=because)
    emit(rows, as_json=json_, text=lambda: say(f"{len(rows)} withdrawn; {_WHO_IS_TOLD}"))


@app.command()
@speaks_plainly
def close(number: Number, because: Because, json_: Json = False) -> None:
    """Close the ticket; refused while something on it waits for a decision or for the CA."""
    from sulku_revocation.requests import undecided
    from sulku_tickets import actions

    with opened() as instance, acting(instance) as tx:
        row = actions.close(tx, _id(number), because=because, undecided=undecided)
    _done(row, json_, f"{row['number']} is closed.")


@app.command()
@speaks_plainly
def reopen(number: Number, because: Because, json_: Json = False) -> None:
    """Open a closed ticket again."""
    from sulku_revocation.requests import all_revoked
    from sulku_tickets import actions

    with opened() as instance, acting(instance) as tx:
        row = actions.reopen(tx, _id(number), because=because, all_done=all_revoked)
    _done(row, json_, f"{row['number']} is open again.")


def _id(number: str) -> int:
    from sulku_tickets.domain.ticket_number import parse_ticket_number

    return parse_ticket_number(number)


def _reason(text: str) -> int:
    from sulku_revocation.decisions import as_reason
    from sulku_revocation.domain.reason_code import ReasonCode

    if text.isdecimal():
        return as_reason(int(text))
    try:
        return ReasonCode.from_rfc_name(text)
    except ValueError:
        names = ", ".join(code.rfc_name for code in ReasonCode)
        hold = "certificateHold is never written: there is no un-revoke" if text == "certificateHold" else ""
        raise InputError(
            hold or f"{text!r} is no reason this desk revokes for", next_step=f"Choose from {names}."
        ) from None


def _whole(digest: str) -> str:
    """A digest by its beginning names no list: another one may begin alike. Raises InputError."""
    if len(digest) != DIGEST_DIGITS:
        raise InputError(
            f"{digest!r} is not the whole digest of a list",
            next_step=f"Copy all {DIGEST_DIGITS} characters that sulku ticket show prints, after looking at the list.",
        )
    return digest.lower()


def _look_and_confirm(instance: Any, ticket_id: int) -> str:
    """Show the list on a terminal and have its serial tails typed; elsewhere the digest must be given."""
    from sulku_desk.cli.ticket_page import print_certificates
    from sulku_desk.cli.ticket_text import ticket_data

    with instance.storage.desk.reading() as connection:
        data = ticket_data(connection, ticket_id, instance.clock.now())
    if not data["list_digest"]:
        raise InputError(
            "nothing on this ticket waits for approval", next_step="Somebody decides first: sulku ticket decide."
        )
    if not sys.stdin.isatty():
        raise InputError(
            "an approval names the list that was looked at",
            next_step="Look at it with sulku ticket show, compare it with the request, and give --list DIGEST.",
        )
    print_certificates(data["certificates"])
    _confirm_all([entry for entry in data["certificates"] if entry["state"] == "DECIDED"])
    return str(data["list_digest"])


def _confirm_all(decided: list[dict[str, Any]]) -> None:
    """The end of each serial number, or of a long list how many they are, as in the console."""
    from sulku_console.confirming import MOST_TYPED
    from sulku_console.shown_text import shown_line

    if len(decided) > MOST_TYPED:
        if typer.prompt("How many certificates are these, after looking at them").strip() != str(len(decided)):
            raise InputError("that is not their number", next_step="Count them, and compare the list with the request.")
        return
    for entry in decided:
        typed = typer.prompt(f"Last eight digits of {shown_line(entry['common_name'])}")
        if typed.replace(" ", "").lower() != entry["serial_tail"].replace(" ", ""):
            raise InputError("that is not its serial number", next_step="Compare the list with the request.")


def _standard_input(what: str, option: str) -> str:
    if sys.stdin.isatty():
        raise InputError(f"{what} is missing", next_step=f"Give {option}, or write it to standard input.")
    return sys.stdin.read()


def _done(row: dict[str, Any], json_: bool, sentence: str) -> None:
    emit(row, as_json=json_, text=lambda: say(sentence))
