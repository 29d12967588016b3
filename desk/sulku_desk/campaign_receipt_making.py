"""Makes the receipt of a campaign for one holder: one PDF with all of their certificates that were seen revoked.

Its evidence is what the campaign looked at: the CRL for each certificate, the OCSP answer for those that OCSP was asked
about. Nothing in it is another holder's, but for the serial numbers on the CRL, which is public.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sulku_desk.instance import Instance
from sulku_desk.receipt_making import FACTS, LARGEST_IN_MAIL, VERSION, Receipt, last_checkpoint
from sulku_desk.who_we_are import common_words
from sulku_kernel.clock import to_text
from sulku_kernel.errors import InputError, NotFoundError
from sulku_kernel.events import events
from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets
from sulku_mailbox.composing import AttachedPdf
from sulku_revocation.campaign_evidence import ShownOnCrl, read_campaign_evidence
from sulku_revocation.campaign_models import CAMPAIGN_LINES, campaign_lines
from sulku_revocation.campaign_notices import campaign_number
from sulku_revocation.campaigns import get_campaign
from sulku_revocation.register import DatabaseRegister
from sulku_templates.accessible_pdf import AttachedFile
from sulku_templates.campaign_receipt import render_campaign_receipt

LARGEST_ON_REQUEST = 10_000_000
# Certificates in a receipt that a role draws beside its other work: ten seconds, and 400 MB. A command draws any.
MOST_BESIDE_WORK = 1_000
_DESCRIPTIONS = {
    FACTS: "What the receipt says, for machines",
    "issuer": "The certificate of an issuer (DER)",
    "crl": "The CRL that shows revocations, as it was served (DER)",
    "ocsp": "The OCSP answer about one certificate, as it was served (DER)",
}


@dataclass(frozen=True, slots=True)
class _Made:
    """What goes into a receipt before it is drawn."""

    language: Language
    content: dict[str, Any]
    files: tuple[AttachedFile, ...]
    at: datetime

    @property
    def size(self) -> int:
        """Octets, nearly."""
        return sum(len(file.content) for file in self.files)

    @property
    def count(self) -> int:
        """Certificates."""
        return int(self.content["records"]["count"])


@dataclass
class _Files:
    """Names signed bytes by kind and number; the same bytes have one name."""

    names: dict[bytes, str] = field(default_factory=dict)
    kept: list[AttachedFile] = field(default_factory=list)

    def name(self, kind: str, ending: str, content: bytes) -> str:
        if content not in self.names:
            number = sum(1 for name in self.names.values() if name.endswith(ending)) + 1
            self.names[content] = f"{kind}-{number}.{ending}"
            self.kept.append(AttachedFile(self.names[content], content, _DESCRIPTIONS[kind]))
        return self.names[content]


def make_campaign_receipt(
    instance: Instance, campaign_id: int, account_id: int, language: Language | None = None
) -> Receipt:
    """The receipt of a holder, in the holder's language unless another is given.

    Raises NotFoundError, and IllegalTransitionError while none of their certificates was seen revoked.
    """
    return _drawn(_made(instance, campaign_id, account_id, language))


def campaign_receipt_for_mail(
    instance: Instance, campaign_id: int, account_id: int, *, is_requested: bool
) -> AttachedPdf | None:
    """The receipt as it goes with a mail; None when its CRLs make it too large for many mailboxes.

    One that somebody asked for may be larger, as mail servers take it.
    """
    made = _made(instance, campaign_id, account_id, None)
    if made.count > MOST_BESIDE_WORK or made.size > (LARGEST_ON_REQUEST if is_requested else LARGEST_IN_MAIL):
        return None
    receipt = _drawn(made)
    return AttachedPdf(receipt.name, receipt.pdf)


def campaign_receipt_for_console(instance: Instance, campaign_id: int, account_id: int) -> tuple[str, bytes]:
    """Its name and the PDF. Raises as `make_campaign_receipt`, and InputError for one that takes too long to draw."""
    made = _made(instance, campaign_id, account_id, None)
    if made.count > MOST_BESIDE_WORK:
        raise InputError(
            "this holder has more certificates than the console puts into a receipt",
            next_step="Write it at the command line: sulku campaign receipt.",
        )
    receipt = _drawn(made)
    return receipt.name, receipt.pdf


def _drawn(made: _Made) -> Receipt:
    content, spoken = made.content, made.language
    pdf = render_campaign_receipt(
        spoken,
        desk=content["desk"],
        lists=content["lists"],
        records=content["records"],
        files=made.files,
        made_at=made.at,
    )
    first = content["lists"][0]["certificates"][0]["evidence"]["serial"]
    return Receipt(f"{content['records']['number']}-{whole_octets(first)[-8:]}-{spoken.value}.pdf", pdf)


def _made(instance: Instance, campaign_id: int, account_id: int, language: Language | None) -> _Made:
    files = _Files()
    with instance.storage.desk.reading() as connection:
        campaign = get_campaign(connection, campaign_id)
        holder = DatabaseRegister(connection).account(account_id)
        if campaign is None or holder is None:
            raise NotFoundError("there is no such campaign or holder", next_step="Choose one: sulku campaign list.")
        shown = read_campaign_evidence(connection, campaign_id, account_id)
        digests = _digests(connection, campaign_id, account_id)
    at = max(one.line["confirmed_at"] for on_crl in shown for one in on_crl.certificates)
    spoken = language or holder.language
    content = {
        "receipt": VERSION,
        "about": "campaign",
        "language": spoken.value,
        "desk": common_words(instance.settings)["organisation"][spoken.value],
        "lists": _lists(shown, digests, files),
        "records": {
            "number": campaign_number(campaign),
            "organisation": holder.organisation,
            "count": sum(len(on_crl.certificates) for on_crl in shown),
            "confirmed_at": to_text(at),
        },
        "checkpoint": last_checkpoint(instance),
    }
    facts = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return _Made(spoken, content, (AttachedFile(FACTS, facts, _DESCRIPTIONS[FACTS]), *files.kept), at)


def _lists(
    shown: Iterable[ShownOnCrl], digests: dict[int, list[dict[str, Any]]], files: _Files
) -> Sequence[dict[str, Any]]:
    return [
        {
            "issuer": files.name("issuer", "cer", on_crl.issuer),
            "crl": files.name("crl", "crl", on_crl.crl),
            "certificates": [
                {
                    "evidence": one.facts.as_text(),
                    "common_name": one.line["common_name"],
                    "ocsp": None if one.ocsp_answer is None else files.name("ocsp", "ors", one.ocsp_answer),
                    "history": digests[one.line["id"]],
                }
                for one in on_crl.certificates
            ],
        }
        for on_crl in shown
    ]


def _digests(connection: sa.Connection, campaign_id: int, account_id: int) -> dict[int, list[dict[str, Any]]]:
    """The history of each line without names: an auditor compares it with the desk's own chain."""
    columns = campaign_lines.c
    query = (
        sa.select(columns.id, events.c.seq, events.c.action, events.c.digest)
        .join(events, sa.and_(events.c.subject_kind == CAMPAIGN_LINES.kind, events.c.subject_id == columns.id))
        .where(columns.campaign_id == campaign_id, columns.account_id == account_id)
        .order_by(events.c.seq)
    )
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for line_id, seq, action, digest in connection.execute(query):
        found[line_id].append({"seq": seq, "action": action, "digest": digest})
    return found
