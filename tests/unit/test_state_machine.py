"""State machines as tables: what a table does not allow cannot happen."""

from __future__ import annotations

import pytest

from sulku_kernel.errors import IllegalTransitionError
from sulku_kernel.state_machine import StateMachine

DOOR = StateMachine(
    "door",
    {"HANG": "open"},
    {"open": {"SHUT": "shut", "PAINT": "open"}, "shut": {"OPEN": "open", "WALL_UP": "walled up"}, "walled up": {}},
)


def test_a_verb_of_the_table_leads_to_its_state():
    assert DOOR.begin("HANG") == "open"
    assert DOOR.next("open", "SHUT") == "shut"
    assert DOOR.next("open", "PAINT") == "open"


def test_any_other_verb_is_refused_with_what_would_be_possible():
    with pytest.raises(IllegalTransitionError, match="OPEN is not possible for a door that is open") as refused:
        DOOR.next("open", "OPEN")
    assert refused.value.next_step == "Possible now: SHUT.", "painting leads nowhere"
    with pytest.raises(IllegalTransitionError) as refused:
        DOOR.next("walled up", "OPEN")
    assert refused.value.next_step == "Possible now: nothing."
    with pytest.raises(IllegalTransitionError, match="cannot begin with SHUT"):
        DOOR.begin("SHUT")


def test_states_that_nothing_leaves_are_final():
    assert DOOR.states == {"open", "shut", "walled up"}
    assert DOOR.final == {"walled up"}
