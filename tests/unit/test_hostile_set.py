"""The hostile set through everything before a ticket: each comes out as a judged mail, within the jail's limits."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
from tests.fuzz.whole_chain import WholeChain
from tests.unit.hostile_files import HOSTILE_FILES
from tests.unit.hostile_mails import HOSTILE
from tests.unit.hostile_set import hostile_set

SET = hostile_set()
PARTS = 12
MOST_MEMORY = 200 * 1024 * 1024


@pytest.fixture(scope="module")
def chain() -> Iterator[WholeChain]:
    with WholeChain() as opened:
        yield opened


def test_the_set_is_large() -> None:
    assert len({**SET, **HOSTILE, **HOSTILE_FILES}) >= 500


@pytest.mark.parametrize("part", range(PARTS))
def test_a_hostile_mail_ends_as_a_judged_mail(part: int, chain: WholeChain) -> None:
    faults = {name: chain.fault_of(SET[name]()) for name in list(SET)[part::PARTS]}
    assert {name: fault for name, fault in faults.items() if fault} == {}
    assert psutil.Process(chain.jail.child_id).memory_info().rss < MOST_MEMORY
