"""SPF (RFC 7208): may this peer send for this domain? Computed from the envelope, never read from a header.

`check_spf` is pure. Where an answer is missing it raises MissingAnswersError with every question it can foresee, so
that a record of ten names is settled in a few rounds.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from sulku_mailbox.domain.dns import (
    DnsAnswer,
    DnsAnswers,
    DnsQuestion,
    DnsStatus,
    MissingAnswersError,
    RecordType,
    is_name,
)
from sulku_mailbox.domain.evidence import SpfResult
from sulku_mailbox.domain.spf_record import (
    IpAddress,
    Sender,
    SpfRecord,
    SpfSyntaxError,
    Term,
    expand,
    is_spf,
    read_record,
)

MOST_LOOK_UPS, MOST_VOID, MOST_NAMES = 10, 2, 10  # RFC 7208, 4.6.4


class _SettledError(Exception):
    """The whole check ends here: permerror or temperror."""

    def __init__(self, result: str, why: str) -> None:
        super().__init__(why)
        self.result = result


def check_spf(peer: str, mail_from: str, helo: str, answers: DnsAnswers) -> SpfResult:
    """The result for a peer's address (RFC 7208, 4). Raises MissingAnswersError; otherwise total."""
    identity = "mailfrom" if mail_from else "helo"
    address = mail_from if "@" in mail_from else f"postmaster@{helo}"
    domain = address.rpartition("@")[2].lower().rstrip(".")
    try:
        ip = _address(peer)
    except ValueError:
        return SpfResult("none", domain, identity, "no_peer")
    if not is_name(domain) or "." not in domain or domain.replace(".", "").isdecimal():
        return SpfResult("none", domain[:253], identity, "no_domain")
    check = _Check(Sender(f"{address.rpartition('@')[0]}@{domain}", ip, helo), answers)
    try:
        result = check.host(domain)
    except _SettledError as settled:
        return SpfResult(settled.result, domain, identity, str(settled))
    except SpfSyntaxError:
        return SpfResult("permerror", domain, identity, "record_broken")
    return SpfResult(result, domain, identity)


def _address(peer: str) -> IpAddress:
    ip = ipaddress.ip_address(peer.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip


class _Check:
    """One check with what it has used of its limits."""

    def __init__(self, sender: Sender, answers: DnsAnswers) -> None:
        self.sender = sender
        self.answers = answers
        self.look_ups = 0
        self.void = 0

    def host(self, domain: str) -> str:
        """check_host() (RFC 7208, 4)."""
        record = self._record(domain)
        if record is None:
            return "none"
        self._foresee(record, domain)
        for term in record.terms:
            if self._hits(term, domain):
                return term.result
        if record.redirect is None or any(term.name == "all" for term in record.terms):
            return "neutral"
        self._count()
        result = self.host(self._name(record.redirect, domain))
        if result == "none":
            raise _SettledError("permerror", "redirect_to_nothing")
        return result

    def _record(self, domain: str) -> SpfRecord | None:
        if not is_name(domain):
            return None
        answer = self._ask(domain, RecordType.TXT)
        found = [text for text in answer.values if is_spf(text)]
        if len(found) > 1:
            raise _SettledError("permerror", "several_records")
        return read_record(found[0]) if found else None

    def _hits(self, term: Term, domain: str) -> bool:
        return _MECHANISMS[term.name](self, term, domain)

    def _foresee(self, record: SpfRecord, domain: str) -> None:
        """Ask everything this record may want at once; what is never needed costs a question, not a look-up."""
        missing: set[DnsQuestion] = set()
        named = [(_ASKED_FIRST.get(term.name), term.value) for term in record.terms]
        if record.redirect is not None:
            named.append((RecordType.TXT, record.redirect))
        for kind, value in named[: MOST_LOOK_UPS + 1]:
            if kind is None:
                continue
            name = self._name(value, domain) if value else domain
            question = DnsQuestion(name, self._address_type if kind is RecordType.A else kind)
            if is_name(name) and question not in self.answers:
                missing.add(question)
        if missing:
            raise MissingAnswersError(missing)

    @property
    def _address_type(self) -> RecordType:
        return RecordType.A if self.sender.ip.version == 4 else RecordType.AAAA

    def _name(self, value: str, domain: str) -> str:
        return expand(value, self.sender, domain) if value else domain

    def _ask(self, name: str, kind: RecordType) -> DnsAnswer:
        question = DnsQuestion(name, kind)
        if question not in self.answers:
            raise MissingAnswersError([question])
        answer = self.answers[question]
        if answer.status is DnsStatus.UNANSWERED:
            raise _SettledError("temperror", "dns_unanswered")
        return answer

    def _count(self) -> None:
        self.look_ups += 1
        if self.look_ups > MOST_LOOK_UPS:
            raise _SettledError("permerror", "too_many_look_ups")

    def _values(self, name: str, kind: RecordType) -> tuple[str, ...]:
        """Answers of a mechanism; two that lead nowhere are allowed (RFC 7208, 4.6.4)."""
        values = self._ask(name, kind).values if is_name(name) else ()
        if not values:
            self.void += 1
            if self.void > MOST_VOID:
                raise _SettledError("permerror", "too_many_void_look_ups")
        return values

    def _is_among(self, values: tuple[str, ...], term: Term) -> bool:
        length = term.length_4 if self.sender.ip.version == 4 else term.length_6
        return any(self.sender.ip in ipaddress.ip_network(f"{value}/{length}", strict=False) for value in values)

    def all(self, _term: Term, _domain: str) -> bool:
        return True

    def network(self, term: Term, _domain: str) -> bool:
        return self.sender.ip in ipaddress.ip_network(term.value)

    def a(self, term: Term, domain: str) -> bool:
        self._count()
        return self._is_among(self._values(self._name(term.value, domain), self._address_type), term)

    def mx(self, term: Term, domain: str) -> bool:
        self._count()
        names = self._values(self._name(term.value, domain), RecordType.MX)
        if len(names) > MOST_NAMES:
            raise _SettledError("permerror", "too_many_look_ups")
        self._need([DnsQuestion(name, self._address_type) for name in names if is_name(name)])
        return any(self._is_among(self._ask(name, self._address_type).values, term) for name in names if is_name(name))

    def include(self, term: Term, domain: str) -> bool:
        self._count()
        result = self.host(self._name(term.value, domain))
        if result == "none":
            raise _SettledError("permerror", "include_of_nothing")
        return result == "pass"

    def exists(self, term: Term, domain: str) -> bool:
        self._count()
        return bool(self._values(self._name(term.value, domain), RecordType.A))

    def ptr(self, term: Term, domain: str) -> bool:
        """Deprecated (RFC 7208, 5.5) and still met: a name of the peer, confirmed by its address, under the domain."""
        self._count()
        target = self._name(term.value, domain)
        names = self._values(self.sender.ip.reverse_pointer, RecordType.PTR)[:MOST_NAMES]
        names = tuple(name for name in names if is_name(name) and (name == target or name.endswith(f".{target}")))
        self._need([DnsQuestion(name, self._address_type) for name in names])
        return any(str(self.sender.ip) in self._ask(name, self._address_type).values for name in names)

    def _need(self, questions: list[DnsQuestion]) -> None:
        missing = [question for question in questions if question not in self.answers]
        if missing:
            raise MissingAnswersError(missing)


_MECHANISMS: dict[str, Callable[[_Check, Term, str], bool]] = {
    "all": _Check.all,
    "ip4": _Check.network,
    "ip6": _Check.network,
    "a": _Check.a,
    "mx": _Check.mx,
    "include": _Check.include,
    "exists": _Check.exists,
    "ptr": _Check.ptr,
}
# What each mechanism asks first. `a` goes by the peer's family; `exists` is always A (RFC 7208, 5.7).
_ASKED_FIRST = {"a": RecordType.A, "mx": RecordType.MX, "include": RecordType.TXT}
