"""For whom mail is accepted. Everybody else is refused while the sender still waits: no relay, no backscatter."""

from __future__ import annotations

from collections.abc import Iterable

from sulku_kernel.errors import ConfigurationError


class Recipients:
    """Our own addresses, their sub-addresses (`vptuotanto+token@…`), and postmaster (RFC 5321, 4.5.1)."""

    def __init__(self, addresses: Iterable[str]) -> None:
        own = [address.strip().casefold() for address in addresses]
        for address in own:
            local, at, domain = address.rpartition("@")
            if not (local and at and domain):
                raise ConfigurationError(
                    f"'{address}' is not an address the desk can accept mail for",
                    next_step="Correct desk.addresses; each is local@domain.",
                )
        self._own = frozenset(own)
        self._prefixes = frozenset(tuple(address.rpartition("@")[::2]) for address in own)
        self._domains = frozenset(domain for _, domain in self._prefixes)

    def accept(self, address: str) -> bool:
        """Whether mail to `address` is for us; upper and lower case are the same here.

        The comparison is with whole addresses, so that no routing trick (`user%other@…`, `@a:user@b`, `a@b@c`,
        quotes) reaches anything but us.
        """
        folded = address.casefold()
        if folded in self._own or folded == "postmaster":
            return True
        local, _, domain = folded.rpartition("@")
        if domain not in self._domains or "@" in local:
            return False
        base, plus, token = local.partition("+")
        return local == "postmaster" or bool(plus and token and (base, domain) in self._prefixes)
