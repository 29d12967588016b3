"""Who works at this command line: the session that `sulku login` opened.

The token lies in the person's own folder, not in the instance's, readable by them alone; what it allows stands in the
desk's database and ends there.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sulku_desk.instance import Instance
from sulku_kernel.actor import Actor
from sulku_kernel.errors import NotAllowedError
from sulku_kernel.transaction import begin
from sulku_tickets.operators import Operator, authenticate
from sulku_tickets.sessions import SessionKind, end_session, resolve_session, start_session, touch_session


def token_file(home: Path) -> Path:
    """Where the token for the instance in `home` is kept: `$XDG_STATE_HOME/sulku/…`."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "sulku" / f"{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]}.session"


def log_in(instance: Instance, login: str, password: str) -> Operator:
    """Authenticate and open a session for this command line. Raises NotAllowedError."""
    operator = authenticate(instance.storage.desk, instance.clock, login=login, password=password, peer="cli")
    open_session(instance, operator)
    return operator


def open_session(instance: Instance, operator: Operator) -> None:
    """A session for somebody who was just authenticated; the one before ends."""
    before = _read_token(instance)
    with begin(instance.storage.desk, instance.clock, operator.actor) as tx:
        token = start_session(tx, operator, SessionKind.CLI, replaces=before)
    file = token_file(instance.settings.home)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(token)
    draft.replace(file)


def log_out(instance: Instance) -> None:
    """End the session. Nothing happens when there is none."""
    token = _read_token(instance)
    if token is None:
        return
    with instance.storage.desk.reading() as connection:
        actor = resolve_session(connection, token, instance.clock.now())
    with begin(instance.storage.desk, instance.clock, actor or Actor.desk("login")) as tx:
        end_session(tx, token)
    token_file(instance.settings.home).unlink(missing_ok=True)


def logged_in(instance: Instance) -> Actor:
    """Who is logged in here. Raises NotAllowedError when nobody is."""
    token = _read_token(instance)
    actor = None
    if token is not None:
        with instance.storage.desk.reading() as connection:
            actor = resolve_session(connection, token, instance.clock.now())
    if token is None or actor is None:
        raise NotAllowedError("nobody is logged in here", next_step="Log in: sulku login LOGIN")
    with instance.storage.desk.writing() as connection:
        touch_session(connection, token, instance.clock.now())
    return actor


def _read_token(instance: Instance) -> str | None:
    try:
        return token_file(instance.settings.home).read_text(encoding="ascii").strip() or None
    except (FileNotFoundError, UnicodeDecodeError):
        return None
