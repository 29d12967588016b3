"""An instance: its settings, stores and keys, opened together. The roots of everything that is wired."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sulku_applications.links import ApplicationLinks
from sulku_desk import migrate
from sulku_desk.revocation_policy import write_revocation_policy
from sulku_desk.settings import Settings
from sulku_desk.sync_mark import mark_of
from sulku_kernel.checkpoints import load_signing_key
from sulku_kernel.clock import Clock, SystemClock
from sulku_kernel.errors import ConfigurationError, UnavailableError
from sulku_kernel.secret_file import write_secret
from sulku_kernel.storage import Storage, open_storage
from sulku_mailbox.inbox import used_key_ids
from sulku_mailbox.sealing import DataKeys
from sulku_revocation.key_sealing import make_recovery_key

_SECRET, _SHORTEST_TOKEN = 32, 32
_RESTORE = "Restore it from the backup."


@dataclass(frozen=True)
class Instance:
    """An opened instance. Make one with `open_instance`."""

    settings: Settings
    storage: Storage
    clock: Clock

    @cached_property
    def link_key(self) -> bytes:
        """Signs links to pages: acknowledge a page, follow an application."""
        return load_secret(self.settings.keys_folder / "links.key")

    @cached_property
    def audit_key(self) -> Ed25519PrivateKey:
        """Signs the audit checkpoints."""
        return load_signing_key(self.settings.keys_folder / "audit.pem")

    @cached_property
    def application_links(self) -> ApplicationLinks:
        """Links to the pages of applications."""
        return ApplicationLinks(self.link_key, self.settings.web.base_url)

    def close(self) -> None:
        """Give the database connections back."""
        self.storage.close()


def open_instance(settings: Settings, clock: Clock | None = None) -> Instance:
    """Open an instance that `sulku init` has made.

    Raises ConfigurationError when it was not initialised or has another schema version, UnavailableError when the
    database does not answer.
    """
    if settings.database is None and not (settings.home / "desk.sqlite").exists():
        raise ConfigurationError(
            f"there is no instance in {settings.home}",
            next_step="Run: sulku init   (or set SULKU_HOME to the instance's folder)",
        )
    storage = open_storage(settings.database, settings.home)
    try:
        migrate.require_current(storage)
    except sa.exc.OperationalError:
        raise UnavailableError(
            "the database does not answer", next_step="Check that it runs and that SULKU_DATABASE_URL is right."
        ) from None
    if storage.desk.is_sqlite and mark_of(settings.home, "desk").exists():
        storage.desk.sync_lost.set()  # until `sulku serve` has verified what is there
    return Instance(settings, storage, clock or SystemClock())


def make_instance(settings: Settings) -> None:
    """Make the folders and keys of a new instance and bring its stores to the present schema. Safe to repeat."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.keys_folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"{settings.home}: {error.strerror}", next_step="Set SULKU_HOME to a folder you may write."
        ) from None
    storage = open_storage(settings.database, settings.home)
    try:
        migrate.upgrade(storage)
        is_new = not used_key_ids(storage.inbox)
    except sa.exc.OperationalError as error:
        raise UnavailableError(
            f"the database cannot be used: {type(error.orig).__name__}",
            next_step="Check that it runs, that SULKU_DATABASE_URL is right and that the disk is not full.",
        ) from None
    finally:
        storage.close()
    # All of them now: several machines share one folder of keys, and none may make its own later.
    load_signing_key(settings.keys_folder / "audit.pem")
    for name in ("links.key", "nonce.key", "reply.key"):
        load_secret(settings.keys_folder / name)
    if is_new:
        DataKeys.load(settings.keys_folder)
    load_token(settings.issuance_token_file)
    make_recovery_key(settings.keys_folder, settings.recovery_folder)
    write_revocation_policy(settings)


def load_token(path: Path) -> str:
    """A bearer token in a file; made on first use, readable by its owner only. Raises ConfigurationError."""
    if not path.exists():
        write_secret(path, f"{secrets.token_urlsafe(32)}\n".encode())
    token = path.read_text(encoding="ascii", errors="replace").strip()
    if len(token) < _SHORTEST_TOKEN:
        raise ConfigurationError(f"{path} holds no token", next_step=_RESTORE)
    return token


def load_secret(path: Path) -> bytes:
    """32 secret bytes of this instance; made on first use, readable by its owner only.

    Raises ConfigurationError when the file holds anything else: what an empty key signs anybody can sign.
    """
    if not path.exists():
        write_secret(path, secrets.token_bytes(_SECRET))
    secret = path.read_bytes()
    if len(secret) != _SECRET:
        raise ConfigurationError(f"{path} is not a key: it has {len(secret)} octets, not {_SECRET}", next_step=_RESTORE)
    return secret
