"""Email addresses in the one form in which they are compared."""

from __future__ import annotations

import re

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

# Nearly every address looks like this, and then there is nothing to decide: letters, digits, single dots and hyphens.
_ORDINARY = re.compile(
    r"[a-z0-9]++(?:[._-][a-z0-9]++)*+@(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)++([a-z]{2,63})", re.ASCII | re.IGNORECASE
)
_LONGEST_ORDINARY = 64  # no part of it can be too long then (RFC 5321, 4.5.3.1)


def normalise_address(text: str) -> str | None:
    """`Local@Bücher.example` → `local@xn--bcher-kva.example`; None when it is no address (RFC 5321, 4.1.2).

    Local parts are folded to lower case: every mail system in use treats them so, and a register that told
    `Tuotanto@` from `tuotanto@` would lose a holder at night. The domain is written as A-labels, so that a
    look-alike of another script never compares equal.
    """
    text = text.strip()
    if not text or len(text) > 320:
        return None
    ordinary = _ORDINARY.fullmatch(text) if len(text) < _LONGEST_ORDINARY else None
    if ordinary and ordinary[1].lower() not in SPECIAL_USE_DOMAIN_NAMES:
        return text.lower()
    try:
        found = validate_email(
            text, check_deliverability=False, allow_smtputf8=True, test_environment=True, allow_quoted_local=True
        )
    except EmailNotValidError:
        return None
    return f"{found.local_part.lower()}@{found.ascii_domain.lower()}"


def domain_of(address: str) -> str:
    """What stands behind the last `@`, or an empty string."""
    return address.rpartition("@")[2] if "@" in address else ""


def redact_address(address: str) -> str:
    """`m…@example.fi`: how an address stands in a log."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if local else "…"
