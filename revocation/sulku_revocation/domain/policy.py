"""Who must be how sure before a certificate is revoked: the policy, as data with a version.

An ordered table of small rules; the first whose conditions hold answers, and its name stands in every decision. The
asymmetry behind it: a hospital's certificate revoked wrongly stops prescriptions, one *not* revoked lets patients'
data leak. So proof of compromise counts whoever sent it, a holder's word that a key leaked counts quickly, and all
else waits until the requester is confirmed. A mail alone never authorises: every rule but the first needs two people.
"""

from __future__ import annotations

from collections.abc import Callable
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
class PolicyRule:
    """One row of the policy: when `applies`, this is required."""

    name: str
    applies: Callable[[Facts, Policy], bool]
    assurance: Assurance
    decided_by: str
    sentence: str
    needs_evidence: bool = False
    needs_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy in force. The version is stored with every decision, so that it can be judged by its own time."""

    version: str
    rules: tuple[PolicyRule, ...]
    is_automatic_when_proven: bool = False
    unconfirmed_after: timedelta = timedelta(hours=20)


def _is_proven(facts: Facts, policy: Policy) -> bool:  # noqa: ARG001  rules share one shape
    return facts.is_proven_compromise


def _is_asserted_by_holder(facts: Facts, policy: Policy) -> bool:  # noqa: ARG001  rules share one shape
    return facts.reason is ReasonCode.KEY_COMPROMISE and facts.is_holder and is_at_least(facts.assurance, Assurance.L2)


def _is_own_ground(facts: Facts, policy: Policy) -> bool:  # noqa: ARG001  rules share one shape
    return facts.reason is ReasonCode.PRIVILEGE_WITHDRAWN


def _is_unconfirmed_for_long(facts: Facts, policy: Policy) -> bool:
    is_sure = facts.holder_agrees or is_at_least(facts.assurance, Assurance.L3)
    return facts.age >= policy.unconfirmed_after and not is_sure


def _is_from_holder(facts: Facts, policy: Policy) -> bool:  # noqa: ARG001  rules share one shape
    # Whose mail leaves it open who wrote stays below L3; what the holder says on the phone counts all the same.
    return facts.is_holder and (is_at_least(facts.assurance, Assurance.L3) or not facts.holder_agrees)


def _always(facts: Facts, policy: Policy) -> bool:  # noqa: ARG001  rules share one shape
    return True


RULES = (
    PolicyRule(
        "proven_compromise",
        _is_proven,
        Assurance.L0,
        decided_by="operator",
        sentence="A machine verified that the private key is compromised: it is revoked whoever sent the proof.",
    ),
    PolicyRule(
        "compromise_asserted_by_holder",
        _is_asserted_by_holder,
        Assurance.L2,
        decided_by="operator",
        sentence="The holder says that the key is compromised, from an address on file and DMARC-aligned: "
        "operator and approver revoke at once, the call-back runs in parallel.",
    ),
    PolicyRule(
        # TLS BR 7.2.2: never a subscriber's; nobody asks for it, so that there is no requester to be sure of.
        "own_ground",
        _is_own_ground,
        Assurance.L0,
        needs_evidence=True,
        decided_by="supervisor",
        sentence="It is the CA's own ground: a supervisor decides, what was found stands on the case as evidence "
        "and another person approves.",
    ),
    PolicyRule(
        # ETSI EN 319 411-1 REV-6.2.4-03BA/-03BB: an exception, with what was tried and why it was decided so.
        "unconfirmed_after_20_hours",
        _is_unconfirmed_for_long,
        Assurance.L0,
        needs_evidence=True,
        decided_by="supervisor",
        sentence="The request could not be confirmed in 20 hours: a supervisor decides with a written reason "
        "and what was tried stands on the case as evidence.",
    ),
    PolicyRule(
        "confirmed_holder",
        _is_from_holder,
        Assurance.L3,
        decided_by="operator",
        sentence="The holder's request is confirmed by a second factor (L3) and approved by another person.",
    ),
    PolicyRule(
        # Whoever is sure to be somebody else is still somebody else, and whoever has lost every mailbox still has a
        # phone: the holder's word counts, at the number on file or by the passphrase.
        "confirmed_by_holder",
        _always,
        Assurance.L0,
        needs_confirmation=True,
        decided_by="operator",
        sentence="The requester is unknown or not the holder on file: the holder agreed at the number on file or by "
        "the passphrase, which stands on the case, and another person approves.",
    ),
)

DEFAULT_POLICY = Policy(version="2026-11", rules=RULES)


def requirements(facts: Facts, policy: Policy = DEFAULT_POLICY) -> Requirement:
    """What the policy requires for these facts. Four eyes fall away for machine-proven compromise where the policy
    decides it automatically, and for break-glass (one person, alarmed and reviewed); assurance never does."""  # noqa: D205, D209
    rule = next(rule for rule in policy.rules if rule.applies(facts, policy))
    automatic = policy.is_automatic_when_proven and facts.is_proven_compromise
    return Requirement(
        assurance=rule.assurance,
        needs_evidence=rule.needs_evidence,
        needs_confirmation=rule.needs_confirmation,
        decided_by=rule.decided_by,
        four_eyes=not automatic and not facts.is_break_glass,
        automatic=automatic,
        because=(rule.name, rule.sentence),
        policy_version=policy.version,
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
