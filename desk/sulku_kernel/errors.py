"""The errors every part shares. A person who meets one always reads what to do next."""

from __future__ import annotations


class SulkuError(Exception):
    """Something a person can act on.

    `next_step` is one plain sentence that says what to do; it is shown beside the message on the command line and in
    the console. Neither may hold a secret.
    """

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step


class InputError(SulkuError):
    """What was given is wrong: a file, an address, a serial number. Nothing was changed. (Their fault.)"""


class NotFoundError(InputError):
    """What was named does not exist here."""


class NotAllowedError(SulkuError):
    """The actor may not do this: role, four eyes or policy forbids it."""


class IllegalTransitionError(SulkuError):
    """The state machine has no such step from the present state."""


class ConflictError(SulkuError):
    """Somebody else changed it in the meantime, or the lease was lost: read again and retry."""


class ConfigurationError(SulkuError):
    """A setting is missing or wrong. (Our fault, found at start.)"""


class UnavailableError(SulkuError):
    """Something we depend on does not answer now: database, certificate authority, smarthost. Trying later may help."""


class CompromisedKeyError(SulkuError):
    """A key that was asked about is compromised or weak: nothing may be certified for it."""
