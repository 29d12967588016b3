"""What else a mail says that a person must know before anything is done: the wished time, conditions, threats.

None of it authorises or forbids; each adds a need, a fact and sometimes urgency to the judgement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sulku_kernel.clock import to_text
from sulku_revocation.domain.matching import Matching
from sulku_revocation.domain.wanted_time import WantedTime, find_wanted_time
from sulku_revocation.domain.wording import Wording
from sulku_revocation.domain.wording_rules import Meaning
from sulku_revocation.domain.words import Words
from sulku_tickets.domain.urgency import CaseClass


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`is_pressing`: a person looks before the night is over, whatever the class."""

    needs: frozenset[str] = frozenset()
    facts: tuple[tuple[str, str], ...] = ()
    wanted_at: datetime | None = None
    is_pressing: bool = False


_REVOKING = frozenset({CaseClass.REVOCATION_REQUEST, CaseClass.PROBLEM_REPORT})
_SERIOUS = 2


def read_circumstances(
    wording: Wording,
    texts: Iterable[Words],
    matching: Matching,
    case_class: CaseClass,
    *,
    subject: Words,
    is_compromise: bool,
    now: datetime,
) -> Circumstances:
    """The circumstances of a mail of this class. Pure and total. A time in the subject counts when no text has one."""
    needs, facts, wanted_at = set(), [], None
    if case_class in _REVOKING:
        wanted = find_wanted_time(texts, now) or find_wanted_time([subject], now)
        if wanted is not None:
            facts.append(_fact_of(wanted, is_compromise=is_compromise))
            # Nobody holds a compromised key back for a date: 24 hours from the report (TLS BR 4.9.1.1).
            wanted_at = None if is_compromise else wanted.at
        has_no_date = wanted is None and wording.weight(Meaning.CONDITION) > 0
        if not is_compromise and (has_no_date or (wanted is not None and wanted.at is None)):
            needs.add("confirmation")
    is_serious = wording.weight(Meaning.LEGAL) >= _SERIOUS
    if is_serious:
        needs.add("legal")
    is_foreign = case_class is CaseClass.SUPPORT and _is_foreign(wording, matching)
    if is_foreign:
        needs.add("readable_mail")
    return Circumstances(frozenset(needs), tuple(facts), wanted_at, is_pressing=is_serious or is_foreign)


def _fact_of(wanted: WantedTime, *, is_compromise: bool) -> tuple[str, str]:
    if is_compromise:
        return "compromise_does_not_wait", wanted.sentence
    if wanted.at is None:
        return "several_wanted_times", wanted.sentence
    return "wanted_time", f"{to_text(wanted.at)}: {wanted.sentence}"


def _is_foreign(wording: Wording, matching: Matching) -> bool:
    """Words of the matter in a language that the rules do not know: it may ask for anything."""
    is_known = any(hit.rule.meaning is not Meaning.FOREIGN for hit in wording.hits)
    names_one = any(match.is_chosen for match in matching.matches)
    return not is_known and (wording.weight(Meaning.FOREIGN) > 0 or (names_one and wording.language is None))
