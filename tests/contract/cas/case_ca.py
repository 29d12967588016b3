"""A real CA as the contract's cases see it: what they may ask of it beside the adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import CertificateAuthority
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

Held = tuple[int | None, datetime | None]  # reason and date of a revocation, as far as the CA tells them


@dataclass(frozen=True)
class CaseCa:
    """`issue(name)` makes a new certificate of `issuer` and returns its serial number.

    `held` is what the CA itself holds of a serial number, asked past the adapter (None: not revoked). `revokes` counts
    the revocations that the CA has carried out or recorded of a serial number. `open_at(url)` is the adapter at another
    address, None where it speaks to no server. `revoke_elsewhere` revokes past the desk. `settings(url)` are those of an
    instance of the desk that reaches it there, with whole paths only. `marks_overlap`: what was issued shortly before a
    mark is listed once more behind it.
    """

    authority: CertificateAuthority
    issuer: IssuerRecord
    issue: Callable[[str], SerialNumber]
    held: Callable[[SerialNumber], Held | None]
    revokes: Callable[[SerialNumber], int]
    revoke_elsewhere: Callable[[SerialNumber, ReasonCode], None]
    url: str = ""
    open_at: Callable[[str], CertificateAuthority] | None = None
    settings: Callable[[str], AdapterSettings] | None = None
    marks_overlap: bool = False
