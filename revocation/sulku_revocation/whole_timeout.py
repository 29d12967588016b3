"""A time limit on a whole HTTP exchange, which the client's own time-outs (on each read) do not give.

A server that sends a header's letter now and then, or `100 Continue` for ever, satisfies every single read.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from time import monotonic
from typing import Any

import httpcore2
import httpx2

_GIVE_UP_AT: ContextVar[float | None] = ContextVar("give_up_at", default=None)


@contextmanager
def give_up_after(seconds: float) -> Iterator[None]:
    """Within the block every read and write of a `WholeTimeoutTransport` ends when the time is over."""
    token = _GIVE_UP_AT.set(monotonic() + seconds)
    try:
        yield
    finally:
        _GIVE_UP_AT.reset(token)


@cache
def system_trust() -> ssl.SSLContext:
    """TLS that trusts the system's CAs. Read once for a process: it takes as long as a hundred questions."""
    return httpx2.create_ssl_context(trust_env=False)


class WholeTimeoutTransport(httpx2.HTTPTransport):
    """The usual transport on streams that know when to give up. Ignores proxies of the environment."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        context = tls or system_trust()
        super().__init__(verify=context, trust_env=False)
        # The transport takes no network backend, so its pool is replaced by one that does.
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(ssl_context=context, keepalive_expiry=5.0, network_backend=_Backend())


class _Backend(httpcore2.SyncBackend):
    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:
        return _Stream(super().connect_tcp(*args, **kwargs))


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    """How long one read may take. Raises ReadTimeout when the whole is over."""
    give_up_at = _GIVE_UP_AT.get()
    if give_up_at is None:
        return timeout
    left = give_up_at - monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the exchange took too long as a whole")
    return left if timeout is None else min(timeout, left)
