"""One mail through everything that happens before a ticket: glance, read, open, examine, authenticate, match, judge, show.

What comes out must be whole whatever went in; what is not is said in one line.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Collection, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

from tests.corpus.corpus_register import corpus_register
from tests.corpus.test_corpus import NOW, OWN, SMIME, TRUSTED

from sulku_desk.authenticating import Arrived, Authenticator
from sulku_desk.road import JudgedMail, incoming_mail
from sulku_kernel.clock import SetClock
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, DnsStatus, RecordType
from sulku_mailbox.domain.glance import BEGINNING
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Envelope, Mail, Via
from sulku_mailbox.domain.mail_json import mail_to_json
from sulku_mailbox.domain.sender_checks import SenderCheck
from sulku_mailbox.jailed_reader import JailedReader, JailLimits
from sulku_mailbox.reader import Reader
from sulku_revocation.domain import explain_words as closed
from sulku_revocation.domain.attached_files import files_json
from sulku_revocation.domain.explanation import explain_json
from sulku_revocation.domain.judgement import Outcome
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_revocation.domain.reading_order import seems_urgent
from sulku_revocation.key_sealing import new_recovery_key
from sulku_revocation.smime_files import SmimeTrustFiles
from sulku_revocation.understanding import understand
from sulku_tickets.conversation import mail_row

SECONDS = 5.0
"""Of processor, outside the jail. The jail has limits of its own."""
_OURS = frozenset(
    {Defect.READER_FAULT.value, Defect.READER_LOST.value, Defect.TIME_LIMIT.value, Defect.MEMORY_LIMIT.value}
)
_ZONE = {
    RecordType.TXT: (
        "v=spf1 a mx ptr include:x.example exists:%{ir}.%{l1-}.x.example redirect=y.example",
        "v=DMARC1; p=reject; sp=none",
        "v=DKIM1; k=rsa; p=MIIB",
    ),
    RecordType.A: ("192.0.2.1", "192.0.2.9"),
    RecordType.AAAA: ("2001:db8::1",),
    RecordType.MX: ("mx.b.example", "."),
    RecordType.PTR: ("mx.b.example",),
}
_LOST = "; the jailed child was lost"
# Whoever uses more than this is ended by the kernel and counts as a failure.
JAIL_LIMITS = JailLimits(cpu_seconds=4, seconds=60)


class AnsweringDns:
    """Has something of everything, so that every branch of the sender checks is walked."""

    @staticmethod
    def ask(questions: Collection[DnsQuestion], seconds: float = 1) -> dict[DnsQuestion, DnsAnswer]:
        return {question: DnsAnswer(DnsStatus.FOUND, NOW, _ZONE[question.type]) for question in questions}


class WholeChain:
    """Keeps the jailed child between mails. Use as a context manager."""

    def __init__(self) -> None:
        _, recovery = new_recovery_key()
        command = (sys.executable, "-I", "-m", "sulku_revocation.jail", recovery.hex())
        self.jail = JailedReader(TRUSTED, JAIL_LIMITS, command)
        self._reader = Reader(TRUSTED, jail=self.jail, must_be_examined=shows_proof)
        trust = SmimeTrustFiles(SMIME / "anchor.pem", SMIME)
        self._authenticator = Authenticator(self._reader, SetClock(NOW), SenderCheck(str), trust, AnsweringDns())
        self.slowest = 0.0

    def __enter__(self) -> Self:
        self._reader.read(b"Subject: a\r\nContent-Type: application/zip\r\n\r\nx")  # the child starts
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    def fault_of(self, raw: bytes) -> str:
        """What is wrong with what comes out; empty when all is well. Never raises."""
        starts, began = self.jail.starts, time.process_time()
        try:
            fault = "; ".join(self._faults(raw))
        except Exception:  # noqa: BLE001  # which one is what is looked for
            fault = traceback.format_exc()
        used = time.process_time() - began
        self.slowest = max(self.slowest, used)
        if self.jail.starts != starts:
            fault += _LOST
            self._reader.read(b"Subject: a\r\nContent-Type: application/zip\r\n\r\nx")
        return fault if used < SECONDS else f"{fault}; it took {used:.1f} s of processor time"

    @staticmethod
    def is_slow(fault: str) -> bool:
        """Whether trying such a mail takes seconds."""
        return fault.endswith((_LOST, "processor time"))

    def _faults(self, raw: bytes) -> Iterator[str]:
        seems_urgent(raw[:BEGINNING])
        mail = self._reader.read(raw)
        envelope = Envelope(
            "a@b.example", ("desk@sulku.example",), NOW, Via.SMTP, peer="192.0.2.1", helo="mx.b.example"
        )
        (mail,) = self._authenticator.authenticate([Arrived(raw, mail, envelope)])
        yield from _faults_of_mail(mail, raw)
        judgement = understand(mail, envelope, corpus_register(), own_addresses=OWN, now=NOW)
        explained = explain_json(judgement)
        json.dumps(explained).encode()
        mail_row(1, incoming_mail(JudgedMail(1, envelope, mail, judgement, files=files_json(mail, judgement))))
        if explained["class"] not in closed.CLASSES or explained["outcome"] not in closed.OUTCOMES:
            yield f"words that are on no list: {explained['class']}, {explained['outcome']}"
        if judgement.outcome is Outcome.MATCHED and not any(m.is_chosen or "held" in m.why for m in judgement.matches):
            yield "it is matched, and nothing is chosen or held"


def _faults_of_mail(mail: Mail, raw: bytes) -> Iterator[str]:
    ours = _OURS.intersection(mail.defects)
    if ours:
        yield f"defects of ours: {sorted(ours)}"
    if mail.size != len(raw):
        yield "another size"
    if len(mail.text) > LIMITS.text_chars or len(mail.attachments) > LIMITS.parts:
        yield "more than the limits allow"
    for line in (mail.subject, mail.header_from_shown, *(one.name for one in mail.attachments)):
        if set("\r\n\0\u2028") & set(line):
            yield f"a line that is several: {line!r}"
    json.dumps(mail_to_json(replace(mail, examination=""))).encode()
    for text in (mail.text, mail.new_text, mail.quoted_text, mail.html or ""):
        text.encode("utf-8")
