"""DMARC (RFC 7489): is what DKIM or SPF proved the domain that stands in From?

The organisational domain is that of the public suffix list, handed in as a function: the list is a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sulku_mailbox.domain.dns import DnsAnswers, DnsQuestion, DnsStatus, RecordType, is_name
from sulku_mailbox.domain.evidence import DkimResult, DmarcResult, SpfResult
from sulku_mailbox.domain.tag_list import TagListError, read_tags

# An older signature is a mail that lay somewhere, or one that somebody sends again (RFC 6376, 8.6).
OLDEST_SIGNATURE = timedelta(days=7)
_POLICIES = frozenset({"none", "quarantine", "reject"})

OrganisationalDomain = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Policy:
    policy: str
    is_dkim_strict: bool
    is_spf_strict: bool


def dmarc_questions(domain: str, organisational: OrganisationalDomain) -> list[DnsQuestion]:
    """Where the policy of `domain` may stand: with itself, or with its organisation (RFC 7489, 6.6.3)."""
    names = dict.fromkeys((domain, organisational(domain)))
    questions = [DnsQuestion(f"_dmarc.{name}", RecordType.TXT) for name in names]
    return [question for question in questions if is_name(question.name)]


def check_dmarc(
    domain: str,
    dkim: Iterable[DkimResult],
    spf: SpfResult,
    answers: DnsAnswers,
    organisational: OrganisationalDomain,
    received_at: datetime,
) -> DmarcResult:
    """The result for the domain in From. Every question of `dmarc_questions` must be answered."""
    for question in dmarc_questions(domain, organisational):
        answer = answers[question]
        if answer.status is DnsStatus.UNANSWERED:
            return DmarcResult("temperror", why="dns_unanswered")
        records = [text for text in answer.values if text.replace(" ", "").lower().startswith("v=dmarc1")]
        if len(records) == 1 and (policy := _read_policy(records[0])) is not None:
            return _align(domain, policy, list(dkim), spf, organisational, received_at)
        if records:
            return DmarcResult("permerror", why="record_broken")
    return DmarcResult("none", why="no_policy")


def _read_policy(record: str) -> _Policy | None:
    try:
        tags = {name.lower(): value.lower() for name, value in read_tags(record).items()}
    except TagListError:
        return None
    policy = tags.get("p", "none" if "rua" in tags else "")
    if next(iter(tags)) != "v" or policy not in _POLICIES:
        return None
    return _Policy(policy, tags.get("adkim") == "s", tags.get("aspf") == "s")


def _align(
    domain: str,
    policy: _Policy,
    dkim: list[DkimResult],
    spf: SpfResult,
    organisational: OrganisationalDomain,
    received_at: datetime,
) -> DmarcResult:
    def is_aligned(other: str, *, is_strict: bool) -> bool:
        return other == domain or (not is_strict and organisational(other) == organisational(domain))

    ours = [one for one in dkim if is_aligned(one.domain, is_strict=policy.is_dkim_strict)]
    passed = [one for one in ours if one.result == "pass"]
    fresh = [one for one in passed if not is_old(one, received_at)]
    if fresh:
        return DmarcResult("pass", policy.policy, f"dkim:{fresh[0].domain}")
    if spf.result == "pass" and is_aligned(spf.domain, is_strict=policy.is_spf_strict):
        return DmarcResult("pass", policy.policy, f"spf:{spf.domain}")
    if any(one.result == "temperror" for one in ours) or spf.result == "temperror":
        return DmarcResult("temperror", policy.policy, "dns_unanswered")
    return DmarcResult("fail", policy.policy, "signature_too_old" if passed else "not_aligned")


def is_old(signature: DkimResult, received_at: datetime) -> bool:
    """Whether it was signed so long before the mail came that somebody may be sending an old mail again."""
    return signature.signed_at is not None and received_at - signature.signed_at > OLDEST_SIGNATURE
