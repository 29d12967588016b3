"""A CA that speaks CMP and keeps a register, which OpenSSL's own mock server does not: the embedded CA behind HTTP.

It reads and writes messages with the product's own code; that this code speaks CMP is shown against OpenSSL.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.authority import CertificateState, OrderToSend
from sulku_revocation.ca.cmp import MEDIA_TYPE
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.domain import cmp_messages as cmp
from sulku_revocation.domain import cmp_protection
from sulku_revocation.domain.certificate_der import BIT_STRING, INTEGER, SEQUENCE, encode, only_value
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

GENP_EMPTY = encode(cmp.GENP, encode(SEQUENCE))


class CmpCa:
    """`accepted` counts the revocations carried out by serial number; `waits` makes it want an approval."""

    def __init__(self, ca: EmbeddedCa, issuer: IssuerRecord, secret: bytes) -> None:
        self.ca, self.issuer, self.secret = ca, issuer, secret
        self.accepted: Counter[int] = Counter()
        self.waits = False
        self._lock = threading.Lock()

    def answer(self, request: bytes) -> bytes:
        message = cmp.read_message(request)
        if not cmp_protection.has_mac(self.secret, message.header.algorithm, message.protected, message.protection):
            body = encode(cmp.ERROR, encode(SEQUENCE, rejected(1)))  # badMessageCheck
            return cmp.write_message(cmp.write_header(self._header(message)), body, b"")
        body = GENP_EMPTY if message.kind == cmp.GENM else self._revocations(request)
        return self._protected(message, body)

    def _revocations(self, request: bytes) -> bytes:
        _, body, *_ = only_value(request, SEQUENCE).inside()
        details = only_value(body.contents, SEQUENCE).inside()
        with self._lock:
            statuses = [self._revoke(*one.inside()) for one in details]
        return encode(cmp.RP, encode(SEQUENCE, encode(SEQUENCE, *statuses)))

    def _revoke(self, template, extensions) -> bytes:
        fields = {field.tag: field.contents for field in template.inside()}
        serial = SerialNumber(int.from_bytes(fields[0x81], "big"))
        reason = ReasonCode(next(extensions.inside()).contents[-1])
        status = self.ca.lookup(self.issuer, serial)
        if status.state is CertificateState.UNKNOWN:
            return rejected(4)
        if status.state is CertificateState.REVOKED:
            return rejected(10)
        if self.waits:
            return encode(SEQUENCE, cmp.integer(cmp.WAITING))
        key = f"cmp:{serial.hex}"
        self.ca.revoke(OrderToSend(key, self.issuer.name, self.issuer.key_identifier, serial, reason))
        self.accepted[serial] += 1
        return encode(SEQUENCE, cmp.integer(cmp.ACCEPTED))

    def _header(self, message: cmp.Message) -> cmp.Header:
        return replace(
            message.header, sender=message.header.recipient, recipient=message.header.sender, sent_at=None,
            sender_nonce=b"s" * 16, recipient_nonce=message.header.sender_nonce, algorithm=b"",
        )  # fmt: skip

    def _protected(self, message: cmp.Message, body: bytes) -> bytes:
        algorithm = cmp_protection.password_based_algorithm(b"salt of the server", 500)
        header = cmp.write_header(replace(self._header(message), algorithm=algorithm))
        protection = cmp_protection.mac(self.secret, algorithm, cmp.protected_part(header, body))
        return cmp.write_message(header, body, protection)


def rejected(bit: int) -> bytes:
    """A rejection with this bit of PKIFailureInfo."""
    octets = bytearray(4)
    octets[bit // 8] |= 0x80 >> bit % 8
    return encode(SEQUENCE, encode(INTEGER, b"\x02"), encode(BIT_STRING, b"\x00", bytes(octets)))


@contextmanager
def serve_cmp(ca: CmpCa) -> Iterator[str]:
    """`ca` on a loopback port; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = ca.answer(body)
            self.send_response(200)
            self.send_header("Content-Type", MEDIA_TYPE)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # a connection that was cut
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/pkix/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
