"""Times on the command line: always with an offset, since nobody can know what another one meant."""

from __future__ import annotations

from datetime import datetime

from sulku_kernel.errors import InputError

FORMATS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"]
EXAMPLE = "2026-11-24T14:05+02:00"


def read_time(text: str) -> datetime | None:
    """A time with an offset; None when nothing was given. Raises InputError."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min  # noqa: DTZ901  only to be refused below
    if at.tzinfo is None:
        raise InputError(f"{text!r} is no time with an offset", next_step=f"Write it like {EXAMPLE} or …T12:05Z.")
    return at
