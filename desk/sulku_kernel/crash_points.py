"""Where on the road a process may be made to die, so that tests can try each place.

`with crossing("order_sent"):` has two points: `before_order_sent` when it is entered and `after_order_sent` when it was
left without an exception. Nothing happens at a point unless the environment names it: `SULKU_CRASH_AT=NAME:N` ends the
process at its N-th visit (1 when left out) as kill -9 would, with nothing flushed, closed or rolled back.
"""

from __future__ import annotations

import os
import signal
from contextlib import ContextDecorator
from types import TracebackType
from typing import Self

VARIABLE = "SULKU_CRASH_AT"

# Every crossing and what happens in it, in the order of the road.
CROSSINGS = {
    "data_received": "the octets of a mail come in",
    "inbox_stored": "mails that came together are stored in one transaction",
    "mail_answered": "the sender hears 250",
    "imap_moved": "a stored message is moved out of the way in its mailbox",
    "mails_claimed": "a worker leases deliveries",
    "lease_renewed": "a worker that takes long keeps its lease",
    "mails_read": "bytes become mails",
    "mails_matched": "references are looked up and the case is judged",
    "tickets_settled": "tickets of a batch become true in one transaction",
    "mail_given_to_a_person": "a mail that cannot be read becomes a ticket with a page",
    "effects_stored": "effects are written beside what caused them",
    "events_chained": "events get their place in the chain",
    "page_enqueued": "people are to be woken",
    "effects_claimed": "a dispatcher leases effects",
    "answer_place_taken": "an automatic answer takes its place under the caps",
    "mail_sent": "a mail is handed to the smarthost or the maildir",
    "effect_completed": "what came of an effect becomes true in one transaction",
    "request_decided": "somebody decides",
    "request_approved": "somebody else approves",
    "order_stored": "an order is stored and its effect enqueued",
    "order_marked_sent": "an order is recorded as sent, before it is",
    "ca_called": "the CA gets the order and answers",
    "answer_recorded": "the CA's acceptance is recorded",
    "publication_looked_at": "CRL and OCSP are fetched and verified",
    "sight_recorded": "evidence from CRL or OCSP is kept",
    "revocation_confirmed": "a certificate counts as revoked",
    "everybody_told": "mails to the holder and the reporter are enqueued",
    "leader_stood": "a scheduler is elected or renews its term",
    "deadlines_fired": "deadlines whose time has come are recorded, warned of, escalated",
    "pages_advanced": "the next step of an escalation is paged",
    "checkpoint_written": "a signed statement about the chain's end is written",
    "committed": "any transaction that writes",
}

POINTS = tuple(f"{side}_{name}" for name in CROSSINGS for side in ("before", "after"))


class _Armed:
    """The point at which this process dies or is paused, and how often it must still be reached."""

    point = ""
    visits = 0
    fate = signal.SIGKILL


class crossing(ContextDecorator):  # noqa: N801  reads as a word: `with crossing("mail_sent"):`
    """A step of the road with a point on each side. `name` is one of `CROSSINGS`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> Self:
        if _Armed.point:
            _visit(f"before_{self._name}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if _Armed.point and kind is None:
            _visit(f"after_{self._name}")


def arm(where: str, fate: signal.Signals = signal.SIGKILL) -> None:
    """Die (or with SIGSTOP be paused) at `NAME:N`; an empty string disarms. Raises ValueError for an unknown point."""
    point, _, visits = where.partition(":")
    if point and point not in POINTS:
        raise ValueError(f"there is no crash point {point!r}")
    _Armed.point, _Armed.visits, _Armed.fate = point, int(visits or 1), fate


def _visit(point: str) -> None:
    if point != _Armed.point:
        return
    _Armed.visits -= 1
    if _Armed.visits == 0:
        os.kill(os.getpid(), _Armed.fate)


arm(os.environ.get(VARIABLE, ""))
