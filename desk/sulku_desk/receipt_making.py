"""Makes the receipt of a revocation that was seen: a PDF with the signed CRL, the OCSP answer and the desk's digests.

Nothing that was not seen gets one. The evidence is verified before it goes in, by the code that verifies receipts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sulku_desk.instance import Instance
from sulku_desk.who_we_are import common_words
from sulku_kernel import checkpoints
from sulku_kernel.clock import to_text
from sulku_kernel.errors import IllegalTransitionError, NotFoundError
from sulku_kernel.events import Subject, read_events
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber, whole_octets
from sulku_mailbox.composing import AttachedPdf
from sulku_revocation.domain.order_states import OrderState
from sulku_revocation.domain.receipt_evidence import read_evidence_facts
from sulku_revocation.domain.register_port import Register
from sulku_revocation.orders import read_evidence
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.request_models import revocation_orders
from sulku_templates.accessible_pdf import AttachedFile
from sulku_templates.receipt import render_receipt
from sulku_tickets.ticket_queue import get_ticket

FACTS, CRL, OCSP, ISSUER = "receipt.json", "revocation.crl", "revocation.ors", "issuer.cer"
VERSION = 1
LARGEST_IN_MAIL = 2_000_000
_DESCRIPTIONS = {
    FACTS: "What the receipt says, for machines",
    CRL: "The CRL that shows the revocation, as it was served (DER)",
    OCSP: "The OCSP answer that shows the revocation, as it was served (DER)",
    ISSUER: "The certificate of the issuer (DER)",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt and the name it is handed out under."""

    name: str
    pdf: bytes

    def write_to(self, folder: Path) -> Path:
        """The file that it is written to."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / self.name
        file.write_bytes(self.pdf)
        return file


def make_receipt(instance: Instance, order_id: int, language: Language | None = None) -> Receipt:
    """The receipt of an order, in the holder's language unless another is given.

    Raises NotFoundError, and IllegalTransitionError while the revocation was not seen on both CRL and OCSP.
    """
    with instance.storage.desk.reading() as connection:
        order = _confirmed(connection, order_id)
        content, files, spoken = _content(connection, instance, order, language)
    attached = {FACTS: json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode(), **files}
    pdf = render_receipt(
        spoken,
        desk=content["desk"],
        evidence=content["evidence"],
        records=content["records"],
        files=tuple(AttachedFile(name, octets, _DESCRIPTIONS[name]) for name, octets in attached.items()),
        made_at=order["confirmed_at"],
    )
    return Receipt(f"{content['records']['number']}-{whole_octets(order['serial'])[-8:]}-{spoken.value}.pdf", pdf)


def receipt_for_mail(instance: Instance, order_id: int) -> AttachedPdf | None:
    """The receipt as it goes with a mail; None when the CRL in it makes it too large for many mailboxes."""
    receipt = make_receipt(instance, order_id)
    return AttachedPdf(receipt.name, receipt.pdf) if len(receipt.pdf) <= LARGEST_IN_MAIL else None


def receipt_for_console(instance: Instance, order_id: int) -> tuple[str, bytes]:
    """Its name and the PDF."""
    receipt = make_receipt(instance, order_id)
    return receipt.name, receipt.pdf


def _confirmed(connection: sa.Connection, order_id: int) -> Mapping[str, Any]:
    query = sa.select(revocation_orders).where(revocation_orders.c.id == order_id)
    order = connection.execute(query).mappings().one_or_none()
    if order is None:
        raise NotFoundError(f"there is no order {order_id}", next_step="sulku ticket show lists a ticket's orders.")
    if order["state"] != OrderState.CONFIRMED:
        raise IllegalTransitionError(
            "the revocation has not been seen on both CRL and OCSP", next_step="Wait until the ticket says Revoked."
        )
    return dict(order)


def _content(
    connection: sa.Connection, instance: Instance, order: Mapping[str, Any], language: Language | None
) -> tuple[dict[str, Any], dict[str, bytes], Language]:
    register = DatabaseRegister(connection)
    seen = {row["kind"]: row["der"] for row in read_evidence(connection, order["id"])}
    issuer = register.issuer(order["issuer_id"])
    if issuer is None or issuer.certificate_der is None or set(seen) != {"crl", "ocsp"}:
        raise NotFoundError(
            f"the evidence of order {order['id']} is not complete", next_step="Import the issuer's certificate."
        )
    files = {CRL: seen["crl"], OCSP: seen["ocsp"], ISSUER: issuer.certificate_der}
    facts = read_evidence_facts(
        SerialNumber.from_hex(order["serial"]), issuer=files[ISSUER], crl=files[CRL], ocsp_answer=files[OCSP]
    )
    ticket = get_ticket(connection, order["ticket_id"])
    spoken = language or _language_of_holder(register, order, str(ticket["language"]))
    organisation = common_words(instance.settings)["organisation"][spoken.value]
    content = {
        "receipt": VERSION,
        "about": "certificate",
        "language": spoken.value,
        "desk": organisation,
        "evidence": facts.as_text(),
        "records": _records(register, order, ticket["number"]),
        "history": _digests(connection, order),
        "checkpoint": last_checkpoint(instance),
    }
    return content, files, spoken


def _language_of_holder(register: Register, order: Mapping[str, Any], otherwise: str) -> Language:
    certificate = register.certificate(order["certificate_id"])
    holder = None if certificate is None or certificate.account_id is None else register.account(certificate.account_id)
    return Language(otherwise) if holder is None else holder.language


def _records(register: Register, order: Mapping[str, Any], number: str) -> dict[str, Any]:
    certificate = register.certificate(order["certificate_id"])
    return {
        "number": number,
        "common_name": "" if certificate is None else certificate.common_name,
        "host_names": [] if certificate is None else list(certificate.host_names),
        "organisation": "" if certificate is None else certificate.organisation,
        **{name: to_text(order[name]) for name in ("sent_at", "crl_visible_at", "ocsp_visible_at")},
    }


def _digests(connection: sa.Connection, order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The history of the order without names: an auditor compares it with the desk's own chain."""
    events = read_events(connection, subject=Subject("order", order["id"]))
    return [{"seq": event.seq, "action": event.action, "digest": event.digest} for event in events]


def last_checkpoint(instance: Instance) -> dict[str, Any] | None:
    """The newest signed statement about where the desk's history ended."""
    key = instance.audit_key
    last = checkpoints.last_checkpoint(instance.settings.checkpoints_folder, key.public_key())
    if last is None:
        return None
    return {
        "seq": last.seq,
        "digest": last.digest,
        "at": to_text(last.at),
        "signature": key.sign(last.signed_bytes()).hex(),
        "public_key": key.public_key().public_bytes_raw().hex(),
    }
