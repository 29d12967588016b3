"""How much one sender, and all together, may take of the listener. Servers in front are exempt where it says so."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sulku_kernel.errors import ConfigurationError

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Limits:
    """Times in seconds, sizes in octets.

    While it is crowded, who is silent for `crowded_seconds` is sent away, and who sends a mail more slowly than
    `least_rate` octets a second (Postfix: smtpd_min_data_rate): a few who drip would keep everybody else out.
    """

    largest_mail: int = 50_000_000
    connections: int = 500
    connections_per_address: int = 50
    recipients: int = 100
    transactions: int = 1_000
    errors: int = 20
    idle_commands: int = 100
    idle_seconds: float = 300
    crowded_seconds: float = 10
    least_rate: int = 500
    session_seconds: float = 1_800
    commit_seconds: float = 90
    command_line: int = 4_096


class Door:
    """Counts connections and says who may come in."""

    def __init__(self, limits: Limits, relays: Iterable[str] = ()) -> None:
        self._limits = limits
        self._relays = [_network(relay) for relay in relays]
        # Strangers from many addresses never take the last tenth from the mail servers that stand before us.
        self._for_strangers = limits.connections - (limits.connections // 10 if self._relays else 0)
        self._per_source: Counter[str] = Counter()
        self._total = 0

    def is_relay(self, address: str) -> bool:
        """Whether a configured mail server of ours stands at `address`."""
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self._relays)

    def enter(self, address: str) -> str | None:
        """None when the connection may stay (then `leave` must follow), else the answer that sends it away."""
        source = _source(address)
        is_relay = self.is_relay(address)
        if self._total >= (self._limits.connections if is_relay else self._for_strangers):
            return "421 4.3.2 Too many connections, try again later"
        if self._per_source[source] >= self._limits.connections_per_address and not is_relay:
            return "421 4.7.0 Too many connections from your address"
        self._total += 1
        self._per_source[source] += 1
        return None

    def leave(self, address: str) -> None:
        """A connection that had entered is over."""
        source = _source(address)
        self._total -= 1
        self._per_source[source] -= 1
        if not self._per_source[source]:
            del self._per_source[source]

    @property
    def is_crowded(self) -> bool:
        """Whether four fifths of the connections are taken: idle ones are sent away sooner then."""
        return self._total * 5 >= self._limits.connections * 4


def _source(address: str) -> str:
    """Whom connections are counted for: an IPv4 address, or the /64 that one IPv6 site has at least."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed or address)


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, ipaddress.IPv6Address) else parsed


def _network(text: str) -> _Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ConfigurationError(
            f"'{text}' is not the address of a mail server", next_step="Correct smtp.relays: addresses or networks."
        ) from None
