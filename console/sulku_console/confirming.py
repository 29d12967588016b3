"""Typing the end of a serial number again, so that nobody revokes a certificate they have not looked at.

A click is quick and blind; eight characters compared with the request are neither. For long lists the number of
certificates is typed instead: nobody compares forty serials by hand, and the list itself is bound by its digest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sulku_console.form_guard import Form
from sulku_kernel.errors import InputError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.decision_list import ListedCertificate

MOST_TYPED = 8
_GAPS = re.compile(r"[\s,.]+")
_SEPARATORS = re.compile(r"[\s:.\-]+")


def field_of(entry: ListedCertificate) -> str:
    """The name of the field beside a certificate."""
    return f"code_{entry.request_id}"


def chosen_by_code(entries: Sequence[ListedCertificate], form: Form) -> list[int]:
    """The requests whose codes were typed. Raises InputError for a wrong code, and when none was typed."""
    if len(entries) > MOST_TYPED and form.get("how_many"):
        require_number(len(entries), form)
        return [entry.request_id for entry in entries]
    chosen = [entry.request_id for entry in entries if form.get(field_of(entry)) and _require_code(entry, form)]
    if not chosen:
        raise InputError(
            "no certificate was chosen", next_step="Type the last 8 characters of the serial number beside it."
        )
    return chosen


def require_every_code(entries: Sequence[ListedCertificate], form: Form) -> None:
    """Every certificate of the list must have been looked at. Raises InputError."""
    if len(entries) > MOST_TYPED:
        require_number(len(entries), form)
    else:
        for entry in entries:
            _require_code(entry, form)


def require_tail(serial: SerialNumber, common_name: str, typed: str) -> None:
    """Raises InputError when the end of a serial number, or all of it, was not typed."""
    code = _SEPARATORS.sub("", typed).lower()
    if code not in {serial.tail.replace(" ", ""), serial.hex, str(serial)}:
        raise InputError(
            f"what was typed is not the end of {serial} ({common_name})",
            next_step="Compare the serial number with the request, then type its last 8 characters again.",
        )


def is_typed(count: int, form: Form) -> bool:
    """Whether `how_many` is this number, written as pages write it (`83 267`, `83,267`) or without gaps."""
    return _GAPS.sub("", form.get("how_many")) == str(count)


def require_number(count: int, form: Form) -> None:
    """Raises InputError when `how_many` is another number."""
    if not is_typed(count, form):
        raise InputError(
            "that is not the number of certificates on the list", next_step="Count them, look at them, type the number."
        )


def _require_code(entry: ListedCertificate, form: Form) -> bool:
    require_tail(entry.certificate.serial, entry.certificate.common_name, form.get(field_of(entry)))
    return True
