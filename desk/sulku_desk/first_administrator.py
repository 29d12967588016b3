"""The first administrator of a new instance, who also stands first in the on-call policy until somebody changes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from sulku_desk.instance import Instance
from sulku_desk.login import open_session
from sulku_desk.on_call_file import TEMPLATE
from sulku_kernel.actor import Actor
from sulku_kernel.transaction import begin
from sulku_tickets.domain.roles import Role
from sulku_tickets.on_call import load_policy, parse_policy
from sulku_tickets.operators import add_operator, list_operators


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who was made. `shown_password` is empty unless the password was made here."""

    login: str
    email: str
    shown_password: str


def make_first_administrator(
    instance: Instance, *, login: str, name: str, email: str, choose_password: Callable[[], tuple[str, bool]]
) -> FirstAdministrator | None:
    """Make the account, log it in here and write the on-call policy; None when an administrator exists already.

    Raises InputError for an address, login or password that cannot be used; nothing was made then.
    """
    with instance.storage.desk.reading() as connection:
        if any(Role.ADMINISTRATOR in one.roles for one in list_operators(connection)):
            write_on_call(instance, name or login, email)
            return None
    password, is_made_here = choose_password()
    with begin(instance.storage.desk, instance.clock, Actor.desk("init")) as tx:
        operator = add_operator(
            tx, login=login, name=name, email=email, password=password, roles=[Role.ADMINISTRATOR.value]
        )
    write_on_call(instance, operator.name, operator.email)
    open_session(instance, operator)
    return FirstAdministrator(operator.login, operator.email, password if is_made_here else "")


def write_on_call(instance: Instance, name: str, email: str) -> None:
    """An on-call policy that pages this person, where there is none. One that exists is only checked."""
    file = instance.settings.on_call_file
    if file.exists():
        load_policy(file)
        return
    text = TEMPLATE.format(name=json.dumps(name, ensure_ascii=False), email=json.dumps(email), language='"fi"')
    parse_policy(text, str(file))
    file.write_text(text, encoding="utf-8")
