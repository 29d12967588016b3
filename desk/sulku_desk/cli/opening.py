"""Opening the instance and the session that a command works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sulku_desk.instance import Instance, open_instance
from sulku_desk.login import logged_in
from sulku_desk.settings import load_settings
from sulku_kernel.transaction import Transaction, begin


@contextmanager
def opened() -> Iterator[Instance]:
    """The instance of `SULKU_HOME`, closed at the end."""
    instance = open_instance(load_settings())
    try:
        yield instance
    finally:
        instance.close()


@contextmanager
def acting(instance: Instance) -> Iterator[Transaction]:
    """A unit of work of the one who is logged in. Raises NotAllowedError when nobody is."""
    with begin(instance.storage.desk, instance.clock, logged_in(instance)) as tx:
        yield tx
