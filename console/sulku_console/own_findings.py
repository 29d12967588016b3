"""What the desk found by itself: what a person must know first of a ticket that nobody wrote.

The facts are those of now, not of when the ticket was opened: the page says whether it is still so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sulku_kernel.saying import Saying
from sulku_kernel.transaction import Row
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.crl_health import UNWATCHED, complaints
from sulku_revocation.domain.distinguished_name import first_value, parse_name
from sulku_revocation.watch_models import issuer_alarms
from sulku_revocation.watching import read_points
from sulku_tickets.escalation import EscalationKind

COMMON_NAME = "2.5.4.3"
ISSUERS = frozenset(
    kind.word
    for kind in (
        EscalationKind.PUBLICATION_UNWELL,
        EscalationKind.CRL_ENTRY_FOREIGN,
        EscalationKind.CRL_ENTRY_GONE,
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`serials` (hex) stand wrongly on the list or are missing there, `more` of them are not named; `troubles` are
    what is wrong with where it is published, each with what to do. Nothing of both: it is over."""  # noqa: D205, D209

    kind: str
    about: str
    serials: Sequence[str] = ()
    more: str = ""
    troubles: Sequence[tuple[Saying, Saying]] = ()

    @property
    def is_over(self) -> bool:
        """Whether what was found is so no more."""
        return not self.serials and not self.troubles


def is_own(ticket: Row) -> bool:
    """Whether the desk opened it by itself: no delivery of the inbox has such a number."""
    return bool(ticket["first_delivery_id"] < 0)


def own_headline(subject: str) -> tuple[str, str]:
    """The kind of what was found, and what it is about: an issuer by its common name, or certificates."""
    kind, _, about = subject.partition(": ")
    return kind, common_name(about) if kind in ISSUERS else about


def common_name(written: str) -> str:
    """The common name of a name (RFC 4514); all of it where there is none."""
    try:
        return first_value(parse_name(written), COMMON_NAME) or written
    except UnreadableError:
        return written


def read_finding(connection: sa.Connection, ticket: Row, now: datetime) -> Finding | None:
    """What is so now of what the ticket was opened for; None when it is about no issuer, or another ticket goes on."""
    kind, _, about = str(ticket["subject"]).partition(": ")
    query = sa.select(issuer_alarms).where(issuer_alarms.c.ticket_id == ticket["id"], issuer_alarms.c.kind == kind)
    row = connection.execute(query).mappings().one_or_none()
    if not is_own(ticket) or row is None:
        return None
    if kind == EscalationKind.PUBLICATION_UNWELL.word:
        return Finding(kind, about, troubles=_troubles(connection, row["issuer_id"], now))
    more = [fact for fact in row["facts"] if " " in fact]
    return Finding(kind, about, [fact for fact in row["facts"] if " " not in fact], more[0].split()[0] if more else "")


def _troubles(connection: sa.Connection, issuer_id: int, now: datetime) -> list[tuple[Saying, Saying]]:
    points = read_points(connection, issuer_id)
    found = [one for point in points for one in complaints(point, now) if one.is_urgent and one.word != UNWATCHED]
    return [(_briefly(one.said), one.step) for one in found]


def _briefly(said: Saying) -> Saying:
    """With the issuer's common name alone: the whole name stands above it."""
    values = dict(said.values)
    return Saying(said.english, **{**values, "issuer": common_name(str(values["issuer"]))})
