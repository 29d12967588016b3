"""The register of issuers, certificates and their holders, as everybody else sees it.

`DatabaseRegister` (register.py) and `FakeRegister` (testing.py) pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sulku_revocation.domain.record import Account, CertificateRecord, CertificateType, IssuerRecord
from sulku_revocation.domain.reference import Reference

# At most so many certificates answer one reference, newest on file first. A result of this length may be incomplete:
# treat it as ambiguous.
CANDIDATE_LIMIT = 100


def revocable_by(account: Account, certificate: CertificateRecord) -> bool:
    """Whether this holder's contacts may ask for this certificate: it is theirs, and no CA's own.

    The only place that answers this question (RFC 5280 knows no holder: our register does).
    """
    return certificate.account_id == account.id and certificate.certificate_type is not CertificateType.CA


class Register(Protocol):
    """Look-ups.

    Certificates come newest on file first. CA certificates are among them, with type CA, so that a mail that names one
    is understood: who matches must refuse them.
    """

    def look_up(self, references: Sequence[Reference]) -> Mapping[Reference, tuple[CertificateRecord, ...]]:
        """The certificates each reference names, by index; every reference asked for is a key of the answer.

        SERIAL: any of the readings, at any issuer. FINGERPRINT: SHA-1 or SHA-256 of the DER. CERTIFICATE: SHA-256 of
        the DER. SPKI: the key. HOST_NAME: that name or the wildcard above it. COMMON_NAME: folded. OID: certificates
        whose subject or whose holder carries it. BUSINESS_ID: the holder's. ORGANISATION: folded; the holder's and
        those whose subject says so. At most CANDIDATE_LIMIT each; so, to join a common name with an OID, compare the
        fields of the records, not two answers.
        """
        ...

    def near_serials(self, reading: str) -> tuple[CertificateRecord, ...]:
        """Certificates whose serial is one slip (a digit wrong, missing, doubled, or two swapped) from the hex."""
        ...

    def near_organisations(self, name: str) -> tuple[tuple[Account, float], ...]:
        """Holders whose folded name is like `name`, best first, with a score 0…1 (1 = the same when folded)."""
        ...

    def account_of_address(self, address: str) -> Account | None:
        """The holder one of whose contacts has this address; the oldest when several have (`accounts_of_address`)."""
        ...

    def accounts_of_address(self, address: str) -> tuple[Account, ...]:
        """Every holder that has this contact: a broker is on file with many."""
        ...

    def accounts_of_addresses(self, addresses: Iterable[str]) -> Mapping[str, tuple[Account, ...]]:
        """The same for many addresses at once; every one asked for is a key of the answer."""
        ...

    def account(self, account_id: int) -> Account | None: ...

    def accounts_of_domain(self, domain: str) -> tuple[Account, ...]:
        """Holders that have this mail or host domain on file, or one it stands under (`mail.example.fi`)."""
        ...

    def certificates_of_account(
        self, account_id: int, *, limit: int = CANDIDATE_LIMIT
    ) -> tuple[CertificateRecord, ...]:
        """The holder's certificates, at most `limit`."""
        ...

    def with_spki(self, spki: str) -> tuple[CertificateRecord, ...]:
        """Every certificate with this key (SHA-256 of the normalised SubjectPublicKeyInfo, hex): no limit."""
        ...

    def certificate(self, certificate_id: int) -> CertificateRecord | None: ...

    def issuer(self, issuer_id: int) -> IssuerRecord | None: ...

    def issuers(self) -> tuple[IssuerRecord, ...]:
        """Every issuer on file, oldest first."""
        ...

    def revocable_by(self, account: Account, certificate: CertificateRecord) -> bool:
        """See the function of the same name."""
        ...
