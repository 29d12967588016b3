"""`sulku ticket hold`: while a court or another authority forbids it, certificates of a ticket are not revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, counted, emit, say, speaks_plainly
from sulku_desk.cli.times import EXAMPLE, FORMATS
from sulku_kernel.serial_number import whole_octets

Authority = Annotated[str, typer.Option(help="Who ordered it, as the order says.")]
Reference = Annotated[str, typer.Option(help="The order's own number.")]
Until = Annotated[datetime, typer.Option(formats=FORMATS, metavar=EXAMPLE, help="When it ends, with an offset.")]
Because = Annotated[str, typer.Option("--because", help="Why, in a sentence; it is kept.")]
Hold = Annotated[int, typer.Argument(metavar="HOLD", help="The hold's number (sulku ticket show).")]


@speaks_plainly
def hold(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Ticket number, like S26-000123 or 123.")],
    authority: Authority,
    reference: Reference,
    until: Until,
    because: Because,
    request: Annotated[list[int] | None, typer.Option(help="Only this request; repeat for more.")] = None,
    json_: Json = False,
) -> None:
    """Hold certificates: nothing about them is decided or ordered until the hold ends. On-call is reminded."""
    from sulku_revocation.legal_holds import HoldOrder, place_holds
    from sulku_tickets.domain.ticket_number import parse_ticket_number

    order = HoldOrder(authority, reference, until)
    with opened() as instance, acting(instance) as tx:
        holds = place_holds(tx, parse_ticket_number(number), order, because=because, requests=request)
    numbers = ", ".join(str(one["id"]) for one in holds)
    several = f"{{n}} certificates are held. Holds: {numbers}"
    sentence = counted(len(holds), f"One certificate is held. Hold: {numbers}", several)
    emit(holds, as_json=json_, text=lambda: say(sentence))


@speaks_plainly
def prolong(
    number: Hold, authority: Authority, reference: Reference, until: Until, because: Because, json_: Json = False
) -> None:
    """Give a hold the end that a later order names."""
    from sulku_revocation.legal_holds import HoldOrder, prolong_hold

    with opened() as instance, acting(instance) as tx:
        row = prolong_hold(tx, number, HoldOrder(authority, reference, until), because=because)
    emit(row, as_json=json_, text=lambda: say(f"It ends on {row['until']:%Y-%m-%d %H:%M} UTC."))


@speaks_plainly
def lift(number: Hold, because: Because, json_: Json = False) -> None:
    """End a hold that the authority took back."""
    from sulku_revocation.legal_holds import lift_hold

    with opened() as instance, acting(instance) as tx:
        row = lift_hold(tx, number, because=because)
    sentence = f"The hold on {whole_octets(row['serial'])} is lifted. Nothing is revoked by that."
    emit(row, as_json=json_, text=lambda: say(sentence))


def add_to(app: typer.Typer) -> None:
    """Put the commands among those of `sulku ticket`."""
    app.command()(hold)
    app.command("hold-prolong")(prolong)
    app.command("hold-lift")(lift)
