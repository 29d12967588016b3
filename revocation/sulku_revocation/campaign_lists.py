"""What an issuer publishes, opened once for a whole look of a campaign."""

from __future__ import annotations

from datetime import datetime

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.crl_evidence import OpenCrl, see_on_crl
from sulku_revocation.domain.publication_evidence import Finding, NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.publication import issuer_certificate, see_ocsp
from sulku_revocation.published_crls import Fetch, PublicationMemory, Question


class PublishedLists:
    """The issuer's CRLs with their deltas, as they are at `asked.now`; OCSP is asked for each certificate."""

    def __init__(self, asked: Question, memory: PublicationMemory) -> None:
        self._asked = asked
        self._memory = memory
        self._lists = [_opened(asked, url, memory) for url in asked.issuer.crl_urls]

    def on_crl(self, serial: SerialNumber, expected: ReasonCode) -> Finding:
        """Seen on any of them; else what is wrong with one, else why not yet."""
        found: Finding = NotYet("no_address", "the issuer has no CRL address on file")
        for opened in self._lists:
            if isinstance(opened, NotYet | Wrong):
                finding: Finding = opened
            else:
                crl, delta = opened
                finding = see_on_crl(crl, serial, expected, self._asked.now, delta=delta)
            if isinstance(finding, Seen):
                return finding
            found = found if isinstance(found, Wrong) else finding
        return found

    def in_ocsp(self, serial: SerialNumber, expected: ReasonCode) -> Finding:
        """See `publication.see_ocsp`."""
        return see_ocsp(self._asked, serial, expected, self._memory)


class NoLists:
    """An issuer whose certificate is not on file: without its key nothing can be believed."""

    def __init__(self, why: Wrong) -> None:
        self._why = why

    def on_crl(self, serial: SerialNumber, expected: ReasonCode) -> Finding:  # noqa: ARG002  the same for all
        """Why not."""
        return self._why

    in_ocsp = on_crl


def open_lists(
    issuer: IssuerRecord, now: datetime, fetch: Fetch, memory: PublicationMemory
) -> PublishedLists | NoLists:
    """What the issuer publishes now. Never raises for what a server answers or fails to."""
    certificate = issuer_certificate(issuer)
    if certificate is None:
        return NoLists(Wrong("no_issuer_certificate", f"the certificate of {issuer.name} is not on file or unreadable"))
    return PublishedLists(Question(issuer, certificate, now, fetch), memory)


def _opened(asked: Question, url: str, memory: PublicationMemory) -> tuple[OpenCrl, OpenCrl | None] | NotYet | Wrong:
    crl = memory.complete(asked, url)
    if not isinstance(crl, OpenCrl):
        return crl
    delta = memory.delta(asked, crl)
    return delta if isinstance(delta, Wrong) else (crl, delta)
