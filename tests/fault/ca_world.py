"""A desk that dies while it sends orders to real CAs, and what must be true of the CA and of the order afterwards."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tests.contract.cas.case_ca import CaseCa
from tests.contract.cas.known import open_case
from tests.fault.programs import ROOT
from tests.fault.world import SharedClock
from tests.servers import killing_program
from tests.servers.authority_section import authority_section
from tests.servers.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from tests.story.decisions_world import World, seen
from tests.story.desk import ON_CALL

from sulku_desk.dispatcher import Dispatcher
from sulku_desk.instance import make_instance, open_instance
from sulku_desk.settings import load_settings
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation import models
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.publication_evidence import NotYet, Publication
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.order_effects import PublicationCheckHandler
from sulku_revocation.register import DatabaseRegister

MOST_ATTEMPTS = 8
LATER = 300.0  # seconds: longer than a lease and than any back-off


@dataclass(frozen=True)
class Fault:
    """Where the desk dies: at a crash point, at a cut of the line to the CA, or while the CA's program runs."""

    point: str = ""
    cut: Cut | None = None
    when: str = ""  # before or after the program has acted
    nth: int = 1  # which request or run

    def __str__(self) -> str:
        return self.point or f"{self.cut or self.when}-{self.nth}"


POINTS = tuple(
    Fault(f"{side}_{name}")
    for name in ("order_marked_sent", "ca_called", "answer_recorded", "effect_completed")
    for side in ("before", "after")
)
CUTS = tuple(Fault(cut=cut) for cut in Cut if cut is not Cut.NOWHERE)
RUNS = tuple(Fault(when=when, nth=nth) for when in ("before", "after") for nth in (1, 2))


@dataclass(frozen=True)
class Reached:
    """A CA, how the desk reaches it, and the id of its issuer on file."""

    case: CaseCa
    issuer_id: int
    proxy: CuttingProxy | None
    kill_file: Path

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (*POINTS, *(CUTS if self.proxy is not None else RUNS))


class CaWorld:
    """A desk with several CAs."""

    def __init__(self, folder: Path, names: tuple[str, ...], stack: ExitStack) -> None:
        self.home = folder / "home"
        self.reached = {name: self._reach(name, 10 + at, folder / name, stack) for at, name in enumerate(names)}
        self.home.mkdir()
        (self.home / "sulku.toml").write_text("".join(map(self._section, self.reached)), encoding="utf-8")
        settings = load_settings(self.home)
        make_instance(settings)
        settings.on_call_file.write_text(ON_CALL, encoding="utf-8")
        self.clock = SharedClock(self.home / "clock")
        self.instance = open_instance(settings, self.clock)
        stack.callback(self.instance.close)
        self.world = World(self.instance.storage, self.clock)
        self._certificate_ids = itertools.count(100)
        self._requests: dict[str, int] = {}
        self._fill_register()
        self._publication = self._publication_dispatcher()
        self._desk = stack.enter_context(_dying_desk(self.home))
        self.process_id = 0

    def _reach(self, name: str, issuer_id: int, folder: Path, stack: ExitStack) -> Reached:
        folder.mkdir(parents=True)
        case = stack.enter_context(open_case(name, folder))
        proxy = stack.enter_context(cutting_proxy(case.url)) if case.url else None
        if proxy is not None:
            proxy.on_cut = self._kill
        kill_file = folder / "kill"
        kill_file.write_text("", encoding="utf-8")
        return Reached(case, issuer_id, proxy, kill_file)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process_id, signal.SIGKILL)

    def _section(self, name: str) -> str:
        reached = self.reached[name]
        url = reached.proxy.url(reached.case.url) if reached.proxy else ""
        given = reached.case.settings(url)
        if reached.proxy is None:
            given = replace(
                given, options={**given.options, "program": self._killing(reached, given.options["program"])}
            )
        return authority_section(name, name.removesuffix("-pebble"), given, reached.case.issuer.key_identifier)

    def _killing(self, reached: Reached, program: str | list[str]) -> str | list[str]:
        killing = [sys.executable, "-I", "-S", killing_program.__file__, str(reached.kill_file)]
        if isinstance(program, list):
            return [*killing, *program]
        script = reached.kill_file.with_name("program")  # where the setting wants one path
        script.write_text(f'#!/bin/sh\nexec {" ".join(killing)} {program} "$@"\n', encoding="utf-8")
        script.chmod(0o700)
        return str(script)

    def _fill_register(self) -> None:
        with self.world.store.writing() as connection:
            for reached in self.reached.values():
                issuer = reached.case.issuer
                connection.execute(
                    models.issuers.insert().values(
                        id=reached.issuer_id, name=issuer.name, name_key=name_key(parse_name(issuer.name)),
                        key_identifier=issuer.key_identifier, is_test=False, crl_url=issuer.crl_url,
                        ocsp_url=issuer.ocsp_url, certificate_der=issuer.certificate_der,
                    )
                )  # fmt: skip

    def _publication_dispatcher(self) -> Dispatcher:
        handler = PublicationCheckHandler(
            self.world.store, self.clock, DatabaseRegister, see=self._see, page=self.world.page
        )
        return Dispatcher(self.world.store, self.clock, {"publication_check": handler}, lambda *_: None)

    def _see(self, issuer: IssuerRecord, serial: SerialNumber, expected: ReasonCode, now: datetime) -> Publication:
        """What the CA holds, as CRL and OCSP would show it."""
        case = next(one.case for one in self.reached.values() if one.issuer_id == issuer.id)
        held = case.held(serial)
        if held is None:
            return Publication(NotYet("not_listed"), NotYet("good"), now)
        reason = int(expected) if held[0] is None else held[0]
        crl, ocsp = (seen(kind, serial.hex, reason, held[1] or now, now) for kind in ("crl", "ocsp"))
        return Publication(crl, ocsp, now)

    def any_fault(self, name: str, chance: random.Random) -> Fault:
        """One of the faults at this CA; the line is cut at any of the requests that an order takes."""
        fault = chance.choice(self.reached[name].faults)
        return fault if fault.cut is None else replace(fault, nth=chance.randint(1, self._requests_of_an_order(name)))

    def _requests_of_an_order(self, name: str) -> int:
        """Seen at an order that nothing disturbs; a step of a TLS handshake is one too, and so is TLS's farewell.

        That one is left out: nobody answers it, and the desk has all it wanted.
        """
        if name not in self._requests:
            proxy = self.reached[name].proxy
            assert proxy is not None
            before = proxy.requests
            ticket_id, _ = self._order(name)
            self._attempt()
            assert self._state(ticket_id) == "ACCEPTED", self._state(ticket_id)
            farewell = self.reached[name].case.url.startswith("https:")
            self._requests[name] = max(1, proxy.requests - before - farewell)
        return self._requests[name]

    def _order(self, name: str) -> tuple[int, SerialNumber]:
        """The ticket of an approved order for a new certificate."""
        reached = self.reached[name]
        serial = reached.case.issue("dying.holder.example")
        id_ = next(self._certificate_ids)
        self.world.add_certificate(id_, issuer_id=reached.issuer_id, serial=serial.hex)
        return self.world.ordered(id_), serial

    def survive(self, name: str, fault: Fault) -> list[str]:
        """Order a revocation, let the desk die of `fault`, let it go on until it is done. What was broken, if anything."""
        reached = self.reached[name]
        ticket_id, serial = self._order(name)
        self._arm(reached, fault)
        is_dead = bool(self._attempt(fault.point))
        if fault.when:
            self._await_the_orphan(reached.kill_file)
        first = reached.case.held(serial)
        if reached.proxy is not None:
            reached.proxy.cuts = []
        attempts = 0
        while self._state(ticket_id) in {"STORED", "SENT"} and attempts < MOST_ATTEMPTS:
            self.clock.advance(LATER)
            self._attempt()
            attempts += 1
        while self._publication.run_due():
            self.clock.advance(1)
        return list(self._broken(reached, serial, ticket_id, first, is_dead=is_dead))

    def _arm(self, reached: Reached, fault: Fault) -> None:
        if fault.cut is not None and reached.proxy is not None:
            reached.proxy.cuts = [*([Cut.NOWHERE] * (fault.nth - 1)), fault.cut]
        if fault.when:
            reached.kill_file.write_text(f"{fault.when} {fault.nth}", encoding="utf-8")

    def _await_the_orphan(self, kill_file: Path) -> None:
        """The program acts on though the desk is dead; a register that it keeps is locked so long."""
        end = time.monotonic() + 30
        while kill_file.read_text(encoding="utf-8") != "ended" and time.monotonic() < end:
            time.sleep(0.01)

    def _attempt(self, point: str = "") -> int:
        """A process of the desk carries out what is due; how it ended."""
        self._desk.stdin.write(f"{point}\n")
        self._desk.stdin.flush()
        self.process_id = int(self._desk.stdout.readline())
        return int(self._desk.stdout.readline())

    def _state(self, ticket_id: int) -> str:
        (order,) = self.world.orders(ticket_id)
        return order["state"]

    def _broken(
        self, reached: Reached, serial: SerialNumber, ticket_id: int, first: object, *, is_dead: bool
    ) -> Iterator[str]:
        if not is_dead:
            yield "the desk did not die: the fault is none"
        if self._state(ticket_id) != "CONFIRMED":
            yield f"the order ended as {self._state(ticket_id)}"
        if reached.case.revokes(serial) != 1:
            yield f"{reached.case.revokes(serial)} revocations at the CA"
        if first is not None and reached.case.held(serial) != first:
            yield "the first reason or date was changed"


@contextmanager
def _dying_desk(home: Path) -> Iterator[subprocess.Popen[str]]:
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fault.dying_desk", str(home)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@contextmanager
def open_ca_world(folder: Path, names: tuple[str, ...]) -> Iterator[CaWorld]:
    with ExitStack() as stack:
        yield CaWorld(folder, names, stack)
