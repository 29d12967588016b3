"""Certificates that a text marks as not to be revoked: by a line through them, or by a column of their row.

«0bf4eab0;voimassa» beside «0bf50a11;suljettava». "In force" alone says little (every row of an extract may), so it
spares only where another row says "revoke"; "keep" spares by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sulku_mailbox.domain.html_text import STRUCK
from sulku_revocation.domain.mentions import by_plain_spelling, find_mentions, plain

_LONGEST_TEXT = 1_000_000
_MOST_STRUCK = 200
_LONGEST_STRUCK = 50_000
_CELL_END = re.compile(r"[;\t|,()=]|\s[-–—→]+\s|:\s")
_LONGEST_CELL = 60
_MOST_CELLS = 40
_KEEP = re.compile(
    r"(?:se |tämä |ska |skall |to |must )?(?:säilyy|säilytetään|säilytä|säilytettävä|pidetään|pidä|jätetään|jätä"
    r"|jää(?: voimaan| käyttöön)?|ei suljeta|ei saa sulkea|ei tarvitse sulkea|älä sulje|älkää sulkeko|behålls?|behållas"
    r"|kvar|vara kvar|inte spärras|spärras inte|spärra inte|spärras ej|ej spärras|keep|kept|be kept|stays?|remains?"
    r"|retain|retained|leave|do not revoke|don['’]t revoke|not to be revoked|no revocation)"
)
_IN_FORCE = re.compile(
    r"(?:on |är |is |still |edelleen |fortfarande )?(?:voimassa(?: oleva)?|käytössä|aktiivinen|kunnossa|uusi|ok|i bruk"
    r"|i drift|används|giltigt?|gäller|aktivt?|nytt?|valid|active|in use|in force|live|production|new|good)"
)
_TO_REVOKE = re.compile(
    r"(?:se |on |ska |skall |bör |måste |to be |must be |should be |please )?(?:suljettava(?:ksi|t)?|suljetaan|sulje"
    r"|sulkekaa|sulkuun|sulku|mitätöitävä|mitätöidään|poistettava|spärras?|återkallas?|makuleras?|revoke|revoked|revocation)[!.]?"
)
_TICKS = ("[x]", "[X]", "(x)", "(X)", "☑", "☒", "✓", "✔")
_BOX = re.compile(r"\s{0,9}(?:[-*•]\s{1,3})?(?:(?P<tick>\[[xX✓✔]\]|\([xX]\)|[☑☒✓✔])|\[[ _]?\]|\([ _]?\)|[☐□])")
_MOST_ROWS = 2_000
_MAX_ROW = 1_000
_YES = frozenset({"kyllä", "k", "x", "ja", "j", "yes", "y", "true"})
_NO = frozenset({"ei", "e", "nej", "no", "n", "false"})


def find_struck(text: str, spellings: Sequence[frozenset[str]]) -> frozenset[int]:
    """Which of the certificates stand struck out (`~~0bf4eab0~~`), as places in `spellings`. Pure and total."""
    if STRUCK not in text or not spellings:
        return frozenset()
    pieces = text[:_LONGEST_TEXT].split(STRUCK, 2 * _MOST_STRUCK)
    struck = "\n".join(pieces[1 : len(pieces) - 1 : 2])[:_LONGEST_STRUCK]
    return frozenset(mention.named for mention in find_mentions(struck, spellings))


def find_kept(text: str, spellings: Sequence[frozenset[str]]) -> frozenset[int]:
    """Which of several certificates stand in a row that says they stay, as places in `spellings`. Pure and total."""
    if len(spellings) < 2:  # one alone is no list
        return frozenset()
    kept, in_force, to_revoke = set(), set(), set()
    for named, cells, header in _rows(text[:_LONGEST_TEXT], by_plain_spelling(spellings)):
        answer = _answer(cells, header)
        if any(map(_KEEP.fullmatch, cells)) or answer in _NO:
            kept.add(named)
        elif any(map(_TO_REVOKE.fullmatch, cells)) or answer in _YES:
            to_revoke.add(named)
        elif any(map(_IN_FORCE.fullmatch, cells)):
            in_force.add(named)
    return frozenset((kept | in_force if to_revoke else kept) - to_revoke)


def find_ticked(text: str, spellings: Sequence[frozenset[str]]) -> tuple[frozenset[int], frozenset[int]]:
    """Of several certificates those of rows with a tick, and those of rows whose box is empty. Pure and total.

    Nothing when no row that names one has a tick, or when none has an empty box: then the boxes part nothing.
    """
    if len(spellings) < 2 or not any(map(text.__contains__, _TICKS)):
        return frozenset(), frozenset()
    rows: dict[bool, set[int]] = {True: set(), False: set()}
    for line in text[:_LONGEST_TEXT].splitlines()[:_MOST_ROWS]:
        if box := _BOX.match(line):
            rows[box["tick"] is not None] |= {mention.named for mention in find_mentions(line[:_MAX_ROW], spellings)}
    ticked, left = rows[True], rows[False] - rows[True]
    return (frozenset(ticked), frozenset(left)) if ticked and left else (frozenset(), frozenset())


def _rows(text: str, by_spelling: dict[str, int]) -> Iterator[tuple[int, list[str], list[str]]]:
    """Each line that names one of the certificates: which, its cells, and those of the last line that names none."""
    header: list[str] = []
    for line in text.splitlines():
        cells = [
            plain(cell.strip(" -*•\"'.")) for cell in _CELL_END.split(line, _MOST_CELLS) if len(cell) < _LONGEST_CELL
        ]
        named = {by_spelling[word] for cell in cells for word in (cell, *cell.split()[-1:]) if word in by_spelling}
        if len(named) == 1:
            yield named.pop(), cells, header
        elif not named and any(cells):
            header = cells


def _answer(cells: list[str], header: list[str]) -> str:
    """What stands in the column whose head asks whether to revoke: «Suljetaan?»."""
    asked = [at for at, cell in enumerate(header) if _TO_REVOKE.fullmatch(cell.rstrip(" ?"))]
    return cells[asked[0]] if asked and len(cells) == len(header) else ""
