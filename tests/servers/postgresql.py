"""A private PostgreSQL on a loopback port. It refuses to run as root, so as root it runs as `nobody`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.servers.programs import require_program

USER = "sulku_test"


@dataclass(frozen=True)
class PostgresqlServer:
    """A running server."""

    port: int
    folder: Path
    prefix: tuple[str, ...]

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def new_database(self, template: str = "template1") -> Iterator[str]:
        """A new database, empty or a copy of another of ours, dropped at the end.

        A template of ten megabytes is copied as files: half the work of writing it to the log.
        """
        name = f"t_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        self._control("start", "-o", f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=")

    def stop(self, mode: str = "fast") -> None:
        """`fast` closes connections; `immediate` is a crash."""
        self._control("stop", "-m", mode)

    def _control(self, *arguments: str) -> None:
        pg_ctl = str(require_program("pg_ctl"))
        command = [*self.prefix, pg_ctl, "-s", "-w", "-D", str(self.folder / "data"), "-l", str(self.folder / "log")]
        subprocess.run([*command, *arguments], check=True, cwd=self.folder, stdin=subprocess.DEVNULL)


@contextmanager
def start_postgresql(folder: Path, port: int) -> Iterator[PostgresqlServer]:
    """Make a cluster in `folder` and run it until the block ends."""
    prefix: tuple[str, ...] = ()
    home = folder
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        # pytest's folders are closed to others; the server's lies outside them.
        home = Path(tempfile.gettempdir()) / f"sulku-postgresql-{uuid.uuid4().hex[:12]}"
        home.mkdir(mode=0o700)
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        prefix = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    initdb = [str(require_program("initdb")), "-D", str(home / "data"), "-U", USER, "-A", "trust", "-E", "UTF8"]
    subprocess.run(
        [*prefix, *initdb, "--locale=C", "--no-instructions"], check=True, cwd=home, stdout=subprocess.DEVNULL
    )
    server = PostgresqlServer(port, home, prefix)
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
