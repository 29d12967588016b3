"""Authentication-Results (RFC 8601), only from the servers we trust. Everybody else can write that field too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from sulku_kernel.address import domain_of
from sulku_mailbox.domain.defects import Defect, Findings
from sulku_mailbox.domain.header_fields import Fields
from sulku_mailbox.domain.mail import Authentication

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"?|([()])|([^"()]++)', re.DOTALL)
_IDENTIFIER = re.compile(r"\s*([^\s;]{1,255})(?:\s+\d+)?\s*(?:;|$)")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)(?:/\d+)?\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)
_HEADER_FROM = re.compile(r"\bheader\.from\s*=\s*(?:[^\s;@]*@)?([^\s;]{1,255})", re.IGNORECASE)
_METHODS = ("spf", "dkim", "dmarc")
_MOST = 20


def read_authentication(
    fields: Fields, trusted: AbstractSet[str], header_from: str | None, findings: Findings
) -> Authentication:
    """What our own border servers (`trusted`: their authserv-ids) found out about the sender.

    A mail whose bytes or whose author can be read in two ways counts as not authenticated: what the border checked
    may not be what we read. Trusted fields that contradict each other count for nothing (RFC 8601, 5).
    """
    wanted = {identifier.lower() for identifier in trusted}
    results = [text for text in _texts(fields.each("authentication-results")) if _identifier(text) in wanted]
    if not results:
        return Authentication(because=("no_trusted_result",))
    if header_from is None:
        return Authentication(because=("no_identity",))
    if Defect.BARE_NEWLINE in findings or Defect.NUL in findings:
        return Authentication(because=("unsound_bytes",))
    found: dict[str, set[str]] = {method: set() for method in _METHODS}
    aligned: set[str] = set()
    for text in results:
        _collect(text, found, aligned)
    if any(len(found[method]) > 1 for method in ("spf", "dmarc")) or len(aligned) > 1:
        findings.add(Defect.AUTHENTICATION_CONFLICT)
        return Authentication(because=("conflict",))
    spf, dmarc = _one(found["spf"]), _one(found["dmarc"])
    dkim = "pass" if "pass" in found["dkim"] else _one(found["dkim"])
    domain = domain_of(header_from)
    is_aligned = dmarc == "pass" and (not aligned or aligned == {domain})
    because = tuple(f"{method}={result}" for method, result in zip(_METHODS, (spf, dkim, dmarc), strict=True))
    return Authentication(spf, dkim, dmarc, domain if is_aligned else None, because)


def states_pass(field: bytes, header_from_domain: str) -> bool:
    """Whether one ARC-Authentication-Results field says that DMARC passed for this very domain (RFC 8617, 4.1.1).

    Whether its writer is to be believed is the caller's question.
    """
    instance_and_name, _, results = _without_comments(field.partition(b":")[2].decode("ascii", "replace")).partition(
        ";"
    )
    if "=" not in instance_and_name:
        return False
    found: dict[str, set[str]] = {method: set() for method in _METHODS}
    aligned: set[str] = set()
    _collect(results, found, aligned)
    return found["dmarc"] == {"pass"} and aligned == {header_from_domain}


def _texts(values: Iterable[bytes]) -> Iterable[str]:
    for count, value in enumerate(values):
        if count >= _MOST:
            return
        yield _without_comments(value[:8192].decode("ascii", "replace"))


def _without_comments(text: str) -> str:
    depth = 0
    kept: list[str] = []
    for found in _TOKEN.finditer(text):
        if found[2]:
            depth = max(depth + (1 if found[2] == "(" else -1), 0)
        elif not depth:
            # what is quoted is one opaque word: it may hold neither a result nor the end of one
            kept.append(found[3] if found[1] is None else re.sub(r"[\s;=]", "_", found[1]))
    return "".join(kept)


def _identifier(text: str) -> str:
    found = _IDENTIFIER.match(text)
    return found[1].lower() if found else ""


def _collect(text: str, found: dict[str, set[str]], aligned: set[str]) -> None:
    for clause in text.split(";")[1:]:
        result = _RESULT.match(clause)
        if result is None:
            continue
        method = result[1].lower()
        found[method].add(result[2].lower())
        if method == "dmarc" and (domain := _HEADER_FROM.search(clause)):
            aligned.add(domain[1].lower().rstrip("."))


def _one(results: set[str]) -> str:
    return "none" if not results else min(results)
