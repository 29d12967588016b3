"""Whether a sentence that names a harm says that it did not happen, or that nobody thinks so. Doubt is neither.

A sentence is its words (`tokens`) and what each may mean (`masks`, bits of the concepts of `words.py`).
"""

from __future__ import annotations

from itertools import pairwise

from sulku_revocation.domain.words import CONCEPTS, LINE_END

_NOT, _NO, _ONLY, _KEY = (CONCEPTS[name] for name in ("not", "no", "only", "key"))
_SUSPECT, _UNCERTAIN, _BELIEVE = (CONCEPTS[name] for name in ("suspect", "uncertain", "believe"))
_HARM = sum(
    CONCEPTS[name]
    for name in ("leak", "breach", "public", "public_place", "outsider", "misuse", "taken", "gone", "lost", "recipient")
)
# Swedish says no behind the verb; and these words begin something else than what is not thought.
_NOT_BEHIND = frozenset({"inte", "ej", "aldrig"})
_ELSEWHERE = frozenset(
    {"because", "since", "you", "we", "they", "it's", "this", "can", "should", "eftersom", "kan", "ska", "detta", "ni"}
) | {"koska", "voi", "voimme", "voitte", "tämä"}
# What was not thought until now is thought now; «en epäile, etteikö» doubts nothing.
_AFTER_ALL = frozenset({"until", "till", "before", "kunnes", "ennen", "förrän", "aiemmin", "tidigare", "etteikö"})
_FARTHEST_BELIEF = 9
_LONGEST_LABEL = 6


def harm_in(masks: list[int], span: tuple[int, int]) -> int:
    """Where the harm is named."""
    return max((at for at in range(span[0], span[1] + 1) if masks[at] & _HARM), default=span[1])


def is_denied(tokens: list[str], masks: list[int], bits: int, *, harm: int, last: int) -> bool:
    """Whether the harm is denied: «avain ei ole vuotanut», «no key compromise», «Avain paljastunut: ei».

    Doubt is no denial, nor is a "no" that a comma parts from the harm, nor "not only". `bits` of the whole sentence;
    `last`: the last word of what tells of the harm.
    """
    if bits & (_SUSPECT | _UNCERTAIN) or not bits & _NOT:
        return False
    for at in range(harm - 1, max(-1, harm - 5), -1):
        if tokens[at] in {",", ";"}:
            break
        if masks[at] & _NOT:
            return not any(mask & _ONLY for mask in masks[at:harm])
    behind = [masks[at] for at in range(last + 1, len(masks)) if tokens[at] != "?" and not masks[at] & LINE_END]
    return (len(behind) == 1 and bool(behind[0] & _NO)) or _is_denied_in_row(tokens, masks, harm, last)


def _is_denied_in_row(tokens: list[str], masks: list[int], harm: int, last: int) -> bool:
    """Whether a form says no in a row of its own above another row, and nothing else in it names a harm.

    Where anything else does, a person looks: «Avain paljastunut: ei», and below it «Muu syy: kone varastettu».
    """
    end = next((at for at in range(last, len(masks)) if masks[at] & LINE_END), len(masks))
    value = [mask for said, mask in zip(tokens[last + 1 : end], masks[last + 1 : end], strict=True) if said != "|"]
    if len(value) != 1 or not value[0] & _NO or not _is_row(tokens[last : last + 2]):
        return False
    if any(mask & _HARM for mask in (*masks[:harm], *masks[last + 1 :])):
        return False
    below = tokens[end + 1 :]
    return _is_row(below[: below.index("\n")] if "\n" in below else below)


def _is_row(tokens: list[str]) -> bool:
    """Whether a label stands before a colon or a bar."""
    return any(said == "|" or said.endswith(":") for said in tokens[:_LONGEST_LABEL])


def is_disbelieved(tokens: list[str], masks: list[int], harm: int) -> bool:
    """Whether the harm is what somebody does not think: «emme epäile, että …», «vi tror inte att nyckeln har läckt».

    Only where the two belong together: «I don't think you understand: the key has leaked» is no denial, nor is a
    question, nor whatever has another "not" between or a doubt anywhere.
    """
    if tokens[-1] == "?" or any(mask & (_SUSPECT | _UNCERTAIN) and not mask & _BELIEVE for mask in masks):
        return False
    said = [token.lower() for token in tokens]
    if _AFTER_ALL.intersection(said):
        return False
    for at in (at for at, mask in enumerate(masks) if mask & _BELIEVE):
        begin = at + 2 if said[at + 1 : at + 2] and said[at + 1] in _NOT_BEHIND else at + 1
        if begin == at + 1 and not _is_negated(said, masks, at):
            continue
        first, last = (begin, harm) if harm > at else (harm + 1, at)
        if _belong_together(said[first:last], masks[first : last + 1], is_after=harm > at):
            return True
    return False


def _is_negated(said: list[str], masks: list[int], at: int) -> bool:
    """Whether a "not" stands before, in the same clause: «ei ole mitään syytä epäillä».

    «Cannot believe» and «did not think» are none: what was not thought has happened.
    """
    for before in range(at - 1, max(-1, at - 6), -1):
        if said[before] == ",":
            return False
        if masks[before] & _NOT:
            return said[before] not in {"cannot", "can't", "didn't"} and "did" not in said[max(0, before - 1) : before]
    return False


def _belong_together(said: list[str], masks: list[int], *, is_after: bool) -> bool:
    """`masks`: of the words between the two, and of the one behind them."""
    if len(said) > _FARTHEST_BELIEF:
        return False
    if any(word in _ELSEWHERE and not then & _KEY for word, then in zip(said, masks[1:], strict=True)):
        return False
    if any(one == "," and then not in {"että", "att", "that"} for one, then in pairwise([*said, ""])):
        return False
    return not (is_after and any(mask & _NOT for mask in masks[:-1]))
