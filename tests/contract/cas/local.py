"""The embedded CA on a port, through its own adapter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers.ca import issuer_record, open_ca, serial_of, serve_ca, to_issue

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import CertificateState, OrderToSend
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.local import LocalAuthority
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord


@contextmanager
def open_case(folder: Path) -> Iterator[CaseCa]:
    with ExitStack() as stack:
        ca = stack.enter_context(open_ca(folder / "ca", SystemClock()))
        running = stack.enter_context(serve_ca(ca, folder / "ca"))
        issuer = issuer_record(ca, "care", url=running.url)
        yield CaseCa(
            authority=running.authority,
            issuer=issuer,
            issue=lambda name: issue(ca, name),
            held=lambda serial: held(ca, issuer, serial),
            revokes=lambda serial: int(held(ca, issuer, serial) is not None),
            revoke_elsewhere=lambda serial, reason: revoke_elsewhere(ca, issuer, serial, reason),
            url=running.url,
            open_at=lambda url: LocalAuthority(url, folder / "ca" / "admin.token"),
            settings=lambda url: AdapterSettings("local", "authorities.local", url, folder / "ca" / "admin.token"),
        )


def issue(ca: EmbeddedCa, name: str) -> SerialNumber:
    return serial_of(ca.issue("care", to_issue(SystemClock(), name)))


def held(ca: EmbeddedCa, issuer: IssuerRecord, serial: SerialNumber) -> Held | None:
    status = ca.lookup(issuer, serial)
    return (status.reason, status.revoked_at) if status.state is CertificateState.REVOKED else None


def revoke_elsewhere(ca: EmbeddedCa, issuer: IssuerRecord, serial: SerialNumber, reason: ReasonCode) -> None:
    ca.revoke(OrderToSend(f"elsewhere:{serial.hex}", issuer.name, issuer.key_identifier, serial, reason))
