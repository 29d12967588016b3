"""Examining a mail for proofs of key compromise: in the jailed reader, and only where there is a sign of one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from sulku_mailbox.domain.files import all_files
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.passwords import password_candidates
from sulku_revocation.domain.proofs.claim import write_claims
from sulku_revocation.domain.proofs.finding import Tools, find_claims
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_revocation.key_sealing import seal_key
from sulku_revocation.weak_keys import is_weak

# Of the four seconds of processor that the jail has for a mail: the slowest key (RSA-4096) takes half a second.
SECONDS = 2.0
_DEEPEST = 8


def examine(mail: Mail, passwords: Sequence[str] = (), *, recovery: bytes | None = None) -> str:
    """The claims of a mail as a text (`domain/proofs/claim.py`), empty when there are none.

    `passwords` came in other mails of the sender; those in this one are found here. `recovery`: the public half of the
    recovery key, to which private keys are sealed; without it none leaves the jail.
    """
    if not shows_proof(mail):
        return ""
    texts = list(_texts(mail))
    tools = Tools(
        challenge=os.urandom(32),
        passwords=(*passwords, *password_candidates(text for _, text in texts)),
        seal=None if recovery is None else partial(seal_key, recovery=recovery),
        is_weak=is_weak,
        may_go_on=_until(SECONDS),
    )
    return write_claims(find_claims(texts, ((file.where, file.content) for file in all_files(mail)), tools))


def _texts(mail: Mail, depth: int = 0) -> Iterator[tuple[str, str]]:
    """What a person sees, quoted parts too: who forwards a key has leaked it as well."""
    yield "text", f"{mail.subject}\n{mail.text or mail.new_text}"
    if depth < _DEEPEST:
        for inner in mail.forwarded:
            yield from _texts(inner, depth + 1)


def _until(seconds: float) -> Callable[[], bool]:
    end = time.process_time() + seconds
    return lambda: time.process_time() < end
