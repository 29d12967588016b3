"""What is asked back, and what the question may tell whom."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.asking import question_for
from sulku_revocation.domain.judgement import Judgement, Match, Outcome
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_tickets.domain.urgency import Assurance, CaseClass, Urgency

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OURS = CertificateRecord(
    id=1, issuer_id=1, issuer="CN=Test CA", serial=SerialNumber(0xAB12), certificate_type=CertificateType.SERVER,
    common_name="www.example.fi", organisation="", organisation_oid="", host_names=("www.example.fi",),
    not_before=NOW - timedelta(30), not_after=NOW + timedelta(300), fingerprint="", spki="", account_id=7,
    revoked_at=None, reason=None,
)  # fmt: skip
THEIRS = dataclasses.replace(OURS, id=2, account_id=8)
SERIAL = Reference(ReferenceKind.SERIAL, "ab12", "text", readings=("ab12",))
HOST = Reference(ReferenceKind.HOST_NAME, "www.example.fi", "text")
FILE = frozenset({7})


def judged(*certificates, references=(HOST,), **changes):
    judgement = Judgement(
        case_class=CaseClass.REVOCATION_REQUEST,
        language=Language.FI,
        reason=None,
        urgency=Urgency.P2,
        references=references,
        matches=tuple(Match(one, 0.6, ("host_name",), is_chosen=False) for one in certificates),
        outcome=Outcome.AMBIGUOUS if certificates else Outcome.UNMATCHED,
        proofs=(),
        assurance=Assurance.L1,
        needs=("certificate",),
        acknowledge=True,
        page_on_call=False,
        because=(),
    )
    return dataclasses.replace(judgement, **changes)


def test_a_contact_on_file_is_shown_the_holders_own_candidates_and_nobody_elses():
    question = question_for(judged(OURS, THEIRS), FILE, NOW)
    assert question is not None
    assert question.template == "several_candidates"
    assert question.candidates == (OURS,)


def test_candidates_that_cannot_be_revoked_any_more_are_not_offered():
    gone = dataclasses.replace(OURS, id=3, revoked_at=NOW)
    old = dataclasses.replace(OURS, id=4, not_after=NOW - timedelta(1))
    authority = dataclasses.replace(OURS, id=5, certificate_type=CertificateType.CA)
    question = question_for(judged(gone, old, authority), FILE, NOW)
    assert question is not None
    assert question.template == "need_more_information"


def test_who_sent_all_in_a_file_that_nobody_opens_is_asked_for_another_format():
    hidden = (("other_format", "lomake.doc"),)
    for accounts in (FILE, frozenset()):
        asked = question_for(judged(references=(), because=hidden), accounts, NOW)
        assert asked is not None
        assert asked.template == "other_format"
        named = question_for(judged(references=(HOST,), because=hidden), accounts, NOW)
        assert named is not None
        assert named.template == "need_more_information"
    assert question_for(judged(references=(), because=hidden, acknowledge=False), FILE, NOW) is None


def test_a_stranger_learns_nothing_about_what_is_on_file():
    known = question_for(judged(OURS, references=(SERIAL,)), frozenset(), NOW)
    unknown = question_for(judged(references=(SERIAL,)), frozenset(), NOW)
    assert known == unknown
    with_host = question_for(judged(OURS), frozenset(), NOW)
    without = question_for(judged(), frozenset(), NOW)
    assert with_host == without
    assert with_host is not None
    assert with_host.template == "need_more_information"


def test_nothing_is_asked_of_whom_we_may_not_answer_or_when_all_is_clear():
    assert question_for(judged(OURS, acknowledge=False), FILE, NOW) is None
    assert question_for(judged(OURS, outcome=Outcome.MATCHED), FILE, NOW) is None
    assert question_for(judged(OURS, case_class=CaseClass.SUPPORT), FILE, NOW) is None
