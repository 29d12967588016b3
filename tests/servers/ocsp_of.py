"""An OCSP responder for a CA that has none, signing with the CA's own key what the CA says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from sulku_kernel.serial_number import SerialNumber

Revocation = tuple[int | None, datetime]
StatusOf = Callable[[SerialNumber], Revocation | bool]  # its revocation; or whether it was issued at all

_REASONS = {
    1: x509.ReasonFlags.key_compromise,
    3: x509.ReasonFlags.affiliation_changed,
    4: x509.ReasonFlags.superseded,
    5: x509.ReasonFlags.cessation_of_operation,
    9: x509.ReasonFlags.privilege_withdrawn,
}


@contextmanager
def ocsp_responder(
    issuer: x509.Certificate, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, status_of: StatusOf
) -> Iterator[str]:
    """Its address, until the block ends."""

    class Responder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = ocsp.load_der_ocsp_request(self.rfile.read(int(self.headers["Content-Length"])))
            body = _answer(asked, issuer, key, status_of(SerialNumber(asked.serial_number)))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Responder) as address:
        yield f"{address}/"


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server of such answers, until the block ends; its address without a path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(
    asked: ocsp.OCSPRequest,
    issuer: x509.Certificate,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    status: Revocation | bool,
) -> bytes:
    now = datetime.now(UTC)  # noqa: TID251  a server's own time
    states = {True: ocsp.OCSPCertStatus.GOOD, False: ocsp.OCSPCertStatus.UNKNOWN}
    reason, at = (None, None) if isinstance(status, bool) else status
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=asked.issuer_name_hash,
        issuer_key_hash=asked.issuer_key_hash,
        serial_number=asked.serial_number,
        algorithm=asked.hash_algorithm,
        cert_status=states[status] if isinstance(status, bool) else ocsp.OCSPCertStatus.REVOKED,
        this_update=now - timedelta(minutes=1),
        next_update=now + timedelta(hours=1),
        revocation_time=at,
        revocation_reason=_REASONS.get(reason or 0),
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
