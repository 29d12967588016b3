"""The promises of a mass revocation, read from its rows and its history alone.

As in `invariants.py`, each check returns sentences about what is broken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography import x509

from sulku_kernel.events import RecordedEvent
from sulku_revocation.campaign_models import campaign_lines, campaigns
from sulku_revocation.campaign_sending import order_key
from sulku_revocation.domain.campaign_states import CampaignState, LineState
from sulku_revocation.request_models import publication_documents

NOTICES = ("campaign_before", "campaign_after")
RESULTS = {"LEAVE_OUT": LineState.LEFT_OUT, "SEE": LineState.REVOKED, "REFUSE": LineState.REFUSED}


@dataclass(frozen=True)
class Campaigns:
    """The campaigns, their lines, and each line's key at the CA."""

    by_id: Mapping[int, Mapping[str, Any]]
    lines: Mapping[int, Mapping[str, Any]]
    by_key: Mapping[str, Mapping[str, Any]]
    crls: Mapping[str, bytes]

    @property
    def approved_serials(self) -> set[str]:
        """Of every certificate that an approved campaign has sent to the CA."""
        return {
            line["serial"] for line in self.lines.values() if line["sent_at"] and self.by_id[_of(line)]["approved_by"]
        }


def read_campaigns(connection: sa.Connection) -> Campaigns:
    """Everything that is looked at."""
    by_id = {row["id"]: dict(row) for row in connection.execute(sa.select(campaigns)).mappings()}
    lines = {row["id"]: dict(row) for row in connection.execute(sa.select(campaign_lines)).mappings()}
    by_key = {order_key(by_id[_of(line)], line): line for line in lines.values() if by_id[_of(line)]["list_hash"]}
    kept = sa.select(publication_documents.c.sha256, publication_documents.c.der)
    seen_on = {line["crl_digest"] for line in lines.values()} - {None}
    crls = {row.sha256: row.der for row in connection.execute(kept.where(kept.selected_columns.sha256.in_(seen_on)))}
    return Campaigns(by_id, lines, by_key, crls)


def _of(line: Mapping[str, Any]) -> int:
    return int(line["campaign_id"])


def every_line_has_one_result(found: Campaigns, events: Collection[RecordedEvent]) -> Iterator[str]:
    """Of a campaign that was started and has ended, each line ends once; what a cancelled one never sent stays listed."""
    results = Counter(
        event.subject.id for event in events if event.subject.kind == "campaign_line" and event.action in RESULTS
    )
    for id_, line in found.lines.items():
        campaign = found.by_id[_of(line)]
        if results[id_] > 1:
            yield f"line {id_} has {results[id_]} results"
        has_ended = campaign["state"] in {CampaignState.COMPLETED, CampaignState.CANCELLED} and not campaign["is_drill"]
        if not has_ended or (campaign["state"] == CampaignState.CANCELLED and line["sent_at"] is None):
            continue
        if results[id_] != 1 or line["state"] not in RESULTS.values():
            yield f"campaign {campaign['id']} has ended, and line {id_} is {line['state']} with {results[id_]} results"


def every_order_had_its_approval(found: Campaigns, events: Collection[RecordedEvent]) -> Iterator[str]:
    """I4: before a line is sent stand the decision on its campaign and another person's approval, in this order."""
    first: dict[tuple[str, int, str], int] = {}
    for event in events:
        first.setdefault((event.subject.kind, event.subject.id, event.action), event.seq)
    for id_, line in found.lines.items():
        if line["sent_at"] is None:
            continue
        campaign = found.by_id[_of(line)]
        if campaign["is_drill"] or campaign["approved_by"] in (None, campaign["decided_by"]):
            yield f"line {id_} was sent and no other person than who decided had approved campaign {campaign['id']}"
        steps = [
            first.get(("campaign", campaign["id"], "DECIDE"), 0),
            first.get(("campaign", campaign["id"], "APPROVE"), 0),
            first.get(("campaign_line", id_, "SEND"), 0),
        ]
        if 0 in steps or steps != sorted(steps):
            yield f"line {id_} took its steps in another order: {steps}"


def every_line_is_at_the_ca_once(found: Campaigns, ca_orders: Mapping[str, str]) -> Iterator[str]:
    """I5: whatever was sent is at the CA under the line's own key, and under no other. `ca_orders`: serial by key."""
    keys = Counter(ca_orders.values())
    for key, line in found.by_key.items():
        if line["state"] == LineState.REVOKED and (ca_orders.get(key) != line["serial"] or keys[line["serial"]] != 1):
            yield f"line {line['id']} has {keys[line['serial']]} orders at the CA"


def every_line_was_seen(found: Campaigns, issuer: x509.Certificate) -> Iterator[str]:
    """I6: a line counts as revoked on a kept CRL that is signed by the issuer and gives the campaign's one reason."""
    lists = {digest: x509.load_der_x509_crl(der) for digest, der in found.crls.items()}
    genuine = {digest for digest, crl in lists.items() if crl.is_signature_valid(issuer.public_key())}  # type: ignore[arg-type]
    for line in found.lines.values():
        if line["state"] != LineState.REVOKED:
            continue
        shown = line["crl_digest"] in genuine and lists[line["crl_digest"]].get_revoked_certificate_by_serial_number(
            int(line["serial"], 16)
        )
        if not shown or shown.extensions.get_extension_for_class(x509.CRLReason).value.reason.name != "superseded":
            yield f"no kept CRL shows line {line['id']} with the reason of its campaign"


def a_campaign_does_what_was_asked(found: Campaigns, asked: Collection[str]) -> Iterator[str]:
    """Those certificates that people listed are revoked by it, all of them and no other."""
    revoked = {line["serial"] for line in found.lines.values() if line["state"] == LineState.REVOKED}
    for serial in sorted(revoked.symmetric_difference(asked)):
        yield f"{serial} was {'not ' if serial not in asked else ''}listed and is {'not ' if serial not in revoked else ''}revoked"


def holders_hear_of_it_once(effects: Iterable[Mapping[str, Any]], holders: Collection[str]) -> Iterator[str]:
    """Each holder with a listed certificate is told before and after, in one mail each, whatever died on the way."""
    told = Counter(
        (mail["payload"]["template"], mail["payload"]["to"])
        for mail in effects
        if mail["kind"] == "mail" and mail["payload"]["template"] in NOTICES
    )
    expected = {(template, address) for template in NOTICES for address in holders}
    for notice in sorted(expected | told.keys()):
        if told[notice] != (notice in expected):
            yield f"{notice[1]} was told {told[notice]} times by {notice[0]}"
