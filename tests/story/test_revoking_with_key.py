"""Where the desk's account may not revoke, a person brings the certificate's own key: to a real ACME server, by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.certificates import key
from tests.contract.cas.acme_pebble import PebbleCase, on_file
from tests.servers.acme_client import AcmeClient
from tests.story.decisions_world import APPROVER, OPERATOR
from tests.story.test_revoking_at_real_cas import WorldAtRealCa
from tests.unit.proof_material import key as unlike_key
from typer.testing import CliRunner, Result

from sulku_desk import authorities
from sulku_desk.cli import app, ca_key
from sulku_kernel.actor import Actor
from sulku_kernel.errors import InputError, NotAllowedError
from sulku_kernel.events import event_payloads, events
from sulku_kernel.storage import Storage
from sulku_revocation import models
from sulku_revocation.ca.authority import NotSupported
from sulku_revocation.certificate_documents import find_document
from sulku_revocation.domain.spki import spki_of
from sulku_revocation.key_revoking import read_private_key, revoke_by_key
from sulku_revocation.models import certificate_documents
from sulku_revocation.register import DatabaseRegister

SECOND = timedelta(seconds=1)
ADMINISTRATOR = Actor.user("hallinta", frozenset({"administrator"}))
THE_KEY = key("lost one")


class WorldOfAnotherAccount(WorldAtRealCa):
    """Certificate 1 was ordered by another account than the desk's, for a key that got lost."""

    def __init__(self, storage: Storage, case: PebbleCase, folder: Path, stack: ExitStack) -> None:
        super().__init__(storage, case, stack)
        stranger = AcmeClient(case.url, case.server.trusted)
        stack.callback(stranger.close)
        self.real = case.open(account_key=stranger.write_key(folder / "stranger.pem"))
        stack.callback(self.real.close)
        self.serial = case.issue_for(THE_KEY)
        der = on_file(case.folder, self.serial)
        with self.store.writing() as connection:
            here = models.certificates.c.id == 1
            values = {"serial": self.serial.hex, "spki": spki_of(THE_KEY.public_key())}
            connection.execute(models.certificates.update().where(here).values(values))
            connection.execute(certificate_documents.insert().values(certificate_id=1, der=der))
            assert find_document(connection, 1) == der

    def bring(self, private: PrivateKeyTypes, actor: Actor = ADMINISTRATOR, id_: int = 1, because: str = "Sovittu."):
        with self.store.reading() as connection:
            certificate = DatabaseRegister(connection).certificate(id_)
        assert certificate is not None
        return revoke_by_key(self.store, self.clock, actor, lambda _: self.real, certificate, private, because=because)

    def payloads(self, action: str) -> list[dict[str, Any]]:
        query = sa.select(event_payloads.c.payload).join(events, events.c.seq == event_payloads.c.seq)
        with self.store.reading() as connection:
            return [json.loads(one) for one in connection.execute(query.where(events.c.action == action)).scalars()]


@pytest.fixture
def world(opened, sqlite_storage: Storage, tmp_path: Path) -> Iterator[WorldOfAnotherAccount]:
    with ExitStack() as stack:
        yield WorldOfAnotherAccount(sqlite_storage, opened["acme-pebble"], tmp_path, stack)


def test_an_order_that_the_account_may_not_carry_out_waits_pages_once_and_goes_on_by_the_key(
    world: WorldOfAnotherAccount,
) -> None:
    ticket_id = world.ordered(1)
    world.run(150 * SECOND)
    assert (world.states(ticket_id), world.alarms(ticket_id)) == (["ORDERED"], ["ca_wants_key"])
    assert world.given_up == []
    assert world.case.held(world.serial) is None
    world.bring(THE_KEY, because="Haltija toi avaimen.")
    assert world.case.held(world.serial) is not None
    assert world.states(ticket_id) == ["ACCEPTED"]
    (used,) = world.payloads("USE_KEY")
    assert used == {"because": ["Haltija toi avaimen."], "spki": spki_of(THE_KEY.public_key())}
    world.run(150 * SECOND)
    assert world.evidence(world.orders(ticket_id)[0]["id"]) == {"ocsp"}, "Pebble makes no CRL"
    assert world.alarms(ticket_id) == ["ca_wants_key"]
    assert world.audit_faults() == []


def test_nothing_is_sent_without_an_approved_order_the_right_key_the_role_and_a_reason(
    world: WorldOfAnotherAccount,
) -> None:
    with pytest.raises(NotAllowedError, match="no approved order"):
        world.bring(THE_KEY)
    world.ordered(1)
    with pytest.raises(NotAllowedError, match="no approved order"):
        world.bring(THE_KEY)  # stored, and not sent yet: the account may be let
    world.run()
    for private in (key("somebody else's"), unlike_key("rsa")):
        with pytest.raises(InputError, match="not the private key"):
            world.bring(private)
    for actor in (OPERATOR, APPROVER, Actor.desk("dispatcher")):
        with pytest.raises(NotAllowedError):
            world.bring(THE_KEY, actor)
    with pytest.raises(InputError):
        world.bring(THE_KEY, because=" ")
    assert world.case.held(world.serial) is None
    assert world.payloads("USE_KEY") == []


def test_a_ca_that_takes_no_such_revocation_says_so_before_anything_is_recorded(world: WorldOfAnotherAccount) -> None:
    world.ordered(1)
    world.run()
    world.real = world.authority  # remembers orders and takes no keys
    with pytest.raises(NotSupported):
        world.bring(THE_KEY)
    assert world.payloads("USE_KEY") == []


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_the_key_is_read_from_a_file_of_either_form(encoding: Encoding) -> None:
    read = read_private_key(THE_KEY.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption()))
    assert spki_of(read.public_key()) == spki_of(THE_KEY.public_key())


@pytest.mark.parametrize(
    "content", [b"", b"hidden-word", b"-----BEGIN PRIVATE KEY-----\nhidden-word\n-----END PRIVATE KEY-----"]
)
def test_a_file_that_is_none_is_refused_and_nothing_of_it_told(content: bytes) -> None:
    with pytest.raises(InputError) as refused:
        read_private_key(content)
    assert "hidden-word" not in str(refused.value) + refused.value.next_step + repr(refused.value.__cause__)


# --- by command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def command(world: WorldOfAnotherAccount, monkeypatch: pytest.MonkeyPatch):
    """`sulku ca revoke-with-key` on the world's database and CA, with its administrator logged in."""

    class Opened:
        settings, clock = None, world.clock

        class storage:  # noqa: N801  as the instance names it
            desk = world.store

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    class AllAtPebble:
        def for_issuer(self, _: object):
            return world.real

        def close(self) -> None:
            pass

    monkeypatch.setattr(ca_key, "opened", Opened)
    monkeypatch.setattr(authorities, "make_authorities", lambda *_: AllAtPebble())
    monkeypatch.setattr("sulku_desk.login.logged_in", lambda _: ADMINISTRATOR)

    def run(file: Path, *more: str) -> Result:
        return CliRunner().invoke(
            app, ["ca", "revoke-with-key", world.serial.hex, "--key", str(file), "--because", "Haltija toi sen.", *more]
        )

    return run


def test_the_command_takes_a_closed_key_file_and_tells_what_comes_now(
    world: WorldOfAnotherAccount, command, tmp_path: Path
) -> None:
    ticket_id = world.ordered(1)
    world.run()
    file = tmp_path / "leaked.key"
    file.write_bytes(THE_KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o644)
    assert command(file).exit_code == 7
    assert world.case.held(world.serial) is None
    file.chmod(0o600)
    done = command(file, "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"serial": world.serial.hex, "accepted": True})
    assert world.states(ticket_id) == ["ACCEPTED"]
    again = command(file)
    assert again.exit_code != 0
    assert "no approved order" in again.output
