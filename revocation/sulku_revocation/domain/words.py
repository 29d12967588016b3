"""Text → words and what each may mean: the one pass over a mail that references and wording both stand on.

Each different word is looked up once and remembered, so an ordinary mail costs little more than cutting it into words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from sulku_kernel.language import Language
from sulku_mailbox.domain.characters import consists_of
from sulku_revocation.domain.lexicon import LEXICON
from sulku_revocation.domain.small_words import SMALL_WORDS

# More than this of one text is not looked through: 1 MB of prose is 250 pages.
LONGEST_TEXT = 1_000_000
# Letters that `\w` has anyway are named where most of the time goes: they are then found by a look into a table.
_LETTER = r"A-Za-z0-9À-ÖØ-öø-ÿ\w"
_REST = rf"[{_LETTER}.:@*'’-]*"
_TOKEN = re.compile(
    rf"(https?://[^\s<>\"]{{1,2000}}|[{_LETTER}]{_REST}|[\n,;!?|]|\*\.?[{_LETTER}]{_REST}|\+[{_LETTER}]{_REST})"
)
# Letters of the Nordic languages and all of ASCII: nothing in them is invisible or has another form.
_PLAIN = bytes((*range(0x80), *range(0xC0, 0x100)))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_EDGES = ".:-*'’+@"
_LETTERS = str.maketrans({"ä": "a", "å": "a", "ö": "o", "é": "e", "ü": "u", "’": "'"})
_LONGEST_WORD = 40
_LONGEST_NUMBER = 3  # hours, and the pairs in which serial numbers are written; longer ones hardly come again
_LONGEST_MARKED = 5  # of numbers with a mark in them: «8-16.», «9.30», «+358»
_REMEMBERED = 100_000
_SHORT = 16_384

# The bits of the shapes that a token can have, which are asked for most and so are the lowest, of the languages whose
# small word it is, and of each concept.
DIGITS, HEX_LETTERS, DOTTED, STOP, LINE_END = (1 << at for at in range(5))
ANY_SHAPE = DIGITS | HEX_LETTERS | DOTTED | STOP | LINE_END
LANGUAGE_BITS = {language: 1 << at for at, language in enumerate(Language, 5)}
ANY_LANGUAGE = sum(LANGUAGE_BITS.values())
CONCEPTS = {name: 1 << at for at, name in enumerate(LEXICON, 5 + len(Language))}
ANY_CONCEPT = sum(CONCEPTS.values())
# What a word has that may be a reference, may announce one or may end a sentence: one word in four.
_MARKED = ANY_SHAPE | sum(
    bit for name, bit in CONCEPTS.items() if name.startswith("label_") or name in {"certificate", "revoke"}
)


def fold_word(word: str) -> str:
    """Lower case, ä/å/ö as a/o: the form in which stems are compared."""
    return word.lower().translate(_LETTERS)


def clean_text(text: str) -> str:
    """What a person sees: compatibility forms, invisible characters and odd dashes made plain. Linear, bounded."""
    text = text[:LONGEST_TEXT]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() or consists_of(text, _PLAIN):
        return text
    if _INVISIBLE.search(text):
        text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_DASHES) if "\u2013" in text or "\u2010" in text or "\u2212" in text else text


def _entries() -> Iterable[tuple[str, int]]:
    for name, languages in LEXICON.items():
        for stems in languages.values():
            for stem in stems.split():
                yield fold_word(stem), CONCEPTS[name]


class _Lexicon(dict[str, int]):
    """Word as written → bits. Fills itself; only ordinary words and short numbers are kept, and not without end."""

    def __init__(self) -> None:
        super().__init__()
        self._exact: dict[str, int] = {}
        self._stems: dict[str, list[tuple[str, int]]] = {}
        self._inside: list[tuple[str, int]] = []
        self._never: list[tuple[str, int]] = []
        for stem, bit in _entries():
            self._file(stem, bit)
        for language, words in SMALL_WORDS.items():
            for word in words.split():
                self._exact[fold_word(word)] = self._exact.get(fold_word(word), 0) | LANGUAGE_BITS[language]

    def _file(self, stem: str, bit: int) -> None:
        kind, rest = stem[0], stem[1:]
        if kind == "=" or len(stem) < 3:
            word = rest if kind == "=" else stem
            self._exact[word] = self._exact.get(word, 0) | bit
        elif kind == "*":
            self._inside.append((rest, bit))
        elif kind == "!":
            self._never.append((rest, bit))
        else:
            self._stems.setdefault(stem[:3], []).append((stem, bit))

    def __missing__(self, token: str) -> int:
        if len(token) > _LONGEST_NUMBER and token.isascii() and token.isdecimal():
            return DIGITS  # most of what is not remembered
        mask = self._classify(token)
        longest = _LONGEST_WORD
        if mask & DIGITS:
            longest = _LONGEST_NUMBER if token.isalnum() else _LONGEST_MARKED
        if len(token) <= longest and len(self) < _REMEMBERED:
            self[token] = mask
        return mask

    def _classify(self, token: str) -> int:
        if token[0] in "0123456789+":
            if "." not in token:
                return DIGITS
            return DIGITS | DOTTED if _INNER_DOT.search(token) else DIGITS | _stop(token)
        word = fold_word(token[:_LONGEST_WORD].strip(_EDGES))
        mask = self._exact.get(word, 0)
        if len(word) >= 3:
            mask |= self._by_stems(word, mask)
        # A Finnish noun that ends in -mme is ours: avaimemme, palvelimemme.
        if word.endswith("mme") and mask & _THINGS:
            mask |= CONCEPTS["own"]
        return mask | _shape(token)

    def _by_stems(self, word: str, exact: int) -> int:
        mask = 0
        for stem, bit in self._stems.get(word[:3], ()):
            if word.startswith(stem):
                mask |= bit
        for stem, bit in self._inside:
            if stem in word:
                mask |= bit
        for stem, bit in self._never if mask | exact else ():
            if (mask | exact) & bit and word.startswith(stem):
                mask &= ~bit
        return mask


_NO = CONCEPTS["no"]
_MAY_END = STOP | LINE_END
_LONGEST_SENTENCE = 80
_THINGS = CONCEPTS["key"] | CONCEPTS["certificate"] | CONCEPTS["system"]
_HEX_WORD = re.compile(r"[0-9A-Fa-f][0-9A-Fa-f:-]*")
_DIGIT = re.compile(r"[0-9]")
_INNER_DOT = re.compile(r"\w\.\w")


def _shape(token: str) -> int:
    shape = 0
    if _DIGIT.search(token):
        shape |= DIGITS
    elif len(token) <= _LONGEST_WORD and _HEX_WORD.fullmatch(token.rstrip(".")):
        shape |= HEX_LETTERS
    if _INNER_DOT.search(token):
        shape |= DOTTED
    return shape | _stop(token)


def _stop(token: str) -> int:
    """A full stop ends a sentence; behind an abbreviation, a short number or a day it does not (klo., 24., 24.11.)."""
    if token == "\n":  # noqa: S105  a token of a text
        return LINE_END
    if token in {"!", "?", ";"}:
        return STOP
    return STOP if token[-1] == "." and len(token) > 4 and not _INNER_DOT.search(token) else 0


_LEXICON = _Lexicon()


def bits_of(word: str) -> int:
    """The bits of one word."""
    return _LEXICON[word] if word else 0


@dataclass(frozen=True, slots=True)
class Words:
    """A text as tokens (words, numbers, line ends, commas) and the bits of each.

    `text` is the cleaned text; `pieces` is all of it: what stands before each token, the token, and what is left.
    `marked`: the places, with their bits, of what has a shape, a label of a reference, or names certificate or revoke.
    `sentences`: first and last token of each sentence that says something, and the bits of all its words.
    """

    text: str
    tokens: list[str]
    masks: list[int]
    marked: list[tuple[int, int]]
    all_bits: int
    pieces: list[str]
    sentences: list[tuple[int, int, int]]


def read_words(text: str) -> Words:
    """Cut a text into words. Total; linear in its length. Ordinary texts are remembered for the steps that follow."""
    return _read_short(text) if len(text) <= _SHORT else _read(text)


def bits_of_text(text: str) -> int:
    """The bits of all its words together, for who asks nothing else: each word is looked at once. Total; linear."""
    return reduce(or_, map(_LEXICON.__getitem__, set(_TOKEN.split(clean_text(text))[1::2])), 0)


@lru_cache(maxsize=64)
def _read_short(text: str) -> Words:
    return _read(text)


def _read(text: str) -> Words:
    text = clean_text(text)
    pieces = _TOKEN.split(text)
    tokens = pieces[1::2]
    masks = list(map(_LEXICON.__getitem__, tokens))
    marked = [(at, mask) for at, mask in enumerate(masks) if mask & _MARKED]
    spans = _spans(tokens, masks, marked)
    # A span of one token is an empty line, as every second is.
    bits = [masks[first] if first == last else reduce(or_, masks[first : last + 1], 0) for first, last in spans]
    sentences = [(*span, said) for span, said in zip(spans, bits, strict=True) if said & ANY_CONCEPT]
    return Words(text, tokens, masks, marked, reduce(or_, bits), pieces, sentences)


def _spans(tokens: list[str], masks: list[int], marked: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """First and last token of each sentence. Of an empty text there is one, without any token."""
    spans = []
    start = 0
    for end in _ends(tokens, masks, marked):
        while end - start > _LONGEST_SENTENCE:
            spans.append((start, start + _LONGEST_SENTENCE))
            start += _LONGEST_SENTENCE + 1
        spans.append((start, end))
        start = end + 1
    return spans


def _ends(tokens: list[str], masks: list[int], marked: list[tuple[int, int]]) -> Iterator[int]:
    """A stop, a blank line, or the end of a line before a form's label. An answer belongs to its question."""
    last = len(masks) - 1
    for at, mask in marked:
        if not mask & _MAY_END or at == last:
            continue
        following = masks[at + 1]
        if mask & LINE_END:
            if following & LINE_END or tokens[at + 1][-1] == ":":
                yield at
        elif not (following & _NO and tokens[at] == "?"):
            yield at
    yield last


def find_span(words: Words, first: int, last: int) -> str:
    """The piece of the text from token `first` to token `last`, on one line, at most 200 characters."""
    return " ".join("".join(words.pieces[2 * first + 1 : 2 * last + 2]).split())[:200]
