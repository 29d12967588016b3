"""Of the numbers that a CA lists only those whose certificates are wanted: to fetch each takes a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sulku_kernel.serial_number import SerialNumber
from sulku_mailbox.batches import in_batches
from sulku_revocation.ca.authority import Lacking

_AT_ONCE = 1_000


def only_lacking(serials: Iterable[SerialNumber], lacking: Lacking | None) -> Iterator[SerialNumber]:
    """In their order; all of them without `lacking`."""
    for some in in_batches(serials, _AT_ONCE):
        wanted = some if lacking is None else set(lacking(some))
        yield from (serial for serial in some if serial in wanted)
