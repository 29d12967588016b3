"""A real Pebble, the ACME server made to try clients, on loopback. It refuses one good nonce in twenty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import tls_to_ca
from sulku_revocation.domain.record import IssuerRecord
from tests.conftest import find_free_port
from tests.servers.acme_client import AcmeClient
from tests.servers.background import in_background
from tests.servers.certificates import write_server_certificate
from tests.servers.ocsp_of import Revocation, ocsp_responder
from tests.servers.programs import require_program
from tests.servers.requests_to_sign import issuer_of_pem
from tests.servers.unknown_certificate import unknown_certificate


@dataclass(frozen=True)
class PebbleServer:
    """`client` has the account that ordered everything."""

    url: str
    issuer: IssuerRecord
    client: AcmeClient
    trusted: Path
    management: httpx2.Client

    def never_issued(self, serial: SerialNumber) -> bytes:
        """A certificate as PEM that its key signed and that it knows nothing of."""
        key = load_pem_private_key(self.management.get("/intermediate-keys/0").content, None)
        return unknown_certificate(self.issuer, serial, key)

    def status(self, serial: SerialNumber) -> Revocation | bool:
        """By Pebble's own records: its revocation, or whether it was issued."""
        answer = self.management.get(f"/cert-status-by-serial/{serial.hex}")
        if answer.status_code != 200:
            return False
        plain = json.loads(answer.content)
        if plain["Status"] != "Revoked":
            return True
        at = datetime.fromisoformat(plain["RevokedAt"][:19]).replace(tzinfo=UTC)
        return plain.get("Reason", 0), at


@contextmanager
def start_pebble(folder: Path) -> Iterator[PebbleServer]:
    """Run it in `folder` until the block ends, with an OCSP responder beside it, which it has not."""
    program = require_program("pebble")
    trusted, key_file = write_server_certificate(folder, datetime.now(UTC))  # noqa: TID251  a server's own time
    port, management_port = find_free_port(), find_free_port()
    settings = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management_port}",
        "certificate": str(trusted),
        "privateKey": str(key_file),
        "httpPort": 5002,
        "tlsPort": 5001,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    environment = {"PEBBLE_VA_ALWAYS_VALID": "1", "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "5"}
    url = f"https://127.0.0.1:{port}/dir"
    with (
        in_background([program, "-config", "pebble.json"], port, folder, environment),
        httpx2.Client(
            base_url=f"https://127.0.0.1:{management_port}",
            transport=httpx2.HTTPTransport(verify=tls_to_ca(trusted), trust_env=False, retries=5),  # it listens later
        ) as client,
    ):
        certificate, key = client.get("/intermediates/0").content, client.get("/intermediate-keys/0").content
        server = PebbleServer(url, issuer_of_pem(certificate), AcmeClient(url, trusted), trusted, client)
        issuer = x509.load_pem_x509_certificate(certificate)
        with ocsp_responder(issuer, load_pem_private_key(key, None), server.status) as ocsp_url:
            yield PebbleServer(url, issuer_of_pem(certificate, ocsp_url=ocsp_url), server.client, trusted, client)
        server.client.close()
