"""Who sent a mail, as rows for people: what was checked, what came of it, and the records it rested on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sulku_kernel.events import RecordedEvent

_INCOMING = frozenset({"RECEIVE", "ANSWERED", "MAIL_JOINED"})


@dataclass(frozen=True, slots=True)
class SenderEvidence:
    """Of one mail: `rows` of a name in the catalogue and what is to be said; `records` of the DNS as they stood."""

    rows: tuple[tuple[str, str], ...]
    records: tuple[str, ...]


def sender_evidence(events: Sequence[RecordedEvent]) -> list[SenderEvidence]:
    """Of each mail of a ticket that came in, oldest first; only where something is kept."""
    found = [
        (event.payload or {}).get("evidence")
        for event in events
        if event.subject.kind == "ticket" and event.action in _INCOMING
    ]
    return [SenderEvidence(tuple(_rows(one)), tuple(_records(one.get("dns", ())))) for one in found if one]


def _rows(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    transport = evidence.get("transport", {})
    yield "Delivered by", _joined(transport.get("peer"), transport.get("helo"), transport.get("via"))
    if transport.get("via") == "smtp":
        yield ("Encrypted on the way", str(transport["tls"])) if transport.get("tls") else ("Came unencrypted", "SMTP")
    if evidence.get("unchecked"):
        yield "Not checked", str(evidence["unchecked"])
    for one in evidence.get("dkim", ()):
        yield (
            "Signature of the sender's server (DKIM)",
            _joined(one.get("result"), one.get("why"), one.get("domain"), one.get("selector"), one.get("signed_at")),
        )
    for name, key in (("Server allowed to send (SPF)", "spf"), ("Domain in From proven (DMARC)", "dmarc")):
        if one := evidence.get(key):
            yield name, _joined(*(one.get(word) for word in ("result", "why", "because", "domain", "policy")))
    if one := evidence.get("arc"):
        yield "Sealed on the way (ARC)", _joined(one.get("result"), one.get("why"), *one.get("sealers", ()))
    if evidence.get("stated"):
        yield "Stated by our own servers", ", ".join(map(str, evidence["stated"]))
    if one := evidence.get("smime"):
        yield from _smime(one)
    if evidence.get("was_encrypted"):
        yield "Came encrypted to the desk", "S/MIME"


def _smime(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Signature of a person (S/MIME)", _joined(one.get("verdict"), one.get("why"), one.get("signed_at"))
    yield "Signer", _joined(one.get("subject"), *one.get("addresses", ()))
    yield "Signer's certificate", _joined(one.get("serial"), one.get("issuer"))


def _records(records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in records:
        said = " | ".join(map(str, one.get("values", ()))) or str(one.get("status"))
        yield f"{one.get('at')} {one.get('name')} {one.get('type')}: {said}"


def _joined(*words: object) -> str:
    return ", ".join(str(word) for word in words if word) or "–"
