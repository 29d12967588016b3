"""A CA that is any program."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.certificates import issue, make_ca
from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers import command_ca

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.command import open_command
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

ISSUER = IssuerRecord(1, "CN=Program CA", "ab" * 20, False, "", "", None)
CA = make_ca("Program CA", "program")
REVOKED_AT = "2026-01-02T03:04:05+00:00"


@contextmanager
def open_case(folder: Path) -> Iterator[CaseCa]:
    file = folder / "state.json"
    _write(file, {"issuer": ISSUER.key_identifier, "issued": [], "certificates": [], "revoked": {}, "log": []})
    yield CaseCa(
        authority=open_command(command_settings(file)),
        issuer=ISSUER,
        issue=lambda name: _issue(file),
        held=lambda serial: _held(file, serial),
        revokes=lambda serial: _read(file)["log"].count(serial.hex),
        revoke_elsewhere=lambda serial, reason: _revoke_elsewhere(file, serial, reason),
        settings=lambda url: command_settings(file),
    )


def command_settings(file: Path, **options: object) -> AdapterSettings:
    program = [sys.executable, "-I", "-S", command_ca.__file__, str(file)]
    given = {"program": program, "crl": True, "lists": True, "marks": True, **options}
    return AdapterSettings("program", "authorities.program", "", None, given, file.parent)


def _issue(file: Path) -> SerialNumber:
    state = _read(file)
    serial = SerialNumber(1000 + len(state["issued"]))
    der = base64.b64encode(issue(CA, serial)).decode()
    issued, certificates = [*state["issued"], serial.hex], [*state["certificates"], der]
    _write(file, {**state, "issued": issued, "certificates": certificates})
    return serial


def _held(file: Path, serial: SerialNumber) -> Held | None:
    found = _read(file)["revoked"].get(serial.hex)
    return None if found is None else (found["reason"], datetime.fromisoformat(found["revoked_at"]))


def _revoke_elsewhere(file: Path, serial: SerialNumber, reason: ReasonCode) -> None:
    state = _read(file)
    state["revoked"][serial.hex] = {"reason": int(reason), "revoked_at": REVOKED_AT}
    _write(file, state)


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def _write(file: Path, state: dict[str, Any]) -> None:
    file.write_text(json.dumps(state), encoding="utf-8")
