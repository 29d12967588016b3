"""Reads mails: what is small and plain here and now, everything else in the jailed child.

The byte pre-scan decides; it is cheap and never takes a mail for plainer than it is. The child is started by the first
mail that needs it and then stays.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import TracebackType
from typing import Self

from sulku_kernel.crash_points import crossing
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Authentication, Mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.prescan import is_small_and_plain, prescan
from sulku_mailbox.domain.unreadable import unreadable_mail
from sulku_mailbox.jailed_reader import JailedReader, JailLimits

_DEFECT_OF = {
    Anomaly.BARE_LF: Defect.BARE_NEWLINE,
    Anomaly.BARE_CR: Defect.BARE_NEWLINE,
    Anomaly.NUL: Defect.NUL,
}


class Reader:
    """Bytes to `Mail`, whatever they are. May be shared by threads; close it when done.

    `trusted_authserv_ids` are the names that our own border servers write into Authentication-Results (RFC 8601).
    `jail` is the child's keeper, for tests and other limits.
    """

    def __init__(
        self,
        trusted_authserv_ids: AbstractSet[str] = frozenset(),
        *,
        limits: JailLimits | None = None,
        jail: JailedReader | None = None,
    ) -> None:
        self._trusted = frozenset(trusted_authserv_ids)
        self._jail = jail or JailedReader(self._trusted, limits or JailLimits())
        self._lock = threading.Lock()

    def read(self, raw: bytes, anomalies: Sequence[Anomaly] = ()) -> Mail:
        """The mail; unreadable, with the cause among its defects, when it goes beyond the limits.

        `anomalies` are what was odd on the way in: those that let two servers see different lines leave the mail
        unauthenticated. Raises ReaderUnavailableError when the jailed child cannot be started.
        """
        return with_anomalies(self._read(raw), anomalies)

    @crossing("mails_read")
    def read_many(self, batch: Sequence[tuple[bytes, Sequence[Anomaly]]]) -> list[Mail]:
        """Each mail of the batch, in its order."""
        return [self.read(raw, anomalies) for raw, anomalies in batch]

    def close(self) -> None:
        """End the child. Harmless when repeated; the next hard mail would start another."""
        with self._lock:
            self._jail.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, raw: bytes) -> Mail:
        if len(raw) > LIMITS.size:
            return unreadable_mail(raw, Defect.SIZE_LIMIT)
        if is_small_and_plain(prescan(raw)):
            return parse_mail(raw, trusted_authserv_ids=self._trusted)
        with self._lock:
            return self._jail.read(raw)


def with_anomalies(mail: Mail, anomalies: Sequence[Anomaly]) -> Mail:
    """The mail with what was odd on its way in among its defects, unauthenticated where that leaves its lines open."""
    found = dict.fromkeys(_DEFECT_OF[anomaly].value for anomaly in anomalies if anomaly.breaks_authentication)
    if not found:
        return mail
    defects = (*mail.defects, *(word for word in found if word not in mail.defects))
    return replace(mail, defects=defects, authentication=Authentication(because=("unsound_bytes",)))
