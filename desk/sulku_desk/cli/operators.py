"""`sulku login`, `logout`, `whoami` and `sulku user`: who works here, and who may."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, emit, print_table, say, speaks_plainly
from sulku_desk.cli.passwords import PasswordFile, choose_password, read_password

user = typer.Typer(no_args_is_help=True, help="The people who work here.")

Login = Annotated[str, typer.Argument(help="Login of the person.")]
Roles = Annotated[
    list[str], typer.Option("--role", help="operator, approver, supervisor, administrator or auditor; repeat for more.")
]


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.command("login")(login)
    app.command("logout")(logout)
    app.command("whoami")(whoami)
    app.add_typer(user, name="user")


@speaks_plainly
def login(login: Login, password_file: PasswordFile = None, json_: Json = False) -> None:
    """Log in at this command line; what you do is done in your name until you log out."""
    from sulku_desk.login import log_in

    password = read_password(password_file)
    with opened() as instance:
        operator = log_in(instance, login, password)
    data = {"login": operator.login, "roles": sorted(operator.roles)}
    emit(data, as_json=json_, text=lambda: say(f"Logged in as {operator.login} ({', '.join(data['roles'])})."))


@speaks_plainly
def logout(json_: Json = False) -> None:
    """End the session of this command line."""
    from sulku_desk.login import log_out

    with opened() as instance:
        log_out(instance)
    emit({"logged_in": False}, as_json=json_, text=lambda: say("Logged out."))


@speaks_plainly
def whoami(json_: Json = False) -> None:
    """Say who is logged in here."""
    from sulku_desk.login import logged_in

    with opened() as instance:
        actor = logged_in(instance)
    data = {"login": actor.name.removeprefix("user:"), "roles": sorted(actor.roles)}
    emit(data, as_json=json_, text=lambda: say(f"{data['login']} ({', '.join(data['roles'])})"))


@user.command("add")
@speaks_plainly
def add(
    login: Login,
    roles: Roles,
    email: Annotated[str, typer.Option(help="Email address.")],
    name: Annotated[str, typer.Option(help="Name.")] = "",
    phone: Annotated[str, typer.Option(help="Phone number.")] = "",
    password_file: PasswordFile = None,
    json_: Json = False,
) -> None:
    """Make an account."""
    from sulku_tickets.operators import add_operator

    password, is_made_here = choose_password(password_file)
    with opened() as instance, acting(instance) as tx:
        operator = add_operator(tx, login=login, name=name, email=email, phone=phone, password=password, roles=roles)
    data: dict[str, Any] = {"login": operator.login, "roles": sorted(operator.roles)}
    data["password"] = password if is_made_here else None

    def text() -> None:
        say(f"{operator.login} may log in ({', '.join(data['roles'])}).")
        if is_made_here:
            say(f"Password (shown only now): {password}")

    emit(data, as_json=json_, text=text)


@user.command("list")
@speaks_plainly
def list_(json_: Json = False) -> None:
    """List the accounts."""
    from sulku_desk.login import logged_in
    from sulku_tickets.operators import list_operators

    with opened() as instance:
        logged_in(instance)
        with instance.storage.desk.reading() as connection:
            found = list_operators(connection)
    rows = [(o.login, o.name, o.email, ", ".join(sorted(o.roles)), "disabled" if o.disabled_at else "") for o in found]
    data = [
        {"login": o.login, "name": o.name, "email": o.email, "roles": sorted(o.roles), "disabled_at": o.disabled_at}
        for o in found
    ]
    emit(
        data,
        as_json=json_,
        text=lambda: print_table(("login", "name", "email", "roles", ""), rows, empty="There are no accounts."),
    )


@user.command("roles")
@speaks_plainly
def roles_(login: Login, roles: Roles, json_: Json = False) -> None:
    """Give other roles; the person's sessions end."""
    from sulku_tickets.operators import change_roles

    with opened() as instance, acting(instance) as tx:
        change_roles(tx, login, roles)
    emit({"login": login, "roles": sorted(roles)}, as_json=json_, text=lambda: say(f"{login}: {', '.join(roles)}."))


@user.command("password")
@speaks_plainly
def password_(login: Login, password_file: PasswordFile = None, json_: Json = False) -> None:
    """Set another password, your own or (as administrator) somebody else's; the person's sessions end."""
    from sulku_tickets.operators import change_password

    password, is_made_here = choose_password(password_file)
    with opened() as instance, acting(instance) as tx:
        change_password(tx, login, password)
    data = {"login": login, "password": password if is_made_here else None}
    emit(data, as_json=json_, text=lambda: say(f"Changed.{f' Password: {password}' if is_made_here else ''}"))


@user.command("disable")
@speaks_plainly
def disable(login: Login, json_: Json = False) -> None:
    """Let somebody in no more."""
    from sulku_tickets.operators import disable_operator

    with opened() as instance, acting(instance) as tx:
        disable_operator(tx, login)
    emit({"login": login, "disabled": True}, as_json=json_, text=lambda: say(f"{login} is disabled."))
