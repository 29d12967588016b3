"""Which CAs the cases run against, and which of them are reached over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path

from tests.contract.cas.case_ca import CaseCa

# Name in the test's id -> (module with `open_case`, whether it speaks HTTP)
KNOWN: dict[str, tuple[str, bool]] = {
    "local": ("tests.contract.cas.local", True),
    "cmp": ("tests.contract.cas.cmp", True),
    "openssl-ca": ("tests.contract.cas.openssl_ca", False),
    "command": ("tests.contract.cas.command", False),
    "ejbca": ("tests.contract.cas.ejbca", True),
    "openbao": ("tests.contract.cas.openbao", True),
    "cfssl": ("tests.contract.cas.cfssl", True),
    "acme-pebble": ("tests.contract.cas.acme_pebble", True),
    "acme-openbao": ("tests.contract.cas.acme_openbao", False),
    "django-ca": ("tests.contract.cas.django_ca", True),
}
OVER_HTTP = tuple(name for name, (_, is_http) in KNOWN.items() if is_http)


@contextmanager
def open_case(name: str, folder: Path) -> Iterator[CaseCa]:
    """Start the CA of this name in `folder`."""
    opened: AbstractContextManager[CaseCa] = import_module(KNOWN[name][0]).open_case(folder)
    with opened as case:
        yield case
