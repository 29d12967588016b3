"""Finnish Business IDs (Y-tunnus) and the object identifiers of organisations made from them (JHS 159, appendix 1)."""

from __future__ import annotations

import re

from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

ARC = "1.2.246.10."
_SHAPE = re.compile(r"(?:FI)?[ ]?(\d{6,7})[-\u2010-\u2015\u2212 ]?(\d)", re.IGNORECASE)
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d{0,38})){1,30}")


def read_business_id(text: str) -> str | None:
    """`0204819-8` from `204819-8`, `02048198` or `FI02048198`; None when the check digit or the shape is wrong."""
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None:
        return None
    number = shape[1].rjust(7, "0") + shape[2]
    try:
        ytunnus.validate(number)
    except ValidationError:
        return None
    return f"{number[:7]}-{number[7]}"


def oid_of(business_id: str) -> str:
    """`0204819-8` → `1.2.246.10.2048198`: digits without hyphen and leading zeros."""
    return ARC + business_id.replace("-", "").lstrip("0")


def business_id_of(oid: str) -> str | None:
    """The Business ID in an organisation's OID or in one of its units' (`1.2.246.10.2048198.10.1`), or None."""
    if not oid.startswith(ARC):
        return None
    digits = oid[len(ARC) :].partition(".")[0]
    return read_business_id(digits.rjust(8, "0")) if digits.isascii() and digits.isdecimal() else None


def is_oid(text: str) -> bool:
    """Whether it is an object identifier in dotted decimal (`1.2.246.10.2048198`)."""
    return _OID.fullmatch(text) is not None
