"""Column types that mean the same in SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from sulku_kernel.clock import from_microseconds, to_microseconds, to_text

# A key of 64 bits. SQLite takes one of its own integers for the place of the row itself, and keeps no index beside it.
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, stored as whole microseconds since 1970: exact, sortable and the same in both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_microseconds(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value as canonical text. Text, not a database's JSON type, so that the same bytes come back."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


def canonical_json(value: Any) -> str:
    """One spelling for one value: sorted keys, no blanks, times as `to_text`. What is hashed is always this."""
    return _encoder.encode(value)


def json_value(value: Any) -> Any:
    """The JSON form of a column's value. Raises TypeError for what has none."""
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON form here")


_encoder = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=json_value
)


def storable_text(text: str, limit: int = 65_536) -> str:
    """`text` as both databases can keep it: no NUL, no lone surrogates, at most `limit` characters.

    The one place where text that came from outside is made storable; the raw bytes are kept beside it as they came.
    """
    text = text[:limit]
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
