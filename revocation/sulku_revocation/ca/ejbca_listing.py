"""What an EJBCA has issued, by the search of its REST API (`POST /v2/certificate/search`), a page after the other.

Its traps, as its source shows them: a page is cut to the server's own limit and the summary then says that it was the
last; a query that took too long is answered with an empty page; a certificate that is not stored is left out of its
page without a word. So the end is an empty page, and what was seen is compared with what the CA itself counts. The
certificate is Base64 of Base64, and the time of its last change is called `udpateTime`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import structlog

from sulku_revocation.ca.authority import Refused, TryLater

log = structlog.get_logger()

PAGE_SIZE = 400  # EJBCA's own limit is 500, unless it is set to another
# Of what was changed so long before the mark: nodes of a cluster have clocks of their own, and transactions last.
OVERLAP = timedelta(hours=1)

Search = Callable[[dict[str, Any]], dict[str, Any]]  # the body of a search -> its answer


@dataclass
class Reading:
    """How far all CAs of one EJBCA were read: the last change that was seen, in milliseconds since 1970 (0: none)."""

    since: int
    newest: int = 0
    is_complete: bool = True

    @property
    def mark(self) -> str:
        """Where the next reading begins: where this one did when something was missing."""
        until = max(self.since, self.newest) if self.is_complete else self.since
        return str(until) if until else ""


def list_issued(search: Search, ca_name: str, reading: Reading) -> Iterator[bytes]:
    """The DER of what the CA of this name has issued, of that what was changed since the last reading.

    An EJBCA that cannot search by the time of a change is read as a whole. Raises what `search` does, and TryLater for
    an answer that is none.
    """
    criteria = [_criterion("CA", "EQUAL", ca_name)]
    changed = _criterion("UPDATE_TIME", "AFTER", _text(reading.since)) if reading.since else None
    try:
        counted = _count(search({"criteria": [*criteria, changed] if changed else criteria}))
    except Refused:
        if changed is None:
            raise
        counted, changed = _count(search({"criteria": criteria})), None
    seen = set[bytes]()
    for plain in _entries(search, [*criteria, changed] if changed else criteria):
        der = _certificate(plain)
        reading.newest = max(reading.newest, _changed(plain))
        digest = hashlib.sha256(der).digest()
        if digest not in seen:
            seen.add(digest)
            yield der
    if len(seen) < counted:  # certificates are never taken away
        log.warning("ca.list_is_incomplete", ca=ca_name, seen=len(seen), counted=counted)
        reading.is_complete = False


def _entries(search: Search, criteria: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """In the order in which they begin to be valid: what is issued meanwhile shifts nothing that is still to come."""
    sort = {"property": "ISSUED_DATE", "operation": "ASC"}
    before: object = None
    for page in count(1):
        pagination = {"page_size": PAGE_SIZE, "current_page": page}
        found = search({"criteria": criteria, "sort": sort, "pagination": pagination}).get("certificates")
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise TryLater("the CA's answer to a search lists no certificates")
        if not found:
            return
        if found == before:
            raise TryLater("the CA shows the same page of its list again and again")
        yield from found
        before = found


def _count(answer: dict[str, Any]) -> int:
    """How many a search without pages counts. Raises TryLater."""
    summary = answer.get("pagination_summary")
    total = summary.get("total_certs") if isinstance(summary, dict) else None
    if not isinstance(total, int):
        raise TryLater("the CA does not say how many certificates it has")
    return total


def _certificate(plain: dict[str, Any]) -> bytes:
    """Raises TryLater."""
    text = str(plain.get("base64Cert") or plain.get("certificate") or "").encode()
    try:
        der = base64.b64decode(text, validate=True)
        return der if der.startswith(b"\x30") else base64.b64decode(der)
    except (binascii.Error, ValueError) as error:
        raise TryLater("a certificate in the CA's list is no Base64") from error


def _changed(plain: dict[str, Any]) -> int:
    """Milliseconds since 1970 of its last change; 0 when it is not told."""
    at = plain.get("udpateTime", plain.get("updateTime"))
    return at if isinstance(at, int) and at > 0 else 0


def _criterion(of: str, operation: str, value: str) -> dict[str, str]:
    return {"property": of, "operation": operation, "value": value}


def _text(milliseconds: int) -> str:
    return (datetime.fromtimestamp(milliseconds / 1000, UTC) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
