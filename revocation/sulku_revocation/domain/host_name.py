"""Host names in the one form in which they are compared: lower-case A-labels without the final dot."""

from __future__ import annotations

import re

import idna
from rapidfuzz.distance import DamerauLevenshtein

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")

# Names that mean something in their own network only and so stand in no certificate that a public register would know
# by them: RFC 6762 (3 and appendix G), RFC 8375, RFC 6761, and ICANN's `internal`.
_PRIVATE = frozenset(
    ["local", "localdomain", "localhost", "internal", "intranet", "intra", "private", "corp", "home", "lan"]
)


def is_private(name: str) -> bool:
    """Whether a host name is of a private network."""
    return name.rpartition(".")[2] in _PRIVATE or name.endswith(".home.arpa")


def read_host_name(text: str) -> str | None:
    r"""`WWW.Bücher.example.` → `www.xn--bcher-kva.example`; `*.` in front is kept; None when it is no host name.

    A host name has at least two labels and its last is not a number: `1.2.246.10.2048198` is an OID and `10.0.0.1` an
    address, neither is a host. A NUL or a blank inside makes it none (`www.bank.example\0.evil.example`).
    """
    text = text.strip().removesuffix(".").lower()
    wildcard = text.startswith("*.")
    bare = text[2:] if wildcard else text
    if not 3 <= len(bare) <= 253 or "." not in bare:
        return None
    if not bare.isascii():
        try:
            bare = idna.encode(bare, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    labels = bare.split(".")
    if labels[-1].isdecimal() or len(labels[-1]) < 2 or len(bare) > 253:
        return None
    if not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return f"*.{bare}" if wildcard else bare


def is_one_slip(name: str, other: str) -> bool:
    """Whether a letter is wrong, missing, doubled, or two are swapped; not when they are the same."""
    return name != other and DamerauLevenshtein.distance(name, other, score_cutoff=1) == 1
