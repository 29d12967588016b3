"""The register keeps certificates whole, wherever they came from, and only what is octet for octet the one on file."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.certificates import issue, make_ca, pem
from tests.story.decisions_world import World
from tests.story.desk import Desk
from tests.story.test_register_in_step import of_its_own_numbers, sync

from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.certificate_documents import find_document
from sulku_revocation.certificate_sources import Source
from sulku_revocation.models import certificate_documents, certificates
from sulku_revocation.register_import import ImportReport, import_certificates
from sulku_revocation.register_sync import OnFile

CA = make_ca()
FIRST, SECOND = issue(CA, 0x0A01), issue(CA, 0x0A02, key_name="other")
LIST = f'issuer,serial_hex\n"{CA.rfc4514}",a01\n'.encode()


@pytest.fixture
def world(storage: Storage, clock: SetClock) -> World:
    return of_its_own_numbers(World(storage, clock))


def enter(world: World, name: str, data: bytes) -> ImportReport:
    with begin(world.store, world.clock, Actor.desk("register")) as tx:
        return import_certificates(tx, [Source(name, data)])


def kept(world: World, serial: str) -> bytes | None:
    (row,) = world.rows(certificates, certificates.c.serial == serial)
    with world.store.reading() as connection:
        return find_document(connection, row["id"])


def test_an_import_keeps_each_certificate_and_completes_what_only_a_list_knew(world: World) -> None:
    enter(world, "certificates.csv", LIST)
    assert kept(world, "a01") is None
    assert enter(world, "a.pem", pem(FIRST, SECOND)).updated == 1
    assert (kept(world, "a01"), kept(world, "a02")) == (FIRST, SECOND)
    enter(world, "again.pem", pem(FIRST))
    assert kept(world, "a01") == FIRST


def test_a_take_over_completes_what_was_known_by_its_digest_alone(world: World) -> None:
    sync(world, CA.der, FIRST)
    with world.store.writing() as connection:
        connection.execute(certificate_documents.delete())
    assert sync(world, CA.der, FIRST, SECOND).new == 1
    assert (kept(world, "a01"), kept(world, "a02")) == (FIRST, SECOND)


def test_of_a_ca_that_lists_numbers_only_the_missing_certificates_are_fetched(world: World) -> None:
    sync(world, CA.der, FIRST)
    numbers = [SerialNumber(0x0A01), SerialNumber(0x0A02)]
    on_file = OnFile(world.store, lambda issuer: issuer.name == CA.rfc4514)
    assert list(on_file.lacking(numbers)) == [0x0A02]
    assert on_file.passed_over == 1
    of_another = OnFile(world.store, lambda issuer: issuer.name != CA.rfc4514)
    assert list(of_another.lacking(numbers)) == numbers  # the same number of another CA's issuer is another certificate


def test_a_certificate_that_comes_with_a_mail_is_kept_when_it_is_the_one_on_file(desk: Desk) -> None:
    mine, other = (desk.certificate(organisation, "kanta").der for organisation in (0, 1))
    forget_all(desk)
    send(desk, "kanta.cer", mine)
    assert all_kept(desk) == [mine]
    send(desk, "kanta.pem", pem(other))
    assert sorted(all_kept(desk)) == sorted([mine, other])


def test_a_forged_certificate_with_the_number_of_one_on_file_is_not_kept(desk: Desk) -> None:
    real = desk.certificate(0, "kanta").der
    forget_all(desk)
    forged = bytearray(real)
    forged[-1] ^= 1  # its signature: everything that it says is the same
    send(desk, "kanta.cer", bytes(forged))
    assert desk.tickets()
    assert all_kept(desk) == []


def send(desk: Desk, name: str, content: bytes) -> None:
    contact = desk.organisations[0].contacts[0].email
    mail = desk.write(contact, "Please revoke", f"Please revoke the attached certificate ({name}).")
    mail.add_attachment(content, maintype="application", subtype="pkix-cert", filename=name)
    desk.receive(mail)


def forget_all(desk: Desk) -> None:
    with desk.instance.storage.desk.writing() as connection:
        connection.execute(certificate_documents.delete())


def all_kept(desk: Desk) -> list[bytes]:
    with desk.instance.storage.desk.reading() as connection:
        return list(connection.execute(sa.select(certificate_documents.c.der)).scalars())
