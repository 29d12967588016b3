"""An SQLite file's write-ahead log is moved into the file beside the road.

SQLite by itself moves it in the middle of the commit that made it long, while all others wait: some tens of
milliseconds, for one commit in a few hundred. Here a thread moves it every second and holds up no writer. What
it cannot keep short SQLite still moves itself (`wal_autocheckpoint`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import structlog

from sulku_kernel.storage import Store

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
PASSES = 3


@contextmanager
def moved_beside(store: Store) -> Iterator[None]:
    """For the block, a thread moves the log of `store`; on PostgreSQL there is none to move."""
    if not store.is_sqlite:
        yield
        return
    is_over = threading.Event()
    thread = threading.Thread(target=_move_until, args=(store, is_over), name="write-ahead log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _move_until(store: Store, is_over: threading.Event) -> None:
    is_told = False  # a full disk is told once, not four times a second
    while not is_over.wait(PAUSE_SECONDS):
        try:
            move_log(store)
        except sa.exc.SQLAlchemyError as error:
            store.note_fault(error)
            if not is_told:
                log.warning("write_ahead_log.not_moved", store=store.name, error=type(error).__name__)
            is_told = True
        else:
            is_told = False


def move_log(store: Store) -> bool:
    """Move what committed transactions wrote into the file, as far as readers allow. Whether all of it was moved.

    When it was, the next writer begins the log anew. What others commit meanwhile takes another pass, each shorter
    than the one before. Raises SQLAlchemyError when the disk does not take it: the log then keeps everything.

    While it is moved a snapshot is held open, because before 3.51.3 SQLite may take a log that a writer begins anew in
    that moment for the old one, and never move the beginning of the new one (sqlite.org/wal.html, the WAL-reset bug):
    either the snapshot is of the log, and nobody begins it anew, or it is of the file alone, and nothing is moved.
    """
    for _ in range(PASSES):
        with store.reading() as snapshot, store.engine.connect() as connection:
            snapshot.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").first()  # it begins with the first look
            is_busy, written, moved = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        if is_busy:
            return False  # another process moves it at this moment
        if moved >= written:
            return True
    return False
