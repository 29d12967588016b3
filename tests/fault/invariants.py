"""The promises, checked from outside: what senders, CA and smarthost wrote down, the CRL, and the rows.

Each check returns sentences about what is broken; none means that the promise held. The numbers are those of the
invariants in docs/torture.md.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.fault import campaign_invariants
from tests.fault.storm_campaign import LONGER_THAN_ANY_STORM
from tests.fault.world import FaultWorld, holder_address

from sulku_desk.checking import verify_audit
from sulku_desk.instance import Instance
from sulku_desk.reading import readings
from sulku_desk.wiring import make_inbox
from sulku_kernel.clock import from_text
from sulku_kernel.events import RecordedEvent, read_events
from sulku_kernel.outbox import EffectState, outbox
from sulku_mailbox import models as inbox_models
from sulku_revocation import models as register_models
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.request_models import (
    publication_documents,
    publication_evidence,
    revocation_orders,
    revocation_requests,
)
from sulku_tickets.models import deadlines, ticket_mails

APPROVED = {RequestState.APPROVED, RequestState.ORDERED, RequestState.ACCEPTED, RequestState.REVOKED}
MINUTE = timedelta(minutes=1)


class Evidence:
    """Everything that is looked at, read once."""

    def __init__(self, world: FaultWorld, instance: Instance) -> None:
        self.world, self.instance = world, instance
        self.now = world.clock.now()
        with instance.storage.desk.reading() as connection:
            self.events: list[RecordedEvent] = read_events(connection)
            self.readings = _rows(connection, readings)
            self.outbox = _rows(connection, outbox)
            self.mails = _rows(connection, ticket_mails)
            self.requests = {row["id"]: row for row in _rows(connection, revocation_requests)}
            self.orders = {row["idempotency_key"]: row for row in _rows(connection, revocation_orders)}
            self.campaigns = campaign_invariants.read_campaigns(connection)
            self.deadlines = _rows(connection, deadlines)
            self.revoked = _rows(connection, register_models.certificates, "revoked_at")
            joined = sa.select(publication_evidence, publication_documents.c.der).join(
                publication_documents, publication_documents.c.sha256 == publication_evidence.c.sha256
            )
            self.sights = [dict(row) for row in connection.execute(joined).mappings()]
        with instance.storage.inbox.reading() as connection:
            self.deliveries = _rows(connection, inbox_models.deliveries)
        self.sent = world.entries("sender-*")
        self.at_ca = world.entries("ca")
        self.taken = world.entries("smarthost")
        self.approved = world.entries("approved")
        with sqlite3.connect(world.settings.ca_folder / "ca.sqlite") as records:
            self.ca_revocations = {row[0] for row in records.execute("SELECT serial FROM revocation")}
            self.ca_orders = dict(records.execute("SELECT idempotency_key, serial FROM revocation_order"))

    def of(self, *actions: str) -> list[RecordedEvent]:
        return [event for event in self.events if event.action in actions]


def _rows(connection: sa.Connection, table: sa.Table, not_null: str = "") -> list[dict[str, Any]]:
    query = sa.select(table) if not not_null else sa.select(table).where(table.c[not_null].is_not(None))
    return [dict(row) for row in connection.execute(query).mappings()]


def every_250_has_its_bytes(evidence: Evidence) -> Iterator[str]:
    """I1, I2: who heard 250 finds the very bytes in the inbox."""
    inbox = make_inbox(evidence.instance)
    digests = sorted({entry["sha256"] for entry in evidence.sent})
    for start in range(0, len(digests), 500):
        some = digests[start : start + 500]
        found = inbox.raws(inbox.deliveries(inbox.first_deliveries(some).values()).values())
        for digest in some:
            if hashlib.sha256(found.get(digest, b"")).hexdigest() != digest:
                yield f"a mail was answered with 250 and is not in the inbox: {digest[:12]}"


def every_mail_is_one_event(evidence: Evidence) -> Iterator[str]:
    """I1, I3: each mail that came is on a ticket, once, however often it was delivered."""
    on_ticket = Counter(row["sha256"] for row in evidence.mails if row["direction"] == "in")
    told = Counter(event.payload["sha256"] for event in evidence.of("RECEIVE", "ANSWERED", "MAIL_JOINED"))
    again = Counter(event.payload["sha256"] for event in evidence.of("MAIL_SEEN_AGAIN"))
    delivered = Counter(row["sha256"] for row in evidence.deliveries)
    for entry in evidence.sent:
        if on_ticket[entry["sha256"]] != 1 or told[entry["sha256"]] != 1:
            yield (
                f"mail {entry['sha256'][:12]} ({entry['kind']}) is on {on_ticket[entry['sha256']]} tickets "
                f"with {told[entry['sha256']]} events"
            )
    for digest, count in delivered.items():
        if told[digest] + again[digest] != count:
            yield f"mail {digest[:12]} came {count} times and was told of {told[digest]} + {again[digest]} times"


def every_delivery_was_read(evidence: Evidence) -> Iterator[str]:
    """I1, I13: nothing waits when the faults have ended."""
    done = {row["id"] for row in evidence.readings if row["state"] == "done"}
    for row in evidence.deliveries:
        if row["id"] not in done:
            yield f"delivery {row['id']} was not read"


def nothing_reaches_the_ca_undecided(evidence: Evidence) -> Iterator[str]:
    """I4: before any request to the CA stand a decision, another person's approval and the order, in this order."""
    seq = {(event.subject.kind, event.subject.id, event.action): event.seq for event in evidence.events}
    for heard in evidence.at_ca:
        order = evidence.orders.get(heard["key"])
        if line := evidence.campaigns.by_key.get(heard["key"]):
            # `campaigns_send_what_was_approved` looks at the rest.
            if line["sent_at"] is None or line["sent_at"] > from_text(heard["at"]):
                yield f"line {line['id']} reached the CA before it was recorded as sent"
            continue
        if order is None:
            yield f"the CA got an order that is not stored: {heard['key']}"
            continue
        request = evidence.requests[order["request_id"]]
        if request["decided_by"] in (None, request["approved_by"]) or request["approved_by"] is None:
            yield f"order {order['id']} was not approved by another person than who decided"
        if order["sent_at"] is None or order["sent_at"] > from_text(heard["at"]):
            yield f"order {order['id']} reached the CA before it was recorded as sent"
        steps = [
            seq.get(("request", request["id"], "DECIDE"), 0),
            seq.get(("request", request["id"], "APPROVE"), 0),
            seq.get(("order", order["id"], "STORE"), 0),
            seq.get(("order", order["id"], "SEND"), 0),
        ]
        if 0 in steps or steps != sorted(steps):
            yield f"order {order['id']} took its steps in another order: {steps}"
    for entry in evidence.world.entries("alone"):
        yield f"one person alone approved ticket {entry['ticket']}"


def campaigns_send_what_was_approved(evidence: Evidence) -> Iterator[str]:
    """I4 for a mass revocation: no order without its campaign's approval by another person than who decided."""
    yield from campaign_invariants.every_order_had_its_approval(evidence.campaigns, evidence.events)


def campaign_lines_end_once(evidence: Evidence) -> Iterator[str]:
    """I5 for a mass revocation: every line of a campaign that has ended has exactly one result."""
    yield from campaign_invariants.every_line_has_one_result(evidence.campaigns, evidence.events)


def campaigns_do_what_was_asked(evidence: Evidence) -> Iterator[str]:
    """I5, I6: of a mass revocation each listed certificate is revoked once, no other, as seen; holders read of it once."""
    yield from campaign_invariants.every_line_is_at_the_ca_once(evidence.campaigns, evidence.ca_orders)
    issuer = x509.load_der_x509_certificate(evidence.world.issuer_der)
    yield from campaign_invariants.every_line_was_seen(evidence.campaigns, issuer)
    listed = {entry["serial"] for entry in evidence.world.entries("campaign")}
    yield from campaign_invariants.a_campaign_does_what_was_asked(evidence.campaigns, listed)
    holders = {holder_address(one.holder) for one in evidence.world.certificates if one.serial in listed}
    yield from campaign_invariants.holders_hear_of_it_once(evidence.outbox, holders)


def every_approval_is_at_the_ca_once(evidence: Evidence) -> Iterator[str]:
    """I5: whatever was approved is revoked at the CA, under one key each, and there are no more keys than decisions."""
    serials = Counter(evidence.ca_orders.values())
    for entry in evidence.approved:
        if serials[entry["serial"]] != 1:
            yield f"{entry['serial']} was approved and has {serials[entry['serial']]} orders at the CA"
    for request in evidence.requests.values():
        if request["state"] in APPROVED and request["state"] != RequestState.REVOKED:
            yield f"request {request['id']} was approved and is still {request['state']}"
    keys = defaultdict(set)
    for heard in evidence.at_ca:
        keys[heard["serial"]].add(heard["key"])
    for serial, used in keys.items():
        if len(used) != 1:
            yield f"{serial} was ordered under {len(used)} keys"


def revoked_is_only_what_was_seen(evidence: Evidence) -> Iterator[str]:
    """I6: "revoked" stands on a CRL and an OCSP answer, both signed by the issuer, kept, naming serial and reason."""
    issuer = x509.load_der_x509_certificate(evidence.world.issuer_der)
    kept = {(row["order_id"], row["kind"]): row for row in evidence.sights}
    lists: dict[str, x509.CertificateRevocationList] = {}
    confirmed = {order["serial"] for order in evidence.orders.values() if order["state"] == "CONFIRMED"}
    confirmed |= {line["serial"] for line in evidence.campaigns.lines.values() if line["crl_digest"]}
    for order in evidence.orders.values():
        if order["state"] != "CONFIRMED":
            continue
        crl, answer = kept.get((order["id"], "crl")), kept.get((order["id"], "ocsp"))
        if crl is None or answer is None:
            yield f"order {order['id']} is confirmed without the evidence of both"
            continue
        try:
            read = lists.setdefault(crl["sha256"], x509.load_der_x509_crl(crl["der"]))
            shown = ocsp.load_der_ocsp_response(answer["der"])
        except ValueError:
            yield f"order {order['id']} is confirmed by what is no CRL and OCSP answer"
            continue
        entry = read.get_revoked_certificate_by_serial_number(int(order["serial"], 16))
        if entry is None or not read.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
            yield f"the CRL kept for order {order['id']} does not show it"
        elif _reason_of(entry) != _reason_asked_for(evidence.requests[order["request_id"]]):
            yield f"the CRL kept for order {order['id']} gives another reason"
        if shown.certificate_status is not ocsp.OCSPCertStatus.REVOKED or shown.serial_number != int(
            order["serial"], 16
        ):
            yield f"the OCSP answer kept for order {order['id']} does not show it"
        if not _is_signed_for(shown, issuer):
            yield f"the OCSP answer kept for order {order['id']} is signed by somebody else"
    for row in evidence.revoked:
        if row["serial"] not in confirmed:
            yield f"certificate {row['serial']} counts as revoked and was never confirmed"
    for request in evidence.requests.values():
        if request["state"] == RequestState.REVOKED and request["serial"] not in confirmed:
            yield f"request {request['id']} is REVOKED without a confirmed order"


def _reason_of(entry: x509.RevokedCertificate) -> x509.ReasonFlags:
    return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason


def _reason_asked_for(request: dict[str, Any]) -> x509.ReasonFlags:
    """Mails tell of leaked keys; what is planned is replaced."""
    return x509.ReasonFlags.key_compromise if request["wanted_at"] is None else x509.ReasonFlags.superseded


def _is_signed_for(shown: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """By the issuer, or by whom it authorised (RFC 6960, 4.2.2.2)."""
    signer = next(iter(shown.certificates), issuer)
    try:
        if signer != issuer:
            signer.verify_directly_issued_by(issuer)
            usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if ExtendedKeyUsageOID.OCSP_SIGNING not in usage:
                return False
        key = signer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(shown.signature, shown.tbs_response_bytes, ec.ECDSA(shown.signature_hash_algorithm))  # type: ignore[arg-type]
    except (InvalidSignature, ValueError, x509.ExtensionNotFound):
        return False
    return True


def the_ca_revoked_nothing_else(evidence: Evidence) -> Iterator[str]:
    """I7: each revocation at the CA has an approved request of ours."""
    approved = {row["serial"] for row in evidence.requests.values() if row["approved_by"]}
    approved |= evidence.campaigns.approved_serials
    for serial in sorted(evidence.ca_revocations - approved):
        yield f"{serial} is revoked at the CA and nobody approved it"


def every_deadline_fires_once(evidence: Evidence) -> Iterator[str]:
    """I8: no threshold waits for more than a minute, and none was told twice."""
    for row in evidence.deadlines:
        if row["next_fire_at"] is not None and row["next_fire_at"] < evidence.now - MINUTE:
            yield f"deadline {row['id']} has not fired"
    fired = Counter(
        (event.subject.id, event.payload["clock"], event.payload["subject"], event.payload["due_at"], threshold)
        for event in evidence.of("DEADLINE_WARNED", "DEADLINE_BREACHED")
        for threshold in event.payload["thresholds"]
    )
    for (ticket, clock, *_, threshold), count in fired.items():
        if count > 1:
            yield f"the {clock} of ticket {ticket} fired {count} times at {threshold} %"
    steps = Counter(
        (event.subject.id, event.payload["changes"]["step"], event.payload["changes"].get("started_at"))
        for event in evidence.of("PAGE")
        if event.subject.kind == "escalation"
    )
    for (escalation, step, _), count in steps.items():
        if count > 1:
            yield f"escalation {escalation} paged step {step} {count} times"


def the_history_is_whole(evidence: Evidence) -> Iterator[str]:
    """I9, I10, I14: states moved along their tables, the chain and its checkpoints verify, rows are their events' fold."""
    yield from verify_audit(evidence.instance).faults


def every_effect_ends(evidence: Evidence) -> Iterator[str]:
    """I11: each effect is done, withheld by rule or given up with an alarm; what is done has really happened."""
    taken = {entry["message_id"] for entry in evidence.taken}
    sent = {event.payload["key"]: event.payload["message_id"] for event in evidence.of("MAIL_SENT")}
    told_of = {event.subject.id for event in evidence.of("EFFECT_FAILED", "EFFECT_WITHHELD")}
    for row in evidence.outbox:
        state = row["state"]
        if state == EffectState.QUEUED and row["next_attempt_at"] > evidence.now + LONGER_THAN_ANY_STORM / 2:
            continue  # it is planned for a later day
        if state not in (EffectState.DONE, EffectState.WITHHELD, EffectState.FAILED):
            yield f"effect {row['id']} ({row['key']}) is still {state}: {row['last_error']}"
        if state in (EffectState.WITHHELD, EffectState.FAILED) and row["id"] not in told_of:
            yield f"effect {row['id']} ({row['key']}) was given up and nothing tells of it"
        if state == EffectState.DONE and row["kind"] == "mail":
            if row["key"] not in sent:
                yield f"mail {row['key']} is done and no event tells that it was sent"
            elif sent[row["key"]] not in taken:
                yield f"mail {row['key']} is done and the smarthost never got it"


def repeats_carry_the_same_message_id(evidence: Evidence) -> Iterator[str]:
    """I11: a mail that came twice to the smarthost can be told to be the same."""
    ids = defaultdict(set)
    for entry in evidence.taken:
        # A ticket has one acknowledgement and one mail of each kind to an address; pages name their step.
        if "oncall" not in entry["to"]:
            ids[entry["to"], entry["subject"]].add(entry["message_id"])
    for (to, subject), used in ids.items():
        if len(used) > 1:
            yield f"{to} got {subject!r} under {len(used)} Message-IDs"
    answered = Counter(event.ticket_id for event in evidence.of("MAIL_SENT") if event.payload["key"].startswith("ack:"))
    for ticket, count in answered.items():
        if count > 1:
            yield f"ticket {ticket} was acknowledged {count} times"


CHECKS: tuple[Callable[[Evidence], Iterator[str]], ...] = (
    every_250_has_its_bytes,
    every_mail_is_one_event,
    every_delivery_was_read,
    nothing_reaches_the_ca_undecided,
    campaigns_send_what_was_approved,
    campaign_lines_end_once,
    campaigns_do_what_was_asked,
    every_approval_is_at_the_ca_once,
    revoked_is_only_what_was_seen,
    the_ca_revoked_nothing_else,
    every_deadline_fires_once,
    the_history_is_whole,
    every_effect_ends,
    repeats_carry_the_same_message_id,
)


def broken_promises(world: FaultWorld) -> list[str]:
    """What does not hold, at most ten sentences for each promise."""
    instance = world.open()
    try:
        evidence = Evidence(world, instance)
        found = []
        for check in CHECKS:
            said = list(check(evidence))
            found += [f"{check.__name__}: {sentence}" for sentence in said[:10]]
            if len(said) > 10:
                found.append(f"{check.__name__}: and {len(said) - 10} more")
        return found
    finally:
        instance.close()
