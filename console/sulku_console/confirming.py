"""Typing the end of a serial number again, so that nobody revokes a certificate they have not looked at.

A click is quick and blind; eight characters compared with the request are neither. For long lists the number of
certificates is typed instead: nobody compares forty serials by hand, and the list itself is bound by its digest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sulku_console.form_guard import Form
from sulku_kernel.errors import InputError
from sulku_revocation.domain.decision_list import ListedCertificate

MOST_TYPED = 8
_SEPARATORS = re.compile(r"[\s:.\-]+")


def field_of(entry: ListedCertificate) -> str:
    """The name of the field beside a certificate."""
    return f"code_{entry.request_id}"


def chosen_by_code(entries: Sequence[ListedCertificate], form: Form) -> list[int]:
    """The requests whose codes were typed. Raises InputError for a wrong code, and when none was typed."""
    if len(entries) > MOST_TYPED and form.get("how_many"):
        _require_number(entries, form)
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
        _require_number(entries, form)
    else:
        for entry in entries:
            _require_code(entry, form)


def _require_code(entry: ListedCertificate, form: Form) -> bool:
    typed = _SEPARATORS.sub("", form.get(field_of(entry))).lower()
    if typed not in {entry.serial_tail.replace(" ", ""), entry.certificate.serial.hex, str(entry.certificate.serial)}:
        raise InputError(
            f"what was typed is not the end of {entry.certificate.serial} ({entry.certificate.common_name})",
            next_step="Compare the serial number with the request, then type its last 8 characters again.",
        )
    return True


def _require_number(entries: Sequence[ListedCertificate], form: Form) -> None:
    if form.get("how_many") != str(len(entries)):
        raise InputError(
            "that is not the number of certificates on the list", next_step="Count them, look at them, type the number."
        )
