"""SPF (RFC 7208): may this peer send for this domain, with all its mechanisms, macros and limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.senders import Zone

from sulku_mailbox.domain.dns import DnsAnswer, DnsQuestion, MissingAnswersError, RecordType
from sulku_mailbox.domain.evidence import SpfResult
from sulku_mailbox.domain.spf import check_spf


def check(zone: Zone, peer: str = "192.0.2.1", mail_from: str = "a@hus.example", helo: str = "mx.hus.example"):
    """The result, and in how many rounds of questions it came."""
    answers: dict[DnsQuestion, DnsAnswer] = {}
    for rounds in range(13):
        try:
            return check_spf(peer, mail_from, helo, answers), rounds
        except MissingAnswersError as error:
            answers |= {question: zone.answer(question) for question in error.questions}
    raise AssertionError("it never ends")


def result(record: str, zone: Zone | None = None, **sender: str) -> str:
    found, _ = check((zone or Zone()).txt("hus.example", record), **sender)
    return found.result


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", "pass"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 ip4:198.51.100.0/24 -all", "fail"),
        ("v=spf1 ip4:198.51.100.0/24 ~all", "softfail"),
        ("v=spf1 ip4:198.51.100.0/24 ?all", "neutral"),
        ("v=spf1 ip4:198.51.100.0/24", "neutral"),
        ("V=SPF1 IP4:192.0.2.1 -ALL", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 exp=why.example ip4:192.0.2.1", "pass"),
        ("v=spf1 unknown=x ip4:192.0.2.1", "pass"),
        ("v=spf1", "neutral"),
        ("v=spf10 +all", "none"),
        ("v=spf1 ip4:192.0.2.300 -all", "permerror"),
        ("v=spf1 ip4:2001:db8::1 -all", "permerror"),
        ("v=spf1 ip4:192.0.2.1 all:x", "permerror"),
        ("v=spf1 ip4:192.0.2.1 nonsense", "permerror"),
        ("v=spf1 ip4:192.0.2.1 include:", "permerror"),
        ("v=spf1 a/33 -all", "permerror"),
        ("v=spf1 redirect=a.example redirect=b.example", "permerror"),
    ],
)
def test_a_record_says(record: str, expected: str) -> None:
    assert result(record) == expected


def test_names_lead_to_addresses_of_the_peers_family() -> None:
    zone = (
        Zone()
        .put("A", "hus.example", "192.0.2.1")
        .put("A", "out.hus.example", "198.51.100.7")
        .put("AAAA", "out.hus.example", "2001:db8::7")
        .put("MX", "hus.example", "mx1.hus.example", "mx2.hus.example")
        .put("A", "mx2.hus.example", "203.0.113.9")
    )
    assert result("v=spf1 a -all", zone) == "pass"
    assert result("v=spf1 a:out.hus.example -all", zone, peer="198.51.100.7") == "pass"
    assert result("v=spf1 a:out.hus.example -all", zone, peer="2001:db8::7") == "pass"
    assert result("v=spf1 a:out.hus.example//64 -all", zone, peer="2001:db8::8") == "pass"
    assert result("v=spf1 a:out.hus.example/24 -all", zone, peer="198.51.100.99") == "pass"
    assert result("v=spf1 mx -all", zone, peer="203.0.113.9") == "pass"
    assert result("v=spf1 mx/24 -all", zone, peer="203.0.113.99") == "pass"
    assert result("v=spf1 mx -all", zone, peer="203.0.113.99") == "fail"
    assert result("v=spf1 a -all", zone, peer="::ffff:192.0.2.1") == "pass"


def test_records_include_others_and_go_on_in_others() -> None:
    zone = Zone().txt("_spf.cloud.example", "v=spf1 ip4:192.0.2.1 -all").txt("none.example", "something else")
    assert result("v=spf1 include:_spf.cloud.example -all", zone) == "pass"
    assert result("v=spf1 -include:_spf.cloud.example +all", zone) == "fail"
    assert result("v=spf1 include:_spf.cloud.example ?all", zone, peer="192.0.2.9") == "neutral"
    assert result("v=spf1 include:none.example -all", zone) == "permerror"
    assert result("v=spf1 redirect=_spf.cloud.example", zone) == "pass"
    assert result("v=spf1 redirect=none.example", zone) == "permerror"


def test_macros_are_written_out() -> None:
    zone = (
        Zone()
        .put("A", "1.2.0.192.in-addr.a.hus.example", "127.0.0.2")
        .put("A", "hus.example.mx.hus.example.list.example", "127.0.0.2")
    )
    assert result("v=spf1 exists:%{ir}.%{v}.%{l}.%{d} -all", zone) == "pass"
    assert result("v=spf1 exists:%{o}.%{h}.list.example -all", zone) == "pass"
    assert result("v=spf1 exists:%{d1r}.list.example -all", zone) == "fail"
    for broken in ("%{x}", "%{d", "%a", "%{d0}", "100%"):
        assert result(f"v=spf1 exists:{broken}.example -all") == "permerror"


def test_a_name_of_the_peer_counts_when_its_address_confirms_it() -> None:
    zone = Zone().put("PTR", "1.2.0.192.in-addr.arpa", "out.hus.example", "hus.example.evil.example")
    assert result("v=spf1 ptr -all", zone) == "fail"
    assert result("v=spf1 ptr -all", zone.put("A", "out.hus.example", "192.0.2.1")) == "pass"


def test_ten_look_ups_are_too_few_for_eleven() -> None:
    zone = Zone()
    for at in range(12):
        zone.txt(f"s{at}.example", f"v=spf1 include:s{at + 1}.example -all")
    zone.txt("s3.example", "v=spf1 ip4:192.0.2.1 -all")
    assert result("v=spf1 include:s0.example -all", zone) == "pass"
    zone.txt("s3.example", "v=spf1 include:s4.example -all").txt("s12.example", "v=spf1 ip4:192.0.2.1 -all")
    assert result("v=spf1 include:s0.example -all", zone) == "permerror"
    assert result("v=spf1 include:hus.example -all") == "permerror", "a circle"


def test_names_that_lead_nowhere_are_counted() -> None:
    assert result("v=spf1 a:x.example a:y.example -all") == "fail"
    assert result("v=spf1 a:x.example a:y.example a:z.example -all") == "permerror"


def test_silence_is_no_answer() -> None:
    zone = Zone()
    zone.silent.add(DnsQuestion("hus.example", RecordType.TXT))
    assert check(zone)[0].result == "temperror"


def test_two_records_leave_it_open_which_counts() -> None:
    assert check(Zone().txt("hus.example", "v=spf1 +all", "v=spf1 -all"))[0].result == "permerror"


def test_a_bounce_is_judged_by_its_helo_name() -> None:
    zone = Zone().txt("mx.hus.example", "v=spf1 ip4:192.0.2.1 -all")
    assert check(zone, mail_from="")[0] == SpfResult("pass", "mx.hus.example", "helo")
    assert check(zone, mail_from="", helo="[192.0.2.1]")[0].result == "none"


def test_a_record_of_ten_names_is_settled_in_two_rounds() -> None:
    """Each round may take seconds, so questions that can be foreseen are asked together."""
    zone = Zone().txt("hus.example", "v=spf1 " + " ".join(f"a:h{at}.example" for at in range(10)) + " -all")
    for at in range(10):
        zone.put("A", f"h{at}.example", f"198.51.100.{at}")
    assert check(zone)[0].result == "fail"
    assert check(zone)[1] == 2


_WORDS = st.sampled_from(
    [
        "a",
        "mx",
        "ptr",
        "all",
        "-all",
        "~all",
        "include:b.example",
        "include:%{d}",
        "exists:%{ir}.x",
        "redirect=b.example",
        "ip4:192.0.2.0/24",
        "ip6::/0",
        "a:%{l}.c",
        "mx:%{h}/8",
        "%{",
        "exists:",
        "a//129",
        "=",
        ":",
        "/",
        "v=spf1",
        "ä",
    ]
)


@given(
    record=st.lists(_WORDS, max_size=12).map(" ".join),
    other=st.lists(_WORDS, max_size=12).map(" ".join),
    mail_from=st.sampled_from(["a@hus.example", "", "@", "a@b@hus.example", "ä@hus.example", "%{d}@hus.example"]),
    peer=st.sampled_from(["192.0.2.1", "2001:db8::1", "", "nonsense", "fe80::1%eth0"]),
)
@settings(max_examples=150, deadline=None)
def test_any_record_comes_to_a_result_in_few_rounds(record: str, other: str, mail_from: str, peer: str) -> None:
    zone = Zone().txt("hus.example", f"v=spf1 {record}").txt("b.example", f"v=spf1 {other}")
    found, _ = check(zone, peer=peer, mail_from=mail_from)
    assert found.result in {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}
