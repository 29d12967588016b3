"""What is new in a mail, and what it quotes.

Losing words is worse than keeping quotes: a line counts as quoted only by a mark that a mail program sets (`>`, the
line that introduces a reply, the block of header lines Outlook writes), in the languages our senders use. What an
answer refers to stays above it: quoted lines between new ones, and those at the top that nothing introduces. In a
forward the forwarded mail is what the sender wants read, so it stays; what *that* quotes does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import compress
from operator import not_

from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.reply_headers import (
    after_header,
    introduction_ending,
    is_followed_by_marks,
    is_forwarded_line,
    is_header_block,
    is_original_line,
    may_end_introduction,
    with_rule,
)
from sulku_mailbox.domain.signatures import signature_start

_FORWARD = r"(?:\[[^\]]{0,40}\]\s*)?(?:fwd?|vl|vb|wg|tr|rv|enc|doorst|vid)\s*:"
_FORWARD_SUBJECT = re.compile(rf"\s*{_FORWARD}", re.IGNORECASE)
# «Aihe: VL: Sulkupyyntö» in a header block.
_FORWARD_IN_HEADER = re.compile(rf"[\s>*]{{0,9}}[^\W\d][\w .]{{2,19}}\*?:[\s*]{{0,9}}{_FORWARD}", re.IGNORECASE)
_REPLY_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]\s*)?(?:re|vs|sv|aw|antw|odp|ang)\s*(?:\[\d+\]|\(\d+\))?:", re.IGNORECASE
)
_QUOTED = re.compile(r"[ \t]{0,3}(?:>(?!From )|\|[ \t]|>From )")
_MARKS = frozenset(">|-_=*")
_ENDS = frozenset(">-")
_WIDE_COLON = "\uff1a"  # of Chinese and Japanese
_MAX_LINE = 1000
_MOST_TRIES = 1000  # lines that may end an introduction; nobody has answered as often


class _Kind(Enum):
    """What a line is. STANDING is quoted, and left standing above the answer to it."""

    NEW = "new"
    SIGNATURE = "signature"
    STANDING = "standing"
    QUOTED = "quoted"
    INTRODUCTION = "introduction"


_KEPT = (_Kind.NEW, _Kind.STANDING)


@dataclass(frozen=True, slots=True)
class Split:
    """`new` is what the sender wrote for this mail, with the quoted lines that it answers; `quoted` is the rest.

    Both are in the order of the mail. `signature` is the part of `quoted` that is the sender's own.
    """

    new: str
    quoted: str
    signature: str = ""


def split_quoted(text: str, *, subject: str = "", is_reply: bool = False) -> Split:
    r"""Parts `text` (lines end with `\\n`) into new and quoted. `is_reply`: the header refers to an earlier mail."""
    is_forward = bool(_FORWARD_SUBJECT.match(subject))
    is_reply = not is_forward and (is_reply or bool(_REPLY_SUBJECT.match(subject)))
    lines = text.split("\n", LIMITS.quoted_lines)  # what is beyond stays one piece, and new
    if is_forward:
        lines = _unmarked_forward(lines)
    kinds = _kinds(lines, is_forward=is_forward, is_reply=is_reply)
    _note_signature(lines, kinds)
    if _Kind.QUOTED in kinds:
        _let_stand(lines, kinds)
    if not _has_words(lines, kinds):
        return _all_quoted(lines, kinds, is_reply=is_reply)
    if _is_all_new(kinds):
        return Split(_joined(lines), "")
    is_kept = [kind in _KEPT for kind in kinds]
    signature = (line for line, kind in zip(lines, kinds, strict=True) if kind is _Kind.SIGNATURE)
    return Split(
        _joined(compress(lines, is_kept)),
        _joined(compress(lines, map(not_, is_kept))),
        _joined(signature) if _Kind.SIGNATURE in kinds else "",
    )


def own_lines(new_text: str) -> str:
    """The new text without the quoted lines that were left standing in it."""
    if ">" not in new_text and "|" not in new_text:
        return new_text
    lines = new_text.split("\n")
    return _joined([line for index, line in enumerate(lines) if not _is_quoted_line(lines, index)])


def _kinds(lines: list[str], *, is_forward: bool, is_reply: bool) -> list[_Kind]:
    """For each line what it is. One pass; a cut makes all that follows quoted."""
    scan = _Scan(lines, is_forward=is_forward, is_reply=is_reply)
    for index in [at for at, line in enumerate(lines) if line and _is_candidate(line[:_MAX_LINE])]:
        if index >= scan.at:
            scan.at = scan.step(index)
    return scan.kinds


class _Scan:
    """The lines as they are gone through: a step takes one, or several that belong together, and gives the next.

    Only lines that are worth it are stepped to. `at`: the first that no step has taken; those before the next one are
    the sender's own.
    """

    def __init__(self, lines: list[str], *, is_forward: bool, is_reply: bool) -> None:
        self.lines = lines
        self.kinds = [_Kind.NEW] * len(lines)
        self.at = 0
        self._is_reply = is_reply
        self._is_forward = is_forward
        self._may_pass = is_forward  # whether the next header block may still be that of the forwarded mail itself
        self._first_new = len(lines)  # the first line of the sender's own
        self._tries = 0

    def step(self, index: int) -> int:
        line = self.lines[index][:_MAX_LINE]
        self._pass_by(index)
        if _is_quoted_line(self.lines, index):
            self.kinds[index] = _Kind.QUOTED
            return index + 1
        if (start := self._introduction(index, line)) is not None:
            return self._below_introduction(start, index + 1)
        is_marked = line.lstrip()[:1] in _MARKS or line.rstrip().endswith(":")
        if is_marked and is_forwarded_line(line):
            return self._below_header(index, after_header(self.lines, index + 1))
        if (is_marked and is_original_line(line)) or is_header_block(self.lines, index):
            return self._at_header(index)
        self._first_new = min(self._first_new, index)
        return index + 1

    def _pass_by(self, index: int) -> None:
        if self._first_new == len(self.lines):
            passed = range(self.at, index)
            self._first_new = next((at for at in passed if self.lines[at][:_MAX_LINE].strip()), self._first_new)

    def _introduction(self, index: int, line: str) -> int | None:
        if self._tries > _MOST_TRIES or not may_end_introduction(line.rstrip()):
            return None
        self._tries += 1
        return introduction_ending(self.lines, index, is_reply=self._is_reply)

    def _below_introduction(self, start: int, after: int) -> int:
        if self._first_new >= start:
            self._first_new = len(self.lines)
        elif not is_followed_by_marks(self.lines, after):
            return self._cut(start)
        self.kinds[start:after] = [_Kind.INTRODUCTION] * (after - start)
        return self._below_bars(after)

    def _below_bars(self, index: int) -> int:
        """Some programs quote with bars: below an introduction they are no table."""
        end = index
        while end < len(self.lines) and (self.lines[end].lstrip().startswith("|") or not self.lines[end].strip()):
            end += 1
        if not any(line.strip() for line in self.lines[index:end]):
            return index
        self.kinds[index:end] = [_Kind.QUOTED] * (end - index)
        return end

    def _at_header(self, index: int) -> int:
        if self._may_pass or not (self._is_reply or self._first_new < index):
            return self._below_header(index, after_header(self.lines, index))
        return self._cut(with_rule(self.lines, index))

    def _below_header(self, index: int, after: int) -> int:
        """What is forwarded counts as the sender's own; the next header block only when that was a forward itself."""
        header = self.lines[index:after]
        self._may_pass = self._is_forward and any(_FORWARD_IN_HEADER.match(line[:_MAX_LINE]) for line in header)
        self._first_new = min(self._first_new, index)
        return after

    def _cut(self, index: int) -> int:
        self.kinds[index:] = [_Kind.QUOTED] * (len(self.lines) - index)
        return len(self.lines)


def _is_candidate(line: str) -> bool:
    """Worth a closer look: with a mark in front, or with a colon anywhere, a dash or an address at the end."""
    if ":" in line or _WIDE_COLON in line:
        return True
    stripped = line.strip()
    return bool(stripped) and (stripped[0] in _MARKS or stripped[-1] in _ENDS)


def _is_quoted_line(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if not _QUOTED.match(line) or _closes_address(lines, index):
        return False
    # mbox files write ">From " for a line that begins with "From "; a lone "|" is a table
    if line.startswith(">From ") or line.lstrip().startswith("|"):
        beside = [*lines[max(index - 1, 0) : index], *lines[index + 1 : index + 2]]
        return line.startswith(">From ") and any(other.startswith((">", " >")) for other in beside)
    return True


def _closes_address(lines: Sequence[str], index: int) -> bool:
    """Whether `>` is the end of an address that was broken in two: `N.N. <a@b.example` and `> wrote:`."""
    if not index or not lines[index].rstrip().endswith(":"):
        return False
    before = lines[index - 1][-_MAX_LINE:]
    return before.rfind("<") > before.rfind(">")


def _note_signature(lines: list[str], kinds: list[_Kind]) -> None:
    """Marks the signature below the last new words, wherever the quotations stand."""
    if _is_all_new(kinds):
        begin = signature_start(lines)
        kinds[begin:] = [_Kind.SIGNATURE] * (len(lines) - begin)
        return
    first = next((index for index, kind in enumerate(kinds) if kind is _Kind.NEW and lines[index].strip()), len(lines))
    end = len(lines)
    while end > first:
        while kinds[end - 1] is not _Kind.NEW:
            end -= 1
        start = end
        while start and kinds[start - 1] is _Kind.NEW:
            start -= 1
        segment = lines[start:end]
        begin = _delimited_whole(segment) if first < start else signature_start(segment)
        kinds[start + begin : end] = [_Kind.SIGNATURE] * (end - start - begin)
        if begin:
            return
        end = start


def _delimited_whole(segment: list[str]) -> int:
    """Where the signature begins in what stands below other new words: it may be all of that."""
    return max(signature_start(["x", *segment]) - 1, 0)


def _let_stand(lines: list[str], kinds: list[_Kind]) -> None:
    """Quoted lines above an answer stay, unless they are introduced at the very top as the mail that is answered."""
    last = max((index for index, kind in enumerate(kinds) if kind is _Kind.NEW and lines[index].strip()), default=-1)
    first = next((kind for kind, line in zip(kinds, lines, strict=True) if line.strip()), _Kind.NEW)
    if first is _Kind.INTRODUCTION and is_followed_by_marks(lines, _after(kinds, _Kind.INTRODUCTION, lines)):
        return
    for index in range(last):
        if kinds[index] is _Kind.QUOTED and _QUOTED.match(lines[index]):
            kinds[index] = _Kind.STANDING


def _after(kinds: list[_Kind], kind: _Kind, lines: list[str]) -> int:
    index = 0
    while index < len(kinds) and (kinds[index] is kind or not lines[index].strip()):
        index += 1
    return index


def _is_all_new(kinds: list[_Kind]) -> bool:
    return kinds.count(_Kind.NEW) == len(kinds)


def _has_words(lines: Sequence[str], kinds: Sequence[_Kind]) -> bool:
    return any(kind is _Kind.NEW and line.strip() for line, kind in zip(lines, kinds, strict=False))


def _all_quoted(lines: list[str], kinds: list[_Kind], *, is_reply: bool) -> Split:
    """A mail without a new word. What nothing introduces was put there by its sender."""
    if not is_reply:
        return Split(_without_marks(lines), "")
    is_old = any(kind is _Kind.INTRODUCTION for kind in kinds) or _begins_old(lines)
    return Split("", _joined(lines)) if is_old else Split(_joined(lines), "")


def _begins_old(lines: list[str]) -> bool:
    """Whether an introduction or a header block stands inside the marks."""
    bare = [line.lstrip("> ") for line in lines[:20]]
    return any(is_header_block(bare, index) or _ends_introduction(bare, index) for index in range(len(bare)))


def _ends_introduction(lines: list[str], index: int) -> bool:
    return lines[index].endswith(":") and introduction_ending(lines, index, is_reply=True) is not None


def _unmarked_forward(lines: list[str]) -> list[str]:
    """Apple Mail can mark what it forwards like a quotation: one level is taken off for each forward in another."""
    at = 0
    for _ in range(LIMITS.forwarded_depth):
        at = next((index for index in range(at, len(lines)) if _begins_marked(lines, index)), len(lines))
        lines = lines[:at] + [below.removeprefix(">").removeprefix(" ") for below in lines[at:]]
    return lines


def _begins_marked(lines: list[str], index: int) -> bool:
    """Whether a forwarded mail is said to begin here, and marks stand before it."""
    line = lines[index]
    if not line.startswith(">") and not line.rstrip().endswith(":"):
        return False
    below = next((line for line in lines[index : index + 4][1:] if line.strip()), "")
    return (line.startswith(">") or below.startswith(">")) and is_forwarded_line(line)


def _without_marks(lines: list[str]) -> str:
    return _joined([re.sub(r"^[ \t]{0,3}(?:> ?)+", "", line[:_MAX_LINE]) + line[_MAX_LINE:] for line in lines])


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines).strip("\n ")
