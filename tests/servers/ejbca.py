"""A server that answers as EJBCA's published REST description says; EJBCA itself is a Java server that runs nowhere here.

Also what the description does not say and its source shows: every revocation is answered "Successfully revoked", with
the reason that was asked for, and only `revoked` tells; a matter that waits for approval is answered 202. A search
cuts pages to `most_at_once` and then says that the page was the last one, leaves out what is not stored, and answers a
query that took too long with an empty page.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.record import IssuerRecord
from tests.certificates import Ca, issue, make_ca, pem
from tests.servers.certificates import write_server_certificate
from tests.servers.requests_to_sign import issuer_of_pem

_API = "/ejbca/ejbca-rest-api/v1/"
_SEARCH = "/ejbca/ejbca-rest-api/v2/certificate/search"
REASONS = [
    "UNSPECIFIED",
    "KEY_COMPROMISE",
    "CA_COMPROMISE",
    "AFFILIATION_CHANGED",
    "SUPERSEDED",
    "CESSATION_OF_OPERATION",
    "CERTIFICATE_HOLD",
    "UNUSED",
    "REMOVE_FROM_CRL",
    "PRIVILEGES_WITHDRAWN",
    "AA_COMPROMISE",
]


@dataclass
class Entry:
    """A certificate it issued. `changed` in milliseconds since 1970; not `is_stored`: the CA keeps no copy."""

    der: bytes = b""
    changed: int = 0
    is_stored: bool = True
    reason: str = ""
    at: datetime | None = None
    invalidity: str = ""
    revocations: int = 0


@dataclass
class EjbcaServer:
    """For tests to set: `wants_approval`, `keeps_silent` (it says that it did and does nothing), `lets_in`,
    `most_at_once` in a page, `too_slow_from` that page, `knows_changes` (older ones search by no time of change).
    """

    ca: Ca
    url: str = ""
    folder: Path = Path()
    wants_approval: bool = False
    keeps_silent: bool = False
    lets_in: bool = True
    most_at_once: int = 500
    too_slow_from: int = 1_000_000
    knows_changes: bool = True
    entries: dict[int, Entry] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def issuer(self) -> IssuerRecord:
        return issuer_of_pem(pem(self.ca.der))

    @property
    def options(self) -> dict[str, object]:
        names = {"certificate": "client/server.pem", "key": "client/server.key", "trusted": "server/server.pem"}
        return {name: self.folder / file for name, file in names.items()}

    def issue(self) -> SerialNumber:
        with self.lock:
            serial = SerialNumber(0x5EAF00D0000 + len(self.entries))
            self.entries[serial] = Entry(issue(self.ca, serial), _milliseconds())
            return serial

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Status and body."""
        with self.lock:
            self.asked.append(f"{method} {path}")
            if not self.lets_in:
                return _error(403, "Not authorized to resource /ca_functionality/view_ca")
            if (method, path) == ("POST", _SEARCH):
                return self._search(json.loads(body))
            match method, path.removeprefix(_API).split("/"):
                case "GET", ["ca"]:
                    dn = self.ca.rfc4514
                    plain = {"id": 1, "name": "Care", "subject_dn": dn, "issuer_dn": dn}
                    return _json(200, {"certificate_authorities": [plain]})
                case "GET", ["ca", dn, "certificate", "download"] if unquote(dn) == self.ca.rfc4514:
                    return 200, b"Subject: Care\n" + pem(self.ca.der)
                case "GET", ["certificate", dn, serial, "revocationstatus"]:
                    return self._status(unquote(dn), serial)
                case "PUT", ["certificate", dn, serial, "revoke"]:
                    return self._revoke(unquote(dn), serial, query)
            return 404, b"<html>Not Found</html>"

    def _search(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        wanted = {one["property"]: one["value"] for one in asked.get("criteria") or ()}
        if wanted.get("CA") != "Care" or ("UPDATE_TIME" in wanted and not self.knows_changes):
            return _error(400, "Invalid search criteria content.")
        after = _instant(wanted["UPDATE_TIME"]) if "UPDATE_TIME" in wanted else 0
        found = [entry for entry in self.entries.values() if entry.changed > after]
        if (pages := asked.get("pagination")) is None:
            return _json(200, {"certificates": [], "pagination_summary": {"total_certs": len(found)}})
        size = min(pages["page_size"], self.most_at_once)
        begin = (pages["current_page"] - 1) * size
        page = found[begin : begin + size] if pages["current_page"] < self.too_slow_from else []
        summary = {"page_size": pages["page_size"], "current_page": pages["current_page"]}
        if len(page) < pages["page_size"]:
            summary["total_certs"] = pages["page_size"] * (pages["current_page"] - 1) + len(page)
        shown = [_shown(entry) for entry in page if entry.is_stored]
        return _json(200, {"certificates": shown, "pagination_summary": summary})

    def _status(self, dn: str, serial: str) -> tuple[int, bytes]:
        entry = self.entries.get(int(serial, 16))
        if dn != self.ca.rfc4514 or entry is None:
            return _error(404, f"Certificate with serial number '{serial}' and issuer DN '{dn}' was not found")
        return _json(200, _plain(dn, serial, entry, entry.reason or "NOT_REVOKED"))

    def _revoke(self, dn: str, serial: str, query: dict[str, str]) -> tuple[int, bytes]:
        entry, reason = self.entries.get(int(serial, 16)), query.get("reason", "")
        if dn != self.ca.rfc4514:
            return _error(404, f"CA '{dn}' does not exist.")
        if reason not in REASONS:
            return _error(400, "Invalid revocation reason.")
        if entry is None:
            return _error(404, f"Certificate with issuer '{dn}' and serial '{serial}' was not found")
        if self.wants_approval:
            return _json(202, {"status_code": 202, "info_message": "The request must be approved by an administrator."})
        if entry.at is not None and (reason != "KEY_COMPROMISE" or entry.reason == reason):
            return _error(409, f"Certificate with issuer '{dn}' and serial '{serial}' has already been revoked.")
        if not self.keeps_silent:
            entry.revocations += 1
            entry.at = entry.at or datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  a server's own time
            entry.reason, entry.invalidity = reason, query.get("invalidity_date", "")
            entry.changed = _milliseconds()
        return _json(200, _plain(dn, serial, entry, reason) | {"message": "Successfully revoked"})


def _plain(dn: str, serial: str, entry: Entry, reason: str) -> dict[str, object]:
    plain: dict[str, object] = {"issuer_dn": dn, "serial_number": serial, "revoked": entry.at is not None}
    plain["revocation_reason"] = reason
    if entry.at is not None:
        plain["revocation_date"] = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return plain


def _shown(entry: Entry) -> dict[str, object]:
    return {
        "fingerprint": hashlib.sha1(entry.der, usedforsecurity=False).hexdigest(),
        "udpateTime": entry.changed,
        "base64Cert": base64.b64encode(base64.b64encode(entry.der)).decode(),
    }


def _milliseconds() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)  # noqa: TID251  a server's own time


def _instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _json(status: int, plain: object) -> tuple[int, bytes]:
    return status, json.dumps(plain).encode()


def _error(status: int, message: str) -> tuple[int, bytes]:
    return _json(status, {"error_code": status, "error_message": message})


@contextmanager
def start_ejbca(folder: Path) -> Iterator[EjbcaServer]:
    """Run it until the block ends. It wants a client certificate, as the real one does."""
    server = EjbcaServer(make_ca("Testi CA EJBCA", "ejbca"), folder=folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = server.answer(self.command, parts.path, dict(parse_qsl(parts.query)), given)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = _answer  # noqa: N815  the names that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    for name in ("server", "client"):
        (folder / name).mkdir()
        write_server_certificate(folder / name, datetime.now(UTC))  # noqa: TID251  a server's own time
    listener = _QuietServer(("127.0.0.1", 0), Handler)
    listener.socket = _mutual_tls(folder).wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    server.url = f"https://127.0.0.1:{listener.server_port}"
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


class _QuietServer(ThreadingHTTPServer):
    """Connections that tests cut are no news. Handshakes happen in the connection's own thread."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def _mutual_tls(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server/server.pem", folder / "server/server.key")
    context.load_verify_locations(folder / "client/server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context
