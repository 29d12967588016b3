"""What docs/ca-cfssl.md has an administrator run from a timer: the CRL and the OCSP answers of a cfssl, made anew.

`cfssl gencrl` writes neither reasons nor dates, so the CRL is `openssl ca`'s, from the rows of cfssl's database; OCSP
is cfssl's own: `ocsprefresh`, `ocspdump` and `ocspserve`. Each is made a while after it was made the last time.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import sqlalchemy as sa
from tests.servers.background import in_background
from tests.servers.cfssl import CfsslServer
from tests.servers.openssl_ca import CONFIG
from tests.servers.programs import require_program

from sulku_revocation.domain.reason_code import ReasonCode

CRL_EVERY, OCSP_EVERY = 10.0, 60.0  # seconds between the end of one and the start of the next

_REVOKED = sa.text("SELECT serial_number, reason, revoked_at, expiry FROM certificates WHERE status = 'revoked'")
_WORDS = {reason: reason.rfc_name for reason in ReasonCode if reason}


class Timer:
    """Runs until `stop`. `crl` is the list now, `took` how long each took to make the last time (seconds)."""

    def __init__(self, server: CfsslServer, ocsp_port: int) -> None:
        self._server, self._ocsp_port = server, ocsp_port
        self._folder = server.folder
        (self._folder / "openssl.cnf").write_text(CONFIG.format(folder=self._folder))
        (self._folder / "crlnumber").write_text("01\n")
        self._write_database()
        self._stopped = threading.Event()
        self._serving = ExitStack()
        self._threads = [
            threading.Thread(target=self._repeat, args=(self.make_crl, "crl_s", CRL_EVERY)),
            threading.Thread(target=self._repeat, args=(self.make_ocsp, "ocsp_s", OCSP_EVERY)),
        ]
        self.took: dict[str, float] = {}
        self.crl = b""

    def _write_database(self) -> None:
        """The same, with answers that need not outlive a crash: they are made anew at any time."""
        given = json.loads((self._folder / "db.json").read_text())
        given["data_source"] += "&synchronous_commit=off"
        (self._folder / "ocsp_db.json").write_text(json.dumps(given))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._serving.close()

    def _repeat(self, make: Callable[[], None], name: str, every: float) -> None:
        while not self._stopped.is_set():
            begin = time.monotonic()
            make()
            self.took[name] = round(time.monotonic() - begin, 1)
            self._stopped.wait(every)

    def make_crl(self) -> None:
        with self._server.engine.connect() as connection:
            lines = [_index_line(*row) for row in connection.execute(_REVOKED)]
        (self._folder / "index.txt").write_text("".join(lines))
        self._run("openssl", "ca", "-config", "openssl.cnf", "-gencrl", "-out", "crl.pem")
        self.crl = self._run("openssl", "crl", "-in", "crl.pem", "-outform", "DER")

    def make_ocsp(self) -> None:
        by_database = ("-db-config", "ocsp_db.json")
        signer = ("-ca", "ca.pem", "-responder", "ca.pem", "-responder-key", "ca.key", "-loglevel", "2")
        self._run("cfssl", "ocsprefresh", *by_database, *signer)
        (self._folder / "responses").write_bytes(self._run("cfssl", "ocspdump", *by_database))
        self._serving.close()
        serve = [require_program("cfssl"), "ocspserve", "-port", str(self._ocsp_port), "-responses", "responses"]
        self._serving.enter_context(in_background([*serve, "-loglevel", "2"], self._ocsp_port, self._folder))

    def _run(self, program: str, *arguments: str) -> bytes:
        command = [require_program(program), *arguments]
        return subprocess.run(command, cwd=self._folder, check=True, capture_output=True).stdout


def _index_line(serial: bytes, reason: int, revoked_at: datetime, expiry: datetime) -> str:
    """A line of `index.txt` (openssl-ca(1))."""
    word = _WORDS.get(ReasonCode(reason))
    revoked = _time(revoked_at) + (f",{word}" if word else "")
    return f"R\t{_time(expiry)}\t{revoked}\t{_hex(int(serial))}\tunknown\t/CN=-\n"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%y%m%d%H%M%SZ}"


def _hex(serial: int) -> str:
    """In whole octets."""
    return serial.to_bytes((serial.bit_length() + 7) // 8, "big").hex().upper()
