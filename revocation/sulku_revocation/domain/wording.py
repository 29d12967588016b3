"""What a mail says: rules over the words of `lexicon.py`, each a row of a table, and the sentences that made them hit.

A rule is a handful of concepts that stand near each other in one sentence, in any order: Finnish and Swedish put the
verb where they like. Nothing here decides anything: `judging.py` weighs the hits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import NamedTuple

from sulku_kernel.language import Language
from sulku_revocation.domain.denials import harm_in, is_denied, is_disbelieved
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.words import (
    ANY_CONCEPT,
    ANY_LANGUAGE,
    CONCEPTS,
    DIGITS,
    LANGUAGE_BITS,
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
    CONDITION = "condition"
    HOLD = "hold"
    QUESTION = "question"
    LEGAL = "legal"
    FOREIGN = "foreign"
    SPAM = "spam"


REASONS = {
    Meaning.COMPROMISE: ReasonCode.KEY_COMPROMISE,
    Meaning.AFFILIATION: ReasonCode.AFFILIATION_CHANGED,
    Meaning.SUPERSEDED: ReasonCode.SUPERSEDED,
    Meaning.CESSATION: ReasonCode.CESSATION_OF_OPERATION,
}


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A row of the table, equal to itself only.

    `needs`: concepts that must stand within `near` words of each other; `unless`: concepts that forbid it there.

    `in_one_clause`: no comma and no "and" may stand between them; `unless_not`: a "not" before it takes it
    away.
    """

    id: str
    meaning: Meaning
    needs: tuple[str, ...]
    weight: int
    near: int = 12
    unless: tuple[str, ...] = ()
    in_one_clause: bool = False
    unless_not: bool = False


_M = Meaning
RULES: tuple[Rule, ...] = (
    # As in «avaimemme on vuotanut», «nyckeln har röjts», «the private key was leaked», «keyCompromise».
    Rule("key_leaked", _M.COMPROMISE, ("key", "leak"), 3),
    Rule("certificate_compromised", _M.COMPROMISE, ("certificate", "leak"), 3, near=8),
    # "yksityinen avain päätynyt julkiseen repoon", "we found your private key on GitHub"
    Rule("key_made_public", _M.COMPROMISE, ("key", "landed", "public"), 3),
    Rule("key_in_public_place", _M.COMPROMISE, ("key", "public_place"), 3, near=8),
    Rule("key_in_public", _M.COMPROMISE, ("key", "public", "suspect"), 3),
    Rule("key_in_wrong_hands", _M.COMPROMISE, ("key", "outsider"), 3, near=8),
    # Taken along, copied, or gone: whoever has it now may use it.
    Rule("key_taken", _M.COMPROMISE, ("key", "taken"), 2, near=6, unless=("in_use",)),
    Rule("key_gone", _M.COMPROMISE, ("key", "gone"), 2, near=8),
    Rule("carrier_lost", _M.COMPROMISE, ("carrier", "key", "lost"), 2, near=8),
    Rule("key_to_the_wrong_one", _M.COMPROMISE, ("key", "wrong", "recipient"), 3, near=10),
    Rule("key_sent_by_accident", _M.COMPROMISE, ("key", "landed", "accident"), 2, near=10),
    Rule("key_unprotected", _M.COMPROMISE, ("key", "unprotected"), 2, near=8),
    Rule("key_not_safe", _M.COMPROMISE, ("key", "not", "safe"), 2, near=8),
    Rule("key_with_someone", _M.COMPROMISE, ("key", "someone", "has"), 2, near=4),
    Rule("key_used_wrongly", _M.COMPROMISE, ("key", "wrongly", "in_use"), 2, near=6),
    Rule("key_misused", _M.COMPROMISE, ("key", "misuse"), 3, near=8),
    Rule("key_with_former_employee", _M.COMPROMISE, ("key", "former", "employee"), 2, near=8),
    Rule("key_suspected", _M.COMPROMISE, ("key", "suspect"), 2, near=8),
    # "palvelin murrettu", "servern har hackats", "our server was breached", "palvelimen tiedot vaarantuneet"
    Rule("system_broken_into", _M.COMPROMISE, ("system", "breach"), 3),
    Rule("system_compromised", _M.COMPROMISE, ("system", "leak"), 3, near=6),
    Rule("system_entered", _M.COMPROMISE, ("system", "enter", "inside"), 2, near=8),
    Rule("system_robbed", _M.COMPROMISE, ("system", "carried_off"), 2, near=6),
    Rule("break_in_suspected", _M.COMPROMISE, ("breach", "suspect"), 3),
    Rule("break_in", _M.COMPROMISE, ("breach",), 2),
    Rule("certificate_misused", _M.COMPROMISE, ("certificate", "misuse"), 2, near=8),
    # "sulkekaa varmenne", "spärra certifikatet", "please revoke"
    Rule("revoke_certificate", _M.REVOKE, ("revoke", "certificate"), 3, near=10),
    Rule("revoke_please", _M.REVOKE, ("revoke", "please"), 3, near=10),
    Rule("revoke_order", _M.REVOKE, ("revoke_order",), 3),
    Rule("revocation_request", _M.REVOKE, ("revoke_noun", "request"), 3, near=4),
    Rule("revoke_this", _M.REVOKE, ("revoke", "label_serial"), 3),
    Rule("onto_revocation_list", _M.REVOKE, ("onto_list", "certificate"), 2),
    Rule("revoke_word", _M.REVOKE, ("revoke",), 2),
    Rule("revoked_please", _M.REVOKE, ("revoked", "please"), 2, near=6, unless=("how",)),
    Rule("may_be_revoked", _M.REVOKE, ("may_be", "revoked"), 2, near=2, unless=("ask_how",)),
    Rule("take_out_of_use", _M.REVOKE, ("take", "out_of", "in_use", "certificate"), 2, near=6),
    Rule("may_be_removed", _M.REVOKE, ("may_fi", "remove", "certificate"), 2, near=6, unless=("system", "ask_how")),
    Rule("cancel_certificate", _M.REVOKE, ("cancel", "certificate"), 2, near=4, unless=("request",)),
    # "älkää sulkeko", "spärra inte", "do not revoke", "väärä hälytys", "was a mistake"
    Rule("do_not_revoke", _M.WITHDRAW, ("do_not", "revoke"), 3, near=3, in_one_clause=True),
    Rule("no_need_to_revoke", _M.WITHDRAW, ("not", "needed", "revoke"), 3, near=6, in_one_clause=True),
    # «Serial no: … please revoke» says no such thing.
    Rule(
        "not_wanted", _M.WITHDRAW, ("not", "please", "revoke"), 2, near=4, unless=("label_serial",), in_one_clause=True
    ),
    Rule(
        "not_closed", _M.WITHDRAW, ("plain_no", "not_closed"), 3, near=3, unless=("if", "ask_how"), in_one_clause=True
    ),
    Rule("not_wanted_revoked", _M.WITHDRAW, ("not", "want", "revoked"), 3, near=5, unless=("ask_how",)),
    Rule("refrain", _M.WITHDRAW, ("refrain", "revoke"), 3, near=5, unless=("not",)),
    Rule("let_it_be", _M.WITHDRAW, ("let", "be", "revoke"), 3, near=5),
    Rule(
        "never_placed", _M.WITHDRAW, ("never", "placed", "revoke_noun"), 3, near=6, unless=("yet",), in_one_clause=True
    ),
    Rule("request_recalled", _M.WITHDRAW, ("recall", "own", "request"), 3, near=3),
    Rule("groundless", _M.WITHDRAW, ("revoke_noun", "groundless"), 3, near=8, unless=("not",)),
    Rule("forget_revoking", _M.WITHDRAW, ("ignore", "revoke_noun"), 3, near=4, unless=("not", "if")),
    Rule("never_asked", _M.WITHDRAW, ("never", "asked", "revoke"), 3, near=9, in_one_clause=True),
    Rule("never_asked_for_it", _M.WITHDRAW, ("never", "asked", "this_wish"), 3, near=5, in_one_clause=True),
    Rule("wait_with_it", _M.WITHDRAW, ("wait", "revoke"), 3, near=5, unless=("not",), in_one_clause=True),
    Rule("do_not_proceed", _M.WITHDRAW, ("do_not", "proceed", "revoke"), 3, near=6, in_one_clause=True),
    Rule("leave_unrevoked", _M.WITHDRAW, ("leave", "unrevoked"), 3, near=5),
    Rule("ignore_message", _M.WITHDRAW, ("ignore", "previous", "message"), 3, near=5, unless=("small_print",)),
    Rule(
        "ignore_this",
        _M.WITHDRAW,
        ("ignore", "this_thing"),
        2,
        near=2,
        unless=("not", "if", "small_print"),
        in_one_clause=True,
    ),
    Rule("never_mind", _M.WITHDRAW, ("never_word", "mind"), 3, near=1),
    Rule("nevermind", _M.WITHDRAW, ("never_mind",), 3),
    # «EDIT: peruttu», «tämä on peruttu»; a certificate that is «cancelled» is one that was revoked.
    Rule("edited_off", _M.WITHDRAW, ("edited", "called_off"), 3, near=4, unless=("certificate", "not")),
    Rule("edited_settled", _M.WITHDRAW, ("edited", "settled"), 2, near=4, unless=("certificate", "not", "revoke")),
    Rule(
        "called_off",
        _M.WITHDRAW,
        ("this_thing", "called_off"),
        2,
        near=3,
        unless=("certificate", "not", "application", "revoke"),
    ),
    Rule("sent_by_mistake", _M.WITHDRAW, ("sent", "message", "mistake"), 3, near=9),
    Rule("mind_changed", _M.WITHDRAW, ("turned", "mind"), 3, near=3),
    Rule("false_alarm", _M.WITHDRAW, ("false", "alarm"), 3, near=3),
    Rule("request_was_mistake", _M.WITHDRAW, ("mistake", "request"), 3, near=8, unless=("revoke_order",)),
    Rule("revocation_was_mistake", _M.WITHDRAW, ("mistake", "revoke_noun"), 3, near=8, unless=("revoke_order",)),
    Rule("cancel_request", _M.WITHDRAW, ("cancel", "request"), 3, near=4),
    Rule("cancel_revocation", _M.WITHDRAW, ("cancel", "revoke_noun"), 3, near=3),
    # Why.
    Rule("replaced", _M.SUPERSEDED, ("replaced",), 2),
    Rule("renewed", _M.SUPERSEDED, ("renewed",), 1),
    Rule("to_be_replaced", _M.QUESTION, ("to_be", "replaced"), 2, near=3),
    Rule("does_not_work", _M.QUESTION, ("not", "work"), 2, near=3, unless=("removed", "unneeded")),
    Rule("new_in_use", _M.SUPERSEDED, ("new", "in_use"), 2, near=8),
    Rule("unneeded", _M.CESSATION, ("unneeded",), 2),
    Rule("activity_ends", _M.CESSATION, ("ends", "activity"), 2, near=6),
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
    Rule("ours", _M.OWN, ("own", "certificate"), 2, near=4),
    Rule("our_key", _M.OWN, ("own", "key"), 2, near=2),
    Rule("our_system", _M.OWN, ("own", "system"), 2, near=4),
    # "kun uusi on käytössä", "när det nya är i bruk", "once the new one is live": a person finds out when that is.
    Rule("once_in_use", _M.CONDITION, ("revoke", "once", "in_use"), 2, near=16, unless=("just_now",)),
    Rule("once_ready", _M.CONDITION, ("revoke", "once", "ready"), 2, near=16, unless=("just_now",)),
    # A drill, «älkää tehkö vielä mitään», «jos emme ilmoita, sulkekaa»: a person asks before anything is chosen.
    Rule("drill", _M.HOLD, ("drill",), 2, unless_not=True),
    Rule("exercise", _M.HOLD, ("this_wish", "exercise"), 2, near=4, unless_not=True),
    Rule(
        "only_a_test",
        _M.HOLD,
        ("this_thing", "test_word"),
        2,
        near=4,
        unless=("certificate", "system"),
        unless_not=True,
    ),
    Rule("prepare", _M.HOLD, ("prepare", "revoke"), 2, near=3, in_one_clause=True),
    Rule("do_not_act", _M.HOLD, ("do_not", "act"), 2, near=3, unless=("if", "how", "now"), in_one_clause=True),
    Rule("unless_we_tell", _M.HOLD, ("if", "not", "hear", "revoke"), 2, near=16),
    Rule("unless_told", _M.HOLD, ("unless", "hear", "revoke"), 2, near=16),
    # Whoever threatens, or speaks for a court, is answered by nobody alone.
    Rule("court", _M.LEGAL, ("court",), 2, unless=("small_print",)),
    Rule("police_order", _M.LEGAL, ("police", "authority_order"), 2, near=8),
    Rule("threat", _M.LEGAL, ("threat",), 2),
    Rule("abuse", _M.LEGAL, ("abuse",), 1),
    Rule("foreign_words", _M.FOREIGN, ("foreign",), 1),
    Rule("spam_words", _M.SPAM, ("spam",), 1),
)
_COMPILED = tuple(
    (rule, sum(CONCEPTS[name] for name in rule.needs), tuple(CONCEPTS[name] for name in rule.needs)) for rule in RULES
)
_UNLESS = {rule.id: sum(CONCEPTS[name] for name in rule.unless) for rule in RULES}
_NOT, _NO, _ONLY, _IF, _HOW, _NOW = (CONCEPTS[name] for name in ("not", "no", "only", "if", "how", "now"))
_ASK_HOW, _SOON, _PLEASE = (CONCEPTS[name] for name in ("ask_how", "soon", "please"))
_CLAUSE_ENDS = frozenset(
    [",", ";", "ja", "mutta", "joten", "vaan", "och", "men", "så", "utan", "and", "but", "so", "then"]
)
_SUSPECT, _UNCERTAIN, _DO_NOT, _WAIT = (CONCEPTS[name] for name in ("suspect", "uncertain", "do_not", "wait"))
_BELIEVE, _OMIT = CONCEPTS["believe"], CONCEPTS["omit"]
_HELD_BACK = _DO_NOT | _WAIT | CONCEPTS["refrain"] | CONCEPTS["let"]
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
    if bits & _OMIT and bits & _NOT:
        masks = _without_urging(masks)
        bits = reduce(or_, masks)
    possible = _possible(bits & ANY_CONCEPT)
    rules = []
    places = _places(masks, possible)
    ends = clause_ends(tokens) if possible.has_clauses else ()
    for rule, concepts in possible.rules:
        span = _span(places, concepts, rule.near, ends if rule.in_one_clause else ())
        if span is not None and not (rule.unless_not and _not_before(masks, span[1])):
            rules.append(_unless_denied(rule, tokens, masks, bits, span) if rule.meaning is _M.COMPROMISE else rule)
    if possible.may_withdraw and any(rule.meaning is _M.WITHDRAW for rule in rules) and not _still_asks(masks):
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
    may_withdraw = any(rule.meaning is _M.WITHDRAW for rule, _ in rules)
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
WITHDRAWALS = frozenset(rule.id for rule in RULES if rule.meaning is Meaning.WITHDRAW)
ALL_RULES = (*RULES, _DENIED, _DISBELIEVED, _FEARED, _HYPOTHETICAL, _QUESTION)


def _as_question(rules: list[Rule], bits: int) -> list[Rule]:
    """«Miten varmenne suljetaan?» asks about a revocation, not for one; «how soon can you revoke it?» does."""
    if not bits & _ASK_HOW or bits & (_SOON | _PLEASE):
        return rules
    return [_QUESTION if rule.meaning is Meaning.REVOKE else rule for rule in rules]


def _not_before(masks: list[int], at: int) -> bool:
    return any(mask & _NOT for mask in masks[max(0, at - 3) : at])


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
