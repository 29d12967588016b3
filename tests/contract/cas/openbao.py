"""OpenBao, with a token that may only do what docs/ca-openbao.md gives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers.openbao import OpenBaoServer, start_openbao
from tests.servers.requests_to_sign import serial_of_pem

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.openbao import OpenBao, colons, open_openbao
from sulku_revocation.domain.reason_code import ReasonCode


@dataclass(frozen=True, kw_only=True)
class OpenBaoCase(CaseCa):
    server: OpenBaoServer


@contextmanager
def open_case(folder: Path) -> Iterator[OpenBaoCase]:
    with start_openbao(folder) as server:
        token = folder / "token"
        token.write_text(server.token)
        token.chmod(0o600)

        def settings(url: str) -> AdapterSettings:
            return AdapterSettings("bao", "authorities.bao", url, token)

        def open_at(url: str) -> OpenBao:
            return open_openbao(settings(url))

        def held(serial: SerialNumber) -> Held | None:
            revoked_at = server.on_crl(serial)
            return None if revoked_at is None else (0, revoked_at)

        def revoke_elsewhere(serial: SerialNumber, _: ReasonCode) -> None:
            server.call("POST", "pki/revoke", serial_number=colons(serial))

        authority = open_at(server.url)
        yield OpenBaoCase(
            authority=authority,
            issuer=server.issuer,
            issue=lambda name: serial_of_pem(server.issue(name)),
            held=held,
            revokes=lambda serial: 0 if held(serial) is None else 1,  # a second one changes nothing there
            revoke_elsewhere=revoke_elsewhere,
            url=server.url,
            open_at=open_at,
            settings=settings,
            server=server,
        )
        authority.close()
