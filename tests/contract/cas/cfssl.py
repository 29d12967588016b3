"""cfssl and its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers.cfssl import CfsslServer, start_cfssl

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.cfssl import Cfssl, open_cfssl
from sulku_revocation.domain.reason_code import ReasonCode


@dataclass(frozen=True, kw_only=True)
class CfsslCase(CaseCa):
    server: CfsslServer


@contextmanager
def open_case(folder: Path) -> Iterator[CfsslCase]:
    with start_cfssl(folder) as server:
        address = folder / "database"
        address.write_text(server.database)
        address.chmod(0o600)

        def settings(url: str) -> AdapterSettings:
            return AdapterSettings("cfssl", "authorities.cfssl", url, address)

        def open_at(url: str) -> Cfssl:
            return open_cfssl(settings(url))

        def held(serial: SerialNumber) -> Held | None:
            row = server.row(serial)
            if row is None or row["status"] != "revoked":
                return None
            return row["reason"], datetime.fromisoformat(row["revoked_at"]).replace(tzinfo=UTC)

        def revoke_elsewhere(serial: SerialNumber, reason: ReasonCode) -> None:
            status, plain = server.post("revoke", serial=str(int(serial)), authority_key_id="", reason=str(int(reason)))
            assert status == 200, plain

        authority = open_at(server.url)
        yield CfsslCase(
            authority=authority,
            issuer=server.issuer,
            issue=server.issue,
            held=held,
            revokes=server.writes,
            revoke_elsewhere=revoke_elsewhere,
            url=server.url,
            open_at=open_at,
            settings=settings,
            server=server,
        )
        authority.close()
