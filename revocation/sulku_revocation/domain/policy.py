"""Who must be how sure before a certificate is revoked: the policy, as data with a version.

An ordered table of small rules; the first whose conditions hold answers, and its name stands in every decision. The
rules themselves are a file (`default_policy.py` has the delivered one, `policy_file.py` refuses unsound ones). A mail
alone never authorises: every rule but that of a proven compromise needs two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sulku_revocation.domain.reason_code import ReasonCode
from sulku_tickets.domain.urgency import Assurance, Urgency

LADDER = (Assurance.L0, Assurance.L1, Assurance.L2, Assurance.L3, Assurance.L4)


def is_at_least(assurance: Assurance, minimum: Assurance) -> bool:
    """Whether `assurance` stands on the rung of `minimum` or higher."""
    return LADDER.index(assurance) >= LADDER.index(minimum)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the policy looks at, for one certificate of one case.

    `is_proven`: a machine verified a proof of compromise for this certificate's own key. `is_holder`: the requester's
    address is on file for the account that holds the certificate. `has_evidence`: an operator recorded evidence
    (call-back, passphrase, …) on the case, of success or of failure; `is_confirmed`: a call-back to the number on file
    or the passphrase succeeded. `has_one_holder`: all certificates of the case have one holder on file, so that it is
    clear who confirmed what. `age`: time since the request was received.
    """

    urgency: Urgency
    reason: ReasonCode
    is_proven: bool
    assurance: Assurance
    is_holder: bool
    has_evidence: bool = False
    is_confirmed: bool = False
    has_one_holder: bool = True
    age: timedelta = timedelta(0)
    is_break_glass: bool = False

    @property
    def is_proven_compromise(self) -> bool:
        """Whether the revocation asked for rests on a proof that a machine verified."""
        return self.is_proven and self.reason is ReasonCode.KEY_COMPROMISE

    @property
    def holder_agrees(self) -> bool:
        """Whether the holder of all that is on the case has confirmed it, whoever wrote the mail."""
        return self.is_confirmed and self.has_one_holder


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must hold before the order may be given.

    `assurance`: the lowest rung of the requester's ladder. `needs_evidence`: beside the rung, what was tried to confirm
    the request stands on the case; `needs_confirmation`: the holder agreed. `decided_by`: the role the deciding person
    must have. `four_eyes`: another person approves. `automatic`: the desk may decide by itself. `because`: (rule,
    sentence for people).
    """

    assurance: Assurance
    needs_evidence: bool
    needs_confirmation: bool
    decided_by: str
    four_eyes: bool
    automatic: bool
    because: tuple[str, str]
    policy_version: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Facts that must all hold; None asks for nothing. `reasons`: one of them is the reason asked for."""

    proven_compromise: bool | None = None
    holder: bool | None = None
    holder_agrees: bool | None = None
    reasons: frozenset[ReasonCode] = frozenset()
    assurance_at_least: Assurance | None = None
    assurance_below: Assurance | None = None
    older_than: timedelta | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether the facts are so."""
        if self.reasons and facts.reason not in self.reasons:
            return False
        if self.assurance_at_least is not None and not is_at_least(facts.assurance, self.assurance_at_least):
            return False
        if self.assurance_below is not None and is_at_least(facts.assurance, self.assurance_below):
            return False
        if self.older_than is not None and facts.age < self.older_than:
            return False
        return all(
            asked is None or asked is so
            for asked, so in (
                (self.proven_compromise, facts.is_proven_compromise),
                (self.holder, facts.is_holder),
                (self.holder_agrees, facts.holder_agrees),
            )
        )


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One row of the policy: when one of `when` holds, this is required. Without any it always answers."""

    name: str
    when: tuple[Condition, ...]
    assurance: Assurance
    decided_by: str
    sentence: str
    needs_evidence: bool = False
    needs_confirmation: bool = False

    def applies(self, facts: Facts) -> bool:
        """Whether it answers for these facts."""
        return not self.when or any(condition.holds(facts) for condition in self.when)


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy in force. `label` (version and digest of its text) is stored with every decision.

    So each decision can be judged by the policy of its own time, even when somebody forgot to change the version.
    """

    version: str
    rules: tuple[PolicyRule, ...]
    is_automatic_when_proven: bool = False
    digest: str = ""

    @property
    def label(self) -> str:
        """`2026-11 (3f0c…)`."""
        return f"{self.version} ({self.digest[:12]})" if self.digest else self.version


def requirements(facts: Facts, policy: Policy) -> Requirement:
    """What the policy requires for these facts. Four eyes fall away for machine-proven compromise where the policy
    decides it automatically, and for break-glass (one person, alarmed and reviewed); assurance never does."""  # noqa: D205, D209
    rule = next(rule for rule in policy.rules if rule.applies(facts))
    automatic = policy.is_automatic_when_proven and facts.is_proven_compromise
    return Requirement(
        assurance=rule.assurance,
        needs_evidence=rule.needs_evidence,
        needs_confirmation=rule.needs_confirmation,
        decided_by=rule.decided_by,
        four_eyes=not automatic and not facts.is_break_glass,
        automatic=automatic,
        because=(rule.name, rule.sentence),
        policy_version=policy.label,
    )


def unmet(requirement: Requirement, facts: Facts) -> tuple[str, ...]:
    """What is missing on the case itself, as sentences for people; empty when the order may be decided."""
    missing = []
    if not is_at_least(facts.assurance, requirement.assurance):
        missing.append(
            f"the requester's assurance is {facts.assurance} and {requirement.assurance} is required "
            f"({requirement.because[0]})"
        )
    if requirement.needs_evidence and not facts.has_evidence:
        missing.append(f"no evidence is recorded on the ticket ({requirement.because[0]})")
    if requirement.needs_confirmation and not facts.is_confirmed:
        missing.append(
            "no call-back or passphrase by which the holder agreed is recorded on the ticket "
            f"({requirement.because[0]})"
        )
    elif requirement.needs_confirmation and not facts.has_one_holder:
        missing.append(
            "the certificates on the ticket have several holders, or none on file: it is unclear who agreed to what "
            f"({requirement.because[0]})"
        )
    return tuple(missing)
