"""The command line: `sulku --help`. One file per group of commands; each loads what it needs when it is called."""

from __future__ import annotations

import typer

from sulku_desk.cli import (
    accounts,
    applications,
    audit,
    backup,
    ca_key,
    campaigns_under_way,
    doctor,
    explain,
    forms,
    holds,
    instance,
    keys,
    mail,
    operators,
    policy,
    receipts,
    register,
    tickets,
)

app = typer.Typer(
    name="sulku",
    help="The 24/7 revocation and support desk of a certificate authority.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
instance.add_to(app)
backup.add_to(app)
doctor.add_to(app)
operators.add_to(app)
explain.add_to(app)
holds.add_to(tickets.app)
app.add_typer(tickets.app, name="ticket")
app.add_typer(mail.app, name="mail")
app.add_typer(register.app, name="register")
app.add_typer(accounts.app, name="accounts")
app.add_typer(forms.app, name="forms")
app.add_typer(applications.app, name="application")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(policy.app, name="policy")
app.add_typer(ca_key.app, name="ca")
app.add_typer(receipts.app, name="receipt")
app.add_typer(campaigns_under_way.app, name="campaign")


def main() -> None:
    """The entry point of the `sulku` command."""
    app()
