"""The embedded CA behind a front that loses answers, fails, hangs, asks to wait, and lies.

A lie: "accepted", though nothing was done and nothing is published until later. Every order that comes is written down
before anything else happens, so that what the CA has heard is known whatever becomes of this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from tests.fault.world import FaultWorld

from sulku_desk.ca_server import ca_app
from sulku_kernel.clock import to_text
from sulku_revocation.ca import wire
from sulku_revocation.ca.authority import Accepted, Refused
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.key_files import read_token

FAULTS = ("none", "lost", "500", "429", "slow", "lie")
WEIGHTS = (60, 10, 8, 7, 5, 10)


# Once the CA has heard so many orders of a campaign it withholds its answer until their sender was killed.
STRIKES_AFTER = (5, 20)
MANY = "/admin/revoke-many"
LONGEST_WITHHELD_SECONDS = 20  # less than any client waits


class FaultyFront:
    """An ASGI application around the CA's own."""

    def __init__(self, world: FaultWorld, ca: EmbeddedCa, chance: random.Random) -> None:
        self._world, self._ca, self._chance = world, ca, chance
        self._app = ca_app(ca, read_token(world.settings.ca_token_file))
        self._lies = world.folder / "lies.ledger"
        self._of_campaigns = sum(is_of_campaign(entry) for entry in world.entries("ca"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._world.is_calm:
            fault = "none"
        elif scope["path"] in ("/admin/revoke", MANY):
            fault = self._chance.choices(FAULTS, WEIGHTS)[0]
        else:
            fault = "500" if self._chance.random() < 0.05 else "none"
        body = await _read(receive)
        if scope["path"] == "/admin/revoke":
            self._note(json.loads(body), fault)
        elif scope["path"] == MANY:
            fault = "lost" if fault == "lie" else fault
            for order in json.loads(body)["orders"]:
                self._note(order, fault)
            await self._withhold()
        if fault == "500":
            await _answer(send, 500, b"no")
        elif fault == "429":
            await _answer(send, 429, b"later", [(b"retry-after", b"2")])
        elif fault == "lie":
            self._lies_write(body)
            await _answer(send, 200, wire.write_receipt(Accepted(self._world.clock.now().replace(microsecond=0))))
        elif fault == "lost":
            await self._app(scope, _given(body), _nowhere)
            # Fewer octets than promised: the connection is cut within the answer.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"500")]})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
        else:
            if fault == "slow":
                await asyncio.sleep(self._chance.uniform(0.2, 1))
            await self._app(scope, _given(body), send)

    async def _withhold(self) -> None:
        """Wait while a sender that is to be killed now is not yet."""
        for strike, heard in enumerate(STRIKES_AFTER):
            if self._of_campaigns >= heard:
                await asyncio.to_thread(_wait_for, self._world.struck(strike))

    def _note(self, order: dict[str, Any], fault: str) -> None:
        entry = {
            "at": to_text(self._world.clock.now()),
            "key": order["idempotency_key"],
            "serial": order["serial"],
            "fault": fault,
        }
        append(self._world, "ca", entry)
        self._of_campaigns += is_of_campaign(entry)

    def _lies_write(self, body: bytes) -> None:
        append(self._world, "lies", {"order": body.decode()})

    def come_true(self) -> None:
        """Carry out what was lied about before, all of it again: a repeat changes nothing."""
        for lie in self._world.entries("lies"):
            try:
                self._ca.revoke(wire.read_order(lie["order"].encode()))
            except Refused:
                continue


def is_of_campaign(entry: dict[str, Any]) -> bool:
    """Whether an order that the CA has heard is a campaign's."""
    return bool(entry["key"].startswith("campaign:"))


def _wait_for(file: Path) -> None:
    end = time.monotonic() + LONGEST_WITHHELD_SECONDS
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.02)


def append(world: FaultWorld, name: str, entry: dict) -> None:
    """One line in one write: a kill leaves whole lines."""
    descriptor = os.open(world.ledger(name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, json.dumps(entry).encode() + b"\n")
    finally:
        os.close(descriptor)


def run_ca(world: FaultWorld, seed: int, stop: threading.Event) -> None:
    """Serve until `stop` is set."""
    with EmbeddedCa(world.settings.ca_folder, world.settings.ca.url, world.clock) as ca:
        front = FaultyFront(world, ca, random.Random(seed))
        config = uvicorn.Config(
            front, host="127.0.0.1", port=world.settings.ca.port, http="h11", ws="none", lifespan="off",
            log_config=None, access_log=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, name="ca", daemon=True)
        serving.start()
        while not stop.wait(0.5):
            front.come_true()
        server.should_exit = True
        serving.join()


async def _read(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def _given(body: bytes) -> Any:
    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _nowhere(message: dict) -> None:
    """Whatever was answered is lost."""


async def _answer(send: Any, status: int, body: bytes, headers: Any = ()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
