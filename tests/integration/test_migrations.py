"""Both stores go up to the present schema and back, on both databases, and end as the code describes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sulku_desk import migrate
from sulku_kernel.errors import ConfigurationError
from sulku_kernel.storage import Storage, Store, create_all, open_storage


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    """Both stores without a table."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    opened = open_storage(url, tmp_path / "empty")
    yield opened
    opened.close()


def described(store: Store) -> dict[str, Any]:
    """Every table with its columns, keys and indexes as the database tells them."""
    schema = None if store.is_sqlite else store.name
    found = {}
    with store.reading() as connection:
        inspector = sa.inspect(connection)
        for table in inspector.get_table_names(schema=schema):
            if table == "schema_version":
                continue
            columns = {(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table, schema=schema)}
            indexes = {(i["name"], tuple(i["column_names"]), i["unique"]) for i in inspector.get_indexes(table, schema)}
            uniques = {tuple(u["column_names"]) for u in inspector.get_unique_constraints(table, schema)}
            key = tuple(inspector.get_pk_constraint(table, schema)["constrained_columns"])
            found[table] = (columns, indexes, uniques, key)
    return found


def test_the_migrations_make_what_the_code_describes(empty: Storage) -> None:
    migrate.upgrade(empty)
    migrated = [described(store) for store in (empty.inbox, empty.desk)]
    migrate.downgrade(empty)
    create_all(empty)
    assert migrated == [described(store) for store in (empty.inbox, empty.desk)]


def test_down_leaves_nothing_and_up_again_works(empty: Storage) -> None:
    migrate.upgrade(empty)
    migrate.downgrade(empty)
    assert described(empty.desk) == {}
    assert described(empty.inbox) == {}
    migrate.upgrade(empty)
    migrate.require_current(empty)


def test_a_store_of_another_version_is_refused_with_the_command_that_mends_it(empty: Storage) -> None:
    with pytest.raises(ConfigurationError) as refused:
        migrate.require_current(empty)
    assert "sulku init" in refused.value.next_step
    migrate.upgrade(empty)
    with empty.desk.writing() as connection:
        table = sa.table("schema_version", sa.column("version_num"), schema=None if empty.desk.is_sqlite else "desk")
        connection.execute(table.update().values(version_num="desk_9999"))
    with pytest.raises(ConfigurationError) as refused:
        migrate.require_current(empty)
    assert "sulku migrate" in refused.value.next_step
