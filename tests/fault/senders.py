"""Mail servers that repeat a mail until they hear 250, and write down what they heard."""

from __future__ import annotations

import hashlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.fault.faulty_ca import append
from tests.fault.world import AUTHSERV, DESK, FaultWorld, holder_address

PATIENCE_SECONDS = 10
DUPLICATES = 0.06


@dataclass(frozen=True)
class MailToSend:
    """A mail as it will be stored, and what the sender meant by it."""

    raw: bytes
    kind: str
    serial: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


def mails(world: FaultWorld, seed: int, count: int, certificates: range) -> Iterator[MailToSend]:
    """`count` mails; among them, evenly, one request for each of `certificates`."""
    chance = random.Random(seed)
    asked = list(certificates)
    for number in range(count):
        name = f"{seed}-{number}"
        # Asked for evenly, and none left out at the end.
        if asked and chance.random() < len(asked) / (count - number):
            yield request(world, name, asked.pop())
        else:
            yield _other(world, name, chance)


def request(world: FaultWorld, name: str, certificate: int) -> MailToSend:
    """The holder tells, from an address on file, that a key has leaked."""
    one = world.certificates[certificate]
    text = (
        f"Our private key has been compromised.\r\nPlease revoke the certificate with serial number {one.serial}.\r\n"
    )
    return _mail(name, "request", holder_address(one.holder), "Revocation request", text, "pass", one.serial)


def _other(world: FaultWorld, name: str, chance: random.Random) -> MailToSend:
    kind = chance.choices(("stranger", "holder", "spoof", "large", "odd"), (60, 15, 10, 3, 4))[0]
    one = world.certificates[-1 - chance.randrange(20)]  # nobody entitled ever asks for these
    sender = holder_address(chance.randrange(40))
    text = f"We have a question about an invoice, {name}.\r\nRegards\r\n"
    if kind == "spoof":
        text = f"The private key has leaked! Revoke the certificate with serial number {one.serial} at once.\r\n"
        return _mail(name, kind, holder_address(one.holder), "URGENT", text, "fail", one.serial)
    if kind == "large":
        text += "".join(f"line {line} of {name}, and so on and on\r\n" for line in range(2_500))
    if kind == "odd":
        return MailToSend(f"From: a\0b <{name}\r\n\r\n\xff\xfe{text}".encode("latin-1") + b"\r\n", kind)
    if kind == "holder":
        return _mail(name, kind, sender, "A question", text, "pass")
    return _mail(name, kind, f"someone{name}@elsewhere.example", "A question", text, "none")


def _mail(name: str, kind: str, sender: str, subject: str, text: str, dmarc: str, serial: str = "") -> MailToSend:
    domain = sender.partition("@")[2]
    results = f"Authentication-Results: {AUTHSERV}; dmarc={dmarc} header.from={domain}\r\n" if dmarc != "none" else ""
    headers = f"From: {sender}\r\nTo: {DESK}\r\nSubject: {subject} {name}\r\nMessage-ID: <{name}@{domain}>\r\n"
    return MailToSend(f"{results}{headers}\r\n{text}".encode(), kind, serial)


def run_sender(
    world: FaultWorld,
    name: str,
    to_send: Iterator[MailToSend],
    seed: int,
    stop: threading.Event,
    *,
    every: float = 0,
) -> None:
    """Send them all, each until 250 was heard; some twice although it was. None comes before its turn, each `every` s."""
    chance = random.Random(seed)
    client = Client(world.settings.smtp.port)
    began = time.monotonic()
    for number, mail in enumerate(to_send):
        stop.wait(max(began + number * every - time.monotonic(), 0))
        for _ in range(2 if chance.random() < DUPLICATES else 1):
            while not client.hears_250(mail):
                if stop.wait(0.02):
                    return
        append(world, f"sender-{name}", {"sha256": mail.sha256, "kind": mail.kind, "serial": mail.serial})
    client.close()


class Client:
    """One connection after the other to the listener."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._heard = b""
        self._sent = 0

    def hears_250(self, mail: MailToSend) -> bool:
        """Send it; whether it was answered with 250. Anything else, or nothing, is "try again"."""
        try:
            self._connect()
            for command in (b"MAIL FROM:<sender@elsewhere.example>", f"RCPT TO:<{DESK}>".encode(), b"DATA"):
                if self._say(command + b"\r\n")[:1] not in (b"2", b"3"):
                    self.close()
                    return False
            answer = self._say(_dotted(mail.raw) + b".\r\n")
            self._sent += 1
            if self._sent % 40 == 0 or not answer.startswith(b"250"):
                self.close()
            return answer.startswith(b"250")
        except OSError:
            self.close()
            return False

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _connect(self) -> None:
        if self._socket is None:
            self._heard = b""
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_SECONDS)
            if not self._answer().startswith(b"220") or not self._say(b"EHLO sender.example\r\n").startswith(b"250"):
                raise ConnectionError

    def _say(self, octets: bytes) -> bytes:
        assert self._socket is not None
        self._socket.sendall(octets)
        return self._answer()

    def _answer(self) -> bytes:
        """The last line of the next answer."""
        assert self._socket is not None
        while True:
            while b"\r\n" not in self._heard:
                piece = self._socket.recv(65_536)
                if not piece:
                    raise ConnectionError
                self._heard += piece
            line, _, self._heard = self._heard.partition(b"\r\n")
            if line[3:4] != b"-":
                return line


def _dotted(raw: bytes) -> bytes:
    return raw.replace(b"\r\n.", b"\r\n..")
