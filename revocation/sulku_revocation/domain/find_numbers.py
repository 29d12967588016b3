"""Serial numbers, fingerprints and key digests in a text, in whatever way people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import NamedTuple

from sulku_revocation.domain.business_id import read_business_id
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.serials import read_serial
from sulku_revocation.domain.words import CONCEPTS, DIGITS, HEX_LETTERS, Words, bits_of

_SERIAL, _FINGERPRINT = CONCEPTS["label_serial"], CONCEPTS["label_fingerprint"]
_SPKI, _PHONE = CONCEPTS["label_spki"], CONCEPTS["label_phone"]
_OTHER = CONCEPTS["label_other"]
_HEX, _ID, _KEY = CONCEPTS["label_hex"], CONCEPTS["label_id"], CONCEPTS["key"]
_LABELS = _SERIAL | _FINGERPRINT | _SPKI | _PHONE | _OTHER | _HEX
_OF_OTHERS = _OTHER | _HEX
_NUMBERS = DIGITS | HEX_LETTERS
# A label speaks for what stands at most so many words behind it: "Sarjanumero (heksadesimaalina, ilman välejä): …".
_REACH = 8
# "Tilausnumero: …", "order no. …": the next words, unless they speak of a certificate.
_REACH_OF_OTHER = 3
_HEX_GROUP = re.compile(r"(?:0[xX])?[0-9A-Fa-f]+(?:[:.\-][0-9A-Fa-f]+){0,63}[:\-]?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# A personal identity code that is all hex letters would be shown as a serial number.
_IDENTITY_CODE = re.compile(r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-Fa-f]")
_DATE = re.compile(r"[0-3]?\d[.\-][01]?\d[.\-](?:19|20)?\d\d|(?:19|20)\d\d-[01]\d-[0-3]\d")
_BUSINESS_ID = re.compile(r"\d{6,7}-\d")
# Endings that are no hex, and a word joined to the number: «0bf4eab0:n», «0bf4eab0-varmenne».
_SUFFIX = re.compile(
    r"(?:[:'’](?:n|in|s|t|ä|ää|ssa|ssä|sta|stä|lla|llä|lle|lta|ltä|ksi|na|nä|en|et|ia|iä)|-(?=[a-f]*[g-zåäö])[a-zåäö]+)$",
    re.IGNORECASE,
)
_PLAIN = str.maketrans("", "", ":.-")
# What a number begins with, and the marks before one; what is glued to its label begins with that.
_FIRST = frozenset("0123456789abcdefABCDEF*_")
_MOST_GROUPS = 128
_LONGEST_GROUP = 7
_LONGEST_ITEM = 3
_LINE_END = "\n"
# A number behind one of these is the certificate's name, even without the word "serial number".
_NAMED = CONCEPTS["certificate"] | CONCEPTS["revoke"]
_ANNOUNCING = _LABELS | _NAMED | _ID
_TELLING = _NUMBERS | _ANNOUNCING
# The two English months that are made of hex letters, and a kind of key.
_NO_NUMBERS = frozenset({"feb", "dec", "ed25519"})
_HEX_IN_ADDRESS = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8,64}(?![0-9A-Za-z])")
_LONGEST_ADDRESS = 2_000
# «Obf4eabO»: letters typed for the digits that look like them.
_MISREAD = re.compile(r"(?=[A-Za-z]*[0-9])[0-9A-Fa-fOoIl]{8,40}")
_LOOK_ALIKE = str.maketrans("OoIl", "0011")


class _Run(NamedTuple):
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


class _Labels:
    """Which labels speak for the number at a position."""

    def __init__(self) -> None:
        self._label, self._label_at, self._named_at = 0, -100, -100

    def pass_by(self, mask: int, at: int) -> None:
        if mask & _NAMED:
            self._named_at = at
            self._label &= ~_OF_OTHERS
        if mask & _LABELS:
            self.set(mask & _LABELS, at)

    def set(self, label: int, at: int) -> None:
        self._label, self._label_at = label, at

    def near(self, at: int) -> int:
        if not self._label or at - self._label_at > _REACH:
            return 0
        return 0 if self._label & _OF_OTHERS and at - self._label_at > _REACH_OF_OTHER else self._label

    def is_named(self, at: int) -> bool:
        return at - self._named_at <= _REACH

    def go_on(self, run: _Run, near: int) -> None:
        """A list of numbers goes on: what spoke for this one speaks for the next."""
        if near:
            self.set(near, run.last)
        if self.is_named(run.first):
            self._named_at = run.last


def find_numbers(words: Words, where: str, *, is_about_certificates: bool) -> Iterator[Reference]:
    """The numbers in `words`. `is_about_certificates`: then what is clearly hex needs no label of its own."""
    if not words.all_bits & _NUMBERS:
        return
    speaks = is_about_certificates or bool(words.all_bits & _SERIAL)
    labels = _Labels()
    passed = -1
    for position, mask in words.marked:
        if position <= passed or not mask & _TELLING:
            continue
        if mask & _ANNOUNCING:
            labels.pass_by(mask | _key_id(words, position) if mask & _ID else mask, position)
        if not mask & _NUMBERS or (not (near := labels.near(position)) and _is_too_short(words, position)):
            continue
        run, glued = _read_run(words, position)
        if run is None:
            is_spoken_for = bool(near & _SERIAL) or labels.is_named(position)
            yield from _of_other_shape(words.tokens[position], where, is_spoken_for=is_spoken_for)
            if glued_label := _glued_label(words.tokens[position]):
                labels.set(glued_label, position)
            continue
        near |= glued
        found = list(_references(run, near, where, speaks=speaks, is_named=labels.is_named(position)))
        yield from found
        if found:
            yield from _without_words(run, where)
            labels.go_on(run, near)
        yield from _wrapped(words, run, where)
        passed = run.last


def _is_too_short(words: Words, at: int) -> bool:
    """A few digits with no number behind them: an hour, a house, a page."""
    return len(words.tokens[at]) < 6 and not reduce(or_, words.masks[at + 1 : at + 3], 0) & _NUMBERS


def _key_id(words: Words, at: int) -> int:
    """«Key ID» is one label: what an «ID» at this place is besides."""
    return _HEX if at and words.masks[at - 1] & _KEY else 0


def _of_other_shape(token: str, where: str, *, is_spoken_for: bool) -> Iterator[Reference]:
    """What a token that is no number may hold or be meant for."""
    if "://" in token:
        yield from _in_address(token, where)
    if is_spoken_for:
        yield from _misread(token.rstrip("."), where)


def _misread(token: str, where: str) -> Iterator[Reference]:
    """A serial number with letters that stand for digits: it never chooses."""
    if _MISREAD.fullmatch(token) and (readings := read_serial(token.translate(_LOOK_ALIKE))):
        digits = token.translate(_LOOK_ALIKE).lower()
        yield Reference(ReferenceKind.SERIAL, digits, where, readings, token, is_misread=True)


def _in_address(token: str, where: str) -> Iterator[Reference]:
    """What stands in a link, as in `https://crt.sh/?serial=…`: it counts only when the register knows it."""
    for match in _HEX_IN_ADDRESS.finditer(token[:_LONGEST_ADDRESS]):
        digits = match[0].lower()
        if len(digits) in {40, 64}:
            yield Reference(ReferenceKind.FINGERPRINT, digits, where, shown=digits, is_labelled=False)
        elif readings := read_serial(digits):
            yield Reference(ReferenceKind.SERIAL, digits, where, readings, digits, is_labelled=False)


def _glued_label(token: str) -> int:
    """`sha-256` and its like are labels with digits in them."""
    if token[:3].lower() != "sha":
        return 0
    name = token.strip(":.-").lower().replace("-", "").replace("_", "")
    return _FINGERPRINT if name in {"sha1", "sha256"} else 0


def _read_run(words: Words, at: int) -> tuple[_Run | None, int]:
    """The number that begins with token `at`, and the label glued to it (`sarjanumero:0bf4eab0`)."""
    tokens, masks = words.tokens, words.masks
    token, glued = tokens[at], 0
    if token[0] not in _FIRST and (":" not in token or token[0] == "+"):
        return None, 0
    if "@" in token or len(token) > 400:
        return None, 0
    head, colon, rest = token.partition(":")
    if colon and rest and not _HEX_GROUP.fullmatch(head):
        glued = _label_of(head)
        token = rest
    token = _bare(token.lstrip("#"))
    if not token or token.lower() in _NO_NUMBERS:
        return None, glued
    groups, last = [token], at
    if _is_item(token, tokens[at + 1 : at + 2]):
        return None, glued
    if len(token.rstrip(":-")) <= _LONGEST_GROUP or token[-1] in ":-":
        last = _gather(tokens, masks, groups, at)
    digits = "".join(groups).translate(_PLAIN).lower().removeprefix("0x")
    return _Run(at, last, " ".join(groups), digits, groups[0][:2] in {"0x", "0X"}), glued


def _bare(token: str) -> str:
    """Without what a sentence, a mail program or Finnish inflection puts at its ends: `*0bf4eab0*`, `0bf4eab0:n`.

    Empty when that is no number.
    """
    token = token.lstrip("*_").rstrip(".'’*_")
    if _is_number(token):
        return token
    token = _SUFFIX.sub("", token).rstrip("*_")
    return token if _is_number(token) else ""


def _is_item(token: str, following: list[str]) -> bool:
    """The number of a row in a list: «1. 0bf4eab0». Nobody writes the first digit of a serial number apart."""
    return len(token) <= _LONGEST_ITEM and token.isdecimal() and bool(following) and len(following[0]) > _LONGEST_GROUP


def _gather(tokens: list[str], masks: list[int], groups: list[str], at: int) -> int:
    """Put the groups behind the first into `groups`: `0B F4 EA B0`, over one line's end. Returns the last's place."""
    last, lines = at, 0
    for after in range(at + 1, len(tokens)):
        token = tokens[after]
        if token == _LINE_END:
            lines += 1
            if lines > 1 or not _goes_on(groups):
                break
            continue
        token = _bare(token) if masks[after] & _NUMBERS else ""
        if not token or token[:2] in {"0x", "0X"}:
            break
        if not _fits(token, groups, wrapped=bool(lines)) or len(groups) >= _MOST_GROUPS:
            break
        groups.append(token)
        last, lines = after, 0
    return last


def _goes_on(groups: list[str]) -> bool:
    """Whether a number may go on behind a line's end: it ends in a separator, or stands in even groups."""
    return groups[-1][-1] in ":-" or len(groups[0]) == len(groups[-1]) in {2, 4}


def _fits(token: str, groups: list[str], *, wrapped: bool) -> bool:
    ends_open = groups[-1][-1] in ":-"
    if _DATE.fullmatch(token):
        return False
    if ":" in token.rstrip(":") and not ends_open:
        return False  # an hour behind a day
    if ends_open:
        return ":" not in groups[0] or ":" in token or len(token) <= 2
    return not wrapped or len(token) == len(groups[0])


def _label_of(head: str) -> int:
    return bits_of(head) & _LABELS or _glued_label(head)


def _is_number(token: str) -> bool:
    return bool(token) and _HEX_GROUP.fullmatch(token) is not None


def _references(run: _Run, label: int, where: str, *, speaks: bool, is_named: bool) -> Iterator[Reference]:
    size = len(run.digits)
    if size > 64 or (run.digits.isalpha() and not (label and size >= 6) and not (is_named and size >= 7)):
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
    if _BUSINESS_ID.fullmatch(run.shown) and read_business_id(run.shown):
        return
    if not label & _SERIAL and (label & _HEX or not _stands_alone(run, label, is_named=is_named)):
        return
    readings = read_serial(run.shown)
    if readings:
        certain = (bool(label & _SERIAL) and size >= 6) or (speaks and _is_clear(run, is_named=is_named))
        yield Reference(ReferenceKind.SERIAL, run.digits, where, readings, shown, certain)


def _stands_alone(run: _Run, label: int, *, is_named: bool) -> bool:
    """Whether a number without its label may still be a serial number."""
    size = len(run.digits)
    if label & _PHONE or size < 7 or _UUID.fullmatch(run.shown) or _IDENTITY_CODE.fullmatch(run.shown):
        return False
    if run.digits.isdecimal() and not run.is_prefixed:
        if label & _OTHER:
            return False
        # One piece or hex with colons: "040 123 4567" is a telephone, "24.11.2026" a day.
        return (
            (is_named or size >= 8)
            and (run.first == run.last)
            and not _DATE.fullmatch(run.shown)
            and "-" not in run.shown
        )
    return True


def _is_clear(run: _Run, *, is_named: bool) -> bool:
    """Whether anybody would read it as a serial number in a mail about certificates. A short one must be named."""
    size = len(run.digits)
    if size == 40 or size < 6:
        return False
    if run.is_prefixed or (":" in run.shown and size >= 8):
        return True
    return run.is_mixed and size >= (8 if is_named else 12)


def _without_words(run: _Run, where: str) -> Iterator[Reference]:
    """The number without words at its ends that are made of hex letters: Swedish `de`, English `a` and `add`."""
    groups = run.shown.split(" ")
    if len(groups) == 1:
        return
    first = next((at for at, group in enumerate(groups) if not group.isalpha()), 0)
    last = next((at for at in range(len(groups), 0, -1) if not groups[at - 1].isalpha()), 0)
    for begin, end in {(first, len(groups)), (0, last), (first, last)} - {(0, len(groups))}:
        shown = " ".join(groups[begin:end])
        digits = shown.translate(_PLAIN).replace(" ", "").lower()
        if len(digits) >= 6 and (readings := read_serial(shown)):
            yield Reference(ReferenceKind.SERIAL, digits, where, readings, shown[:120], is_labelled=False)


def _wrapped(words: Words, run: _Run, where: str) -> Iterator[Reference]:
    """A number that a line's end or a blank cut in two long pieces: both halves together, if the register knows it."""
    if not 8 <= len(run.digits) <= 38:
        return
    shown, digits, last = run.shown, run.digits, run.last
    for _ in range(5):
        after = last + 1
        if words.tokens[after : after + 1] == [_LINE_END]:
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
