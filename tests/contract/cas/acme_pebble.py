"""An ACME CA: Pebble, with the account that ordered the certificates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tests.contract.cas.case_ca import CaseCa, Held
from tests.servers.pebble import PebbleServer, start_pebble
from tests.servers.requests_to_sign import HOLDER_KEY

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.acme import Acme, open_acme
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.domain.reason_code import ReasonCode

NEVER_ISSUED = SerialNumber(0x7A11ED5EAF00D)


@dataclass(frozen=True, kw_only=True)
class PebbleCase(CaseCa):
    server: PebbleServer
    folder: Path

    def issue_for(self, key: ec.EllipticCurvePrivateKey, host: str = "by-key.holder.example") -> SerialNumber:
        return put_on_file(self.folder, self.server.client.order(host, key))

    def open(self, url: str = "", **options) -> Acme:
        given = {
            "account_key": self.folder / "account.pem",
            "certificates": self.folder,
            "trusted": self.server.trusted,
        }
        return open_acme(AdapterSettings("pebble", "authorities.pebble", url or self.server.url, None, given | options))


def put_on_file(folder: Path, pem: bytes) -> SerialNumber:
    """Where the adapter looks for certificates."""
    serial = SerialNumber(x509.load_pem_x509_certificate(pem).serial_number)
    (folder / f"{serial.hex}.pem").write_bytes(pem)
    return serial


def on_file(folder: Path, serial: SerialNumber) -> bytes:
    return x509.load_pem_x509_certificate((folder / f"{serial.hex}.pem").read_bytes()).public_bytes(Encoding.DER)


@contextmanager
def open_case(folder: Path) -> Iterator[PebbleCase]:
    with start_pebble(folder) as server:
        server.client.write_key(folder / "account.pem")
        options = {
            "account_key": str(folder / "account.pem"), "certificates": str(folder), "trusted": str(server.trusted),
        }  # fmt: skip

        def settings(url: str) -> AdapterSettings:
            return AdapterSettings("pebble", "authorities.pebble", url, None, options)

        def open_at(url: str) -> Acme:
            return open_acme(settings(url))

        def held(serial: SerialNumber) -> Held | None:
            status = server.status(serial)
            return None if isinstance(status, bool) else status

        def revoke_elsewhere(serial: SerialNumber, reason: ReasonCode) -> None:
            assert server.client.revoke(on_file(folder, serial), int(reason)).status == 200

        put_on_file(folder, server.never_issued(NEVER_ISSUED))
        authority = open_at(server.url)
        yield PebbleCase(
            authority=authority,
            issuer=server.issuer,
            issue=lambda name: put_on_file(folder, server.client.order(name, HOLDER_KEY)),
            held=held,
            revokes=lambda serial: 0 if held(serial) is None else 1,  # a second one is refused there
            revoke_elsewhere=revoke_elsewhere,
            url=server.url,
            open_at=open_at,
            settings=settings,
            server=server,
            folder=folder,
        )
        authority.close()
