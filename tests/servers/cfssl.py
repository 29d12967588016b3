"""A real cfssl with a certificate database in SQLite, on loopback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import IssuerRecord
from tests.certificates import key, make_ca, pem
from tests.conftest import find_free_port
from tests.servers.background import in_background
from tests.servers.programs import require_program
from tests.servers.requests_to_sign import issuer_of_pem, request_to_sign, serial_of_pem

# The table of cfssl's own migrations, and beside it a count of what it wrote: it overwrites without a word.
_TABLES = """
CREATE TABLE certificates (
  serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob, status blob NOT NULL,
  reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL,
  PRIMARY KEY (serial_number, authority_key_identifier));
CREATE TABLE writes (serial_number text NOT NULL);
CREATE TRIGGER count_writes AFTER UPDATE OF status ON certificates
  BEGIN INSERT INTO writes VALUES (CAST(NEW.serial_number AS text)); END;
"""


@dataclass(frozen=True)
class CfsslServer:
    url: str
    folder: Path
    issuer: IssuerRecord
    client: httpx2.Client

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'certs.db'}"

    def post(self, what: str, **plain: Any) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(f"/api/v1/cfssl/{what}", json=plain)
        return answer.status_code, json.loads(answer.content)

    def issue(self, host: str) -> SerialNumber:
        status, plain = self.post("sign", certificate_request=request_to_sign(host).decode(), hosts=[host])
        assert status == 200, plain
        return serial_of_pem(plain["result"]["certificate"])

    def row(self, serial: SerialNumber) -> dict[str, Any] | None:
        """As the database has it."""
        return next(iter(self.rows("SELECT * FROM certificates WHERE serial_number = ?", serial)), None)

    def writes(self, serial: SerialNumber) -> int:
        """How often it wrote a status."""
        return len(self.rows("SELECT * FROM writes WHERE serial_number = ?", serial))

    def rows(self, question: str, serial: SerialNumber) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.folder / "certs.db", timeout=20)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(question, (str(int(serial)),))]


@contextmanager
def start_cfssl(folder: Path) -> Iterator[CfsslServer]:
    """Run it in `folder` until the block ends."""
    program = require_program("cfssl")
    ca = make_ca("Testi CA cfssl", "cfssl")
    (folder / "ca.pem").write_bytes(pem(ca.der))
    (folder / "ca.key").write_bytes(_key_pem(key("cfssl")))
    (folder / "config.json").write_text(
        '{"signing": {"default": {"expiry": "8760h", "usages": ["digital signature", "server auth"]}}}'
    )
    (folder / "db.json").write_text('{"driver": "sqlite3", "data_source": "certs.db"}')
    with closing(sqlite3.connect(folder / "certs.db")) as database:
        database.executescript(_TABLES)
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    command = [program, "serve", "-address", "127.0.0.1", "-port", str(port), "-ca", "ca.pem", "-ca-key", "ca.key"]
    command += ["-config", "config.json", "-db-config", "db.json", "-loglevel", "2"]
    with in_background(command, port, folder), httpx2.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield CfsslServer(url, folder, issuer_of_pem(pem(ca.der)), client)


def _key_pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
