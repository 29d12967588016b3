"""The files that came with a mail, as a ticket's page lists them: from what reading kept, not from the original."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sulku_revocation.domain.attached_file import Became, FileKind

Kept = Mapping[str, Any]

# A longer list shows its first few; the others are folded.
MOST_AT_ONCE, FIRST = 10, 8
_SHUT = frozenset({Became.PASSWORD, Became.LIMIT, Became.DAMAGED, Became.UNKNOWN, Became.ENCRYPTED})


@dataclass(frozen=True, slots=True)
class Attached:
    """A file. `became` is empty where the file around it, or a certificate in it, says as much.

    `needs_care`: somebody must ask for it, look at it elsewhere, or keep his hands off it.
    """

    name: str
    kind: str
    became: str
    size: int | None
    certificates: Sequence[Kept]
    more_certificates: int
    proof: Kept | None
    is_in_text: bool
    is_earlier: bool
    inside: Sequence[Attached]

    @property
    def needs_care(self) -> bool:
        """See the class. A picture within the text is a signature's logo, as a rule."""
        is_unseen = self.became == Became.PICTURE and not self.is_in_text
        return is_unseen or self.became in _SHUT or self.became == Became.SEALED

    @property
    def holds_care(self) -> bool:
        """Whether it or a file in it needs care."""
        return self.needs_care or any(file.holds_care for file in self.inside)


def attached_of(kept: Sequence[Kept], around: str = "") -> list[Attached]:
    """The rows of a list; `around` is what became of the file that holds them. What needs care is never folded away."""
    rows = [_row(file, around) for file in kept]
    return sorted(rows, key=lambda row: not row.holds_care) if len(rows) > MOST_AT_ONCE else rows


def holds_key(kept: Sequence[Kept]) -> bool:
    """Whether any of them is key material, or has some in its text."""
    return any(
        file["kind"] == FileKind.KEY or file["became"] == Became.SEALED or holds_key(file.get("inside", ()))
        for file in kept
    )


def _row(file: Kept, around: str) -> Attached:
    became = _became(file)
    certificates = file.get("certificates", ())
    is_said = became == around or (became == Became.READ and certificates)
    return Attached(
        name=file["name"],
        kind=file["kind"],
        became="" if is_said and became != Became.SEALED else became,
        size=file["size"],
        certificates=certificates,
        more_certificates=file.get("more_certificates", 0),
        proof=file.get("proof"),
        is_in_text=file.get("is_in_text", False),
        is_earlier=file.get("is_earlier", False),
        inside=attached_of(file.get("inside", ()), became),
    )


def _became(file: Kept) -> str:
    """Of an archive in which everything stays shut for one reason, that reason."""
    words = {inner["became"] for inner in file.get("inside", ())}
    is_all_shut = file["became"] == Became.OPENED and len(words) == 1 and words <= _SHUT
    return str(words.pop() if is_all_shut else file["became"])
