"""Orders certificates from ACME servers (RFC 8555), signing requests as the adapter does."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sulku_revocation.bounded_http import Answer
from sulku_revocation.ca.acme_jws import base64url, public_jwk
from sulku_revocation.ca.acme_session import AcmeSession
from sulku_revocation.ca.adapter_settings import AdapterSettings, tls_to_ca
from sulku_revocation.ca.rest import CaHttp
from tests.servers.requests_to_sign import HOLDER_KEY, request_to_sign

Prove = Callable[[str, str], None]  # host, what its TXT record must hold (RFC 8555, 8.4)


class AcmeClient:
    """One account, made when the client is."""

    def __init__(self, directory: str, trusted: Path | None, prove: Prove | None = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._http = CaHttp(AdapterSettings("acme", "ca", directory), tls_to_ca(trusted))
        self._session = AcmeSession(self._http)
        self._prove = prove
        answer = self._session.ask(
            self._session.address("newAccount"), self.key, {"termsOfServiceAgreed": True}, account=None
        )
        self.account = answer.headers["location"]

    def close(self) -> None:
        self._http.close()

    def write_key(self, file: Path) -> Path:
        """The account's key as the adapter reads it."""
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(self.key.private_bytes(*form))
        file.chmod(0o600)
        return file

    def ask(self, url: str, payload: dict[str, Any] | None) -> Answer:
        answer = self._session.ask(url, self.key, payload, account=self.account)
        assert answer.status < 300, answer.body
        return answer

    def revoke(self, der: bytes, reason: int) -> Answer:
        """Past the adapter; whatever the answer is."""
        payload = {"certificate": base64url(der), "reason": reason} if reason else {"certificate": base64url(der)}
        return self._session.ask(self._session.address("revokeCert"), self.key, payload, account=self.account)

    def order(self, host: str, key: ec.EllipticCurvePrivateKey = HOLDER_KEY) -> bytes:
        """A certificate as PEM, its chain behind it."""
        placed = self.ask(self._session.address("newOrder"), {"identifiers": [{"type": "dns", "value": host}]})
        order, where = json.loads(placed.body), placed.headers["location"]
        for authorization in order["authorizations"]:
            self._authorise(authorization, host)
        self.ask(order["finalize"], {"csr": base64url(request_to_sign(host, Encoding.DER, with_key=key))})
        return self.ask(self._until(where, "valid")["certificate"], None).body

    def _authorise(self, url: str, host: str) -> None:
        authorization = json.loads(self.ask(url, None).body)
        if authorization["status"] == "valid":
            return  # proven for an earlier order (RFC 8555, 7.1.3)
        challenge = next(one for one in authorization["challenges"] if one["type"] == "dns-01")
        if self._prove is not None:
            jwk = json.dumps(public_jwk(self.key), sort_keys=True, separators=(",", ":")).encode()
            thumbprint = base64url(hashlib.sha256(jwk).digest())  # RFC 7638
            digest = hashlib.sha256(f"{challenge['token']}.{thumbprint}".encode()).digest()
            self._prove(host, base64url(digest))
        self.ask(challenge["url"], {})
        self._until(url, "valid")

    def _until(self, url: str, status: str) -> dict[str, Any]:
        end = time.monotonic() + 30
        while True:
            plain = json.loads(self.ask(url, None).body)
            if plain["status"] == status:
                return plain
            assert plain["status"] in {"pending", "processing", "ready"}, plain
            assert time.monotonic() < end, plain
            time.sleep(0.005)
