"""Serial numbers, fingerprints and key digests in a text, in whatever way people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.serials import read_serial
from sulku_revocation.domain.words import CONCEPTS, DIGITS, HEX_LETTERS, Words, bits_of

_SERIAL, _FINGERPRINT = CONCEPTS["label_serial"], CONCEPTS["label_fingerprint"]
_SPKI, _PHONE = CONCEPTS["label_spki"], CONCEPTS["label_phone"]
_LABELS = _SERIAL | _FINGERPRINT | _SPKI | _PHONE
_NUMBERS = DIGITS | HEX_LETTERS
# A label speaks for what stands at most so many words behind it: "Sarjanumero (heksadesimaalina, ilman välejä): …".
_REACH = 8
_HEX_GROUP = re.compile(r"(?:0[xX])?[0-9A-Fa-f]+(?:[:.\-][0-9A-Fa-f]+){0,63}[:\-]?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# A personal identity code that is all hex letters would be shown as a serial number.
_IDENTITY_CODE = re.compile(r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-Fa-f]")
_DATE = re.compile(r"[0-3]?\d[.\-][01]?\d[.\-](?:19|20)?\d\d|(?:19|20)\d\d-[01]\d-[0-3]\d")
_PLAIN = str.maketrans("", "", ":.-")
_MOST_DIGITS = 128
_AND = CONCEPTS["and"]


@dataclass(frozen=True, slots=True)
class _Run:
    """Tokens `first`…`last` that are one number, as written, and its bare digits."""

    first: int
    last: int
    shown: str
    digits: str
    is_prefixed: bool

    @property
    def is_mixed(self) -> bool:
        """Both digits and letters, which no phone number and no date has."""
        return not self.digits.isdecimal() and not self.digits.isalpha()


def find_numbers(words: Words, where: str, *, is_about_certificates: bool) -> Iterator[Reference]:
    """The numbers in `words`. `is_about_certificates`: then what is clearly hex needs no label of its own."""
    if not words.all_bits & _NUMBERS:
        return
    speaks = is_about_certificates or bool(words.all_bits & _SERIAL)
    label, label_at = 0, -100
    position, count = 0, len(words.tokens)
    while position < count:
        mask = words.masks[position]
        if mask & _LABELS:
            label, label_at = mask & _LABELS, position
        if not mask & _NUMBERS:
            if mask & HEX_LETTERS == 0 and mask & ~_AND and position - label_at > _REACH:
                label = 0
            position += 1
            continue
        run, glued = _read_run(words, position)
        if run is None:
            glued_label = _glued_label(words.tokens[position])
            if glued_label:
                label, label_at = glued_label, position
            position += 1
            continue
        near = (label | glued) if position - label_at <= _REACH or glued else 0
        found = False
        for reference in _references(run, near, where, speaks=speaks):
            found = True
            yield reference
        if found and near:
            label, label_at = near, run.last  # a list goes on: its label does too
        yield from _wrapped(words, run, where)
        position = run.last + 1


def _glued_label(token: str) -> int:
    """`sha-256` and its like are labels with digits in them."""
    name = token.strip(":.-").lower().replace("-", "").replace("_", "")
    return _FINGERPRINT if name in {"sha1", "sha256"} else 0


def _read_run(words: Words, at: int) -> tuple[_Run | None, int]:
    """The number that begins with token `at`, and the label glued to it (`sarjanumero:0bf4eab0`)."""
    tokens, masks = words.tokens, words.masks
    token, glued = tokens[at], 0
    if "@" in token or token[0] == "+" or len(token) > 400:
        return None, 0
    head, colon, rest = token.partition(":")
    if colon and rest and not _HEX_GROUP.fullmatch(head):
        glued = _label_of(head)
        token = rest
    token = token.rstrip(".'’").lstrip("#")
    if not _is_number(token):
        return None, glued
    groups, last, lines = [token], at, 0
    style = len(token.rstrip(":-"))
    after = at + 1
    if style <= 7 or token[-1] in ":-":
        while after < len(tokens) and sum(map(len, groups)) < 2 * _MOST_DIGITS:
            following = tokens[after]
            if following == "\n":
                lines += 1
                if lines > 1 or not (groups[-1][-1] in ":-" or len(groups[0]) == len(groups[-1]) in {2, 4}):
                    break
                after += 1
                continue
            following = following.rstrip(".'’")
            if not masks[after] & _NUMBERS or not _is_number(following) or following[:2] in {"0x", "0X"}:
                break
            if lines and groups[-1][-1] not in ":-" and len(following) != len(groups[0]):
                break
            if groups[-1][-1] in ":-" and ":" in groups[0] and ":" not in following and len(following) > 2:
                break
            groups.append(following)
            last, lines = after, 0
            after += 1
    prefixed = groups[0][:2] in {"0x", "0X"}
    digits = "".join(groups).translate(_PLAIN).lower().removeprefix("0x")
    return _Run(at, last, " ".join(groups), digits, prefixed), glued


def _label_of(head: str) -> int:
    return bits_of(head) & _LABELS or _glued_label(head)


def _is_number(token: str) -> bool:
    return bool(token) and _HEX_GROUP.fullmatch(token) is not None


def _references(run: _Run, label: int, where: str, *, speaks: bool) -> Iterator[Reference]:
    size = len(run.digits)
    if size > 64 or (not any(map(str.isdigit, run.digits)) and not (label and size >= 6)):
        return
    shown = run.shown[:120]
    if label & _SPKI and size == 64:
        yield Reference(ReferenceKind.SPKI, run.digits, where, shown=shown)
        return
    if size in {40, 64} and not (label & _SERIAL and not label & _FINGERPRINT):
        yield Reference(ReferenceKind.FINGERPRINT, run.digits, where, shown=shown, is_labelled=bool(label))
        if size == 64 and not label:
            yield Reference(ReferenceKind.SPKI, run.digits, where, shown=shown, is_labelled=False)
    if size > 49 or label & _FINGERPRINT:
        return
    if (run.shown.count(".") > 2 and run.digits.isdecimal()) or _DATE.fullmatch(run.shown):
        return  # an OID behind "serialNumber=", an address, a day
    if not label & _SERIAL and not _stands_alone(run, label):
        return
    readings = read_serial(run.shown)
    if readings:
        certain = (bool(label & _SERIAL) and size >= 6) or (speaks and _is_clear(run))
        yield Reference(ReferenceKind.SERIAL, run.digits, where, readings, shown, certain)


def _stands_alone(run: _Run, label: int) -> bool:
    """Whether a number without its label may still be a serial number."""
    size = len(run.digits)
    if label & _PHONE or size < 7 or _UUID.fullmatch(run.shown) or _IDENTITY_CODE.fullmatch(run.shown):
        return False
    if run.digits.isdecimal() and not run.is_prefixed:
        # One piece or hex with colons: "040 123 4567" is a telephone, "24.11.2026" a day.
        return size >= 8 and (run.first == run.last) and not _DATE.fullmatch(run.shown) and "-" not in run.shown
    return True


def _is_clear(run: _Run) -> bool:
    """Whether anybody would read it as a serial number in a mail about certificates."""
    size = len(run.digits)
    if size == 40:
        return False
    return (run.is_prefixed and size >= 6) or (size >= 8 and (run.is_mixed or (":" in run.shown and size >= 8)))


def _wrapped(words: Words, run: _Run, where: str) -> Iterator[Reference]:
    """A number that a line's end or a blank cut in two long pieces: both halves together, if the register knows it."""
    if not 8 <= len(run.digits) <= 38:
        return
    shown, digits, last = run.shown, run.digits, run.last
    for _ in range(5):
        after = last + 1
        if words.tokens[after : after + 1] == ["\n"]:
            after += 1
        if after >= len(words.tokens) or not words.masks[after] & _NUMBERS:
            return
        following = words.tokens[after].rstrip(".")
        if not _is_number(following) or following[:2].lower() == "0x":
            return
        shown, digits, last = f"{shown} {following}", digits + following.translate(_PLAIN).lower(), after
        if len(digits) > 49:
            return
        readings = read_serial(shown)
        if readings:
            yield Reference(ReferenceKind.SERIAL, digits, where, readings, shown[:120], is_labelled=False)
