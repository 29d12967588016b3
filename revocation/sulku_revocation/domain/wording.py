"""What a mail says: which rules of `wording_rules.py` hit its sentences, and the sentences that made them hit.

Nothing here decides anything: `judging.py` weighs the hits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import NamedTuple

from sulku_kernel.language import Language
from sulku_revocation.domain.denials import harm_in, is_denied, is_disbelieved
from sulku_revocation.domain.wording_rules import RULES, Meaning, Rule
from sulku_revocation.domain.words import (
    ANY_CONCEPT,
    ANY_LANGUAGE,
    CONCEPTS,
    DIGITS,
    LANGUAGE_BITS,
    Words,
    find_span,
)

_COMPILED = tuple(
    (rule, sum(CONCEPTS[name] for name in rule.needs), tuple(CONCEPTS[name] for name in rule.needs)) for rule in RULES
)
_UNLESS = {rule.id: sum(CONCEPTS[name] for name in rule.unless) for rule in RULES}
_NOT, _NO, _ONLY, _IF, _HOW, _NOW = (CONCEPTS[name] for name in ("not", "no", "only", "if", "how", "now"))
_ASK_HOW, _WHO, _SOON, _PLEASE = (CONCEPTS[name] for name in ("ask_how", "who", "soon", "please"))
_CLAUSE_ENDS = frozenset(
    [",", ";", "ja", "mutta", "joten", "vaan", "och", "men", "så", "utan", "and", "but", "so", "then"]
)
_SUSPECT, _UNCERTAIN, _DO_NOT, _WAIT = (CONCEPTS[name] for name in ("suspect", "uncertain", "do_not", "wait"))
_BELIEVE, _OMIT = CONCEPTS["believe"], CONCEPTS["omit"]
_HELD_BACK = _DO_NOT | _WAIT | CONCEPTS["refrain"] | CONCEPTS["let"] | CONCEPTS["circumstances"]
_REVOKE, _REVOKE_ORDER = CONCEPTS["revoke"], CONCEPTS["revoke_order"]
_KEY, _PUBLIC, _PUBLIC_HALF = CONCEPTS["key"], CONCEPTS["public"], CONCEPTS["public_half"]
_COMPROMISES = tuple(needed for rule, needed, _ in _COMPILED if rule.meaning is Meaning.COMPROMISE)


class Hit(NamedTuple):
    """A rule that hit, and the words that made it. What a subject says is the topic, not always the wish.

    `is_own`: the first text says it, which is the sender's own.
    """

    rule: Rule
    sentence: str
    is_subject: bool = False
    is_own: bool = False


@dataclass(frozen=True)
class Wording:
    """What the texts of a mail, the subject among them, say."""

    hits: tuple[Hit, ...] = ()
    texts: tuple[Words, ...] = ()
    weights: dict[Meaning, int] = field(default_factory=dict)

    def weight(self, meaning: Meaning) -> int:
        """The weight of the strongest rule of that meaning that hit; 0 when none did."""
        return self.weights.get(meaning, 0)

    @cached_property
    def language(self) -> Language | None:
        """The language that the words are in; None when they do not tell."""
        return _language_of(self.texts)

    def says_compromise(self) -> bool:
        """Whether a compromise is told; not when only the subject of a reply tells it and its text takes it back."""
        if self.weight(Meaning.COMPROMISE) == 0:
            return False
        said = self.without_subject
        is_taken_back = said.weight(Meaning.WITHDRAW) > 0 and said.weight(Meaning.NO_COMPROMISE) > 1
        return said.weight(Meaning.COMPROMISE) > 0 or not is_taken_back

    @cached_property
    def without_subject(self) -> Wording:
        """What the texts say by themselves."""
        said = [hit for hit in self.hits if not hit.is_subject]
        return self if len(said) == len(self.hits) else self._only(said)

    def of_sender(self) -> Wording:
        """What the sender's own text says."""
        return self._only(hit for hit in self.hits if hit.is_own)

    def of_others(self) -> Wording:
        """What only attached files and forwarded mails say."""
        return self._only(hit for hit in self.hits if not hit.is_own and not hit.is_subject)

    def _only(self, hits: Iterable[Hit]) -> Wording:
        return _wording_of(tuple(hits), self.texts)


def may_say_compromise(bits: int) -> bool:
    """Whether among the bits of a text's words are all of some rule of compromise, in whatever order and sentence."""
    return _have_words_of_compromise(bits & ANY_CONCEPT)


@lru_cache(maxsize=8_192)
def _have_words_of_compromise(bits: int) -> bool:
    return any(bits & needed == needed for needed in _COMPROMISES)


def read_wording(subject: Words, texts: Iterable[Words]) -> Wording:
    """Read the words of a mail: its subject and each of its texts. Pure and total."""
    hits: dict[tuple[str, bool], Hit] = {}
    read = (subject, *texts)
    for at, words in enumerate(read):
        if words.all_bits & ANY_CONCEPT:
            is_disbelieved = False
            for first, last, bits in words.sentences:
                rules = _rules_in(words, first, last, bits)
                if is_disbelieved and bits & _UNCERTAIN and bits & _NOT and _DISBELIEVED not in rules:
                    rules = [*rules, _FEARED]
                is_disbelieved = _DISBELIEVED in rules
                sentence = find_span(words, first, last) if rules else ""
                for rule in rules:
                    if (rule.id, at == 0) not in hits:
                        hits[rule.id, at == 0] = Hit(rule, sentence, at == 0, at == 1)
    return _wording_of(tuple(hits.values()), read)


def _wording_of(hits: tuple[Hit, ...], texts: tuple[Words, ...]) -> Wording:
    weights: dict[Meaning, int] = {}
    for hit in hits:
        rule = hit.rule
        if rule.weight > weights.get(rule.meaning, 0):
            weights[rule.meaning] = rule.weight
    return Wording(hits, texts, weights)


def _language_of(texts: Iterable[Words]) -> Language | None:
    told = [mask for words in texts for mask in words.masks[:2000] if mask & ANY_LANGUAGE]
    counts = {language: len([mask for mask in told if mask & bit]) for language, bit in LANGUAGE_BITS.items()}
    best = max(counts, key=lambda language: counts[language])
    others = [count for language, count in counts.items() if language is not best]
    return best if all(counts[best] > count for count in others) else None


def _rules_in(words: Words, first: int, last: int, bits: int) -> list[Rule]:
    possible = _possible(bits & ANY_CONCEPT)
    if not possible.rules:
        return []  # most sentences
    tokens, masks = words.tokens[first : last + 1], words.masks[first : last + 1]
    if bits & _PUBLIC_HALF and bits & _KEY:
        masks = _without_public_keys(masks)
        bits = reduce(or_, masks)
        possible = _possible(bits & ANY_CONCEPT)
    if bits & _OMIT and bits & _NOT:
        masks = _without_urging(masks)
        bits = reduce(or_, masks)
        possible = _possible(bits & ANY_CONCEPT)
    rules = []
    places = _places(masks, possible)
    ends = clause_ends(tokens) if possible.has_clauses else ()
    for rule, concepts in possible.rules:
        span = _span(places, concepts, rule.near, ends if rule.in_one_clause else ())
        if span is not None and not (rule.unless_not and _is_negated(tokens, masks, span)):
            rules.append(
                _unless_denied(rule, tokens, masks, bits, span) if rule.meaning is Meaning.COMPROMISE else rule
            )
    if possible.may_withdraw and any(rule.meaning is Meaning.WITHDRAW for rule in rules) and not _still_asks(masks):
        rules = [rule for rule in rules if rule.meaning is not Meaning.REVOKE]
    return _as_question(rules, bits) if tokens[-1] == "?" else rules


@dataclass(frozen=True, slots=True)
class _Possible:
    """Rules, each with the bits of its concepts, the bits of all these concepts one by one and together."""

    rules: tuple[tuple[Rule, tuple[int, ...]], ...]
    concepts: frozenset[int]
    bits: int
    has_clauses: bool
    may_withdraw: bool


@lru_cache(maxsize=8_192)
def _possible(bits: int) -> _Possible:
    """The rules whose concepts all stand in a sentence with these bits. Sentences of one kind are many."""
    rules = tuple(
        (rule, concepts)
        for rule, needed, concepts in _COMPILED
        if bits & needed == needed and not bits & _UNLESS[rule.id]
    )
    needed = frozenset(concept for _, concepts in rules for concept in concepts)
    has_clauses = any(rule.in_one_clause for rule, _ in rules)
    may_withdraw = any(rule.meaning is Meaning.WITHDRAW for rule, _ in rules)
    return _Possible(rules, needed, reduce(or_, needed, 0), has_clauses, may_withdraw)


def _places(masks: list[int], possible: _Possible) -> dict[int, list[int]]:
    """Where in a sentence each concept of the possible rules stands."""
    bits = possible.bits
    telling = [(at, mask) for at, mask in enumerate(masks) if mask & bits]
    return {concept: [at for at, mask in telling if mask & concept] for concept in possible.concepts}


def _without_public_keys(masks: list[int]) -> list[int]:
    """A public key is no key that stands in public."""
    return [
        mask & ~_PUBLIC if mask & _PUBLIC_HALF and following & _KEY else mask
        for mask, following in zip(masks, [*masks[1:], 0], strict=True)
    ]


def _without_urging(masks: list[int]) -> list[int]:
    """«Do not forget» denies nothing, and whoever says it forgets nothing."""
    urging: set[int] = set()
    for at, mask in enumerate(masks):
        if not mask & _OMIT:
            continue
        # «Ei saa unohtaa», «do not forget», «glöm inte».
        no = [near for near in (at - 2, at - 1, at + 1) if 0 <= near < len(masks) and masks[near] & _NOT]
        urging |= {at, *no} if no else set()
    return [0 if at in urging else mask for at, mask in enumerate(masks)]


def _unless_denied(rule: Rule, tokens: list[str], masks: list[int], bits: int, span: tuple[int, int]) -> Rule:
    if "not" in rule.needs:
        return rule
    harm = harm_in(masks, span)
    if bits & _BELIEVE and is_disbelieved(tokens, masks, harm):
        return _DISBELIEVED
    if is_denied(tokens, masks, bits, harm=harm, last=span[1]):
        return _DENIED
    if bits & _IF and bits & _HOW and not bits & (_SUSPECT | _NOW):
        return _HYPOTHETICAL
    return rule


_DENIED = Rule("compromise_denied", Meaning.NO_COMPROMISE, ("not", "leak"), 2)
_DISBELIEVED = Rule("compromise_not_suspected", Meaning.NO_COMPROMISE, ("not", "leak"), 2)
# «We don't think the key leaked. We cannot be sure, though.»
_FEARED = Rule("compromise_feared_after_all", Meaning.COMPROMISE, ("not", "uncertain"), 2)
_HYPOTHETICAL = Rule("compromise_hypothetical", Meaning.NO_COMPROMISE, ("if", "how", "leak"), 1)
_QUESTION = Rule("asks_about_revoking", Meaning.QUESTION, ("ask_how", "revoke"), 2)
WITHDRAWALS = frozenset(rule.id for rule in RULES if rule.meaning in {Meaning.WITHDRAW, Meaning.STAYS})
ALL_RULES = (*RULES, _DENIED, _DISBELIEVED, _FEARED, _HYPOTHETICAL, _QUESTION)


def _as_question(rules: list[Rule], bits: int) -> list[Rule]:
    """«Miten varmenne suljetaan?» asks about a revocation, not for one; «how soon can you revoke it?» does.

    «Onko se vielä käytössä?» says of nothing that it stays.
    """
    rules = [rule for rule in rules if rule.meaning is not Meaning.STAYS]
    if not bits & _WHO and (not bits & _ASK_HOW or bits & (_SOON | _PLEASE)):
        return rules
    return [_QUESTION if rule.meaning is Meaning.REVOKE else rule for rule in rules]


def _is_negated(tokens: list[str], masks: list[int], span: tuple[int, int]) -> bool:
    """Whether a "not" of the same clause stands in the span, or at most three words before it."""
    for at in range(span[1] - 1, max(-1, span[0] - 4), -1):
        if tokens[at].lower() in _CLAUSE_ENDS:
            return False
        if masks[at] & _NOT:
            return True
    return False


def clause_ends(tokens: list[str]) -> tuple[int, ...]:
    """Where a comma or an "and" stands."""
    return tuple(at for at, token in enumerate(tokens) if token.lower() in _CLAUSE_ENDS)


def _span(
    places: dict[int, list[int]], concepts: tuple[int, ...], near: int, ends: tuple[int, ...]
) -> tuple[int, int] | None:
    """The first place, first and last, where all concepts stand within `near` words and none of `ends` between."""
    for at in places[concepts[0]]:
        first = last = at
        for concept in concepts[1:]:
            others = places[concept]
            # One word may carry two concepts ("sulkupyyntö"); the nearest other one counts.
            nearest = others[0] if len(others) == 1 else min(others, key=lambda other, at=at: abs(other - at))  # type: ignore[misc]
            if nearest < first:
                first = nearest
            elif nearest > last:
                last = nearest
        if last - first <= near and not (ends and any(first < end < last for end in ends)):
            return first, last
    return None


def _still_asks(masks: list[int]) -> bool:
    """Whether a sentence that takes something back asks all the same: «älkää sulkeko tuota, sulkekaa tämä»."""
    for at, mask in enumerate(masks):
        if not mask & _REVOKE_ORDER:
            continue
        # «Spärra absolut inte …»; but «revoke 0bf4eab0 not …» asks.
        behind = at + 3 if not any(other & DIGITS for other in masks[at + 1 : at + 2]) else at + 2
        if not any(other & _HELD_BACK for other in masks[max(0, at - 3) : behind]):
            return True
    return False
