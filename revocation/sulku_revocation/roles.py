"""Which role may do what to a revocation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sulku_kernel.actor import Actor
from sulku_kernel.errors import NotAllowedError

OPERATOR, APPROVER, SUPERVISOR = "operator", "approver", "supervisor"

MATCHERS = frozenset({OPERATOR, APPROVER, SUPERVISOR})
DECIDERS = frozenset({OPERATOR, SUPERVISOR})
APPROVERS = frozenset({APPROVER, SUPERVISOR})
ADMINISTRATORS = frozenset({"administrator"})


def require_role(actor: Actor, roles: frozenset[str], what: str) -> None:
    """The actor is a logged-in person with one of `roles`. Raises NotAllowedError."""
    if not actor.is_person:
        raise NotAllowedError(f"only a person who has logged in may {what}", next_step="Log in: sulku login.")
    if actor.roles.isdisjoint(roles):
        raise NotAllowedError(
            f"to {what} takes the role {' or '.join(sorted(roles))}",
            next_step="Ask a colleague who has it, or an administrator.",
        )


def require_may_let_go(actor: Actor, requests: Sequence[Mapping[str, Any]]) -> None:
    """A proven compromise must be revoked for (BR 4.9.1.1): that it is none after all only a supervisor may say.

    Raises NotAllowedError.
    """
    if SUPERVISOR not in actor.roles and any(request["proof"] for request in requests):
        raise NotAllowedError(
            "the compromise of this key is proven: to let it go takes the role supervisor",
            next_step="Decide to revoke, or ask a supervisor.",
        )
