"""The DNS answers that are kept with a mail, read back: the same mail can be judged again by what stood there then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sulku_kernel.clock import from_text
from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, DnsStatus, RecordType


def was_checked(found: Mapping[str, Any]) -> bool:
    """Whether the sender was looked up at all, of evidence as `evidence_json` wrote it."""
    return "dmarc" in found


def answers_in(found: Mapping[str, Any]) -> dict[DnsQuestion, DnsAnswer]:
    """The answers that counted."""
    return {
        DnsQuestion(one["name"], RecordType(one["type"])): DnsAnswer(
            DnsStatus(one["status"]), from_text(one["at"]), tuple(one.get("values", ()))
        )
        for one in found.get("dns", ())
    }
