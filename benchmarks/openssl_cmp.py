"""How many `rr` a second OpenSSL's own CMP server takes from the adapter, each answer verified.

It has no register, and takes revocations of the one certificate it is started with: a campaign needs `cmp_ca.py`.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from tests.servers.openssl_cmp import CmpPki, make_pki

from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import Accepted, OrderToSend
from sulku_revocation.ca.cmp import open_cmp
from sulku_revocation.domain.reason_code import ReasonCode

BY_SECRET = {"reference": "desk"}
BY_KEY = {"certificate": "desk.pem", "key": "desk.key", "server_certificates": "server.pem"}


def measure_openssl(folder: Path, orders: int) -> dict[str, float]:
    """Orders a second, one after the other, protected by a shared secret and by signatures."""
    pki = make_pki(folder)
    figures = {}
    with pki.serve() as url:
        figures["openssl_by_secret_per_s"] = _per_second(pki, url, orders, BY_SECRET)
    with pki.serve(secret=None) as url:
        figures["openssl_by_key_per_s"] = _per_second(pki, url, orders, BY_KEY)
    return figures


def _per_second(pki: CmpPki, url: str, orders: int, options: dict[str, str]) -> float:
    given = {"issuers": "ca.pem", **options}
    settings = AdapterSettings("cmp", "authorities.cmp", url, pki.folder / "cmp.secret", given, pki.folder)
    order = OrderToSend("order", pki.issuer.name, pki.issuer.key_identifier, pki.serial, ReasonCode.SUPERSEDED)
    with closing(open_cmp(settings)) as authority:
        begin = time.monotonic()
        assert all(authority.revoke(order) == Accepted(None) for _ in range(orders))
        return round(orders / (time.monotonic() - begin))
