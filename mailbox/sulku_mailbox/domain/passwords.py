"""Passwords of attached archives, as people write them into the same mail: `salasana on …`, `lösenord: …`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sulku_mailbox.domain.characters import lowered_octets

# The words that speak for a password, as data.
WORDS = (
    "salasana", "salasanaa", "salasanan", "salasanaksi", "tunnussana", "tunnuslause", "avauskoodi", "purkukoodi",
    "lösenord", "lösenordet", "lösen", "koden", "password", "passwort", "passphrase", "passcode", "passwd", "pwd",
    "pass", "pw"
)  # fmt: skip
MOST_CANDIDATES = 40

_WORD = re.compile(rf"(?<!\w)(?:{'|'.join(WORDS)})(?!\w)", re.IGNORECASE)
# In every one of the words stands one of these, when the letters of ASCII are in lower case.
_STEMS = tuple(
    stem.encode()
    for stem in ("salasana", "tunnus", "avauskoodi", "purkukoodi", "lösen", "lÖsen", "koden", "pass", "pw")
)
_QUOTED = re.compile(r"[\"'“”»«`‘’]([^\s\"“”»«`].{0,98}?)[\"'“”»«`‘’](?=[\s.,;:!?)]|$)")
_REACH = 200
_MOST_TOKENS = 8
_MOST_WORDS = 20
_LONGEST = 100
# What stands between the word and the password.
_LINKING = frozenset([
    "on", ":", "=", "-", "–", "is", "was", "är", "var", "for", "the", "to", "of", "zip", "7z", "file", "archive",
    "zip-tiedostoon", "tiedostoon", "tiedoston", "pakettiin", "paketin", "arkiston", "filen", "arkivet", "till",
    "för", "avain", "key"
])  # fmt: skip
_MARKS = ".,;:!?()[]<>\"'“”»«`‘’"


def password_candidates(texts: Iterable[str]) -> tuple[str, ...]:
    """What may be a password, likeliest first, each once and at most `MOST_CANDIDATES`. Linear in the texts."""
    found: dict[str, None] = {}
    for text in texts:
        if not any(map(lowered_octets(text).__contains__, _STEMS)):
            continue  # nearly every text, and this is quicker than the pattern
        for number, match in enumerate(_WORD.finditer(text)):
            if number >= _MOST_WORDS:
                break
            for candidate in _behind(text[match.end() : match.end() + _REACH]):
                found.setdefault(candidate)
    return tuple(found)[:MOST_CANDIDATES]


def _behind(text: str) -> Iterator[str]:
    """Quoted pieces first, then what stands behind a colon, then the next words with and without marks."""
    yield from (match[1] for match in _QUOTED.finditer(text))
    line = text.partition("\n")[0]
    if ":" in line and (rest := line.partition(":")[2].strip()) and len(rest) <= _LONGEST:
        yield rest  # a passphrase of several words
    tokens = [token for token in text.split() if token.lower() not in _LINKING][:_MOST_TOKENS]
    for token in tokens:
        if len(token) <= _LONGEST:
            bare = token.strip(_MARKS)
            yield from (each for each in (token.rstrip(".,;"), bare, token) if each)
