"""What a mail says: rules over the words of `lexicon.py`, each a row of a table, and the sentences that made them hit.

A rule is a handful of concepts that stand near each other in one sentence, in any order: Finnish and Swedish put the
verb where they like. Nothing here decides anything: `judging.py` weighs the hits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sulku_kernel.language import Language
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.words import (
    ANY_CONCEPT,
    ANY_LANGUAGE,
    CONCEPTS,
    LANGUAGE_BITS,
    STOP,
    Words,
    find_span,
)


class Meaning(StrEnum):
    """What a sentence can say."""

    COMPROMISE = "compromise"
    NO_COMPROMISE = "no_compromise"
    REVOKE = "revoke"
    WITHDRAW = "withdraw"
    SUPERSEDED = "superseded"
    CESSATION = "cessation"
    AFFILIATION = "affiliation"
    CARD = "card"
    APPLICATION = "application"
    THIRD_PARTY = "third_party"
    OWN = "own"
    SPAM = "spam"


REASONS = {
    Meaning.COMPROMISE: ReasonCode.KEY_COMPROMISE,
    Meaning.AFFILIATION: ReasonCode.AFFILIATION_CHANGED,
    Meaning.SUPERSEDED: ReasonCode.SUPERSEDED,
    Meaning.CESSATION: ReasonCode.CESSATION_OF_OPERATION,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`needs`: concepts that must stand within `near` words of each other; `unless`: concepts that forbid it there."""

    id: str
    meaning: Meaning
    needs: tuple[str, ...]
    weight: int
    near: int = 12
    unless: tuple[str, ...] = ()


_M = Meaning
RULES: tuple[Rule, ...] = (
    # "avaimemme on vuotanut", "nyckeln har röjts", "the private key was leaked", "reason: keyCompromise"
    Rule("key_leaked", _M.COMPROMISE, ("key", "leak"), 3),
    Rule("certificate_compromised", _M.COMPROMISE, ("certificate", "leak"), 3, near=8),
    # "yksityinen avain päätynyt julkiseen repoon", "we found your private key on GitHub"
    Rule("key_made_public", _M.COMPROMISE, ("key", "landed", "public"), 3),
    Rule("key_in_public", _M.COMPROMISE, ("key", "public", "suspect"), 3),
    Rule("key_in_wrong_hands", _M.COMPROMISE, ("key", "outsider"), 3, near=8),
    Rule("key_misused", _M.COMPROMISE, ("key", "misuse"), 3, near=8),
    Rule("key_suspected", _M.COMPROMISE, ("key", "suspect"), 2, near=8),
    # "palvelin murrettu", "servern har hackats", "our server was breached", "palvelimen tiedot vaarantuneet"
    Rule("system_broken_into", _M.COMPROMISE, ("system", "breach"), 3),
    Rule("system_compromised", _M.COMPROMISE, ("system", "leak"), 3, near=6),
    Rule("break_in_suspected", _M.COMPROMISE, ("breach", "suspect"), 3),
    Rule("break_in", _M.COMPROMISE, ("breach",), 2),
    Rule("certificate_misused", _M.COMPROMISE, ("certificate", "misuse"), 2, near=8),
    # "sulkekaa varmenne", "spärra certifikatet", "please revoke"
    Rule("revoke_certificate", _M.REVOKE, ("revoke", "certificate"), 3, near=10),
    Rule("revoke_please", _M.REVOKE, ("revoke", "please"), 3, near=10),
    Rule("revoke_now", _M.REVOKE, ("revoke_now",), 3),
    Rule("revoke_this", _M.REVOKE, ("revoke", "label_serial"), 3),
    Rule("revoke_request", _M.REVOKE, ("revoke", "request"), 3, near=4),
    Rule("revoke_word", _M.REVOKE, ("revoke",), 2),
    Rule("revoked_please", _M.REVOKE, ("revoked", "please"), 2, near=6, unless=("how",)),
    Rule("cancel_certificate", _M.REVOKE, ("cancel", "certificate"), 2, near=4, unless=("request",)),
    # "älkää sulkeko", "spärra inte", "do not revoke", "väärä hälytys", "was a mistake"
    Rule("do_not_revoke", _M.WITHDRAW, ("do_not", "revoke"), 3, near=3),
    Rule("no_need_to_revoke", _M.WITHDRAW, ("not", "needed", "revoke"), 3, near=6),
    Rule("false_alarm", _M.WITHDRAW, ("false", "alarm"), 3, near=3),
    Rule("request_was_mistake", _M.WITHDRAW, ("mistake", "request"), 3, near=8),
    Rule("revocation_was_mistake", _M.WITHDRAW, ("mistake", "revoke"), 3, near=8),
    Rule("cancel_request", _M.WITHDRAW, ("cancel", "request"), 3, near=4),
    Rule("cancel_revocation", _M.WITHDRAW, ("cancel", "revoke"), 3, near=3),
    # Why.
    Rule("replaced", _M.SUPERSEDED, ("replaced",), 2),
    Rule("new_in_use", _M.SUPERSEDED, ("new", "in_use"), 2, near=8),
    Rule("unneeded", _M.CESSATION, ("unneeded",), 2),
    Rule("not_needed", _M.CESSATION, ("not", "needed", "longer"), 2, near=8),
    Rule("no_longer_used", _M.CESSATION, ("not", "longer", "in_use"), 2, near=8),
    Rule("taken_out_of_use", _M.CESSATION, ("removed", "in_use"), 2, near=4),
    Rule("merged", _M.AFFILIATION, ("merged",), 2),
    Rule("organisation_changed", _M.AFFILIATION, ("organisation", "changed"), 2, near=6),
    # Other matters.
    Rule("card_lost", _M.CARD, ("card", "lost"), 3),
    Rule("card_locked", _M.CARD, ("card", "pin"), 3),
    Rule("card_to_revoke", _M.CARD, ("card", "revoke"), 3, near=6),
    Rule("application_status", _M.APPLICATION, ("application", "status"), 3),
    Rule("application_question", _M.APPLICATION, ("application", "how"), 3),
    Rule("application_certificate", _M.APPLICATION, ("application", "certificate"), 2),
    Rule("application_word", _M.APPLICATION, ("application",), 1),
    Rule("signing_request", _M.APPLICATION, ("csr",), 2),
    Rule("researcher", _M.THIRD_PARTY, ("researcher",), 2),
    Rule("problem_report", _M.THIRD_PARTY, ("problem", "report"), 2, near=3),
    Rule("found_key_in_public", _M.THIRD_PARTY, ("report", "key", "public"), 2, unless=("own",)),
    Rule("yours", _M.THIRD_PARTY, ("others", "certificate", "report"), 2, unless=("own",)),
    Rule("issued_by_you", _M.THIRD_PARTY, ("others", "leak"), 1, near=8, unless=("own",)),
    Rule("ours", _M.OWN, ("own", "certificate"), 2, near=6),
    Rule("our_key", _M.OWN, ("own", "key"), 2, near=6),
    Rule("our_system", _M.OWN, ("own", "system"), 2, near=6),
    Rule("spam_words", _M.SPAM, ("spam",), 1),
)
_COMPILED = tuple(
    (rule, sum(CONCEPTS[name] for name in rule.needs), tuple(CONCEPTS[name] for name in rule.needs)) for rule in RULES
)
_UNLESS = {rule.id: sum(CONCEPTS[name] for name in rule.unless) for rule in RULES}
_NOT, _IF, _HOW, _SUSPECT = CONCEPTS["not"], CONCEPTS["if"], CONCEPTS["how"], CONCEPTS["suspect"]
_UNCERTAIN, _REVOKE, _DO_NOT = CONCEPTS["uncertain"], CONCEPTS["revoke"], CONCEPTS["do_not"]
_LEAK, _BREACH = CONCEPTS["leak"], CONCEPTS["breach"]
# The words without which nothing says "compromise".
COMPROMISE_BITS = sum(CONCEPTS[name] for name in ("leak", "breach", "public", "outsider", "misuse", "suspect"))
_LONGEST_SENTENCE = 80
# Words of one text that are weighed: its first and its last part when it is longer.
_MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that hit, and the words that made it."""

    rule: Rule
    sentence: str


@dataclass(frozen=True, slots=True)
class Wording:
    """What the texts of a mail say: the hits, and the language their words are in (None when they do not tell)."""

    hits: tuple[Hit, ...] = ()
    language: Language | None = None
    languages: dict[Language, int] = field(default_factory=dict)

    def weight(self, meaning: Meaning) -> int:
        """The weight of the strongest rule of that meaning that hit; 0 when none did."""
        return max((hit.rule.weight for hit in self.hits if hit.rule.meaning is meaning), default=0)

    def of(self, meaning: Meaning) -> tuple[Hit, ...]:
        """The hits of one meaning."""
        return tuple(hit for hit in self.hits if hit.rule.meaning is meaning)


def read_wording(texts: Iterable[Words]) -> Wording:
    """Read the words of a mail: its subject and each of its texts. Pure and total."""
    hits: dict[str, Hit] = {}
    languages = dict.fromkeys(Language, 0)
    for words in texts:
        if words.all_bits & ANY_LANGUAGE:
            for language, bit in LANGUAGE_BITS.items():
                languages[language] += sum(1 for mask in words.masks[:2000] if mask & bit)
        if words.all_bits & ANY_CONCEPT:
            for first, last in _sentences(words):
                for hit in _hits_in(words, first, last):
                    hits.setdefault(hit.rule.id, hit)
    return Wording(tuple(hits.values()), _language_of(languages), languages)


def _language_of(languages: dict[Language, int]) -> Language | None:
    best = max(languages, key=lambda language: languages[language])
    count = languages[best]
    others = [other for language, other in languages.items() if language is not best]
    return best if count >= 1 and all(count > other for other in others) else None


def _sentences(words: Words) -> Iterator[tuple[int, int]]:
    """First and last token of each sentence that says something: ended by a stop, a blank line or a form's label."""
    tokens, masks = words.tokens, words.masks
    start, bits = 0, 0
    position = 0
    total = len(tokens)
    skipped = range(_MOST_WORDS * 3 // 4, total - _MOST_WORDS // 4) if total > _MOST_WORDS else range(0)
    while position < total:
        mask, token = masks[position], tokens[position]
        ends = bool(mask & STOP) or position - start >= _LONGEST_SENTENCE
        if token == "\n":
            following = tokens[position + 1] if position + 1 < total else "\n"
            ends = ends or following == "\n" or following[-1] == ":"
        bits |= mask
        if ends:
            if bits & ANY_CONCEPT:
                yield start, position
            start, bits = position + 1, 0
        position += 1
        if position in skipped:
            position = start = skipped.stop
            bits = 0
    if bits & ANY_CONCEPT and start < total:
        yield start, total - 1


def _hits_in(words: Words, first: int, last: int) -> Iterator[Hit]:
    masks = words.masks[first : last + 1]
    bits = 0
    for mask in masks:
        bits |= mask
    sentence = ""
    for rule, needed, concepts in _COMPILED:
        if bits & needed != needed or bits & _UNLESS[rule.id]:
            continue
        span = _span(masks, concepts, rule.near)
        if span is None:
            continue
        if rule.meaning is Meaning.REVOKE and not _asks(masks, concepts):
            continue
        sentence = sentence or find_span(words, first, last)
        if rule.meaning is Meaning.COMPROMISE and _is_denied(masks, bits, span):
            yield Hit(_DENIED, sentence)
        elif rule.meaning is Meaning.COMPROMISE and bits & _IF and bits & _HOW and not bits & _SUSPECT:
            yield Hit(_HYPOTHETICAL, sentence)
        else:
            yield Hit(rule, sentence)


_DENIED = Rule("compromise_denied", Meaning.NO_COMPROMISE, ("not", "leak"), 2)
_HYPOTHETICAL = Rule("compromise_hypothetical", Meaning.NO_COMPROMISE, ("if", "how", "leak"), 1)
ALL_RULES = (*RULES, _DENIED, _HYPOTHETICAL)


def _span(masks: list[int], concepts: tuple[int, ...], near: int) -> tuple[int, int] | None:
    """The first place where all concepts stand within `near` words, as first and last position."""
    places = [[at for at, mask in enumerate(masks) if mask & concept] for concept in concepts]
    for at in places[0]:
        first = last = at
        for others in places[1:]:
            # One word may carry two concepts ("sulkupyyntö"); the nearest other one counts.
            nearest = min(others, key=lambda other, at=at: abs(other - at))  # type: ignore[misc]
            first, last = min(first, nearest), max(last, nearest)
        if last - first <= near:
            return first, last
    return None


def _is_denied(masks: list[int], bits: int, span: tuple[int, int]) -> bool:
    """ "Avain ei ole vuotanut", "no key compromise", "Avain paljastunut: ei". Doubt is not denial."""
    if bits & (_SUSPECT | _UNCERTAIN) or not bits & _NOT:
        return False
    first, last = span
    bad = [at for at in range(first, last + 1) if masks[at] & (_LEAK | _BREACH)]
    until = bad[-1] if bad else last
    before = any(masks[at] & _NOT for at in range(max(0, until - 4), until))
    behind = any(masks[at] & _NOT for at in range(last + 1, min(len(masks), last + 3)))
    return before or behind


def _asks(masks: list[int], concepts: tuple[int, ...]) -> bool:
    """Whether some word of revoking in the sentence is not taken back right before or behind it."""
    if not concepts[0] & (_REVOKE | CONCEPTS["revoke_now"]):
        return True
    for at, mask in enumerate(masks):
        if mask & _REVOKE:
            around = masks[max(0, at - 3) : at + 2]
            if not any(other & _DO_NOT for other in around):
                return True
    return False
