"""Cuts what is many into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")


def in_batches(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of `size` values in their order; the last one may be shorter, none is empty."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch
