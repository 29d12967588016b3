"""State machines as tables. What a table does not allow cannot happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sulku_kernel.errors import IllegalTransitionError


@dataclass(frozen=True)
class StateMachine:
    """All allowed transitions of one kind of thing: `{state: {VERB: next state}}`.

    `initial` names the verb and the state a new one begins with. A verb that changes facts but not the state stands in
    the table too, with the same state as its target. States in `final` are those without any verb that leaves them.
    """

    name: str
    initial: Mapping[str, str]
    transitions: Mapping[str, Mapping[str, str]]

    def begin(self, verb: str) -> str:
        """The state of a new one that `verb` created. Raises IllegalTransitionError."""
        if verb not in self.initial:
            raise IllegalTransitionError(f"a {self.name} cannot begin with {verb}")
        return self.initial[verb]

    def next(self, state: str, verb: str) -> str:
        """The state after `verb`. Raises IllegalTransitionError, with the verbs that would lead on from here."""
        allowed = self.transitions[state]
        if verb not in allowed:
            possible = ", ".join(sorted(step for step, target in allowed.items() if target != state)) or "nothing"
            raise IllegalTransitionError(
                f"{verb} is not possible for a {self.name} that is {state}",
                next_step=f"Possible now: {possible}.",
            )
        return allowed[verb]

    @property
    def states(self) -> frozenset[str]:
        """Every state, whether something leaves it or not."""
        reached = {target for verbs in self.transitions.values() for target in verbs.values()}
        return frozenset(self.transitions) | reached | frozenset(self.initial.values())

    @property
    def final(self) -> frozenset[str]:
        """States that are never left."""
        return frozenset(state for state, verbs in self.transitions.items() if all(t == state for t in verbs.values()))
