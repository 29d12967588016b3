"""The readers that are compared: `sulku mail read`, the standard library's default policy, and flufl.bounce."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from flufl.bounce import all_failures

_NO_BOUNCE: dict[str, list[dict[str, str]]] = {"recipients": []}
_SULKU = Path(sys.executable).with_name("sulku")


@dataclass
class Read:
    """What one reader says of one mail; what it cannot say stays empty."""

    subject: str = ""
    text: str = ""
    new_text: str = ""
    quoted_text: str = ""
    attachments: int = 0
    recipients: frozenset[str] = frozenset()


@dataclass
class Run:
    """What one reader says of a folder. `slowest` is in seconds; `failed` holds the exceptions it raised."""

    mails: dict[str, Read] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, file: str, seconds: float) -> None:
        self.seconds += seconds
        self.slowest = max(self.slowest, (seconds, file))


def read_with_sulku(folder: Path) -> Run:
    """`sulku mail read FOLDER --json`, as anybody would call it; a mail's time is until its line comes."""
    run = Run()
    began = time.perf_counter()
    with subprocess.Popen([_SULKU, "mail", "read", folder, "--json"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        before = None
        for line in process.stdout:
            now = time.perf_counter()
            mail = json.loads(line)
            if before is not None:  # the first line waits for the program to start
                run.note(mail["file"], now - before)
            before = now
            run.mails[mail["file"]] = Read(
                subject=mail["subject"],
                text=mail["text"],
                new_text=mail["new_text"],
                quoted_text=mail["quoted_text"],
                attachments=len(mail["attachments"]),
                recipients=frozenset(one["address"].lower() for one in (mail["bounce"] or _NO_BOUNCE)["recipients"]),
            )
            if {"reader_fault", "reader_lost"} & set(mail["defects"]):
                run.failed.append(f"{mail['file']}: {', '.join(mail['defects'])}")
    if process.returncode:
        run.failed.append(f"exit code {process.returncode}")
    run.seconds = time.perf_counter() - began
    return run


def read_with_stdlib(folder: Path, files: Iterable[str]) -> Run:
    """`email` with `policy.default`: subject, body and attachments by its own words; RFC 3464 by its parts."""
    return _read_each(folder, files, _stdlib)


def read_with_flufl(folder: Path, files: Iterable[str]) -> Run:
    """flufl.bounce's failures, temporary and permanent."""
    return _read_each(folder, files, _flufl)


def _read_each(folder: Path, files: Iterable[str], read: Callable[[bytes], Read]) -> Run:
    run = Run()
    for file in files:
        began = time.perf_counter()
        try:
            run.mails[file] = read((folder / file).read_bytes())
        except Exception as error:  # noqa: BLE001  # what others raise is part of what is counted
            run.failed.append(f"{file}: {type(error).__name__}")
        run.note(file, time.perf_counter() - began)
    return run


def _stdlib(raw: bytes) -> Read:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain", "html"))
    return Read(
        subject=str(message["subject"] or ""),
        text=str(body.get_content()) if body is not None else "",
        attachments=sum(1 for _ in message.iter_attachments()),
        recipients=frozenset(_reported(message)),
    )


def _reported(message: EmailMessage) -> Iterable[str]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.get_payload():
                named = block.get("final-recipient") or block.get("original-recipient")  # type: ignore[union-attr]
                if named:
                    yield str(named).partition(";")[2].strip(" <>").lower()


def _flufl(raw: bytes) -> Read:
    temporary, permanent = all_failures(email.message_from_bytes(raw))
    return Read(recipients=frozenset(address.decode("utf-8", "replace").lower() for address in temporary | permanent))
