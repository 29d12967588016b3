"""The arithmetic of a campaign: what its hash covers, which certificates are looked up in OCSP, waves and pace."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum

from sulku_kernel.errors import InputError

MOST_PER_BATCH = 500
MOST_WAVES = 50
OCSP_PART_PER_MILLE = 10  # one in a hundred
_BATCH_LASTS = timedelta(seconds=2)  # at a slow pace a batch is what two seconds allow, so that a pause is soon felt


class WaveOrder(StrEnum):
    """What goes first. Within it the holders stand together, in the order of the register."""

    REPLACED_FIRST = "replaced_first"
    BY_CUSTOMER = "by_customer"
    BY_DEADLINE = "by_deadline"


def list_hash(lines: Iterable[tuple[str, str]]) -> str:
    """SHA-256 (hex) of a list: each (issuer's key identifier or name, serial in hex), in order, one to a line.

    The lines must come sorted; anybody can compute it again from the exported list with `sha256sum`.
    """
    digest = hashlib.sha256()
    for issuer, serial in lines:
        digest.update(f"{issuer} {serial}\n".encode())
    return digest.hexdigest()


def approval_digest(campaign_id: int, frozen_hash: str, reason: int, invalidity: str, *, is_drill: bool) -> str:
    """What an approval names: the campaign, its frozen list, one reason for all and since when, and if it is real."""
    text = f"{campaign_id} {frozen_hash} {reason} {invalidity} {'drill' if is_drill else 'real'}"
    return hashlib.sha256(text.encode()).hexdigest()


def is_in_ocsp_sample(frozen_hash: str, serial: str, per_mille: int) -> bool:
    """Whether OCSP is asked about this certificate: chosen by the list's hash, so that nobody chooses."""
    digest = hashlib.sha256(f"{frozen_hash}:{serial}".encode()).digest()
    return int.from_bytes(digest[:4], "big") * 1_000 < per_mille << 32


def wave_sizes(sizes: Sequence[int], total: int) -> list[int]:
    """How many certificates each wave has: as given, the rest in a last one. Raises InputError."""
    if any(size < 1 for size in sizes) or len(sizes) > MOST_WAVES:
        raise InputError(
            f"a wave has at least one certificate, and there are at most {MOST_WAVES} waves",
            next_step="Give sizes like 100,1000: the last wave takes what is left.",
        )
    waves: list[int] = []
    left = total
    for size in sizes:
        if left > 0:
            waves.append(min(size, left))
            left -= waves[-1]
    return [*waves, left] if left > 0 else waves


def last_position(waves: Sequence[int], wave: int) -> int:
    """The last position of the list that goes out with the given wave (1 is the first)."""
    return sum(waves[:wave])


def wave_of(waves: Sequence[int], position: int) -> int:
    """The wave (from 1) that a position of the list belongs to."""
    for wave in range(1, len(waves) + 1):
        if position <= last_position(waves, wave):
            return wave
    return max(len(waves), 1)


def batch_size(per_minute: float) -> int:
    """How many orders go out together at a pace; 0 is as fast as the CA answers."""
    if per_minute == 0:
        return MOST_PER_BATCH
    return min(MOST_PER_BATCH, max(1, int(per_minute * _BATCH_LASTS.total_seconds() / 60)))


def batch_lasts(sent: int, per_minute: float) -> timedelta:
    """How long after the start of a batch the next one may begin."""
    return timedelta(seconds=sent * 60 / per_minute) if per_minute else timedelta()
