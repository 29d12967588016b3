"""A real django-ca behind uvicorn, on loopback."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import IssuerRecord
from tests.conftest import find_free_port
from tests.servers.background import in_background
from tests.servers.requests_to_sign import issuer_of_pem, request_to_sign

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class DjangoCaServer:
    """`client` is a user who may issue. `user` and `password` are the desk's, who may not."""

    url: str
    issuer: IssuerRecord
    client: httpx2.Client
    ca: str
    folder: Path
    user: str = "desk"
    password: str = "pw-desk"

    def call(self, method: str, path: str, **plain: Any) -> Any:
        answer = self.client.request(method, f"/django_ca/api/ca/{path}", json=plain or None)
        answer.raise_for_status()
        return json.loads(answer.content)

    def issue(self, host: str, not_after: datetime | None = None) -> SerialNumber:
        subject = [{"oid": "2.5.4.3", "value": host}]
        more = {} if not_after is None else {"not_after": not_after.isoformat()}
        order = self.call("POST", f"{self.ca}/sign/", csr=request_to_sign(host).decode(), subject=subject, **more)
        end = time.monotonic() + 30
        while order["status"] == "pending" and time.monotonic() < end:
            order = self.call("GET", f"{self.ca}/orders/{order['slug']}/")
        return SerialNumber.from_hex(order["serial"])

    def certificate(self, serial: SerialNumber) -> dict[str, Any] | None:
        answer = self.client.get(f"/django_ca/api/ca/{self.ca}/certs/{serial.hex.upper()}/")
        return json.loads(answer.content) if answer.status_code == 200 else None

    def revoke(self, serial: SerialNumber, reason: str) -> None:
        self.call("POST", f"{self.ca}/certs/{serial.hex.upper()}/revoke/", reason=reason)


@contextmanager
def start_django_ca(folder: Path) -> Iterator[DjangoCaServer]:
    """Run it in `folder` until the block ends."""
    (folder / "ca").mkdir()
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "DJANGO_CA_FOLDER": str(folder),
        "DJANGO_CA_HOST": f"127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "tests.servers.django_ca_project.settings",
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "uvicorn", "--interface", "wsgi", "--port", str(port), "--no-access-log"]
    command += ["tests.servers.django_ca_project.wsgi:application"]
    with (
        in_background(command, port, folder, environment),
        httpx2.Client(base_url=url, auth=("maker", "pw-maker"), trust_env=False, timeout=30) as client,
    ):
        certificate = client.get("/django_ca/api/ca/").json()[0]["certificate"]
        yield DjangoCaServer(
            f"{url}/django_ca", issuer_of_pem(certificate["pem"]), client, certificate["serial"], folder
        )
