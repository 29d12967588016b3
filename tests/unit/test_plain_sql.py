"""Statements written out for both databases run in the connection's transaction and fail as SQLAlchemy's do."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sulku_kernel.numbers import number_blocks, reserve
from sulku_kernel.plain_sql import run_plainly, spell
from sulku_kernel.storage import Storage

LAST = spell("SELECT kind, last FROM {desk}number_block WHERE kind {among} ORDER BY kind")
PUT = spell("INSERT INTO {desk}number_block (kind, last) VALUES ({one}, {one})")


def test_one_of_a_list_is_found_and_an_empty_list_finds_nothing(storage: Storage) -> None:
    with storage.desk.writing() as connection:
        for kind, last in (("a", 1), ("b", 2), ('c"\\', 3)):
            assert list(run_plainly(connection, PUT, kind, last)) == []
        assert [tuple(row) for row in run_plainly(connection, LAST, ["b", 'c"\\', "d"])] == [("b", 2), ('c"\\', 3)]
        assert list(run_plainly(connection, LAST, [])) == []


def test_what_was_written_goes_with_the_transaction(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.desk.writing() as connection:
        run_plainly(connection, PUT, "a", 1)
        raise ZeroDivisionError
    with storage.desk.writing() as connection:
        run_plainly(connection, PUT, "b", 2)
    with storage.desk.reading() as connection:
        assert connection.execute(sa.select(number_blocks.c.kind)).scalars().all() == ["b"]


def test_a_fault_is_sqlalchemys_and_tells_no_values(storage: Storage) -> None:
    with storage.desk.writing() as connection:
        reserve(connection, "hidden", 1)
    with pytest.raises(sa.exc.IntegrityError) as caught, storage.desk.writing() as connection:
        run_plainly(connection, PUT, "hidden", 1_234_567)
    assert "1234567" not in str(caught.value)
