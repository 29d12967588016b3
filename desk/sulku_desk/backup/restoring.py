"""Makes an instance of a backup, in an empty place only, and says what must be compared with the world since then."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from sulku_desk import migrate
from sulku_desk.backup import postgresql_copy
from sulku_desk.backup.agreement import disagreements
from sulku_desk.backup.archive import Manifest, opened_archive, unpack
from sulku_desk.backup.passphrase import Sealer
from sulku_desk.backup.reconciling import compare_with_crls
from sulku_desk.instance import Instance, open_instance
from sulku_desk.projections import PROJECTIONS
from sulku_desk.settings import Settings, load_settings
from sulku_kernel import audit
from sulku_kernel.checkpoints import Checkpoint, read_checkpoints
from sulku_kernel.clock import from_text
from sulku_kernel.errors import ConfigurationError, InputError, SulkuError, UnavailableError
from sulku_kernel.events import chain_head
from sulku_kernel.storage import Storage, open_storage
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.domain.order_states import OrderState
from sulku_revocation.request_models import revocation_orders

_PREFIX = ".restore-"


@dataclass(frozen=True)
class Restored:
    """What came of it. `faults`: what does not hold. `reconcile`: what a person compares before the desk is started."""

    home: Path
    manifest: Manifest
    faults: list[str] = field(default_factory=list)
    reconcile: list[str] = field(default_factory=list)


def restore(file: Path, home: Path, passphrase: bytes | None) -> Restored:
    """Restore `file` into `home`, and into the database that its settings name (or `SULKU_DATABASE_URL`).

    Raises InputError when the backup is not whole, is not opened by the passphrase, or the place is not empty. Nothing
    is left behind then. One that was killed is run again: what it left is removed first.
    """
    _require_empty(home)
    with opened_archive(file) as (manifest, mac, tar):
        sealer = _sealer_for(manifest, mac, passphrase)
        with _scratch_in(home) as folder:
            unpack(manifest, tar, folder, sealer)
            settings = load_settings(folder)
            _require_same_database(manifest, settings)
            with _undone_on_error(settings):
                if settings.database is not None:
                    _fill_postgresql(manifest, settings, folder)
                # Without these there is no instance, for whoever starts one in the middle of it.
                for entry in sorted(folder.iterdir(), key=lambda one: one.name in {"desk.sqlite", "sulku.toml"}):
                    entry.rename(home / entry.name)
    return _examine(load_settings(home), manifest)


def _sealer_for(manifest: Manifest, mac: object, passphrase: bytes | None) -> Sealer | None:
    if manifest.sealed is None:
        return None
    if passphrase is None:
        raise InputError("the backup is sealed", next_step="Give --passphrase-file FILE with its passphrase.")
    sealer = Sealer.again(passphrase, manifest.sealed)
    if not sealer.has_mac(manifest.signed_bytes(), mac):
        raise InputError(
            "the passphrase does not open the backup, or its manifest was altered",
            next_step="Give the passphrase it was made with, or take another copy.",
        )
    return sealer


def _require_empty(home: Path) -> None:
    if home.exists() and (not home.is_dir() or any(not one.name.startswith(_PREFIX) for one in home.iterdir())):
        raise InputError(
            f"{home} is not empty; a restore replaces nothing",
            next_step="Set SULKU_HOME to an empty or a new folder, or move the old one away.",
        )


@contextmanager
def _scratch_in(home: Path) -> Iterator[Path]:
    """A folder in `home`, on its disk and with its owner; behind an error `home` is as it was."""
    is_new = not home.exists()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in home.glob(f"{_PREFIX}*"):  # everything in plain, of a restore that was killed
        shutil.rmtree(left)
    try:
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=home) as folder:
            yield Path(folder)
    except BaseException:
        if is_new:
            with suppress(OSError):
                home.rmdir()
        raise


def _require_same_database(manifest: Manifest, settings: Settings) -> None:
    wanted = "postgresql" if settings.database else "sqlite"
    if manifest.database != wanted:
        raise InputError(
            f"the backup is of {manifest.database}, but the settings name {wanted}",
            next_step="Set SULKU_DATABASE_URL to an empty PostgreSQL database, or unset it for SQLite.",
        )


@contextmanager
def _undone_on_error(settings: Settings) -> Iterator[None]:
    """Should it fail halfway, the PostgreSQL schemas that were made here are removed again."""
    if settings.database is None:
        yield
        return
    storage = open_storage(settings.database, settings.home)
    try:
        _require_no_tables(storage)
        try:
            yield
        except BaseException:
            for store in (storage.inbox, storage.desk):
                with store.writing() as connection:
                    connection.execute(sa.schema.DropSchema(store.name, cascade=True, if_exists=True))
            raise
    except sa.exc.OperationalError:
        raise UnavailableError(
            "the database does not answer", next_step="Check that it runs and that SULKU_DATABASE_URL is right."
        ) from None
    finally:
        storage.close()


def _require_no_tables(storage: Storage) -> None:
    for store in (storage.inbox, storage.desk):
        with store.reading() as connection:
            if sa.inspect(connection).get_table_names(schema=store.name):
                raise InputError(
                    f"the database has tables in the schema {store.name} already; a restore replaces nothing",
                    next_step="Make an empty database and set SULKU_DATABASE_URL to it.",
                )


def _fill_postgresql(manifest: Manifest, settings: Settings, folder: Path) -> None:
    storage = open_storage(settings.database, settings.home)
    try:
        migrate.upgrade(storage)
        for store in (storage.inbox, storage.desk):
            _require_schema(manifest, store.name, migrate.newest(store))
        with storage.desk.writing() as connection:
            postgresql_copy.import_tables(connection, folder, manifest.columns)
    finally:
        storage.close()
    shutil.rmtree(folder / postgresql_copy.FOLDER)


def _require_schema(manifest: Manifest, name: str, newest: str | None) -> None:
    if manifest.schema.get(name) != newest:
        raise ConfigurationError(
            f"the backup's {name} store has schema version {manifest.schema.get(name)}, this program needs {newest}",
            next_step=f"Restore with version {manifest.program} of the program, then update and run: sulku migrate",
        )


def _examine(settings: Settings, manifest: Manifest) -> Restored:
    """Everything a backup promises, looked at in the restored instance."""
    try:
        instance = open_instance(settings)
    except SulkuError as error:
        return Restored(settings.home, manifest, faults=[f"{error}. {error.next_step}"])
    try:
        faults = _faults(instance, manifest)
        return Restored(settings.home, manifest, faults, list(_to_reconcile(instance, manifest)))
    finally:
        instance.close()


def _faults(instance: Instance, manifest: Manifest) -> list[str]:
    storage = instance.storage
    with storage.inbox.reading() as inbox, storage.desk.reading() as desk:
        found = disagreements(inbox, desk)
        head = desk.execute(sa.select(chain_head)).one_or_none()
        if ((head.seq, head.digest) if head else (0, "")) != (manifest.head["seq"], manifest.head["digest"]):
            found.append("the history does not end where the manifest says")
        if not (instance.settings.keys_folder / "audit.pem").exists():
            # Asked for, the key would be made anew and the signatures of the old one called false.
            return [*found, *audit.verify(desk, PROJECTIONS).faults]
        signed, false = _signed(instance)
        known = [one for one in signed if one.seq <= manifest.head["seq"]]
        return [*found, *false, *audit.verify(desk, PROJECTIONS, known).faults]


def _signed(instance: Instance) -> tuple[list[Checkpoint], list[str]]:
    return read_checkpoints(instance.settings.checkpoints_folder, instance.audit_key.public_key())


def _to_reconcile(instance: Instance, manifest: Manifest) -> Iterator[str]:
    settings = instance.settings
    if not manifest.has_keys:
        yield f"Keys and settings are not in this backup: put keys/ and sulku.toml into {settings.home} first."
    for what, place, default in (
        ("on-call policy", settings.on_call_file, settings.home / "on_call.toml"),
        ("revocation policy", settings.policy_file, settings.home / "policy.toml"),
        ("mail templates", settings.templates, None),
    ):
        if place is not None and place != default and not place.exists():
            yield f"The {what} is expected at {place}: its copy lies in {settings.home}."
    if os.environ.get("SULKU_DATABASE_URL") and manifest.database == "postgresql":
        yield f"The database came from SULKU_DATABASE_URL: set database_url in {settings.home / 'sulku.toml'} to it."
    yield from _history_to_reconcile(instance, manifest)
    yield from _orders_to_reconcile(instance, manifest)
    yield f"Mails that were accepted after {manifest.made_at} are not here: fetch them again from the server in front."


def _history_to_reconcile(instance: Instance, manifest: Manifest) -> Iterator[str]:
    """A second place that survived knows of more than the backup."""
    if not (instance.settings.keys_folder / "audit.pem").exists():
        return
    last = max((one.seq for one in _signed(instance)[0]), default=0)
    if last > manifest.head["seq"]:
        yield (
            f"Entries {manifest.head['seq'] + 1} to {last} of the history are lost: they were signed for in "
            f"{instance.settings.checkpoints_folder}. Keep that file as evidence, in another place, so that new ones "
            "are signed."
        )


def _orders_to_reconcile(instance: Instance, manifest: Manifest) -> Iterator[str]:
    """CRL versus orders: what was revoked since is not known here, and what is open here may have been done."""
    open_states = (OrderState.STORED, OrderState.SENT, OrderState.ACCEPTED)
    with instance.storage.desk.reading() as connection, closing(HttpFetch()) as fetch:
        waiting = connection.execute(
            sa.select(sa.func.count()).where(revocation_orders.c.state.in_(open_states))
        ).scalar_one()
        if waiting:
            yield (
                f"{waiting} orders were not confirmed yet: they are sent and looked for again when the desk starts, "
                "under their old keys, so that nothing is revoked twice."
            )
        yield from compare_with_crls(connection, fetch, from_text(manifest.made_at))
