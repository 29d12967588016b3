"""Whether the desk can find out who wrote: its resolvers answer, its trusted certificates and lists can be used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from sulku_desk.doctor_facts import Fault, Part, Server
from sulku_desk.settings import Settings
from sulku_kernel.clock import Clock
from sulku_kernel.errors import SulkuError
from sulku_kernel.saying import Saying
from sulku_mailbox.domain.dns import DnsQuestion, DnsStatus, RecordType
from sulku_mailbox.smime_opening import load_mail_key
from sulku_revocation.smime_files import SmimeTrustFiles


def proving_means(settings: Settings, clock: Clock) -> Iterator[Server]:
    """Each resolver, and what `[smime]` names; nothing where nothing is set."""
    for address in settings.dns.resolvers:
        yield Server(Part.DNS, address, _answers(address, clock))
    smime = settings.smime
    if smime.anchors is not None:
        yield Server(Part.SMIME, "trust for signatures", _trust_fault(settings, clock.now()))
    if smime.certificate is not None and smime.key is not None:
        try:
            load_mail_key(smime.certificate, smime.key)
        except SulkuError as error:
            yield Server(Part.SMIME, "the key for encrypted mails", str(error))
        else:
            yield Server(Part.SMIME, "the key for encrypted mails")


def _answers(address: str, clock: Clock) -> Fault | None:
    """Whether it says anything at all, be it that there is no such name (RFC 6761, 6.5)."""
    from sulku_mailbox.dns_resolver import DnsResolver

    question = DnsQuestion("example", RecordType.MX)
    try:
        answer = DnsResolver([address], clock).ask([question])[question]
    except SulkuError as error:
        return str(error)
    return Saying("it does not answer") if answer.status is DnsStatus.UNANSWERED else None


def _trust_fault(settings: Settings, now: datetime) -> Fault | None:
    try:
        trust = SmimeTrustFiles(settings.smime.anchors, settings.smime.crls)()
    except SulkuError as error:
        return str(error)
    lists = [x509.load_der_x509_crl(der) for der in trust.crls]
    for authority in (*trust.anchors, *trust.between):
        own = [crl for crl in lists if crl.issuer == authority.subject]
        if not any(crl.next_update_utc is not None and now < crl.next_update_utc for crl in own):
            name = authority.subject.rfc4514_string()[:200]
            return Saying("no current revocation list of {name}: no signature under it counts", name=name)
    return None
