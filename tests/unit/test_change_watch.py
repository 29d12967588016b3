"""Who watches a store sees what others commit, and not what itself reads."""

from __future__ import annotations

from sulku_kernel.change_watch import ChangeWatch
from sulku_kernel.numbers import reserve
from sulku_kernel.storage import Storage


def test_what_was_committed_since_is_seen_once(storage: Storage) -> None:
    watch = ChangeWatch(storage.desk)
    assert watch.can_see == storage.desk.is_sqlite
    assert watch.has_changed() != watch.can_see  # who cannot see says that it may have
    with storage.desk.writing() as connection:
        reserve(connection, "ticket")
        assert watch.has_changed() != watch.can_see
    assert watch.has_changed()
    assert watch.has_changed() != watch.can_see
    watch.close()


def test_what_was_rolled_back_is_no_change(sqlite_storage: Storage) -> None:
    watch = ChangeWatch(sqlite_storage.desk)
    with sqlite_storage.desk.writing() as connection:
        reserve(connection, "ticket")
        connection.rollback()
    assert not watch.has_changed()
    watch.close()
