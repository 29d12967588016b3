"""Who did it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The one an event is attributed to, as it stands in the audit trail: `user:anna`, `desk:worker`, `link:12`.

    An actor is built from a login session, from a verified signed link, or by a part of the desk for itself; never
    from a flag or a form field.
    """

    name: str
    roles: frozenset[str] = frozenset()

    @classmethod
    def user(cls, login: str, roles: frozenset[str] = frozenset()) -> Actor:
        """A person who has logged in."""
        return cls(f"user:{login}", roles)

    @classmethod
    def desk(cls, part: str) -> Actor:
        """A part of the desk acting by rule."""
        return cls(f"desk:{part}")

    @property
    def is_person(self) -> bool:
        """Whether a logged-in person stands behind it."""
        return self.name.startswith("user:")
