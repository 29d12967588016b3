"""How soon OCSP is asked again about a certificate that is on the CRL while the responder still says that it is good.

A responder that is filled by a timer says so of all that were revoked since: to ask about each at every look would keep
it and us busy for nothing. Kept in memory, for so many certificates at most; about the others it is asked each time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

MOST_REMEMBERED = 50_000
_AGAIN_AFTER = tuple(timedelta(seconds=s) for s in (0, 0, 6, 12, 24, 48, 60))


class OcspPatience:
    """Safe to share between threads: what one forgets of another's is asked once more."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[int, datetime]] = {}

    def is_due(self, id_: int, now: datetime) -> bool:
        """Whether to ask about it now."""
        asked = self._asked.get(id_)
        return asked is None or not timedelta() < asked[1] - now <= _AGAIN_AFTER[-1]

    def still_good(self, id_: int, now: datetime) -> None:
        """It was asked about, and is not revoked there: ask again, each time later."""
        times, _ = self._asked.get(id_, (0, now))
        if times or len(self._asked) < MOST_REMEMBERED:
            self._asked[id_] = (times + 1, now + _AGAIN_AFTER[min(times, len(_AGAIN_AFTER) - 1)])

    def forget(self, id_: int) -> None:
        """It is revoked there, too."""
        self._asked.pop(id_, None)
