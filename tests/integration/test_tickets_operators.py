"""Accounts, passwords and logging in: guessing is slow, nobody is locked out, nothing that was typed is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConflictError, InputError, NotAllowedError, NotFoundError
from sulku_kernel.events import event_payloads, read_events
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_tickets import operators, sessions
from sulku_tickets.models import operators as operator_table
from sulku_tickets.models import sessions as session_table
from sulku_tickets.operators import (
    ALARM_AT,
    FAILURES_PER_LOGIN_AND_PEER,
    FAILURES_PER_PEER,
    WINDOW,
    Operator,
    add_operator,
    authenticate,
    change_password,
    change_roles,
    disable_operator,
    find_operator,
    get_operator,
    list_operators,
)
from sulku_tickets.sessions import SessionKind, end_session, resolve_session, start_session, touch_session

PASSWORD = "neljä sanaa riittää hyvin"
INIT = Actor.desk("init")
ADMINISTRATOR = Actor.user("root", frozenset({"administrator"}))


class People:
    def __init__(self, storage: Storage, clock: SetClock) -> None:
        self.store, self.clock = storage.desk, clock

    def add(
        self, login="anna", roles=("operator",), password=PASSWORD, actor=INIT, email="anna@desk.example"
    ) -> Operator:
        with begin(self.store, self.clock, actor) as tx:
            return add_operator(tx, login=login, name="", email=email, password=password, roles=roles)

    def act(self, action, *given, actor=ADMINISTRATOR):
        with begin(self.store, self.clock, actor) as tx:
            return action(tx, *given)

    def log_in(self, password=PASSWORD, login="anna", peer="192.0.2.1") -> Operator:
        return authenticate(self.store, self.clock, login=login, password=password, peer=peer)

    def fail(self, times=1, login="anna", peer="192.0.2.1", words="login or password is wrong") -> None:
        for _ in range(times):
            with pytest.raises(NotAllowedError, match=words):
                self.log_in("wrong wrong wrong", login, peer)

    def session(self, operator: Operator, kind=SessionKind.WEB, **given) -> str:
        with begin(self.store, self.clock, operator.actor) as tx:
            return start_session(tx, operator, kind, **given)

    def who(self, token: str) -> Actor | None:
        with self.store.reading() as connection:
            return resolve_session(connection, token, self.clock.now())

    def touch(self, token: str) -> None:
        with self.store.writing() as connection:
            touch_session(connection, token, self.clock.now())

    def actions(self) -> list[str]:
        with self.store.reading() as connection:
            return [event.action for event in read_events(connection)]


@pytest.fixture
def everywhere(storage: Storage, clock: SetClock) -> People:
    return People(storage, clock)


@pytest.fixture
def people(sqlite_storage: Storage, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> People:
    """On SQLite, with a quick hash: what is tested is what is done with it."""
    from argon2 import PasswordHasher

    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(operators, "_hasher", quick)
    monkeypatch.setattr(operators, "_NOBODY", quick.hash("nobody"))
    return People(sqlite_storage, clock)


def test_from_the_first_account_to_its_end(everywhere: People) -> None:
    anna = everywhere.add("Anna ", roles=["approver", "operator"])
    assert (anna.login, anna.roles, anna.name) == ("anna", {"operator", "approver"}, "anna")
    everywhere.fail()
    assert everywhere.log_in(login=" ANNA").actor == Actor.user("anna", frozenset({"operator", "approver"}))
    token = everywhere.session(anna)
    assert everywhere.who(token) == anna.actor
    everywhere.act(change_roles, "anna", ["auditor"])
    assert everywhere.who(token) is None
    everywhere.act(disable_operator, "anna")
    everywhere.fail(words="login or password is wrong")
    with pytest.raises(NotAllowedError):
        everywhere.log_in()
    assert everywhere.actions() == [
        "ADD_OPERATOR", "LOGIN_FAILED", "LOGIN", "START_SESSION", "CHANGE_ROLES", "DISABLE_OPERATOR", "LOGIN_FAILED",
        "LOGIN_FAILED",
    ]  # fmt: skip


def test_the_last_administrator_stays(everywhere: People) -> None:
    """Whoever is the last one could shut everybody out for ever, by mistake or out of anger."""
    everywhere.add("anna", roles=["administrator", "operator"])
    for act in (lambda tx: disable_operator(tx, "anna"), lambda tx: change_roles(tx, "anna", ["operator"])):
        with pytest.raises(NotAllowedError, match="the last administrator"):
            everywhere.act(act)
    everywhere.act(change_roles, "anna", ["administrator"])
    everywhere.add("berit", roles=["administrator"])
    everywhere.act(disable_operator, "anna")
    with pytest.raises(NotAllowedError, match="the last administrator"):
        everywhere.act(disable_operator, "berit")


def test_what_no_database_can_compare_is_only_a_wrong_login(everywhere: People) -> None:
    everywhere.add()
    for odd in ("an\0na", "\ud800", "x" * 5000, "", "anna\n192.0.2.1"):
        with pytest.raises(NotAllowedError, match="login or password is wrong"):
            everywhere.log_in("pass\0word \ud800", odd, peer="192.0.2.9\0")


def test_a_password_is_kept_as_an_argon2id_hash_and_nothing_typed_is_kept(everywhere: People) -> None:
    everywhere.add()
    with pytest.raises(NotAllowedError):
        everywhere.log_in(login="my secret password")
    with everywhere.store.reading() as connection:
        (kept,) = connection.execute(sa.select(operator_table.c.password_hash)).scalars()
        told = " ".join(connection.execute(sa.select(event_payloads.c.payload)).scalars())
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in told
    assert "my secret password" not in told


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": "short"}, "12 to 1024 characters"),
        ({"password": "x" * 1025}, "12 to 1024 characters"),
        ({"password": "anna12345678"}, "built on the login"),
        ({"password": "ababababababab"}, "repeats a few characters"),
        ({"password": "pass\ud800word is long"}, "not valid text"),
        ({"login": "an na"}, "a login is"),
        ({"login": "user:anna"}, "a login is"),
        ({"login": ""}, "a login is"),
        ({"email": "anna"}, "is not an email address"),
        ({"roles": ["king"]}, "'king' is no role"),
        ({"roles": []}, "needs a role"),
    ],
)
def test_an_account_that_would_be_weak_or_wrong_is_not_made(people: People, given: dict, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        people.add(**given)
    assert refused.value.next_step
    assert people.actions() == []


def test_a_login_is_taken_once(people: People) -> None:
    people.add()
    with pytest.raises(ConflictError):
        people.add("ANNA")


def test_only_an_administrator_keeps_accounts(people: People) -> None:
    people.add()
    olli = Actor.user("olli", frozenset({"operator", "supervisor"}))
    for action in (lambda tx: change_roles(tx, "anna", ["administrator"]), lambda tx: disable_operator(tx, "anna"),
                   lambda tx: change_password(tx, "anna", PASSWORD)):  # fmt: skip
        with pytest.raises(NotAllowedError):
            people.act(action, actor=olli)
    with pytest.raises(NotAllowedError):
        people.add("eve", actor=Actor("link:16"))
    people.act(change_password, "anna", "toiset neljä sanaa tähän", actor=Actor.user("anna", frozenset({"operator"})))
    assert people.log_in("toiset neljä sanaa tähän").login == "anna"


def test_who_is_not_there_is_not_found(people: People) -> None:
    people.add()
    with people.store.reading() as connection:
        assert find_operator(connection, "nobody\0") is None
        with pytest.raises(NotFoundError):
            get_operator(connection, "nobody")
        assert [operator.login for operator in list_operators(connection)] == ["anna"]


def test_a_wrong_login_a_wrong_password_and_a_closed_account_get_one_answer(people: People) -> None:
    people.add()
    people.add("closed", email="c@desk.example")
    people.act(disable_operator, "closed")
    answers = set()
    for login, password in (("nobody", PASSWORD), ("anna", "wrong wrong wrong"), ("closed", PASSWORD)):
        with pytest.raises(NotAllowedError) as refused:
            people.log_in(password, login)
        answers.add((str(refused.value), refused.value.next_step))
    assert len(answers) == 1


def test_guessing_one_login_from_one_place_is_slowed_down(people: People) -> None:
    people.add()
    people.fail(FAILURES_PER_LOGIN_AND_PEER)
    with pytest.raises(NotAllowedError, match="too many failed attempts"):
        people.log_in()
    people.clock.advance(WINDOW + timedelta(seconds=1))
    assert people.log_in().login == "anna"


def test_guessing_elsewhere_keeps_nobody_out(people: People) -> None:
    people.add()
    for place in range(40):
        people.fail(FAILURES_PER_LOGIN_AND_PEER, peer=f"198.51.100.{place}")
    assert people.log_in(peer="192.0.2.1").login == "anna"


def test_guessing_many_logins_from_one_place_is_slowed_down(people: People) -> None:
    people.add()
    for number in range(FAILURES_PER_PEER):
        people.fail(login=f"login{number}")
    with pytest.raises(NotAllowedError, match="too many"):
        people.log_in()
    assert people.log_in(peer="192.0.2.2").login == "anna"


def test_a_right_password_forgets_the_wrong_ones_before(people: People) -> None:
    people.add()
    for _ in range(3):
        people.fail(FAILURES_PER_LOGIN_AND_PEER - 1)
        people.log_in()


def test_many_failures_on_one_login_are_an_alarm_once(people: People) -> None:
    people.add()
    for number in range(ALARM_AT + 10):
        people.fail(peer=f"198.51.100.{number}")
    assert people.actions().count("LOGIN_ALARM") == 1
    people.clock.advance(WINDOW + timedelta(seconds=1))
    for number in range(ALARM_AT):
        people.fail(peer=f"203.0.113.{number}")
    assert people.actions().count("LOGIN_ALARM") == 2


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_ends_when_idle(people: People) -> None:
    token = people.session(people.add())
    people.clock.advance(timedelta(minutes=29))
    people.touch(token)
    people.clock.advance(timedelta(minutes=29))
    assert people.who(token) is not None
    people.clock.advance(timedelta(minutes=1))
    assert people.who(token) is None


def test_a_session_ends_when_its_time_is_up_however_busy(people: People) -> None:
    token = people.session(people.add())
    for _ in range(47):
        people.clock.advance(timedelta(minutes=15))
        people.touch(token)
        assert people.who(token) is not None
    people.clock.advance(timedelta(minutes=15))
    assert people.who(token) is None


def test_the_command_line_may_rest_longer(people: People) -> None:
    token = people.session(people.add(), SessionKind.CLI)
    people.clock.advance(timedelta(hours=3, minutes=59))
    assert people.who(token) is not None
    people.clock.advance(timedelta(minutes=1))
    assert people.who(token) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda tx: change_roles(tx, "anna", ["operator"]),
        lambda tx: change_password(tx, "anna", "toiset neljä sanaa tähän"),
        lambda tx: disable_operator(tx, "anna"),
    ],
)
def test_a_change_of_the_account_ends_its_sessions_and_no_others(people: People, change) -> None:
    token = people.session(people.add())
    other = people.session(people.add("olli", email="o@desk.example"))
    people.act(change)
    assert people.who(token) is None
    assert people.who(other) is not None


def test_a_login_always_makes_a_new_token_and_ends_the_one_before_it(people: People) -> None:
    anna = people.add()
    planted = people.session(anna)
    token = people.session(anna, replaces=planted)
    assert token != planted
    assert people.who(planted) is None
    assert people.who(token) is not None


def test_logging_out_ends_it_and_twice_is_no_fault(people: People) -> None:
    anna = people.add()
    token = people.session(anna)
    for _ in range(2):
        people.act(end_session, token, actor=anna.actor)
    assert people.who(token) is None
    assert people.actions().count("END_SESSION") == 1


def test_whoever_reads_the_table_can_take_over_nobodys_session(people: People) -> None:
    token = people.session(people.add())
    with people.store.reading() as connection:
        (row,) = connection.execute(sa.select(session_table)).mappings()
    assert token not in str(dict(row))
    assert people.who(row["token_hash"]) is None
    for nonsense in ("", "\0", "\ud800", token[:-1], token + "A"):
        assert people.who(nonsense) is None
    assert sessions.LIMITS[SessionKind.WEB].absolute == timedelta(hours=12)
