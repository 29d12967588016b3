"""Three hundred certificates for the invented organisations: servers and system signatures, each with its test twin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from sulku_desk.demo.organisations import InventedOrganisation
from sulku_revocation.ca.embedded.authority import EmbeddedCa
from sulku_revocation.ca.embedded.issuing import CertificateToIssue
from sulku_revocation.domain.record import CertificateType

# The issuing certificates of an elder and of a newer generation, and the test CA that stands beside each.
_ISSUERS = (("vrkshsp", "vrkshsptg2"), ("dvvshsg3", "dvvshstg3"))
_WITH_MORE = 20
_ASCII = str.maketrans("äöåÄÖÅ", "aoaAOA")


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """One of the three hundred. `part` tells what it is for: `kanta`, `potilas`, `kanta-old`, `signature`."""

    organisation: InventedOrganisation
    part: str
    kind: CertificateType
    common_name: str
    host_names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    der: bytes


@dataclass(frozen=True, slots=True)
class _Planned:
    organisation: InventedOrganisation
    part: str
    slug: str
    request: CertificateToIssue


def issue_certificates(
    ca: EmbeddedCa, organisations: tuple[InventedOrganisation, ...], now: datetime
) -> list[IssuedCertificate]:
    """Have the CA issue all of them."""
    planned = [one for place, each in enumerate(organisations) for one in _plan(place, each, now)]
    issued: list[IssuedCertificate] = []
    for slug in dict.fromkeys(one.slug for one in planned):
        of_issuer = [one for one in planned if one.slug == slug]
        for one, der in zip(of_issuer, ca.issue_many(slug, [each.request for each in of_issuer]), strict=True):
            issued.append(_issued(one, der))
    return issued


def _plan(place: int, organisation: InventedOrganisation, now: datetime) -> Iterator[_Planned]:
    """Six certificates for everybody, nine for the first twenty: an elder one, its twin, and one with the same key."""
    real, test = _ISSUERS[place % 2]
    domain = organisation.domain
    label = domain.partition(".")[0]
    kanta, patients = f"kanta.{domain}", f"potilas.{domain}"
    key = _key()
    servers = [("kanta", kanta, key, 30), ("potilas", patients, _key(), 90)]
    if place < _WITH_MORE:
        servers.append(("kanta-old", kanta, _key(), 340))
        yield _server(organisation, "kanta-mail", real, f"viesti.{domain}", key, now - timedelta(days=30))
    for part, host, public_key, age in servers:
        begins = now - timedelta(days=age)
        yield _server(organisation, part, real, host, public_key, begins)
        yield _server(organisation, part, test, f"testi-{host}", _key(), begins, is_test=True)
    name = f"Todistuspalvelu_{label}"
    yield _signature(organisation, real, name, now - timedelta(days=200))
    yield _signature(organisation, test, f"{name}_testi", now - timedelta(days=200), is_test=True)


def _server(
    organisation: InventedOrganisation,
    part: str,
    slug: str,
    host: str,
    key: CertificatePublicKeyTypes,
    begins: datetime,
    *,
    is_test: bool = False,
) -> _Planned:
    kind = CertificateType.TEST_SERVER if is_test else CertificateType.SERVER
    ends = begins + timedelta(days=365)
    request = CertificateToIssue(_subject(organisation, host), key, (host,), kind, begins, ends)
    return _Planned(organisation, part, slug, request)


def _signature(
    organisation: InventedOrganisation, slug: str, name: str, begins: datetime, *, is_test: bool = False
) -> _Planned:
    kind = CertificateType.TEST_SYSTEM_SIGNATURE if is_test else CertificateType.SYSTEM_SIGNATURE
    ends = begins + timedelta(days=730)
    request = CertificateToIssue(_subject(organisation, name), _key(), (), kind, begins, ends)
    return _Planned(organisation, "signature", slug, request)


def _subject(organisation: InventedOrganisation, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FI"),
            # Real certificates write organisations without å, ä and ö.
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation.name.translate(_ASCII)),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, organisation.oid),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key() -> CertificatePublicKeyTypes:
    # The private half is forgotten at once: nobody needs it here.
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def _issued(planned: _Planned, der: bytes) -> IssuedCertificate:
    request = planned.request
    (common_name,) = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return IssuedCertificate(
        planned.organisation,
        planned.part,
        request.kind,
        str(common_name.value),
        request.host_names,
        request.not_before,
        request.not_after,
        der,
    )
