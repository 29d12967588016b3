"""A CA that speaks CMP, with a shared secret; what it cannot tell is seen in the OCSP of its issuer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.contract.cas.case_ca import CaseCa
from tests.contract.cas.local import held, issue, revoke_elsewhere
from tests.servers.ca import issuer_record, open_ca, serve_ca
from tests.servers.cmp_ca import CmpCa, serve_cmp

from sulku_kernel.clock import SystemClock
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import CertificateAuthority
from sulku_revocation.ca.cmp import open_cmp
from sulku_revocation.ca.with_published_status import WithPublishedStatus

SECRET = "a long and random shared secret"


@contextmanager
def open_case(folder: Path) -> Iterator[CaseCa]:
    with ExitStack() as stack:
        ca = stack.enter_context(open_ca(folder / "ca", SystemClock()))
        published = stack.enter_context(serve_ca(ca, folder / "ca"))
        issuer = issuer_record(ca, "care", url=published.url)
        write_credentials(folder, issuer.certificate_der)
        server = CmpCa(ca, issuer, SECRET.encode())
        url = stack.enter_context(serve_cmp(server))
        fetch = HttpFetch()
        stack.callback(fetch.close)

        def open_at(where: str) -> CertificateAuthority:
            return WithPublishedStatus(open_cmp(cmp_settings(folder, where)), fetch, SystemClock())

        authority = open_at(url)
        stack.callback(authority.close)
        yield CaseCa(
            authority=authority,
            issuer=issuer,
            issue=lambda name: issue(ca, name),
            held=lambda serial: held(ca, issuer, serial),
            revokes=lambda serial: server.accepted[serial],
            revoke_elsewhere=lambda serial, reason: revoke_elsewhere(ca, issuer, serial, reason),
            url=url,
            open_at=open_at,
            settings=lambda where: cmp_settings(folder, where),
        )


def write_credentials(folder: Path, *issuers: bytes) -> None:
    pem = b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in issuers)
    (folder / "issuers.pem").write_bytes(pem)
    secret = folder / "cmp.secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    secret.chmod(0o600)


def cmp_settings(folder: Path, url: str, **options: object) -> AdapterSettings:
    given = {"issuers": str(folder / "issuers.pem"), "reference": "desk", **options}
    return AdapterSettings("cmp", "authorities.cmp", url, folder / "cmp.secret", given, folder)
