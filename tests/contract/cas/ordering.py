"""Orders as the cases send them, and what they need for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contract.cas.case_ca import CaseCa

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import (
    CertificateAuthority,
    OrderToSend,
    Receipt,
    Refused,
)
from sulku_revocation.ca.careful import revoke_carefully
from sulku_revocation.domain.reason_code import ReasonCode

NOW = SystemClock()  # the CAs run by the machine's clock


def order(case: CaseCa, serial: SerialNumber, reason: ReasonCode = ReasonCode.SUPERSEDED, **given) -> OrderToSend:
    made = OrderToSend(f"order:{serial.hex}", case.issuer.name, case.issuer.key_identifier, serial, reason)
    return replace(made, first_sent_at=NOW.now() - timedelta(seconds=1), **given)


def send(case: CaseCa, sent: OrderToSend, by: CertificateAuthority | None = None) -> Receipt:
    return revoke_carefully(by or case.authority, case.issuer, sent)


def refusal(case: CaseCa, sent: OrderToSend, by: CertificateAuthority | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        send(case, sent, by)
    return refused.value


def secret_file(folder: Path, text: str) -> Path:
    file = folder / "secret"
    file.write_text(text)
    file.chmod(0o600)
    return file
