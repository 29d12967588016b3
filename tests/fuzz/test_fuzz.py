"""A short piece of `make fuzz` with a fixed seed: whatever bytes come, a judged mail comes out."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from tests.fuzz.__main__ import next_mail
from tests.fuzz.seeds import seed_mails
from tests.fuzz.whole_chain import WholeChain

SEED = 2026
MAILS = 600
PARTS = 6


@pytest.fixture(scope="module")
def chain() -> Iterator[WholeChain]:
    with WholeChain() as opened:
        yield opened


@pytest.fixture(scope="module")
def seeds() -> list[bytes]:
    return seed_mails()


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_bytes_come_a_judged_mail_comes_out(part: int, chain: WholeChain, seeds: list[bytes]) -> None:
    rng = Random(SEED + part)
    for number in range(MAILS // PARTS):
        fault = chain.fault_of(next_mail(seeds, rng))
        assert not fault, f"mail {number} of the seed {SEED + part}"
