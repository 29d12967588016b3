"""Who sent a mail, in two pure steps with the DNS between them.

`SenderCheck.judge` raises the questions that are open, and answers with a value once each is answered. The worker asks
them in between, for many mails at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from sulku_kernel.address import domain_of
from sulku_mailbox.domain.arc import chain_questions, read_chain, verify_chain
from sulku_mailbox.domain.authentication import states_pass
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.dkim import read_signatures, verify_signature
from sulku_mailbox.domain.dmarc import check_dmarc, dmarc_questions
from sulku_mailbox.domain.dmarc_tree import OrganisationalDomain
from sulku_mailbox.domain.dns import DnsAnswer, DnsAnswers, DnsQuestion, MissingAnswersError
from sulku_mailbox.domain.evidence import ArcResult, DkimResult, DmarcResult, Evidence, SpfResult
from sulku_mailbox.domain.mail import Authentication, Envelope, Mail, Via, with_authentication
from sulku_mailbox.domain.signed_mail import split_signed
from sulku_mailbox.domain.spf import check_spf

# Whoever checked such a mail may have checked other lines, another author or another subject than we read.
UNSOUND = frozenset(
    {
        Defect.BARE_NEWLINE.value,
        Defect.NUL.value,
        Defect.REPEATED_HEADER.value,
        Defect.FROM_MISSING.value,
        Defect.FROM_SEVERAL.value,
        Defect.FROM_AMBIGUOUS.value,
        Defect.UNREADABLE.value,
        Defect.HEADER_LIMIT.value,
        Defect.HEADER_BROKEN.value,
    }
)


@dataclass(frozen=True, slots=True)
class SenderCheck:
    """What the administrator settled.

    `organisational`: the public suffix list, beyond which DMARC's own answer never goes.
    `relays`: mail servers of ours in front, behind which SPF cannot be told. `arc_sealers`: whose chains are believed.
    """

    organisational: OrganisationalDomain
    relays: AbstractSet[str] = frozenset()
    arc_sealers: AbstractSet[str] = frozenset()

    def judge(self, raw: bytes, mail: Mail, envelope: Envelope, answers: DnsAnswers) -> Evidence:
        """The findings. Raises MissingAnswersError with all questions that can be foreseen."""
        evidence = transport_evidence(mail, envelope)
        if mail.header_from is None or UNSOUND.intersection(mail.defects):
            return replace(evidence, unchecked="no_identity" if mail.header_from is None else "unsound")
        noted = _Noted(answers)
        domain = domain_of(mail.header_from)
        signed = split_signed(raw)
        if not signed.is_sound:
            return replace(evidence, unchecked="unsound")
        missing: set[DnsQuestion] = set()
        spf = self._spf(envelope, noted, missing)
        signatures, unreadable = read_signatures(signed)
        chain = read_chain(signed)
        proven_for = [
            *(one.domain for one in signatures),
            *(one.domain for one in unreadable),
            domain_of(envelope.mail_from).lower(),
            spf.domain,
        ]
        asked = [one.question for one in signatures] + dmarc_questions(domain, proven_for)
        if not isinstance(chain, ArcResult):
            asked += chain_questions(chain)
        missing.update(question for question in asked if question not in answers)
        if missing:
            raise MissingAnswersError(missing)
        now = envelope.received_at
        dkim = (*(verify_signature(one, signed, noted[one.question], now) for one in signatures), *unreadable)
        arc = chain if isinstance(chain, ArcResult) else verify_chain(chain, signed, noted)
        dmarc = check_dmarc(domain, dkim, spf, noted, self.organisational, now)
        is_trusted = arc.result == "pass" and set(arc.sealers) <= self.arc_sealers
        if dmarc.result == "fail" and is_trusted and states_pass(arc.first_results, domain):
            dmarc = DmarcResult("pass", dmarc.policy, f"arc:{arc.sealers[0]}")
        return replace(evidence, dkim=dkim, arc=arc, is_arc_trusted=is_trusted, spf=spf, dmarc=dmarc, dns=noted.used())

    def _spf(self, envelope: Envelope, answers: DnsAnswers, missing: set[DnsQuestion]) -> SpfResult:
        if envelope.via is not Via.SMTP or envelope.peer in self.relays:
            return SpfResult("none", why="behind_relay")
        try:
            return check_spf(envelope.peer, envelope.mail_from, envelope.helo, answers)
        except MissingAnswersError as error:
            missing.update(error.questions)
            return SpfResult("none")


class _Noted(Mapping[DnsQuestion, DnsAnswer]):
    """The answers, remembering which of them were used: those are the evidence."""

    def __init__(self, answers: DnsAnswers) -> None:
        self._answers = answers
        self._used: dict[DnsQuestion, DnsAnswer] = {}

    def __getitem__(self, question: DnsQuestion) -> DnsAnswer:
        answer = self._answers[question]
        self._used[question] = answer
        return answer

    def __contains__(self, question: object) -> bool:
        return question in self._answers

    def __iter__(self) -> Iterator[DnsQuestion]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def used(self) -> tuple[tuple[DnsQuestion, DnsAnswer], ...]:
        """Keys and policies first: what proved something must not be cut off behind what did not."""
        return tuple(sorted(self._used.items(), key=lambda item: ("_d" not in item[0].name, item[0])))


def transport_evidence(mail: Mail, envelope: Envelope) -> Evidence:
    """What the delivery itself shows, and what our border servers stated."""
    return Evidence(
        peer=envelope.peer,
        helo=envelope.helo,
        tls=envelope.tls,
        via=envelope.via.value,
        stated=tuple(word for word in mail.authentication.because if "=" in word and not word.endswith("=none")),
    )


def authenticate(mail: Mail, evidence: Evidence) -> Mail:
    """The mail with what was computed and what trusted servers stated, as one `Authentication`.

    Where one says pass and the other fail, something on the way is not as we think: neither counts.
    """
    stated = mail.authentication
    if evidence.dmarc is None:
        said = Authentication(stated.spf, stated.dkim, stated.dmarc, stated.aligned_domain, stated.because, evidence)
        return with_authentication(mail, said)
    dkim, spf, dmarc = _dkim_result(evidence.dkim), _result(evidence.spf), evidence.dmarc.result
    pairs = ((stated.spf, spf), (stated.dkim, dkim), (stated.dmarc, dmarc))
    if any({"pass", "fail"} == set(pair) for pair in pairs):
        defects = dict.fromkeys((*mail.defects, Defect.AUTHENTICATION_CONFLICT.value))
        return replace(
            mail, defects=tuple(defects), authentication=Authentication(because=("conflict",), evidence=evidence)
        )
    spf, dkim, dmarc = (_stronger(*pair) for pair in pairs)
    domain = domain_of(mail.header_from or "") if dmarc == "pass" else None
    if dmarc == "pass" and evidence.dmarc.result != "pass":
        domain = stated.aligned_domain
    because = (f"spf={spf}", f"dkim={dkim}", f"dmarc={dmarc}")
    return replace(mail, authentication=Authentication(spf, dkim, dmarc, domain, because, evidence))


def _stronger(stated: str, computed: str) -> str:
    """Of two that do not contradict each other the one that says something."""
    for word in ("pass", "fail", "softfail", "policy"):
        if word in (stated, computed):
            return word
    return stated if computed == "none" else computed


def _dkim_result(results: tuple[DkimResult, ...]) -> str:
    found = {one.result for one in results}
    return next((word for word in ("pass", "temperror", "fail", "policy", "permerror") if word in found), "none")


def _result(spf: SpfResult | None) -> str:
    return "none" if spf is None else spf.result
