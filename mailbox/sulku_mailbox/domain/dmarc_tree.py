"""Whose domain a domain is: the DNS tree walk of DMARC (RFC 9989, 4.10), held in check by the public suffix list.

From a domain upwards, DMARC records tell where its organisation begins. Nobody's organisation is larger than the list
says: a suffix under which strangers register names, and whose owner published a record without saying so (`psd=y`),
would make all of them one. Where the DNS does not answer, the list answers alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sulku_mailbox.domain.dns import DnsAnswers, DnsQuestion, DnsStatus, RecordType, is_name
from sulku_mailbox.domain.tag_list import TagListError, read_tags

MOST_LOOK_UPS = 8  # RFC 9989, 4.10: however many labels a name has
_POLICIES = frozenset({"none", "quarantine", "reject"})

OrganisationalDomain = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A policy record. `policy` is for the domain where it stands, `below` for those under it; `psd` is y, n or u."""

    policy: str
    below: str
    is_dkim_strict: bool
    is_spf_strict: bool
    psd: str


def walk_names(domain: str) -> list[str]:
    """The domains whose records count for this one, itself first; of a long one itself and the last seven labels."""
    labels = domain.split(".")
    rest = labels[1:] if len(labels) <= MOST_LOOK_UPS else labels[1 - MOST_LOOK_UPS :]
    return [domain, *(".".join(rest[at:]) for at in range(len(rest)))]


def walk_questions(domain: str) -> list[DnsQuestion]:
    """All of them at once: they are few, and mostly remembered."""
    questions = [DnsQuestion(f"_dmarc.{name}", RecordType.TXT) for name in walk_names(domain)]
    return [question for question in questions if is_name(question.name)]


def organisation_of(domain: str, answers: DnsAnswers, by_list: OrganisationalDomain) -> str:
    """The organisational domain. Every question of `walk_questions` must be answered."""
    if any(answers[question].status is DnsStatus.UNANSWERED for question in walk_questions(domain)):
        return by_list(domain)
    walked = _by_walk(domain, list(_records(domain, answers)))
    listed = by_list(domain)
    return listed if listed.endswith(f".{walked}") else walked


def _by_walk(domain: str, found: list[tuple[str, DmarcRecord]]) -> str:
    """RFC 9989, 4.10.2. `found`: the records from the longest domain to the shortest."""
    shortest = domain
    for name, record in found:
        if record.psd == "n":
            return name
        if record.psd == "y" and name != domain:
            return ".".join(domain.split(".")[-len(name.split(".")) - 1 :])
        shortest = name
    return shortest


def _records(domain: str, answers: DnsAnswers) -> Iterator[tuple[str, DmarcRecord]]:
    """Each valid record on the way up; one that names a boundary ends the way."""
    for question in walk_questions(domain):
        record = read_record(answers[question].values)
        if record is not None:
            yield question.name.removeprefix("_dmarc."), record
            if record.psd in {"y", "n"}:
                return


def looks_like_records(values: tuple[str, ...]) -> bool:
    """Whether any of the values is meant to be a policy record."""
    return any(_is_meant(text) for text in values)


def read_record(values: tuple[str, ...]) -> DmarcRecord | None:
    """The one policy record among the TXT records of a name; None when there is none, a broken one, or several."""
    meant = [text for text in values if _is_meant(text)]
    return _read(meant[0]) if len(meant) == 1 else None


def _is_meant(text: str) -> bool:
    return text.replace(" ", "").lower().startswith("v=dmarc1")


def _read(text: str) -> DmarcRecord | None:
    try:
        tags = {name.lower(): value.lower() for name, value in read_tags(text).items()}
    except TagListError:
        return None
    policy = tags.get("p", "none" if "rua" in tags or "psd" in tags else "")
    if next(iter(tags)) != "v" or policy not in _POLICIES:
        return None
    below = tags.get("sp", policy)
    return DmarcRecord(
        policy,
        below if below in _POLICIES else policy,
        tags.get("adkim") == "s",
        tags.get("aspf") == "s",
        tags.get("psd", "u"),
    )
