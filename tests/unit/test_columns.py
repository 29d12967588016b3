"""Columns that mean the same in both databases, and the one spelling of what is hashed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sulku_kernel.columns import JsonText, UtcDateTime, canonical_json, storable_text
from sulku_kernel.storage import Storage

METADATA = sa.MetaData(schema="desk")
KEPT = sa.Table(
    "kept",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime),
    sa.Column("value", JsonText),
    sa.Column("text", sa.Text),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def test_what_is_kept_comes_back_exactly(storage: Storage) -> None:
    at = datetime(2026, 10, 25, 0, 59, 59, 999_999, tzinfo=UTC)
    value = {"ä": [1, None, {"b": "\u2028 \u202e"}], "at": at, "set": {"b", "a"}}
    text = storable_text("Sulkupyyntö \0 \ud800 \U0001f512")
    with storage.desk.writing() as connection:
        METADATA.create_all(connection)
        connection.execute(KEPT.insert(), {"id": 1, "at": at, "value": value, "text": text})
        connection.execute(KEPT.insert(), {"id": 2, "at": None, "value": None, "text": ""})
    with storage.desk.reading() as connection:
        first, second = connection.execute(sa.select(KEPT).order_by(KEPT.c.id)).all()
    assert first.at == at
    assert first.value == {**value, "at": "2026-10-25T00:59:59.999999Z", "set": ["a", "b"]}
    assert first.text == "Sulkupyyntö \ufffd ? \U0001f512"
    assert (second.at, second.value) == (None, None)


@given(st.text(max_size=50), st.integers(0, 40))
def test_any_text_becomes_storable_and_no_longer_than_allowed(text, limit):
    stored = storable_text(text, limit)
    assert len(stored) <= limit
    assert "\0" not in stored
    stored.encode()
    assert storable_text(stored, limit) == stored


@given(json_values)
def test_one_value_has_one_spelling(value):
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text


def test_order_of_keys_and_sets_changes_nothing():
    assert canonical_json({"b": {"y", "x"}, "a": 1}) == canonical_json({"a": 1, "b": {"x", "y"}})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), datetime(2026, 1, 1)])  # noqa: DTZ001
def test_what_has_no_single_spelling_is_refused(value):
    with pytest.raises((ValueError, TypeError)):
        canonical_json(value)
