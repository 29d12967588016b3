"""django-ca, with a user who may only do what docs/ca-django-ca.md gives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers.django_ca import DjangoCaServer, start_django_ca

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.django_ca import DjangoCa, open_django_ca
from sulku_revocation.domain.reason_code import ReasonCode

_REASONS = {
    "unspecified": 0,
    "key_compromise": 1,
    "affiliation_changed": 3,
    "superseded": 4,
    "cessation_of_operation": 5,
    "privilege_withdrawn": 9,
}


@dataclass(frozen=True, kw_only=True)
class DjangoCaCase(CaseCa):
    server: DjangoCaServer


@contextmanager
def open_case(folder: Path) -> Iterator[DjangoCaCase]:
    with start_django_ca(folder) as server:
        password = folder / "password"
        password.write_text(server.password)
        password.chmod(0o600)

        def settings(url: str) -> AdapterSettings:
            return AdapterSettings("django", "authorities.django", url, password, {"user": server.user})

        def open_at(url: str) -> DjangoCa:
            return open_django_ca(settings(url))

        def held(serial: SerialNumber) -> Held | None:
            found = server.certificate(serial)
            if found is None or not found["revoked"]:
                return None
            return _REASONS[found["revoked_reason"]], datetime.fromisoformat(found["revoked_date"])

        authority = open_at(server.url)
        yield DjangoCaCase(
            authority=authority,
            issuer=server.issuer,
            issue=server.issue,
            held=held,
            revokes=lambda serial: 0 if held(serial) is None else 1,  # a second one is refused there
            revoke_elsewhere=lambda serial, reason: server.revoke(serial, ReasonCode(reason).rfc_name),
            url=server.url,
            open_at=open_at,
            settings=settings,
            server=server,
        )
        authority.close()
