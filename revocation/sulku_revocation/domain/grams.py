"""Three letters at a time: how names with slips in them are found by an index (pg_trgm does the same)."""

from __future__ import annotations

from collections.abc import Mapping

# Enough rare grams to survive a slip or two, and few enough holders behind them to stay quick.
_ASK_AT_LEAST = 4
_ASK_AT_MOST = 12
_HOLDERS_AT_MOST = 3_000


def grams_of(folded: str) -> frozenset[str]:
    """All runs of three letters, with a blank at each end: `vi` → ` vi`, `vi `."""
    padded = f" {folded} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2)) if folded else frozenset()


def choose_grams(holders: Mapping[str, int]) -> tuple[str, ...]:
    """Which grams to ask for: the rarest, until enough or too many holders have them."""
    chosen: list[str] = []
    total = 0
    for gram, count in sorted(holders.items(), key=lambda item: (item[1], item[0])):
        if len(chosen) >= _ASK_AT_MOST or (len(chosen) >= _ASK_AT_LEAST and total + count > _HOLDERS_AT_MOST):
            break
        chosen.append(gram)
        total += count
    return tuple(chosen)
