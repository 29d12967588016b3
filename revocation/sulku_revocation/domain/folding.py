"""Names of organisations and subjects in the one form in which they are compared.

Certificates spell names in ASCII (`Vaestorekisterikeskus`, `Kansanelakelaitos`), people write `Väestörekisterikeskus`,
and company forms come, go and change place (`Oy Esimerkki Ab`, `Esimerkki Oyj`).
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

# Finnish and Swedish forms of organisation that carry no identity. Read after folding, so without dots and umlauts.
COMPANY_FORMS = frozenset(
    {"oy", "ab", "oyj", "abp", "ky", "kb", "tmi", "osk", "oyab", "ry", "rf", "sr", "ay", "ltd", "plc"}
)
# What NFKD does not take apart.
_LETTERS = str.maketrans({"ø": "o", "æ": "a", "ð": "d", "þ": "t", "ß": "ss", "ł": "l", "đ": "d", "œ": "o"})
_BETWEEN = re.compile(r"[^0-9a-z]+")
_DOTTED_FORM = re.compile(r"\b([a-z])\.([a-z])\.?(?![a-z])")
SIMILAR = 0.72
_LONGEST = 512


def fold_text(text: str) -> str:
    """Lower case without accents, punctuation as single blanks: `Todistuspalvelu_TESTI` → `todistuspalvelu testi`."""
    text = text[:_LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return _BETWEEN.sub(" ", _DOTTED_FORM.sub(r"\1\2", text.lower())).strip()


def fold_organisation(name: str) -> str:
    """`fold_text` without company forms, unless nothing else is left: `Oy Lääke-Apu Ab` → `laake apu`."""
    folded = fold_text(name)
    words = [word for word in folded.split(" ") if word not in COMPANY_FORMS]
    return " ".join(words) if words else folded


def fold_compact(text: str) -> str:
    """`fold_text` without blanks: `Helsingin VI apteekki` and `helsingin-vi_apteekki` are one."""
    return fold_text(text).replace(" ", "")


def similarity(folded: str, other: str) -> float:
    """How alike two folded names are, 0…1; 1 only for equal ones.

    The better of letters as they stand and words in any order, so that `terveystalo turun` meets `turun terveystalo`;
    a name that is only a part of the other is alike, but less.
    """
    if folded == other:
        return 1.0
    if not folded or not other:
        return 0.0
    straight = DamerauLevenshtein.normalized_similarity(folded, other)
    any_order = fuzz.token_sort_ratio(folded, other) / 100
    part = 0.9 * fuzz.token_set_ratio(folded, other) / 100 if " " in folded and " " in other else 0.0
    return round(min(0.99, max(straight, any_order, part)), 4)
