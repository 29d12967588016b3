"""Mail in, judgement out: the three steps of understanding in one call, for one mail or for a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sulku_kernel.crash_points import crossing
from sulku_mailbox.domain.mail import Envelope, Mail
from sulku_revocation.domain.find_references import find_references
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.judging import judge
from sulku_revocation.domain.register_port import Register
from sulku_revocation.looking_up import look_up_many


def understand(
    mail: Mail, envelope: Envelope, register: Register, *, own_addresses: frozenset[str], now: datetime
) -> Judgement:
    """What the desk would make of a mail; changes nothing. `own_addresses` normalised, `now` aware UTC."""
    return understand_many([(mail, envelope)], register, own_addresses=own_addresses, now=now)[0]


@crossing("mails_matched")
def understand_many(
    mails: Sequence[tuple[Mail, Envelope]], register: Register, *, own_addresses: frozenset[str], now: datetime
) -> list[Judgement]:
    """The same for a batch, with few questions to the register."""
    asked = [(mail, find_references(mail)) for mail, _ in mails]
    answers = look_up_many(register, asked)
    return [
        judge(mail, envelope, references, found, own_addresses=own_addresses, now=now)
        for (mail, envelope), (_, references), found in zip(mails, asked, answers, strict=True)
    ]
