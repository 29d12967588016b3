"""What a campaign has kept to prove one holder's revocations: signed CRLs, and OCSP answers where OCSP was asked.

A long campaign is seen on many CRLs, each as large as all that is revoked. A later one shows what an earlier one did:
mostly the newest of an issuer proves everything. One counts for a certificate only if it says what was seen then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sulku_kernel.errors import IllegalTransitionError, InputError, NotFoundError
from sulku_kernel.serial_number import SerialNumber
from sulku_kernel.transaction import Row
from sulku_revocation.campaign_models import campaign_lines, campaign_sights
from sulku_revocation.domain.campaign_states import LineState
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.receipt_evidence import EvidenceCrl, EvidenceFacts
from sulku_revocation.models import certificates, issuers
from sulku_revocation.request_models import publication_documents


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A line of the campaign with `common_name` from the register, what was signed about it, and the OCSP answer."""

    line: Row
    facts: EvidenceFacts
    ocsp_answer: bytes | None


@dataclass(frozen=True, slots=True)
class ShownOnCrl:
    """The certificates that a CRL shows; it and its issuer's certificate as DER."""

    issuer: bytes
    crl: bytes
    certificates: tuple[ShownCertificate, ...]


def read_campaign_evidence(connection: sa.Connection, campaign_id: int, account_id: int) -> tuple[ShownOnCrl, ...]:
    """What proves the holder's revocations that were seen so far, by as few CRLs as do.

    Raises IllegalTransitionError while nothing was seen, NotFoundError when something that was kept is missing, and
    InputError when it does not hold.
    """
    lines = _revoked_lines(connection, campaign_id, account_id)
    if not lines:
        raise IllegalTransitionError(
            "no certificate of this holder has been seen revoked in this campaign",
            next_step="Wait until the campaign has seen them: sulku campaign watch.",
        )
    answers = _ocsp_answers(connection, campaign_id, account_id)
    of_issuer: defaultdict[int, list[Row]] = defaultdict(list)
    for line in lines:
        of_issuer[line["issuer_id"]].append(line)
    return tuple(
        shown
        for issuer_id, its_lines in of_issuer.items()
        for shown in _shown_on_crls(connection, campaign_id, issuer_id, its_lines, answers)
    )


def _shown_on_crls(
    connection: sa.Connection, campaign_id: int, issuer_id: int, lines: list[Row], answers: Mapping[int, bytes]
) -> Iterator[ShownOnCrl]:
    """The CRLs of an issuer that are needed, newest first."""
    query = sa.select(issuers.c.certificate_der).where(issuers.c.id == issuer_id)
    issuer: Any = connection.execute(query).scalar()
    left = lines
    for crl in _crls(connection, campaign_id, issuer_id) if issuer else ():
        opened = EvidenceCrl(issuer=issuer, crl=crl)
        tried = [(line, _facts(opened, line, answers.get(line["id"]))) for line in left]
        shown = tuple(ShownCertificate(line, facts, answers.get(line["id"])) for line, facts in tried if facts)
        if shown:
            yield ShownOnCrl(issuer, crl, shown)
        left = [line for line, facts in tried if facts is None]
        if not left:
            return
    raise NotFoundError("the evidence of this campaign is not complete", next_step="Import the issuer's certificate.")


def _facts(crl: EvidenceCrl, line: Row, ocsp_answer: bytes | None) -> EvidenceFacts | None:
    """What it says, if that is what was seen when the line was counted as revoked."""
    try:
        facts = crl.facts(SerialNumber.from_hex(line["serial"]), ocsp_answer)
    except InputError:
        return None
    seen = line["ca_revoked_at"], ReasonCode(line["ca_reason"]).rfc_name
    return facts if (facts.revoked_at, facts.reason) == seen else None


def _revoked_lines(connection: sa.Connection, campaign_id: int, account_id: int) -> list[Row]:
    columns = campaign_lines.c
    query = (
        sa.select(campaign_lines, certificates.c.common_name)
        .join(certificates, certificates.c.id == columns.certificate_id)
        .where(columns.campaign_id == campaign_id, columns.account_id == account_id)
        .where(columns.state == LineState.REVOKED)
        .order_by(columns.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _ocsp_answers(connection: sa.Connection, campaign_id: int, account_id: int) -> dict[int, bytes]:
    """By the id of the line."""
    columns, documents = campaign_lines.c, publication_documents.c
    query = (
        sa.select(columns.id, documents.der)
        .join(publication_documents, documents.sha256 == columns.ocsp_digest)
        .where(columns.campaign_id == campaign_id, columns.account_id == account_id)
    )
    return dict(map(tuple, connection.execute(query)))


def _crls(connection: sa.Connection, campaign_id: int, issuer_id: int) -> Iterator[bytes]:
    """The CRLs in which something of the campaign was seen, newest first, each read when it is needed."""
    sights = campaign_sights.c
    query = (
        sa.select(sights.crl_digest)
        .where(sights.campaign_id == campaign_id, sights.issuer_id == issuer_id)
        .order_by(sights.this_update.desc(), sights.seen_at.desc())
    )
    for digest in connection.execute(query).scalars().all():
        document = sa.select(publication_documents.c.der).where(publication_documents.c.sha256 == digest)
        der: Any = connection.execute(document).scalar()
        if der is not None:
            yield der
