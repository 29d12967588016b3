"""Which role may do what to a revocation."""

from __future__ import annotations

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
