"""How long the register needs to find a certificate among a million: `python -m benchmarks.match`.

Fills a register on SQLite and on a private PostgreSQL through the rows that imports write, then asks it one question at
a time, each in a transaction of its own with a register of its own, as a worker asks for a mail that comes alone.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from tests.conftest import find_free_port
from tests.servers.postgresql import start_postgresql

import sulku_desk.tables  # noqa: F401  declares every table
from sulku_kernel.storage import Storage, create_all, open_storage
from sulku_revocation.domain.business_id import oid_of
from sulku_revocation.domain.folding import fold_organisation
from sulku_revocation.domain.record import CertificateType
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.register_entry import IssuerClaim, RegisterEntry
from sulku_revocation.domain.serials import read_serial
from sulku_revocation.models import accounts, certificate_names, certificates, issuers
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_rows import certificate_row, name_rows, store_grams

ISSUER = IssuerClaim("CN=Care CA for Service Providers,O=Care CA,C=FI", "care ca", "aa", is_test=False)
PLACES = ("Ala", "Ylä", "Iso", "Vähä", "Uusi", "Vanha", "Etelä", "Pohjois", "Itä", "Länsi", "Keski", "Kivi", "Mänty")
ENDINGS = ("mäki", "järvi", "lahti", "koski", "niemi", "saari", "kylä", "ranta", "salo", "vaara", "pelto", "joki")
KINDS = (
    "apteekki",
    "sairaala",
    "terveyskeskus",
    "hammaslääkärit",
    "työterveys Oy",
    "Lääkäripalvelut Oy",
    "kuntayhtymä",
)
ROMAN = ("", "I", "II", "III", "IV", "V", "VI")
AT_ONCE = 20_000


@dataclass(frozen=True)
class Size:
    """How much is on file."""

    certificates: int
    holders: int


def organisation(number: int) -> str:
    chance = random.Random(number)
    place = f"{chance.choice(PLACES)}{chance.choice(ENDINGS)}n{chance.choice(('', ' ' + chance.choice(ROMAN)))}"
    return f"{place} {chance.choice(KINDS)} {chance.choice(ENDINGS).title()}{number}"


def business_id(number: int) -> str:
    for digits in range(1_000_000 + number * 2, 9_999_999):
        rest = sum(w * int(d) for w, d in zip((7, 9, 10, 5, 8, 4, 2), str(digits), strict=True)) % 11
        if rest != 1:
            return f"{digits}-{(11 - rest) % 11}"
    raise AssertionError


def serial(number: int) -> str:
    """Half long, half short, as VRK's are; each once (the multiplier is odd, so nothing is drawn twice)."""
    if number % 2:
        return "1" + hashlib.sha256(f"serial {number}".encode()).hexdigest()[:35]
    return format((1 << 32) + number * 2_654_435_761 % (1 << 32), "x")


def entry(number: int, holders: int) -> RegisterEntry:
    owner = number % holders
    host = f"palvelin{number}.asiakas{owner}.example"
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number % 400_000)
    return RegisterEntry(
        place="",
        issuer=ISSUER,
        serial=serial(number),
        certificate_type=CertificateType.SERVER,
        common_name=host,
        organisation=organisation(owner),
        organisation_oid=oid_of(business_id(owner)),
        host_names=(host,),
        not_before=begin,
        not_after=begin + timedelta(days=365),
        sha1=hashlib.sha1(host.encode()).hexdigest(),
        fingerprint=hashlib.sha256(host.encode()).hexdigest(),
        spki=hashlib.sha256(f"key {number // 2}".encode()).hexdigest(),
    )


def fill(storage: Storage, size: Size) -> None:
    with storage.desk.writing() as connection:
        claim = {"name": ISSUER.name, "name_key": ISSUER.name_key, "key_identifier": "aa", "is_test": False}
        connection.execute(issuers.insert(), {"id": 1, **claim, "crl_url": "", "ocsp_url": "", "certificate_der": None})
        holders = [_holder(number) for number in range(size.holders)]
        connection.execute(accounts.insert(), holders)
        store_grams(connection, [(row["id"], "", row["organisation_folded"]) for row in holders])
    for begin in range(0, size.certificates, AT_ONCE):
        rows = [
            certificate_row(number + 1, 1, entry(number, size.holders), number % size.holders + 1)
            for number in range(begin, min(begin + AT_ONCE, size.certificates))
        ]
        with storage.desk.writing() as connection:
            connection.execute(certificates.insert(), rows)
            connection.execute(certificate_names.insert(), [name for row in rows for name in name_rows(row)])
    with storage.desk.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE" if storage.desk.is_sqlite else "VACUUM ANALYZE"))
        connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)" if storage.desk.is_sqlite else "CHECKPOINT"))


def _holder(number: int) -> dict[str, object]:
    name, own = organisation(number), business_id(number)
    folded = fold_organisation(name)
    row = {"id": number + 1, "organisation": name, "organisation_folded": folded}
    return {**row, "business_id": own, "oid": oid_of(own), "language": "fi"}


# --- questions -----------------------------------------------------------------------------------------------------

Question = Callable[[DatabaseRegister, int], bool]


def look_up(kind: ReferenceKind, value: Callable[[int], str]) -> Question:
    """Whether the certificate is among those that the reference finds."""

    def ask(register: DatabaseRegister, number: int) -> bool:
        wanted = value(number)
        readings = read_serial(wanted) if kind is ReferenceKind.SERIAL else ()
        reference = Reference(kind, wanted, "text", readings)
        return any(record.id == number + 1 for record in register.look_up([reference])[reference])

    return ask


def questions(size: Size) -> dict[str, tuple[float, Question]]:
    """Name → milliseconds allowed at the 99th percentile, and the question."""

    def owner(number: int) -> int:
        return number % size.holders

    def typo_in_serial(register: DatabaseRegister, number: int) -> bool:
        wrong = swap(serial(number), number)
        return any(record.id == number + 1 for record in register.near_serials(wrong))

    def typo_in_name(register: DatabaseRegister, number: int) -> bool:
        wrong = swap(organisation(owner(number)), number)
        return any(account.id == owner(number) + 1 for account, _ in register.near_organisations(wrong))

    def folded(number: int) -> str:
        name = organisation(owner(number))
        return name.upper().replace("Ä", "A").replace("Ö", "O").replace(" ", "  ")

    return {
        "serial": (0.5, look_up(ReferenceKind.SERIAL, serial)),
        "fingerprint": (0.5, look_up(ReferenceKind.FINGERPRINT, lambda n: entry(n, size.holders).fingerprint)),
        "key": (0.5, look_up(ReferenceKind.SPKI, lambda n: entry(n, size.holders).spki)),
        "host name": (20, look_up(ReferenceKind.HOST_NAME, lambda n: entry(n, size.holders).common_name)),
        "serial with a slip": (20, typo_in_serial),
        "organisation, folded": (20, look_up(ReferenceKind.ORGANISATION, folded)),
        "organisation with a slip": (20, typo_in_name),
    }


def swap(text: str, number: int) -> str:
    """Two neighbours that differ, swapped; the first stays."""
    places = [at for at in range(1, len(text) - 1) if text[at] != text[at + 1]]
    at = places[number % len(places)]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def measure(storage: Storage, size: Size, asked: int) -> Iterator[tuple[str, float, float, float, int]]:
    """Name, p50 and p99 in milliseconds, what is allowed, and how many were found."""
    for name, (allowed, ask) in questions(size).items():
        chance = random.Random(name)
        numbers = [chance.randrange(size.certificates) for _ in range(asked)]
        times, found = [], 0
        with storage.desk.reading() as connection:
            for warm in numbers[: asked // 20]:
                ask(DatabaseRegister(connection), warm)
            for number in numbers:
                register = DatabaseRegister(connection)
                begin = time.perf_counter()
                found += ask(register, number)
                times.append((time.perf_counter() - begin) * 1_000)
        times.sort()
        yield name, times[len(times) // 2], times[int(len(times) * 0.99)], allowed, found


@contextmanager
def databases(which: list[str]) -> Iterator[Iterator[tuple[str, Storage]]]:
    def opened() -> Iterator[tuple[str, Storage]]:
        with tempfile.TemporaryDirectory(prefix="sulku-match-") as folder:
            if "sqlite" in which:
                storage = open_storage(None, Path(folder))
                yield "SQLite", storage
                storage.close()
            if "postgresql" in which:
                with start_postgresql(Path(folder), find_free_port()) as server, server.new_database() as url:
                    storage = open_storage(url, Path(folder))
                    yield "PostgreSQL", storage
                    storage.close()

    yield opened()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=1_000_000)
    parser.add_argument("--holders", type=int, default=40_000)
    parser.add_argument("--asked", type=int, default=5_000, help="questions of each kind")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], action="append")
    given = parser.parse_args()
    size = Size(given.certificates, given.holders)
    with databases(given.only or ["sqlite", "postgresql"]) as opened:
        for name, storage in opened:
            create_all(storage)
            begin = time.perf_counter()
            fill(storage, size)
            took = time.perf_counter() - begin
            print(f"{name}: {size.certificates:,} certificates of {size.holders:,} holders in {took:.0f} s", flush=True)
            for question, p50, p99, allowed, found in measure(storage, size, given.asked):
                verdict = "ok" if p99 <= allowed else "TOO SLOW"
                print(
                    f"  {question:<26} p50 {p50:7.3f} ms   p99 {p99:7.3f} ms   allowed {allowed:g} ms   {verdict};"
                    f" found {found:,} of {given.asked:,}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
