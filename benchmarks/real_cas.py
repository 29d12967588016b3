"""Real CAs full of certificates for `campaign_at.py`, each started as the tests start it, with what it publishes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from benchmarks.cfssl_timer import Timer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from tests.certificates import Ca, issue, make_ca, name_of
from tests.conftest import find_free_port
from tests.contract.cas.cmp import SECRET, cmp_settings, write_credentials
from tests.servers.ca import issuer_record, open_ca, serial_of, serve_ca, to_issue
from tests.servers.cfssl import start_cfssl
from tests.servers.cmp_ca import CmpCa, serve_cmp
from tests.servers.ocsp_of import serving
from tests.servers.openbao import OpenBaoServer, start_openbao
from tests.servers.pebble import PebbleServer, start_pebble
from tests.servers.postgresql import start_postgresql

from sulku_kernel.clock import SystemClock
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.embedded.hierarchy import name_from_parts
from sulku_revocation.domain.crl_writing import key_identifier_of
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

AT_ONCE = 8

Held = tuple[int, datetime]  # reason and date


@dataclass(frozen=True)
class RealCa:
    """A running CA that issued `serials` (hex).

    `given` is how the desk reaches it. `ders` are its certificates where it has no way to list them. `held` asks the CA
    itself, past the adapter, for every revocation, and `writes` for how many it has carried out (None: it counts none).
    `reason` is what can be ordered so that it shows.
    """

    adapter: str
    given: AdapterSettings
    issuer: IssuerRecord
    serials: Sequence[str]
    held: Callable[[], dict[str, Held]]
    writes: Callable[[], int | None]
    reason: ReasonCode = ReasonCode.SUPERSEDED
    ders: Sequence[bytes] | None = None
    took: Callable[[], dict[str, float]] = dict  # what else it measured


@contextmanager
def openbao(folder: Path, certificates: int, holders: int) -> Iterator[RealCa]:
    """OpenBao issues all of them itself, by its API."""
    with start_openbao(folder) as server:
        settings = AdapterSettings("openbao", "", server.url, _secret(folder, server.token))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            serials = list(pool.map(lambda n: _sign_verbatim(server, n, holders), range(certificates)))
        # The engine keeps no reason, and a second revocation there changes nothing: its date is the first one's.
        yield RealCa("openbao", settings, server.issuer, serials, lambda: _on_crl_of(server), lambda: None)


def _sign_verbatim(server: OpenBaoServer, n: int, holders: int) -> str:
    private = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name_of(O=holder_name(n % holders), CN=host_name(n, holders)))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host_name(n, holders))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    csr = request.public_bytes(Encoding.PEM).decode()
    answer = server.call("POST", "pki/sign-verbatim/any", csr=csr, ttl="700h")
    return SerialNumber.from_hex(answer["serial_number"].replace(":", "")).hex


def _on_crl_of(server: OpenBaoServer) -> dict[str, Held]:
    """By its CRL made anew, which must hold as many as its list of the revoked."""
    server.call("GET", "pki/crl/rotate")
    crl = x509.load_der_x509_crl(server.client.get("/v1/pki/crl").content)
    listed = server.call("LIST", "pki/certs/revoked")["keys"]
    held = {SerialNumber(entry.serial_number).hex: (0, entry.revocation_date_utc) for entry in crl}
    assert {SerialNumber.from_hex(one.replace(":", "")).hex for one in listed} == set(held)
    return held


@contextmanager
def cfssl(folder: Path, certificates: int, holders: int) -> Iterator[RealCa]:
    """cfssl on PostgreSQL; its certificates are written into its database as it writes them itself."""
    ca, ocsp_port = make_ca("Testi CA cfssl", "cfssl"), find_free_port()
    with ExitStack() as stack:
        postgresql = stack.enter_context(start_postgresql(folder, find_free_port()))
        server = stack.enter_context(start_cfssl(folder, stack.enter_context(postgresql.new_database()), ca))
        timer = Timer(server, ocsp_port)
        crl_url = stack.enter_context(crl_server(lambda: timer.crl))
        serials = [SerialNumber(x509.random_serial_number()) for _ in range(certificates)]
        _write_rows(server.engine, [_row(ca, serial, n, holders, crl_url) for n, serial in enumerate(serials)])
        timer.make_crl()
        timer.start()
        stack.callback(timer.stop)
        yield RealCa(
            "cfssl", AdapterSettings("cfssl", "", server.url, _secret(folder, server.database)),
            replace(server.issuer, crl_url=crl_url, ocsp_url=f"http://127.0.0.1:{ocsp_port}/"),
            [one.hex for one in serials], lambda: _revoked_rows(server.engine), lambda: _count_writes(server.engine),
            took=lambda: timer.took,
        )  # fmt: skip


def _row(ca: Ca, serial: SerialNumber, n: int, holders: int, crl_url: str) -> dict[str, Any]:
    holder, host = n % holders, host_name(n, holders)
    subject, key_name = name_of(O=holder_name(holder), CN=host), f"holder {holder}"
    der = issue(ca, serial, subject=subject, hosts=(host,), crl_url=crl_url, days=700, key_name=key_name)
    certificate = x509.load_der_x509_certificate(der)
    return {
        "serial": str(int(serial)).encode(), "authority": key_identifier_of(ca.certificate).hex().encode(),
        "expiry": certificate.not_valid_after_utc, "pem": certificate.public_bytes(Encoding.PEM),
    }  # fmt: skip


def _write_rows(engine: sa.Engine, rows: list[dict[str, Any]]) -> None:
    insert = "INSERT INTO certificates VALUES (:serial, :authority, '', 'good', 0, :expiry, '0001-01-01', :pem)"
    with engine.begin() as connection:
        connection.execute(sa.text(insert), rows)


def _revoked_rows(engine: sa.Engine) -> dict[str, Held]:
    query = sa.text("SELECT serial_number, reason, revoked_at FROM certificates WHERE status = 'revoked'")
    with engine.connect() as connection:
        return {SerialNumber(int(serial)).hex: (reason, at) for serial, reason, at in connection.execute(query)}


def _count_writes(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM writes")).scalar_one())


@contextmanager
def acme(folder: Path, certificates: int, holders: int) -> Iterator[RealCa]:
    """Pebble issues all of them by ACME. It publishes nothing: CRL and OCSP beside it are made of its own records."""
    with start_pebble(folder) as server, ThreadPoolExecutor(AT_ONCE) as pool:
        pems = list(pool.map(lambda n: server.client.order(host_name(n, holders)), range(certificates)))
        issued = [x509.load_pem_x509_certificate(pem) for pem in pems]
        serials = [SerialNumber(one.serial_number) for one in issued]
        options = {"account_key": str(server.client.write_key(folder / "account.pem")), "trusted": str(server.trusted)}

        def held() -> dict[str, Held]:
            found = zip(serials, pool.map(server.status, serials), strict=True)
            return {serial.hex: (status[0] or 0, status[1]) for serial, status in found if not isinstance(status, bool)}

        with crl_server(lambda: _crl(server, held())) as crl_url:
            yield RealCa(
                "acme", AdapterSettings("acme", "", server.url, None, options),
                replace(server.issuer, crl_url=crl_url), [one.hex for one in serials], held, lambda: None,
                ders=[one.public_bytes(Encoding.DER) for one in issued],
            )  # fmt: skip


def _crl(server: PebbleServer, held: dict[str, Held]) -> bytes:
    key_ = load_pem_private_key(server.management.get("/intermediate-keys/0").content, None)
    assert isinstance(key_, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    assert server.issuer.certificate_der is not None
    issuer, now = x509.load_der_x509_certificate(server.issuer.certificate_der), SystemClock().now()
    list_ = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
    list_ = list_.last_update(now).next_update(now + timedelta(hours=1))
    list_ = list_.add_extension(x509.CRLNumber(time.time_ns()), critical=False)
    for serial, (reason, at) in held.items():
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(at)
        flag = x509.CRLReason(x509.ReasonFlags(ReasonCode(reason).rfc_name))
        list_ = list_.add_revoked_certificate((entry.add_extension(flag, critical=False) if reason else entry).build())
    return list_.sign(key_, hashes.SHA256()).public_bytes(Encoding.DER)


@contextmanager
def cmp(folder: Path, certificates: int, holders: int) -> Iterator[RealCa]:
    """The embedded CA behind CMP: OpenSSL's own server knows a single certificate (`campaign_at.py` asks it too)."""
    clock = SystemClock()
    with open_ca(folder / "ca", clock) as ca, serve_ca(ca, folder / "ca") as published:
        issuer = issuer_record(ca, "care", url=published.url)
        assert issuer.certificate_der is not None
        write_credentials(folder, issuer.certificate_der)
        ders = [
            ca.issue("care", to_issue(clock, host_name(n, holders), subject=_subject(n, holders)))
            for n in range(certificates)
        ]
        serials = [serial_of(der).hex for der in ders]
        server = CmpCa(ca, issuer, SECRET.encode())

        def held() -> dict[str, Held]:
            statuses = {serial: ca.lookup(issuer, SerialNumber.from_hex(serial)) for serial in serials}
            return {s: (one.reason or 0, one.revoked_at) for s, one in statuses.items() if one.revoked_at is not None}

        with serve_cmp(server) as url:
            given = cmp_settings(folder, url)
            yield RealCa("cmp", given, issuer, serials, held, lambda: sum(server.accepted.values()), ders=ders)


def _subject(n: int, holders: int) -> x509.Name:
    return name_from_parts(("C=FI", f"O={holder_name(n % holders)}", f"CN={host_name(n, holders)}"))


CAS = {"openbao": openbao, "cfssl": cfssl, "acme": acme, "cmp": cmp}


def holder_name(holder: int) -> str:
    return f"Asiakas {holder + 1} Oy"


def host_name(n: int, holders: int) -> str:
    return f"palvelin{n}.asiakas{n % holders}.example"


def _secret(folder: Path, text: str) -> Path:
    file = folder / "desk.secret"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


@contextmanager
def crl_server(make: Callable[[], bytes]) -> Iterator[str]:
    """What `make` returns, over HTTP; its address."""

    class Serving(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = make()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Serving) as address:
        yield f"{address}/ca.crl"
