"""EJBCA as its published description has it, behind mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers.ejbca import REASONS, EjbcaServer, Entry, start_ejbca

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.ejbca import Ejbca, open_ejbca
from sulku_revocation.domain.reason_code import ReasonCode


@dataclass(frozen=True, kw_only=True)
class EjbcaCase(CaseCa):
    server: EjbcaServer


@contextmanager
def open_case(folder: Path) -> Iterator[EjbcaCase]:
    with start_ejbca(folder) as server:

        def settings(url: str) -> AdapterSettings:
            return AdapterSettings("ejbca", "authorities.ejbca", url, None, server.options)

        def open_at(url: str) -> Ejbca:
            return open_ejbca(settings(url))

        def held(serial: SerialNumber) -> Held | None:
            entry = server.entries.get(serial, Entry())
            return None if entry.at is None else (REASONS.index(entry.reason), entry.at)

        def revoke_elsewhere(serial: SerialNumber, reason: ReasonCode) -> None:
            path = f"/ejbca/ejbca-rest-api/v1/certificate/{server.ca.rfc4514}/{serial.hex}/revoke"
            assert server.answer("PUT", path, {"reason": reason.name})[0] == 200

        authority = open_at(server.url)
        yield EjbcaCase(
            authority=authority,
            issuer=server.issuer,
            issue=lambda _: server.issue(),
            held=held,
            revokes=lambda serial: server.entries[serial].revocations,
            revoke_elsewhere=revoke_elsewhere,
            url=server.url,
            open_at=open_at,
            settings=settings,
            marks_overlap=True,
            server=server,
        )
        authority.close()
