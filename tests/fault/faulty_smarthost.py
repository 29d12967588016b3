"""A smarthost that takes mails, or puts them off, refuses them, or hangs up at the final dot, having taken them or not."""

from __future__ import annotations

import asyncio
import email
import email.policy
import random
import threading

from tests.fault.faulty_ca import append
from tests.fault.world import FaultWorld

FAULTS = ("none", "421", "451", "554", "drop_taken", "drop_lost")
WEIGHTS = (82, 4, 4, 3, 4, 3)


class FaultySmarthost:
    """Speaks as much SMTP as the desk needs."""

    def __init__(self, world: FaultWorld, chance: random.Random, *, puts_off: bool = False) -> None:
        self._world, self._chance = world, chance
        self._puts_off, self._known = puts_off, set[str]()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault = "none" if self._world.is_calm else self._chance.choices(FAULTS, WEIGHTS)[0]
        writer.write(b"421 busy\r\n" if fault == "421" else b"220 sink ready\r\n")
        recipient = ""
        while fault != "421" and (line := await reader.readline()):
            command = line[:4].upper()
            if command == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if command == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                if self._answer(fault, recipient, content, writer):
                    return
            elif command == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")

    def _answer(self, fault: str, recipient: str, content: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection ends without an answer."""
        if self._puts_off and self._is_new(content):
            fault = "451"
        if fault in ("451", "554"):
            writer.write(fault.encode() + b" no\r\n")
        elif fault != "drop_lost":
            self._keep(recipient, content)
            if fault == "none":
                writer.write(b"250 taken\r\n")
        return fault.startswith("drop")

    def _is_new(self, content: bytes) -> bool:
        """Whether this mail is tried for the first time."""
        message_id = str(email.message_from_bytes(content)["Message-ID"])
        is_new = message_id not in self._known
        self._known.add(message_id)
        return is_new

    def _keep(self, recipient: str, content: bytes) -> None:
        message = email.message_from_bytes(content, policy=email.policy.compat32)
        taken = {"message_id": message["Message-ID"], "to": recipient, "subject": message["Subject"]}
        append(self._world, "smarthost", taken)


def run_smarthost(world: FaultWorld, seed: int, stop: threading.Event, *, puts_off: bool = False) -> None:
    """Serve until `stop` is set. `puts_off`: every mail is told to come again at its first try."""
    asyncio.run(
        _serve(FaultySmarthost(world, random.Random(seed), puts_off=puts_off), world.settings.outgoing.port, stop)
    )


async def _serve(smarthost: FaultySmarthost, port: int, stop: threading.Event) -> None:
    server = await asyncio.start_server(smarthost.talk, "127.0.0.1", port, limit=4_000_000)
    async with server:
        await asyncio.to_thread(stop.wait)
