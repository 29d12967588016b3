"""Roles of the people who log in, and what each may do on a ticket."""

from __future__ import annotations

from enum import StrEnum

from sulku_kernel.actor import Actor
from sulku_kernel.errors import NotAllowedError


class Role(StrEnum):
    """Operators work on tickets, approvers approve what others decided, supervisors decide the exceptions,
    administrators keep accounts and settings, auditors only read."""  # noqa: D205, D209

    OPERATOR = "operator"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


WORKS_ON_TICKETS = frozenset({Role.OPERATOR, Role.APPROVER, Role.SUPERVISOR})
READS_TICKETS = WORKS_ON_TICKETS | {Role.AUDITOR}
KEEPS_ACCOUNTS = frozenset({Role.ADMINISTRATOR})


def require_role(actor: Actor, allowed: frozenset[Role], doing: str) -> None:
    """Nothing, when the person has one of the roles. Raises NotAllowedError, naming them, otherwise."""
    if not actor.is_person or not actor.roles & {role.value for role in allowed}:
        names = " or ".join(sorted(role.value for role in allowed))
        raise NotAllowedError(
            f"{actor.name} may not {doing}: it needs the role {names}",
            next_step="Log in as somebody who has it, or ask an administrator.",
        )
