"""Whose domain a domain is: what the DNS says on the way up (RFC 9989, 4.10), and the list that keeps it in bounds."""

from __future__ import annotations

import pytest
from tests.senders import Zone, authentic_zone, envelope, key_record, plain_mail, signed_mail
from tests.unit.test_sender_checks import ELSEWHERE, authenticated

from sulku_mailbox.domain.dmarc_tree import MOST_LOOK_UPS, organisation_of, walk_names, walk_questions
from sulku_mailbox.domain.dns import DnsQuestion, RecordType


def organisation(domain: str, records: dict[str, str], *, listed: int = 2, silent: str = "") -> str:
    """The organisational domain; the list says that it has `listed` labels."""
    zone = Zone()
    for name, record in records.items():
        zone.txt(f"_dmarc.{name}", record)
    if silent:
        zone.silent.add(DnsQuestion(f"_dmarc.{silent}", RecordType.TXT))
    answers = zone.ask(walk_questions(domain))
    return organisation_of(domain, answers, lambda name: ".".join(name.split(".")[-listed:]))


@pytest.mark.parametrize(
    ("domain", "records", "expected"),
    [
        ("mail.hus.example", {"hus.example": "v=DMARC1; p=none"}, "hus.example"),
        ("mail.hus.example", {"mail.hus.example": "v=DMARC1; p=none", "hus.example": "v=DMARC1; p=none"}, "hus.example"),
        ("a.lab.hus.example", {"lab.hus.example": "v=DMARC1; p=none; psd=n", "hus.example": "v=DMARC1; p=none"}, "lab.hus.example"),
        ("a.b.city.example", {"city.example": "v=DMARC1; p=none; psd=y"}, "b.city.example"),
        ("city.example", {"city.example": "v=DMARC1; p=none; psd=y"}, "city.example"),
        ("mail.hus.example", {"mail.hus.example": "v=DMARC1; p=none"}, "mail.hus.example"),
        ("mail.hus.example", {}, "mail.hus.example"),
        ("mail.hus.example", {"hus.example": "v=DMARC1"}, "mail.hus.example"),
    ],
    ids=["parent", "shortest", "psd=n", "psd=y", "a suffix itself", "only its own", "none", "broken"],
)  # fmt: skip
def test_the_records_on_the_way_up_tell_where_an_organisation_begins(
    domain: str, records: dict[str, str], expected: str
) -> None:
    assert organisation(domain, records) == expected


def test_a_suffix_that_publishes_a_policy_does_not_make_strangers_one_organisation() -> None:
    """A registry may publish a record and forget `psd=y`; the public suffix list knows what it is."""
    assert organisation("a.one.co.example", {"co.example": "v=DMARC1; p=none"}, listed=3) == "one.co.example"
    zone = authentic_zone().txt("_dmarc.example", "v=DMARC1; p=reject").txt("s1._domainkey.evil.example", key_record())
    raw = signed_mail(plain_mail(), "evil.example")
    assert authenticated(raw, zone, ELSEWHERE).authentication.dmarc == "fail"


def test_where_the_dns_does_not_answer_the_list_says_whose_it_is() -> None:
    records = {"mail.hus.example": "v=DMARC1; p=none; psd=n"}
    assert organisation("mail.hus.example", records, silent="example") == "hus.example"


@pytest.mark.parametrize("labels", range(1, 40))
def test_however_long_a_name_is_eight_questions_are_enough(labels: int) -> None:
    domain = ".".join(f"l{at}" for at in range(labels, 0, -1))
    names = walk_names(domain)
    assert names[0] == domain
    assert names[-1] == "l1"
    assert len(names) == min(labels, MOST_LOOK_UPS)


def test_a_subdomain_without_a_record_is_judged_by_its_organisations_policy_for_what_lies_below() -> None:
    zone = authentic_zone().txt("_dmarc.hus.example", "v=DMARC1; p=reject; sp=none")
    zone.txt("s1._domainkey.lab.hus.example", key_record())
    mail = authenticated(signed_mail(plain_mail("a@lab.hus.example"), "lab.hus.example"), zone, ELSEWHERE)
    assert (mail.authentication.dmarc, mail.authentication.evidence.dmarc.policy) == ("pass", "none")


def test_a_part_of_an_organisation_that_set_itself_apart_is_aligned_with_nobody_else() -> None:
    zone = authentic_zone().txt("_dmarc.lab.hus.example", "v=DMARC1; p=reject; psd=n")
    raw = signed_mail(plain_mail("a@lab.hus.example"))
    assert authenticated(raw, zone, ELSEWHERE).authentication.dmarc == "fail"
    zone.txt("_dmarc.lab.hus.example", "v=DMARC1; p=reject")
    assert authenticated(raw, zone, ELSEWHERE).authentication.dmarc == "pass"


def test_every_question_of_the_walk_is_kept_as_evidence() -> None:
    mail = authenticated(plain_mail("a@x.lab.hus.example"), authentic_zone(), envelope("a@x.lab.hus.example"))
    asked = {question.name for question, _ in mail.authentication.evidence.dns}
    assert {f"_dmarc.{name}" for name in walk_names("x.lab.hus.example")} <= asked
