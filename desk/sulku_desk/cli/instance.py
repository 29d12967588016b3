"""`sulku init`, `migrate`, `serve` and `demo`: the instance as a whole."""

from __future__ import annotations

import socket
import sys
import threading
from typing import Annotated, Any

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, say, speaks_plainly
from sulku_desk.cli.passwords import PasswordFile, choose_password


def add_to(app: typer.Typer) -> None:
    """Register these commands at the top level."""
    app.command("init")(init)
    app.command("migrate")(migrate)
    app.command("serve")(serve)
    app.command("demo")(demo)


@speaks_plainly
def init(
    login: Annotated[str, typer.Option(help="Login of the first administrator.")] = "admin",
    name: Annotated[str, typer.Option(help="The administrator's name.")] = "",
    email: Annotated[str, typer.Option(help="The administrator's address; on-call pages go there at first.")] = "",
    password_file: PasswordFile = None,
    json_: Json = False,
) -> None:
    """Make an instance in SULKU_HOME: folders, keys, database, on-call policy, and the first administrator.

    Safe to repeat: what is there already stays as it is. The administrator is logged in at this command line.
    """
    from sulku_desk.first_administrator import make_first_administrator
    from sulku_desk.instance import make_instance, open_instance
    from sulku_desk.settings import load_settings
    from sulku_revocation.key_sealing import PRIVATE_FILE

    settings = load_settings()
    make_instance(settings)
    instance = open_instance(settings)
    try:
        email = email or _ask(
            "Email address", f"root@{socket.getfqdn() if '.' in socket.getfqdn() else 'localhost.localdomain'}"
        )
        made = make_first_administrator(
            instance, login=login, name=name, email=email, choose_password=lambda: choose_password(password_file)
        )
    finally:
        instance.close()

    recovery = settings.recovery_folder / PRIVATE_FILE

    def text() -> None:
        say(f"The instance is in {settings.home}.")
        if recovery.exists():
            say(f"Private keys that come in mails are sealed. Only {recovery} opens them: keep it elsewhere, not here.")
        if made is None:
            say("An administrator exists already; nothing about people was changed.")
            return
        say(f"Administrator {made.login} was made and is logged in here.")
        if made.shown_password:
            say(f"Password (shown only now): {made.shown_password}")
        say(f"On-call pages go to {made.email}: change that in {settings.on_call_file}.")
        say("Next: sulku register import …, sulku accounts import …, sulku user add …, sulku serve")

    data: dict[str, Any] = {"home": str(settings.home), "administrator": None}
    if made is not None:
        data["administrator"] = {"login": made.login, "email": made.email, "password": made.shown_password or None}
    emit(data, as_json=json_, text=text)


def _ask(what: str, default: str) -> str:
    return str(typer.prompt(what, default=default)) if sys.stdin.isatty() else default


@speaks_plainly
def migrate(json_: Json = False) -> None:
    """Bring both stores to the schema version of this program. Stop the desk first."""
    from sulku_desk import migrate as migrations
    from sulku_desk.settings import load_settings
    from sulku_kernel.storage import open_storage

    settings = load_settings()
    storage = open_storage(settings.database, settings.home)
    try:
        migrations.upgrade(storage)
        versions = {store.name: migrations.current(store) for store in (storage.inbox, storage.desk)}
    finally:
        storage.close()
    emit(versions, as_json=json_, text=lambda: say(", ".join(f"{k}: version {v}" for k, v in versions.items())))


@speaks_plainly
def serve(
    roles: Annotated[str, typer.Option(help="Only these roles, with commas; otherwise all.")] = "",
) -> None:
    """Run the desk: every role as a process of its own, restarted when it dies. Ctrl-C stops all."""
    from sulku_desk.before_start import check_before_start
    from sulku_desk.log import configure_logging
    from sulku_desk.serve import Supervisor, choose_roles, stop_on_signals

    with opened() as instance:
        settings = instance.settings
        chosen = choose_roles(roles, has_embedded_ca=settings.ca.adapter == "local")
        check_before_start(instance, chosen)
    configure_logging("serve")
    stop = threading.Event()
    stop_on_signals(stop)
    say(f"Running {', '.join(chosen)}. Console: {settings.web.base_url}   Ctrl-C stops.")
    Supervisor(settings, chosen).run(stop)


@speaks_plainly
def demo(
    once: Annotated[bool, typer.Option("--once", help="Play the mails, print what came of them, and stop.")] = False,
    json_: Json = False,
) -> None:
    """Show the whole desk on this machine: a CA, three hundred certificates, a dozen mails, and a console."""
    from sulku_desk.demo.show import run_demo

    run_demo(once=once, as_json=json_)
