"""DMARC (RFC 9989): is what DKIM or SPF proved the domain that stands in From?

Whose a domain is says `dmarc_tree.py`; the public suffix list is handed in as a function, since it is a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sulku_mailbox.domain.dmarc_tree import (
    DmarcRecord,
    OrganisationalDomain,
    looks_like_records,
    organisation_of,
    read_record,
    walk_questions,
)
from sulku_mailbox.domain.dns import DnsAnswers, DnsQuestion, DnsStatus, RecordType
from sulku_mailbox.domain.evidence import DkimResult, DmarcResult, SpfResult

# An older signature is a mail that lay somewhere, or one that somebody sends again (RFC 6376, 8.6).
OLDEST_SIGNATURE = timedelta(days=7)


def dmarc_questions(domain: str, others: Iterable[str] = ()) -> list[DnsQuestion]:
    """What must be known of the domain in From, and of those that were signed or sent for and may be the same's."""
    related = [other for other in others if other != domain and _share_a_suffix(other, domain)]
    return list(dict.fromkeys(question for name in (domain, *related) for question in walk_questions(name)))


def _share_a_suffix(one: str, other: str) -> bool:
    """Whether they can belong to one organisation at all: more than the last label is the same."""
    return one.split(".")[-2:] == other.split(".")[-2:]


def check_dmarc(
    domain: str,
    dkim: Iterable[DkimResult],
    spf: SpfResult,
    answers: DnsAnswers,
    by_list: OrganisationalDomain,
    received_at: datetime,
) -> DmarcResult:
    """The result for the domain in From. Every question of `dmarc_questions` must be answered."""
    questions = walk_questions(domain)
    own = answers.get(DnsQuestion(f"_dmarc.{domain}", RecordType.TXT))
    record = None if own is None else read_record(own.values)
    policy = "" if record is None else record.policy
    if record is None:
        if any(answers[question].status is DnsStatus.UNANSWERED for question in questions):
            return DmarcResult("temperror", why="dns_unanswered")
        record = _of_organisation(domain, answers, by_list)
        policy = "" if record is None else record.below
    if record is None:
        is_broken = any(looks_like_records(answers[question].values) for question in questions)
        return DmarcResult("permerror", why="record_broken") if is_broken else DmarcResult("none", why="no_policy")

    def is_same(other: str) -> bool:
        return _share_a_suffix(other, domain) and organisation_of(other, answers, by_list) == organisation_of(
            domain, answers, by_list
        )

    return _align(domain, record, policy, list(dkim), spf, is_same, received_at)


def _of_organisation(domain: str, answers: DnsAnswers, by_list: OrganisationalDomain) -> DmarcRecord | None:
    """The record of the organisation, or of whoever keeps the suffix it stands under (RFC 9989, 4.10.1)."""
    organisation = organisation_of(domain, answers, by_list)
    for question in walk_questions(domain):
        record = read_record(answers[question].values)
        name = question.name.removeprefix("_dmarc.")
        if record is not None and (name == organisation or record.psd == "y"):
            return record
    return None


def _align(
    domain: str,
    record: DmarcRecord,
    policy: str,
    dkim: list[DkimResult],
    spf: SpfResult,
    is_same: Callable[[str], bool],
    received_at: datetime,
) -> DmarcResult:
    def is_aligned(other: str, *, is_strict: bool) -> bool:
        return other == domain or (not is_strict and is_same(other))

    ours = [one for one in dkim if is_aligned(one.domain, is_strict=record.is_dkim_strict)]
    passed = [one for one in ours if one.result == "pass"]
    fresh = [one for one in passed if not is_old(one, received_at)]
    if fresh:
        return DmarcResult("pass", policy, f"dkim:{fresh[0].domain}")
    if spf.result == "pass" and is_aligned(spf.domain, is_strict=record.is_spf_strict):
        return DmarcResult("pass", policy, f"spf:{spf.domain}")
    if any(one.result == "temperror" for one in ours) or spf.result == "temperror":
        return DmarcResult("temperror", policy, "dns_unanswered")
    return DmarcResult("fail", policy, "signature_too_old" if passed else "not_aligned")


def is_old(signature: DkimResult, received_at: datetime) -> bool:
    """Whether it was signed so long before the mail came that somebody may be sending an old mail again."""
    return signature.signed_at is not None and received_at - signature.signed_at > OLDEST_SIGNATURE
