"""A real cfssl with a certificate database in SQLite or PostgreSQL, on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import IssuerRecord
from tests.certificates import Ca, key, make_ca, pem
from tests.conftest import find_free_port
from tests.servers.background import in_background
from tests.servers.programs import require_program
from tests.servers.requests_to_sign import issuer_of_pem, request_to_sign, serial_of_pem

# The tables of cfssl's own migrations, and beside them a count of what it wrote: it overwrites without a word.
_SQLITE = """
CREATE TABLE certificates (
  serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob, status blob NOT NULL,
  reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL,
  PRIMARY KEY (serial_number, authority_key_identifier));
CREATE TABLE writes (serial_number text NOT NULL);
CREATE TRIGGER count_writes AFTER UPDATE OF status ON certificates
  BEGIN INSERT INTO writes VALUES (CAST(NEW.serial_number AS text)); END
"""
_POSTGRESQL = """
CREATE TABLE certificates (
  serial_number bytea NOT NULL, authority_key_identifier bytea NOT NULL, ca_label bytea, status bytea NOT NULL,
  reason int, expiry timestamptz, revoked_at timestamptz, pem bytea NOT NULL,
  PRIMARY KEY (serial_number, authority_key_identifier));
CREATE TABLE ocsp_responses (
  serial_number bytea NOT NULL, authority_key_identifier bytea NOT NULL, body bytea NOT NULL, expiry timestamptz,
  PRIMARY KEY (serial_number, authority_key_identifier),
  FOREIGN KEY (serial_number, authority_key_identifier) REFERENCES certificates);
CREATE TABLE writes (serial_number bytea NOT NULL);
CREATE RULE count_writes AS ON UPDATE TO certificates DO ALSO INSERT INTO writes VALUES (NEW.serial_number)
"""


@dataclass(frozen=True)
class CfsslServer:
    url: str
    folder: Path
    issuer: IssuerRecord
    client: httpx2.Client
    database: str  # as the adapter reads it
    engine: sa.Engine

    def post(self, what: str, **plain: Any) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(f"/api/v1/cfssl/{what}", json=plain)
        return answer.status_code, json.loads(answer.content)

    def issue(self, host: str) -> SerialNumber:
        status, plain = self.post("sign", certificate_request=request_to_sign(host).decode(), hosts=[host])
        assert status == 200, plain
        return serial_of_pem(plain["result"]["certificate"])

    def row(self, serial: SerialNumber) -> dict[str, Any] | None:
        """As the database has it."""
        return next(iter(self.rows("SELECT * FROM certificates WHERE serial_number = :serial", serial)), None)

    def writes(self, serial: SerialNumber) -> int:
        """How often it wrote a status."""
        return len(self.rows("SELECT * FROM writes WHERE serial_number = :serial", serial))

    def rows(self, question: str, serial: SerialNumber) -> list[dict[str, Any]]:
        wanted = str(int(serial)) if self.engine.dialect.name == "sqlite" else str(int(serial)).encode()
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(question), {"serial": wanted}).mappings()]


@contextmanager
def start_cfssl(folder: Path, postgresql: str = "", ca: Ca | None = None) -> Iterator[CfsslServer]:
    """Run it in `folder` until the block ends; its database is there, or the one at the address `postgresql`."""
    program = require_program("cfssl")
    ca = ca or make_ca("Testi CA cfssl", "cfssl")
    (folder / "ca.pem").write_bytes(pem(ca.der))
    (folder / "ca.key").write_bytes(_key_pem(key(ca.key_name)))
    (folder / "config.json").write_text(
        '{"signing": {"default": {"expiry": "8760h", "usages": ["digital signature", "server auth"]}}}'
    )
    driver, source = ("postgres", f"{postgresql}?sslmode=disable") if postgresql else ("sqlite3", "certs.db")
    (folder / "db.json").write_text(json.dumps({"driver": driver, "data_source": source}))
    database = (
        postgresql.replace("postgresql:", "postgresql+psycopg:") if postgresql else f"sqlite:///{folder / 'certs.db'}"
    )
    engine = sa.create_engine(database, poolclass=sa.NullPool, connect_args={} if postgresql else {"timeout": 20})
    _make_tables(engine, _POSTGRESQL if postgresql else _SQLITE)
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    command = [program, "serve", "-address", "127.0.0.1", "-port", str(port), "-ca", "ca.pem", "-ca-key", "ca.key"]
    command += ["-config", "config.json", "-db-config", "db.json", "-loglevel", "2"]
    with in_background(command, port, folder), httpx2.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield CfsslServer(url, folder, issuer_of_pem(pem(ca.der)), client, database, engine)


def _make_tables(engine: sa.Engine, tables: str) -> None:
    with engine.begin() as connection:
        for statement in re.split(r";\n(?=CREATE)", tables):
            connection.execute(sa.text(statement))


def _key_pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
