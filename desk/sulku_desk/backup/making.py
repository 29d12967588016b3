"""Makes a backup while the desk works.

What points is copied before what it points to: checkpoints before the history that they sign, the desk before the CA
that knows its orders and before the inbox that holds its mails, the keys last. So a copy may hold mails that its desk
has not read yet, which it will read again, but never a ticket whose mail is missing.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa

from sulku_desk import migrate
from sulku_desk.backup import postgresql_copy
from sulku_desk.backup.agreement import disagreements
from sulku_desk.backup.archive import Manifest, opened_archive, unpack, write_archive
from sulku_desk.backup.passphrase import Sealer
from sulku_desk.backup.sqlite_copy import copy_sqlite, faults_of_sqlite
from sulku_desk.instance import Instance
from sulku_desk.projections import PROJECTIONS
from sulku_kernel import audit, checkpoints
from sulku_kernel.clock import to_text
from sulku_kernel.errors import InputError, UnavailableError
from sulku_kernel.events import chain_head
from sulku_kernel.storage import open_storage
from sulku_mailbox.models import deliveries
from sulku_mailbox.storage_faults import is_disk_full

_PREFIX = ".backup-"
_LEFT_BEHIND_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Backup:
    """A backup that was written, read again, and compared."""

    file: Path
    size: int
    manifest: Manifest


def make_backup(instance: Instance, target: Path, passphrase: bytes | None, *, with_keys: bool = True) -> Backup:
    """Write a backup to `target`, or into the folder `target` under a name with its time; read and verify it.

    Without a passphrase nothing is sealed and no key may go along. Raises InputError when the target exists or the
    two do not fit, UnavailableError when a disk is full. What is wrong with the instance itself is written into the
    manifest and keeps no backup from being.
    """
    if with_keys and passphrase is None:
        raise InputError(
            "keys and settings are only kept in a sealed backup",
            next_step="Give --passphrase-file FILE, or leave them out with --without-keys and keep them elsewhere.",
        )
    target = _free_file(target, instance)
    sealer = None if passphrase is None else Sealer.new(passphrase)
    # Beside the database, where plain copies are no worse kept than it is; the target may be anybody's disk.
    _remove_leftovers(instance)
    with (
        _full_disk_told(target, instance),
        tempfile.TemporaryDirectory(prefix=_PREFIX, dir=instance.settings.home) as folder,
    ):
        manifest = _gather(instance, Path(folder), with_keys=with_keys)
        written = write_archive(target, manifest, Path(folder), _files_in(Path(folder)), sealer)
        try:
            check_archive(target, sealer, Path(folder))
        except BaseException:
            target.unlink()  # what cannot be read again must not pass for a backup
            raise
    return Backup(target, target.stat().st_size, written)


@contextmanager
def _full_disk_told(target: Path, instance: Instance) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, sa.exc.DBAPIError) as error:
        if not is_disk_full(error):
            raise
        home = instance.settings.home
        raise UnavailableError(
            "a disk is full; no backup was written",
            next_step=f"Make room for it in {target.parent}, and for a copy of everything in {home}; then try again.",
        ) from None


def check_archive(file: Path, sealer: Sealer | None, folder: Path) -> None:
    """Read all of it as a restore would, into a part of `folder` that is removed again. Raises InputError."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch, opened_archive(file) as (manifest, _, tar):
        unpack(manifest, tar, Path(scratch), sealer)


def _remove_leftovers(instance: Instance) -> None:
    """What a backup that was killed has left behind; one that still runs is younger than a day."""
    for folder in instance.settings.home.glob(f"{_PREFIX}*"):
        if instance.clock.now().timestamp() - folder.stat().st_mtime > _LEFT_BEHIND_AFTER.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)


def _free_file(target: Path, instance: Instance) -> Path:
    if target.is_dir():
        target /= f"sulku-{instance.clock.now():%Y%m%dT%H%M%SZ}.backup"
    if target.exists():
        raise InputError(f"{target} exists already", next_step="Name another file; a backup replaces nothing.")
    if not target.parent.is_dir():
        raise InputError(f"{target.parent} is no folder", next_step="Make it first, or name another place.")
    return target


def _gather(instance: Instance, folder: Path, *, with_keys: bool) -> Manifest:
    settings = instance.settings
    _copy_file(settings.checkpoints_folder / checkpoints.FILE_NAME, folder / "checkpoints" / checkpoints.FILE_NAME)
    copy = _copy_postgresql if settings.database else _copy_sqlite
    manifest = copy(instance, folder, lambda: _copy_ca(settings.ca_folder, folder / "ca") if with_keys else None)
    _copy_file(settings.on_call_file, folder / "on_call.toml")
    _copy_file(settings.policy_file, folder / "policy.toml")
    if with_keys:
        _copy_file(settings.home / "sulku.toml", folder / "sulku.toml")
        _copy_folder(settings.keys_folder, folder / "keys")
        if settings.templates is not None:
            _copy_folder(settings.templates, folder / "templates")
    return replace(manifest, has_keys=with_keys)


def _copy_sqlite(instance: Instance, folder: Path, copy_ca: Callable[[], None]) -> Manifest:
    home = instance.settings.home
    copy_sqlite(home / "desk.sqlite", folder / "desk.sqlite")
    copy_ca()
    copy_sqlite(home / "inbox.sqlite", folder / "inbox.sqlite")
    copies = open_storage(None, folder)
    try:
        with copies.inbox.reading() as inbox, copies.desk.reading() as desk:
            manifest = _describe(instance, inbox, desk)
    finally:
        copies.close()
    names = ("inbox.sqlite", "desk.sqlite")
    for name in names:
        # Opening them made them WAL files again; a write-ahead log that stays behind must hold nothing.
        copy_sqlite(folder / name, folder / f"{name}.one")
        for left in folder.glob(f"{name}-*"):
            left.unlink()
        (folder / f"{name}.one").replace(folder / name)
    found = [fault for name in names for fault in faults_of_sqlite(folder / name)]
    return replace(manifest, faults=[*manifest.faults, *found])


def _copy_postgresql(instance: Instance, folder: Path, copy_ca: Callable[[], None]) -> Manifest:
    with closing(postgresql_copy.snapshot(instance.storage)) as connection:
        columns = postgresql_copy.export_tables(connection, folder)
        manifest = _describe(instance, connection, connection)
    copy_ca()
    return replace(manifest, columns=columns)


def _describe(instance: Instance, inbox: sa.Connection, desk: sa.Connection) -> Manifest:
    """What the copies hold, and what is wrong with them."""
    folder, key = instance.settings.checkpoints_folder, instance.audit_key.public_key()
    head = desk.execute(sa.select(chain_head)).one_or_none()
    signed, _ = checkpoints.read_checkpoints(folder, key)
    # Those that were signed since the copy was made say nothing about it.
    known = [one for one in signed if head is not None and one.seq <= head.seq]
    faults = audit.verify(desk, PROJECTIONS, known).faults
    return Manifest(
        made_at=to_text(instance.clock.now()),
        program=version("sulku"),
        database="postgresql" if instance.settings.database else "sqlite",
        schema={store.name: str(migrate.current(store)) for store in (instance.storage.inbox, instance.storage.desk)},
        head={"seq": 0, "digest": ""} if head is None else {"seq": head.seq, "digest": head.digest},
        deliveries=inbox.execute(sa.select(sa.func.max(deliveries.c.id))).scalar_one() or 0,
        has_keys=False,
        faults=[*faults, *disagreements(inbox, desk)],
    )


def _copy_ca(source: Path, target: Path) -> None:
    """The embedded CA, when there is one: its records as a database, its keys and certificates as files."""
    if not source.is_dir():
        return
    target.mkdir(mode=0o700)
    for database in source.glob("*.sqlite"):
        copy_sqlite(database, target / database.name)
    _copy_folder(source, target)


def _copy_folder(source: Path, target: Path) -> None:
    for file in sorted(source.rglob("*")):
        place = file.relative_to(source)
        is_hidden = any(part.startswith(".") for part in place.parts)
        if file.is_file() and not is_hidden and ".sqlite" not in file.name:
            _copy_file(file, target / place)


def _copy_file(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(source, target)
        target.chmod(0o600)


def _files_in(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in _files(folder))


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
