"""What the console says, in three languages.

English sentences are keys, so that templates read as the page does; words of closed lists (`clock:decision`) stand in
`states.CODES`, and what other parts explain in `explanations`. Sentences without a translation (most errors) are shown
in English and marked so.
"""

from __future__ import annotations

from sulku_console.wording import (
    actions,
    attached,
    campaign_results,
    campaigns,
    explanations,
    happenings,
    own_findings,
    pages,
    senders,
    states,
)
from sulku_kernel.language import Language

# English → (Finnish, Swedish).
SENTENCES: dict[str, tuple[str, str]] = {
    **pages.WORDS,
    **actions.WORDS,
    **happenings.WORDS,
    **senders.WORDS,
    **attached.WORDS,
    **campaigns.WORDS,
    **campaign_results.WORDS,
    **own_findings.WORDS,
    # The history keeps the sentence of the rule that a decision rested on.
    **{said: explanations.TRANSLATED[f"policy:{rule}"] for rule, said in explanations.ENGLISH["policy"].items()},
}

_PLACE = {Language.EN: 0, Language.FI: 1, Language.SV: 2}


def is_translated(key: str, language: Language) -> bool:
    """Whether it can be said in this language."""
    return language is Language.EN or key in SENTENCES or key in states.CODES


def translate(key: str, language: Language) -> str:
    """A sentence or a code in a language; itself where it is in no list."""
    if key in states.CODES:
        return states.CODES[key][_PLACE[language]]
    if language is Language.EN or key not in SENTENCES:
        return key
    return SENTENCES[key][_PLACE[language] - 1]
