"""References + what the register knows → the certificates a mail may mean, with scores and reasons.

Each exact reference that hits once chooses its certificate. Whatever hits several, or is no exact reference, is only a
candidate; a serial one slip away is shown and never chosen, nor is what the mail wants left alone; a CA certificate is
never even shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sulku_revocation.domain.folding import fold_compact, fold_text
from sulku_revocation.domain.found import Found
from sulku_revocation.domain.host_name import is_private
from sulku_revocation.domain.judgement import Match, Outcome
from sulku_revocation.domain.only_mentioned import asks_for_attached, asks_for_some, find_only_mentioned
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.spared import Wishes, asks_for_the_old, brings_the_new, read_wishes

EXACT = frozenset({ReferenceKind.SERIAL, ReferenceKind.FINGERPRINT, ReferenceKind.CERTIFICATE, ReferenceKind.SPKI})
# How much a reference of each kind says by itself, when it does not choose.
SCORES = {
    ReferenceKind.SERIAL: 0.7,
    ReferenceKind.FINGERPRINT: 0.7,
    ReferenceKind.CERTIFICATE: 0.7,
    ReferenceKind.SPKI: 0.7,
    ReferenceKind.HOST_NAME: 0.6,
    ReferenceKind.COMMON_NAME: 0.5,
    ReferenceKind.OID: 0.3,
    ReferenceKind.BUSINESS_ID: 0.3,
    ReferenceKind.ORGANISATION: 0.3,
}
SCORE_EXACT, SCORE_NAME_WITH_OID, SCORE_SAME_KEY = 1.0, 0.95, 0.9
SCORE_NEAR_SERIAL, SCORE_NEAR_ORGANISATION = 0.4, 0.25
MOST_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Matching:
    """What matching came to.

    `references` are those that count; `unclear` those of them that name nothing or several; `elsewhere` labelled host
    names that name other certificates than the exact references do, or none. What a machine is called in its own
    network is in neither: no certificate here has to know it.
    """

    matches: tuple[Match, ...]
    outcome: Outcome
    references: tuple[Reference, ...]
    unclear: tuple[Reference, ...]
    elsewhere: tuple[Reference, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether an exact reference names a certificate here, chosen or not."""
        return any(kind.value in one.why for one in self.matches for kind in EXACT)


@dataclass(slots=True)
class _Candidate:
    record: CertificateRecord
    score: float = 0.0
    why: dict[str, None] = field(default_factory=dict)
    is_chosen: bool = False

    def add(self, why: str, score: float) -> None:
        """Another reason: the strongest counts whole, each further one a little."""
        if why not in self.why:
            self.score = max(self.score, score) + (0.05 if self.why else 0.0)
            self.why[why] = None


class _Candidates(dict[int, _Candidate]):
    def of(self, record: CertificateRecord) -> _Candidate:
        return self.setdefault(record.id, _Candidate(record))

    @property
    def chosen(self) -> list[_Candidate]:
        return [candidate for candidate in self.values() if candidate.is_chosen]


def match(
    references: Iterable[Reference],
    found: Found,
    *,
    text: str,
    is_compromise: bool,
    now: datetime,
    proven: frozenset[str] = frozenset(),
    others: Sequence[str] = (),
    is_held: bool = False,
) -> Matching:
    """Match. `text` is what the mail says (subject and new text), in which common names are looked for.

    `others` are its attached and forwarded texts. Of a mail that `is_held` nothing is chosen but what is proven.
    """
    records = {r: _without_authorities(found.records.get(r, ())) for r in references}
    counting = _counting(records)
    candidates = _Candidates()
    several = _choose_exact(counting, records, candidates)
    _choose_proven(proven, found, candidates)
    named = () if candidates.chosen else _choose_by_name_and_oid(counting, records, text, candidates)
    _spare(counting, records, (text, *others), candidates, proven)
    _leave_unproven(found, candidates, proven)
    resolved = {candidate.record.id for candidate in candidates.chosen}
    several = [r for r in several if resolved.isdisjoint(record.id for record in records[r])]
    unknown = _unknown(counting, records, candidates)
    for reference in several:
        for record in records[reference]:
            why = "near_serial" if reference.is_misread else reference.kind.value
            candidates.of(record).add(why, SCORE_NEAR_SERIAL if reference.is_misread else SCORES[reference.kind])
    for reference in unknown:
        for record in _without_authorities(found.near.get(reference, ())):
            candidates.of(record).add("near_serial", SCORE_NEAR_SERIAL)
    elsewhere = _add_hints(counting, records, found, candidates)
    if is_compromise:
        _bring_same_key(found, candidates)
    unclear = (*several, *unknown)
    outcome = _outcome(candidates, (*unclear, *elsewhere))
    if is_held:
        _hold(candidates, proven)
    shown = tuple(
        r for r in (*counting, *named) if r.is_labelled or records.get(r) or r.kind is ReferenceKind.HOST_NAME
    )
    return Matching(_ranked(candidates, now), outcome, shown, unclear, tuple(elsewhere))


def _without_authorities(records: Iterable[CertificateRecord]) -> tuple[CertificateRecord, ...]:
    return tuple([record for record in records if record.certificate_type is not CertificateType.CA])


def _counting(records: dict[Reference, tuple[CertificateRecord, ...]]) -> list[Reference]:
    """The references that count: not those that stand for a certificate which another reference already names."""
    named = {r.shown for r, hits in records.items() if r.kind is ReferenceKind.CERTIFICATE and hits}
    attached = {r.shown for r in records if r.kind is ReferenceKind.CERTIFICATE}
    counting = []
    for reference, hits in list(records.items()):
        if reference.kind in EXACT and not reference.is_labelled and reference.shown in named:
            continue
        if reference.kind is ReferenceKind.SERIAL and reference.shown in attached:
            # A certificate came along that the register has only as a line of a list: there, the serial names it.
            records[reference] = tuple(record for record in hits if not record.fingerprint)
        counting.append(reference)
    return counting


def _choose_exact(
    counting: list[Reference], records: dict[Reference, tuple[CertificateRecord, ...]], candidates: _Candidates
) -> list[Reference]:
    """Choose by every exact reference that hits once; return those that hit several."""
    several = []
    for reference in counting:
        hits = records[reference] if reference.kind in EXACT else ()
        if len(hits) == 1 and not reference.is_misread:
            candidate = candidates.of(hits[0])
            candidate.is_chosen = True
            candidate.add(reference.kind.value, SCORE_EXACT)
        elif hits:
            several.append(reference)
    return several


def _choose_proven(proven: frozenset[str], found: Found, candidates: _Candidates) -> None:
    """Every certificate whose key is proven to be compromised, named in the mail or not (TLS BR 6.1.2)."""
    for spki in sorted(proven):
        for record in _without_authorities(found.same_key.get(spki, ())):
            candidate = candidates.of(record)
            candidate.add("spki", SCORE_EXACT)
            candidate.is_chosen = candidate.is_chosen or record.revoked_at is None


def _choose_by_name_and_oid(
    counting: list[Reference],
    records: dict[Reference, tuple[CertificateRecord, ...]],
    text: str,
    candidates: _Candidates,
) -> tuple[Reference, ...]:
    """A common name together with the organisation's OID, if they name one certificate. Returns names only implied."""
    said = {fold_compact(r.value): r for r in counting if r.kind is ReferenceKind.COMMON_NAME}
    implied: dict[str, Reference] = {}
    folded_text = ""
    for reference in counting:
        if reference.kind is not ReferenceKind.OID or not records[reference]:
            continue
        hits: dict[str, list[CertificateRecord]] = {}
        rest = folded_text = folded_text or _fold_long(text)
        # The longest first: whoever writes "Todistuspalvelu TESTI" does not mean "Todistuspalvelu".
        for record in sorted(records[reference], key=lambda record: -len(record.common_name)):
            name = fold_compact(record.common_name)
            if name and (name in said or name in hits or _mentions(rest, record)):
                hits.setdefault(name, []).append(record)
                rest = rest.replace(f" {fold_text(record.common_name)} ", "  ")
        for name, same_name in hits.items():
            if name not in said:
                implied[name] = Reference(ReferenceKind.COMMON_NAME, same_name[0].common_name, "text")
            for record in same_name:
                candidate = candidates.of(record)
                candidate.is_chosen = len(same_name) == 1
                candidate.add("common_name", SCORE_NAME_WITH_OID if len(same_name) == 1 else 0.6)
                candidate.add("oid", 0.3)
    return tuple(implied.values())


def _spare(
    counting: list[Reference],
    records: dict[Reference, tuple[CertificateRecord, ...]],
    texts: Sequence[str],
    candidates: _Candidates,
    proven: frozenset[str],
) -> None:
    """Show, and choose no longer, what the text wants left alone: «sulkekaa vanha …, uusi on …» (`spared.py`)."""
    chosen = candidates.chosen
    if not chosen:
        return
    text = "\n\n".join(texts)
    spellings: dict[int, set[str]] = {
        one.record.id: {one.record.common_name} if "common_name" in one.why else set() for one in chosen
    }
    for reference in counting:
        for record in records[reference] if reference.kind in EXACT else ():
            if record.id in spellings:
                spellings[record.id].add(reference.shown)
    wishes = read_wishes(text, [frozenset(spellings[one.record.id]) for one in chosen])
    spared = wishes.spared or _newest(chosen, text)
    if len(chosen) == 1 and _only_came_along(chosen[0].record, counting, records) and brings_the_new(text):
        spared = frozenset({0})
    for one in (chosen[at] for at in spared if chosen[at].record.spki not in proven or not chosen[at].record.spki):
        one.is_chosen = False
        one.score = SCORES[ReferenceKind.SERIAL]
        one.why["spared"] = None
    for one, is_spared in _left_open(chosen, wishes, text, proven) if wishes.is_open else ():
        one.is_chosen = False
        one.score = SCORES[ReferenceKind.SERIAL]
        one.why |= {"spared": None} if is_spared else {}
    if len(chosen) > 1:
        _leave_mentioned(chosen, texts[0], spellings, counting, records, proven)


def _leave_mentioned(
    chosen: list[_Candidate],
    text: str,
    spellings: dict[int, set[str]],
    counting: list[Reference],
    records: dict[Reference, tuple[CertificateRecord, ...]],
    proven: frozenset[str],
) -> None:
    """Choose no longer what the sender's own text only mentions, or what came along beside what it asks for."""
    wishes = read_wishes(text, [frozenset(spellings[one.record.id]) for one in chosen])
    only = set(find_only_mentioned(text, wishes))
    if wishes.asked - wishes.spared and not asks_for_attached(text):
        along = (at for at, one in enumerate(chosen) if _only_came_along(one.record, counting, records))
        only |= {at for at in along if at not in wishes.asked}
    is_open = wishes.is_either or (not wishes.asked and asks_for_some(text))
    for at, one in enumerate(chosen):
        if (is_open or at in only) and (one.record.spki not in proven or not one.record.spki):
            one.is_chosen = False
            one.score = SCORES[ReferenceKind.SERIAL]
            one.why |= {} if is_open else {"spared": None}


def _left_open(
    chosen: list[_Candidate], wishes: Wishes, text: str, proven: frozenset[str]
) -> Iterator[tuple[_Candidate, bool]]:
    """Of certificates for one name that the text tells apart, those it does not clearly ask for; whether for another.

    One is nearly always the other's successor. Where the text asks for none of them but «the old one», it is the older.
    Two for different names may be that, too; but where nothing is asked for, both are meant.
    """
    by_name: dict[str, set[int]] = {}
    for at, one in enumerate(chosen):
        by_name.setdefault("" if len(chosen) == 2 else one.record.common_name or str(at), set()).add(at)
    for named in by_name.values():
        if len(named) < 2 or any(named <= together for together in wishes.alike):
            continue
        meant = _meant(chosen, named, wishes, text)
        if not meant and len({chosen[at].record.common_name for at in named}) > 1:
            continue
        for one in (chosen[at] for at in sorted(named - meant)):
            if one.record.spki not in proven or not one.record.spki:
                yield one, bool(meant)


def _meant(chosen: list[_Candidate], named: set[int], wishes: Wishes, text: str) -> set[int]:
    if wishes.is_either:
        return set()
    asked = {at for at in named & wishes.asked if chosen[at].is_chosen}
    if asked:
        return asked
    return (_older(chosen, named) if asks_for_the_old(text) else set()) or (named & wishes.replaced - wishes.spared)


def _older(chosen: list[_Candidate], named: set[int]) -> set[int]:
    """Those that are still chosen and begin before another; none where that is not known of all."""
    begins = {at: begin for at in named if (begin := chosen[at].record.not_before) is not None}
    if len(begins) < len(named):
        return set()
    return {at for at in named if chosen[at].is_chosen and begins[at] < max(begins.values())}


def _leave_unproven(found: Found, candidates: _Candidates, proven: frozenset[str]) -> None:
    """Choose no longer what a stranger's proof is said to be about, where it proves no key of those named.

    Of several that are named beside a proof of one, the others stay: suspected, not proven.
    """
    if not proven:
        return
    senders = {account.id for account in found.accounts}
    is_about_named = any(one.record.spki in proven and set(one.why) != {"spki"} for one in candidates.chosen)
    for one in () if is_about_named else candidates.chosen:
        if one.record.spki not in proven and one.record.account_id not in senders:
            one.is_chosen = False
            one.score = SCORES[ReferenceKind.SERIAL]
            one.why["not_proven"] = None


def _hold(candidates: _Candidates, proven: frozenset[str]) -> None:
    for one in candidates.chosen:
        if one.record.spki not in proven:
            one.is_chosen = False
            one.why["held"] = None


def _only_came_along(
    record: CertificateRecord, counting: list[Reference], records: dict[Reference, tuple[CertificateRecord, ...]]
) -> bool:
    """Whether nothing names the certificate but an attached file."""
    return all(r.where == "attachment" for r in counting if r.kind in EXACT and record in records[r])


def _newest(chosen: list[_Candidate], text: str) -> frozenset[int]:
    """Of certificates that came along for one name the newest, where «the old one» is to be revoked."""
    if len(chosen) < 2 or any(set(one.why) != {"certificate"} for one in chosen):
        return frozenset()
    begins = [one.record.not_before for one in chosen]
    names = {one.record.common_name for one in chosen}
    known = [begin for begin in begins if begin is not None]
    if len(names) != 1 or len(set(known)) != len(chosen) or not asks_for_the_old(text):
        return frozenset()
    return frozenset({begins.index(max(known))})


def _fold_long(text: str) -> str:
    """`fold_text` for a whole mail, with a blank at both ends so that whole words can be looked for."""
    pieces = (fold_text(text[at : at + 500]) for at in range(0, min(len(text), 50_000), 500))
    return f" {' '.join(pieces)} "


def _mentions(folded_text: str, record: CertificateRecord) -> bool:
    """Whether a common name that is no host name stands in the text, without a label of its own."""
    name = "" if record.common_name in record.host_names else fold_text(record.common_name)
    return len(name) >= 5 and f" {name} " in folded_text


def _unknown(
    counting: list[Reference], records: dict[Reference, tuple[CertificateRecord, ...]], candidates: _Candidates
) -> list[Reference]:
    """Exact references that a person wrote as such and the register does not know."""
    known = [r for r in counting if r.kind is ReferenceKind.SERIAL and records[r]]
    chosen = candidates.chosen
    unknown = []
    for reference in counting:
        if reference.kind not in EXACT or not reference.is_labelled or records[reference]:
            continue
        if reference.kind is ReferenceKind.SERIAL and any(_is_the_same_row(reference, other) for other in known):
            continue
        if reference.kind is ReferenceKind.FINGERPRINT and any(not c.record.fingerprint for c in chosen):
            continue  # the register has no bytes of that certificate to compare
        if reference.kind is ReferenceKind.SPKI and reference.shown == "CSR":
            continue  # a request for the certificate that comes next
        if reference.kind is ReferenceKind.CERTIFICATE and any(
            r.shown == reference.shown and records[r] for r in counting if r is not reference
        ):
            continue  # found by its key or its serial
        unknown.append(reference)
    return unknown


def _is_the_same_row(unknown: Reference, known: Reference) -> bool:
    """Whether a row of digits that nobody has is only a piece of a known one, or a known one and a word beside it."""
    return unknown.value in known.value or f" {known.shown} " in f" {unknown.shown} "


def _add_hints(
    counting: list[Reference],
    records: dict[Reference, tuple[CertificateRecord, ...]],
    found: Found,
    candidates: _Candidates,
) -> list[Reference]:
    """Host names, names and organisations: they strengthen what is chosen, or propose candidates when nothing is.

    Returns the host names asked for that name other certificates than the chosen ones, or none: a person must ask.
    """
    has_exact = bool(candidates.chosen)
    elsewhere = []
    for reference in counting:
        if reference.kind in EXACT:
            continue
        hits = records[reference]
        among = [record for record in hits if record.id in candidates]
        is_host = reference.kind is ReferenceKind.HOST_NAME
        is_unknown_here = is_host and not hits and is_private(reference.value)
        is_elsewhere = has_exact and is_host and reference.is_labelled and not among and not is_unknown_here
        if is_elsewhere:
            elsewhere.append(reference)
        for record in _without_authorities(found.near.get(reference, ())):
            candidates.of(record).add("near_host_name", SCORE_NEAR_SERIAL)
        for record in among if has_exact and not is_elsewhere else hits:
            candidates.of(record).add(reference.kind.value, SCORES[reference.kind])
        if not has_exact:
            for record, likeness in found.organisations.get(reference, ()):
                if record.certificate_type is not CertificateType.CA:
                    candidates.of(record).add("near_organisation", SCORE_NEAR_ORGANISATION * likeness)
    return elsewhere


def _bring_same_key(found: Found, candidates: _Candidates) -> None:
    """Whoever has the key has every certificate of it (TLS BR 6.1.2): all of them are proposed."""
    for spki in {candidate.record.spki for candidate in candidates.chosen} - {""}:
        for record in _without_authorities(found.same_key.get(spki, ())):
            if record.id in candidates and candidates[record.id].is_chosen:
                continue
            candidate = candidates.of(record)
            candidate.add("same_key", SCORE_SAME_KEY)
            candidate.is_chosen = record.revoked_at is None


def _outcome(candidates: _Candidates, unclear: tuple[Reference, ...]) -> Outcome:
    if candidates.chosen:
        return Outcome.AMBIGUOUS if unclear else Outcome.MATCHED
    return Outcome.AMBIGUOUS if candidates else Outcome.UNMATCHED


def _ranked(candidates: _Candidates, now: datetime) -> tuple[Match, ...]:
    """The chosen first, then by score; what is still in force before what is not; at most `MOST_CANDIDATES` others."""
    matches = []
    for candidate in candidates.values():
        record, score = candidate.record, candidate.score
        states = []
        if record.revoked_at is not None:
            states.append("revoked")
        if record.not_after is not None and record.not_after < now:
            states.append("expired")
        if states and not candidate.is_chosen:
            score *= 0.8
        top = 1.0 if candidate.is_chosen else 0.89
        matches.append(Match(record, round(min(top, score), 2), (*candidate.why, *states), candidate.is_chosen))
    matches.sort(key=lambda m: (not m.is_chosen, -m.score, -m.certificate.id))
    chosen = sum(m.is_chosen for m in matches)
    return tuple(matches[: chosen + MOST_CANDIDATES])
