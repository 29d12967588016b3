"""Reads mails: what is small and plain here and now, everything else in the jailed child.

The byte pre-scan decides; it is cheap and never takes a mail for plainer than it is. The child is started by the first
mail that needs it and then stays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import TracebackType
from typing import Self

from sulku_kernel.crash_points import crossing
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.file_kinds import Kind, kind_of
from sulku_mailbox.domain.files import all_files
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
    `jail` is the child's keeper, for tests and other limits. `must_be_examined` says of a small and plain mail that it
    shows something that is only looked into in the jail: it is then read once more there.
    """

    def __init__(
        self,
        trusted_authserv_ids: AbstractSet[str] = frozenset(),
        *,
        limits: JailLimits | None = None,
        jail: JailedReader | None = None,
        must_be_examined: Callable[[Mail], bool] | None = None,
    ) -> None:
        self._trusted = frozenset(trusted_authserv_ids)
        self._jail = jail or JailedReader(self._trusted, limits or JailLimits())
        self._must_be_examined = must_be_examined
        self._lock = threading.Lock()

    def read(self, raw: bytes, anomalies: Sequence[Anomaly] = (), passwords: Sequence[str] = ()) -> Mail:
        """The mail; unreadable, with the cause among its defects, when it goes beyond the limits.

        `anomalies` are what was odd on the way in: those that let two servers see different lines leave the mail
        unauthenticated. `passwords` are tried on encrypted files, before those that the mail itself names. Raises
        ReaderUnavailableError when the jailed child cannot be started.
        """
        return with_anomalies(self._read(raw, passwords), anomalies)

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

    def _read(self, raw: bytes, passwords: Sequence[str]) -> Mail:
        if len(raw) > LIMITS.size:
            return unreadable_mail(raw, Defect.SIZE_LIMIT)
        if is_small_and_plain(prescan(raw)):
            mail = parse_mail(raw, trusted_authserv_ids=self._trusted)
            if not self._belongs_into_the_jail(mail):
                return mail
        with self._lock:
            return self._jail.read(raw, passwords)

    def _belongs_into_the_jail(self, mail: Mail) -> bool:
        """Whether it carries, under a harmless type and name, a file to be opened, or shows what must be examined."""
        if any(kind_of(file) is not Kind.PLAIN for file in all_files(mail)):
            return True
        return self._must_be_examined is not None and self._must_be_examined(mail)


def with_anomalies(mail: Mail, anomalies: Sequence[Anomaly]) -> Mail:
    """The mail with what was odd on its way in among its defects, unauthenticated where that leaves its lines open."""
    if not anomalies:
        return mail
    found = dict.fromkeys(_DEFECT_OF[anomaly].value for anomaly in anomalies if anomaly.breaks_authentication)
    if not found:
        return mail
    defects = (*mail.defects, *(word for word in found if word not in mail.defects))
    return replace(mail, defects=defects, authentication=Authentication(because=("unsound_bytes",)))
