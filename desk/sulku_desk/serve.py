"""Runs the roles of an instance on this machine, each as a process of its own, and restarts one that dies.

When we are killed ourselves the roles end too (`life_line.py`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from sulku_desk.life_line import FLAG, LifeLine
from sulku_desk.settings import Settings
from sulku_kernel.errors import InputError

log = structlog.get_logger()

ROLES = ("ca", "intake", "worker", "dispatcher", "scheduler", "web")
RESTART_WAIT_SECONDS = (0.2, 1, 2, 5, 10)
HEALTHY_AFTER_SECONDS = 60
STOP_SECONDS = 10


def choose_roles(named: str | None, *, has_embedded_ca: bool) -> tuple[str, ...]:
    """The roles `--roles intake,worker` asks for; without it all that this instance needs. Raises InputError."""
    if not named:
        return tuple(role for role in ROLES if role != "ca" or has_embedded_ca)
    chosen = tuple(part.strip() for part in named.split(",") if part.strip())
    unknown = [role for role in chosen if role not in ROLES]
    if unknown or not chosen:
        raise InputError(f"no such role: {', '.join(unknown) or '(none)'}", next_step="Roles: " + ", ".join(ROLES))
    return chosen


@dataclass
class _Child:
    role: str
    process: subprocess.Popen[bytes]
    deaths: int = 0
    started_at: float = 0
    restart_at: float | None = field(default=None)


class Supervisor:
    """Starts children, restarts the dead, stops all of them. It counts seconds: a clock may be set back meanwhile."""

    def __init__(self, settings: Settings, roles: Sequence[str], *, log_file: int | None = None) -> None:
        self._settings = settings
        self._log_file = log_file
        self._life_line = LifeLine()
        names = [name for role in roles for name in [role] * (settings.work.workers if role == "worker" else 1)]
        started_at = time.monotonic()
        self._children = [_Child(role, self._start(role), started_at=started_at) for role in names]

    def run(self, stop: threading.Event) -> None:
        """Watch until `stop` is set, then stop every child: politely first."""
        try:
            while not stop.wait(0.2):
                for child in self._children:
                    self._watch(child)
        finally:
            self.stop()

    def stop(self) -> None:
        """End every child and wait for it."""
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        for child in self._children:
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self._life_line.close()

    def process_ids(self, role: str) -> list[int]:
        """The living processes of a role."""
        return [child.process.pid for child in self._children if child.role == role and child.process.poll() is None]

    def _watch(self, child: _Child) -> None:
        if child.process.poll() is None:
            return
        now = time.monotonic()
        if child.restart_at is None:
            if now - child.started_at >= HEALTHY_AFTER_SECONDS:
                child.deaths = 0  # it had worked: this is another matter than a role that cannot start
            wait = RESTART_WAIT_SECONDS[min(child.deaths, len(RESTART_WAIT_SECONDS) - 1)]
            child.deaths += 1
            child.restart_at = now + wait
            log.error("serve.role_died", role_name=child.role, code=child.process.returncode, restart_in=wait)
        elif now >= child.restart_at:
            child.restart_at = None
            child.started_at = now
            child.process = self._start(child.role)

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "sulku_desk.roles", role, FLAG],
            env={**os.environ, "SULKU_HOME": str(self._settings.home), **_as_environment(self._settings)},
            stdin=self._life_line.end,
            stdout=self._log_file,
            stderr=self._log_file,
            # A Ctrl-C in the terminal is for us: we stop them in order.
            start_new_session=True,
        )


def _as_environment(settings: Settings) -> dict[str, str]:
    """Settings that were given to us as arguments, not by file or environment, reach the children this way."""
    ports = {
        "SULKU_SMTP__PORT": settings.smtp.port,
        "SULKU_SMTP__LMTP_PORT": settings.smtp.lmtp_port,
        "SULKU_WEB__PORT": settings.web.port,
        "SULKU_WEB__BASE_URL": settings.web.base_url,
        "SULKU_CA__PORT": settings.ca.port,
        "SULKU_CA__URL": settings.ca.url,
        "SULKU_WORK__WORKERS": settings.work.workers,
    }
    return {name: str(value) for name, value in ports.items()}


def stop_on_signals(stop: threading.Event) -> None:
    """Set `stop` on SIGINT and SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
