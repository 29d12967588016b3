"""A password that comes in a mail of its own: with it, what an earlier mail of the same sender kept locked is opened.

What is found then counts as if it had come with the later mail, so that this one's judgement names the certificate and
holds the proof. The earlier mail stays as it was judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa

from sulku_kernel.errors import NotFoundError
from sulku_mailbox.domain.files import all_locked
from sulku_mailbox.domain.mail import Automatic, Mail, Why
from sulku_mailbox.domain.passwords import password_candidates
from sulku_mailbox.inbox import Inbox
from sulku_mailbox.reader import Reader
from sulku_mailbox.sealing import SealBrokenError
from sulku_revocation.domain.proofs.claim import Refusal, read_claims
from sulku_tickets.conversation import INCOMING
from sulku_tickets.models import ticket_mails

# Nobody sends the password weeks later; and a sender without an index is looked for among so many mails only.
_LAST_MAILS = 2_000
_MOST_EARLIER = 3

_LAST = sa.select(sa.func.max(ticket_mails.c.id))
_EARLIER = (
    sa.select(ticket_mails.c.sha256, ticket_mails.c.judgement)
    .where(
        ticket_mails.c.id.between(sa.bindparam("last") - _LAST_MAILS, sa.bindparam("last")),
        ticket_mails.c.direction == INCOMING,
        ticket_mails.c.from_address == sa.bindparam("sender"),
    )
    .order_by(ticket_mails.c.id.desc())
)


class LaterPasswords:
    """Completes mails that bring a password by what it opens, of the mails on file up to the id `last`, if given."""

    def __init__(self, reader: Reader, inbox: Inbox, *, last: int | None = None) -> None:
        self._reader = reader
        self._inbox = inbox
        self._last = last

    def complete(self, connection: sa.Connection, batch: Sequence[tuple[bytes, Mail]]) -> list[Mail]:
        """The mails of the batch, in their order; nearly all of them as they are."""
        return [self._complete(connection, mail, batch[:at]) for at, (_, mail) in enumerate(batch)]

    def _complete(self, connection: sa.Connection, mail: Mail, before: Sequence[tuple[bytes, Mail]]) -> Mail:
        if mail.header_from is None or mail.automatic is not Automatic.NO:
            return mail
        passwords = password_candidates([f"{mail.subject}\n{mail.new_text}"])
        if not passwords:
            return mail
        for raw in self._locked_earlier(connection, mail.header_from, before):
            earlier = self._reader.read(raw, passwords=passwords)
            if (earlier.extracted and not _needs_password(earlier)) or _has_proof(earlier):
                return _with(mail, earlier)
        return mail

    def _locked_earlier(
        self, connection: sa.Connection, sender: str, before: Sequence[tuple[bytes, Mail]]
    ) -> Iterator[bytes]:
        """The sender's last mails that lacked a password: of this batch, then of the tickets."""
        yield from [raw for raw, one in reversed(before) if one.header_from == sender and _needs_password(one)]
        last = connection.execute(_LAST).scalar_one() if self._last is None else self._last
        rows = connection.execute(_EARLIER, {"sender": sender, "last": last or 0})
        lacking = [row.sha256 for row in rows if "password" in (row.judgement or {}).get("needs", ())]
        for digest in lacking[:_MOST_EARLIER]:
            try:
                yield self._inbox.raw(digest)
            except (NotFoundError, SealBrokenError):
                continue


def _needs_password(mail: Mail) -> bool:
    if any(locked.why is Why.PASSWORD for locked in all_locked(mail)):
        return True
    return any(claim.refusal is Refusal.PASSWORD_NEEDED for claim in read_claims(mail.examination))


def _has_proof(mail: Mail) -> bool:
    """Whether a key that was encrypted is open now."""
    return any(claim.refusal is None for claim in read_claims(mail.examination))


def _with(mail: Mail, earlier: Mail) -> Mail:
    found = tuple(replace(file, where=f"earlier!{file.where}") for file in earlier.extracted)
    return replace(mail, extracted=(*mail.extracted, *found), examination=mail.examination or earlier.examination)
