"""Mail in, judgement out: the three steps of understanding in one call, for one mail or for a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sulku_kernel.crash_points import crossing
from sulku_mailbox.domain.mail import Envelope, Mail
from sulku_revocation.domain.brought_along import with_brought_along
from sulku_revocation.domain.find_references import find_references
from sulku_revocation.domain.found import Found
from sulku_revocation.domain.judgement import Judgement, Proof
from sulku_revocation.domain.judging import judge
from sulku_revocation.domain.proofs.claim import read_claims
from sulku_revocation.domain.proofs.verifying import ProofRules, verify_claims
from sulku_revocation.domain.proven import proven_keys, with_proven_references
from sulku_revocation.domain.register_port import Register
from sulku_revocation.domain.said import read_said
from sulku_revocation.looking_up import look_up_many
from sulku_revocation.weak_keys import is_weak

Prove = Callable[[Mail, Envelope], tuple[Proof, ...]]


def prove_what_needs_no_nonce(mail: Mail, envelope: Envelope) -> tuple[Proof, ...]:  # noqa: ARG001  as others need it
    """The proofs of a mail, without those that depend on what this instance has asked for."""
    return verify_claims(read_claims(mail.examination), ProofRules(is_weak=is_weak))


def understand(
    mail: Mail,
    envelope: Envelope,
    register: Register,
    *,
    own_addresses: frozenset[str],
    now: datetime,
    prove: Prove = prove_what_needs_no_nonce,
) -> Judgement:
    """What the desk would make of a mail; changes nothing. `own_addresses` normalised, `now` aware UTC."""
    return understand_many([(mail, envelope)], register, own_addresses=own_addresses, now=now, prove=prove)[0]


@crossing("mails_matched")
def understand_many(
    mails: Sequence[tuple[Mail, Envelope]],
    register: Register,
    *,
    own_addresses: frozenset[str],
    now: datetime,
    prove: Prove = prove_what_needs_no_nonce,
) -> list[Judgement]:
    """The same for a batch, with few questions to the register. `prove` verifies what was found of proofs."""
    mails = [(with_brought_along(mail, own_addresses), envelope) for mail, envelope in mails]
    proofs = [prove(mail, envelope) if mail.examination else () for mail, envelope in mails]
    asked = [
        (mail, said := read_said(mail), with_proven_references(find_references(mail, said.own), proven))
        for (mail, _), proven in zip(mails, proofs, strict=True)
    ]
    answers = look_up_many(register, asked)
    return [
        judge(
            mail,
            said,
            envelope,
            references,
            _with_proven(register, found, proven),
            own_addresses=own_addresses,
            now=now,
            proofs=proven,
        )
        for (mail, envelope), (_, said, references), found, proven in zip(mails, asked, answers, proofs, strict=True)
    ]


def _with_proven(register: Register, found: Found, proofs: tuple[Proof, ...]) -> Found:
    """With every certificate of each proven key."""
    keys = proven_keys(proofs)
    if not keys:
        return found
    return replace(found, same_key={**found.same_key, **{spki: register.with_spki(spki) for spki in sorted(keys)}})
