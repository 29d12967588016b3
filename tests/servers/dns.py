"""A DNS server on loopback that answers from a `Zone`, or is silent where the zone is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from sulku_mailbox.domain.dns import DnsQuestion, DnsStatus, RecordType
from tests.senders import Zone


@contextmanager
def serve_dns(zone: Zone) -> Iterator[str]:
    """`127.0.0.1:port`; `zone.asked` counts what came over the wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(door, zone))
        thread.start()
        host, port = door.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
                knock.sendto(b"stop", (host, port))
            thread.join()


def _serve(door: socket.socket, zone: Zone) -> None:
    while True:
        wire, peer = door.recvfrom(65_535)
        if wire == b"stop":
            return
        asked = dns.message.from_wire(wire)
        reply = _answer(asked, zone)
        if reply is not None:
            door.sendto(reply.to_wire(), peer)


def _answer(asked: dns.message.Message, zone: Zone) -> dns.message.Message | None:
    (one,) = asked.question
    question = DnsQuestion(str(one.name).rstrip(".").lower(), RecordType(dns.rdatatype.to_text(one.rdtype)))
    zone.asked.append(question)
    found = zone.answer(question)
    if found.status is DnsStatus.UNANSWERED:
        return None
    reply = dns.message.make_response(asked)
    reply.flags |= dns.flags.RA
    if found.status is DnsStatus.NONE:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    else:
        reply.answer.append(
            dns.rrset.from_text_list(one.name, 60, "IN", one.rdtype, map(_text, [question] * 99, found.values))
        )
    return reply


def _text(question: DnsQuestion, value: str) -> str:
    """A value as a zone file writes it: TXT in strings of at most 255 octets."""
    if question.type is RecordType.TXT:
        return " ".join(f'"{value[at : at + 250]}"' for at in range(0, len(value), 250)) or '""'
    return (
        f"10 {value}." if question.type is RecordType.MX else value if question.type in {"A", "AAAA"} else f"{value}."
    )
