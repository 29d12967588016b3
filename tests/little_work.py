"""What would take the tests long for no reason: what is the same each time is made once for each process and copied."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

RSA_KEYS = 4  # more than any CA of the tests has issuers with such a key


def copy_stores(home: Path) -> None:
    """Put both SQLite files with every table and no row into `home`, as migrations make them."""
    home.mkdir(parents=True, exist_ok=True)
    for name, octets in _migrated().items():
        (home / name).write_bytes(octets)


@cache
def _migrated() -> dict[str, bytes]:
    from sulku_desk.migrate import upgrade
    from sulku_kernel.storage import open_storage

    with tempfile.TemporaryDirectory() as folder:
        opened = open_storage(None, Path(folder))
        upgrade(opened)
        opened.close()
        return {file.name: file.read_bytes() for file in Path(folder).glob("*.sqlite")}


@contextmanager
def few_rsa_keys() -> Iterator[None]:
    """CAs get four RSA keys in turn: to find the primes of one takes a third of a second, and half the tests have a CA."""
    from sulku_revocation.ca.embedded import key_files

    make, turns = key_files.generate_key, itertools.count()

    @cache
    def made(kind: str, turn: int) -> key_files.CaKey:
        return make(kind)

    def generate_key(kind: str) -> key_files.CaKey:
        return made(kind, next(turns) % RSA_KEYS) if kind.startswith("rsa") else make(kind)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(key_files, "generate_key", generate_key)
        yield


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Hash passwords of people with little work. Whether it is enough is for the tests of operators to say."""
    from argon2 import PasswordHasher

    from sulku_tickets import operators

    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(operators, "_hasher", quick)
        patched.setattr(operators, "_NOBODY", quick.hash("nobody"))
        yield


@contextmanager
def servers_stop_at_once() -> Iterator[None]:
    """uvicorn looks ten times a second whether it is to end, and rests once more then; here a hundred times."""
    import uvicorn.server

    class Quicker:
        """asyncio, with shorter rests."""

        def __getattr__(self, name: str) -> Any:
            return getattr(asyncio, name)

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds / 10)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(uvicorn.server, "asyncio", Quicker())
        yield


def plain_log() -> None:
    """No colours and no drawn frames around exceptions: to draw one takes half a second."""
    import structlog

    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, plain])
