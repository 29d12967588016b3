"""An ACME CA that refuses every reason: OpenBao. It writes its own address into its directory, so that no proxy fits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract.cas.acme_pebble import NEVER_ISSUED, put_on_file
from tests.contract.cas.case_ca import CaseCa, Held
from tests.senders import Zone
from tests.servers.acme_client import AcmeClient
from tests.servers.dns import serve_dns
from tests.servers.openbao import make_acme_engine, start_openbao
from tests.servers.unknown_certificate import unknown_certificate

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca.acme import open_acme
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.openbao import colons
from sulku_revocation.domain.reason_code import ReasonCode


@contextmanager
def open_case(folder: Path) -> Iterator[CaseCa]:
    zone = Zone()
    with serve_dns(zone) as resolver, start_openbao(folder) as server:
        issuer = make_acme_engine(server, "acme", "Testi CA OpenBao ACME", resolver)
        directory = f"{server.url}/v1/acme/acme/directory"

        def prove(host: str, text: str) -> None:
            zone.txt(f"_acme-challenge.{host}", text)

        client = AcmeClient(directory, None, prove)
        client.write_key(folder / "account.pem")
        options = {"account_key": folder / "account.pem", "certificates": folder, "takes_reasons": False}

        def held(serial: SerialNumber) -> Held | None:
            revoked_at = server.on_crl(serial, "acme")
            return None if revoked_at is None else (0, revoked_at)

        def revoke_elsewhere(serial: SerialNumber, _: ReasonCode) -> None:
            server.call("POST", "acme/revoke", serial_number=colons(serial))

        authority = open_acme(AdapterSettings("bao", "authorities.bao", directory, None, options))
        put_on_file(folder, unknown_certificate(issuer, NEVER_ISSUED))
        yield CaseCa(
            authority=authority,
            issuer=issuer,
            issue=lambda name: put_on_file(folder, client.order(name)),
            held=held,
            revokes=lambda serial: 0 if held(serial) is None else 1,
            revoke_elsewhere=revoke_elsewhere,
        )
        authority.close()
        client.close()
