"""The resolver against a DNS server over the wire."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.senders import Zone, authentic_zone, key_record
from tests.servers.dns import serve_dns

from sulku_kernel.clock import SetClock
from sulku_kernel.errors import ConfigurationError
from sulku_mailbox.dns_resolver import DnsResolver
from sulku_mailbox.domain.dns import DnsQuestion, DnsStatus, RecordType

TXT, A, MX, PTR = RecordType.TXT, RecordType.A, RecordType.MX, RecordType.PTR


def test_answers_come_as_they_stand(clock: SetClock) -> None:
    zone = authentic_zone().put("A", "hus.example", "192.0.2.1").put("MX", "hus.example", "mx1.hus.example")
    zone.put("PTR", "1.2.0.192.in-addr.arpa", "out.hus.example")
    questions = {
        DnsQuestion("s1._domainkey.hus.example", TXT): (key_record(),),
        DnsQuestion("hus.example", A): ("192.0.2.1",),
        DnsQuestion("hus.example", MX): ("mx1.hus.example",),
        DnsQuestion("1.2.0.192.in-addr.arpa", PTR): ("out.hus.example",),
        DnsQuestion("nothing.example", TXT): (),
    }
    with serve_dns(zone) as address:
        found = DnsResolver([address], clock).ask(list(questions))
    assert {question: answer.values for question, answer in found.items()} == questions
    assert found[DnsQuestion("nothing.example", TXT)].status is DnsStatus.NONE
    assert {answer.at for answer in found.values()} == {clock.now()}


def test_an_answer_is_remembered_for_its_time_to_live(clock: SetClock) -> None:
    zone, question = authentic_zone(), DnsQuestion("hus.example", TXT)
    with serve_dns(zone) as address:
        resolver = DnsResolver([address], clock)
        first = resolver.ask([question])
        clock.advance(timedelta(seconds=59))
        assert resolver.ask([question]) == first
        assert len(zone.asked) == 1
        clock.advance(timedelta(seconds=2))
        resolver.ask([question])
        assert len(zone.asked) == 2


def test_silence_of_one_name_holds_up_no_other_and_is_not_waited_for_again(clock: SetClock) -> None:
    zone, silent, good = Zone(), DnsQuestion("silent.example", TXT), DnsQuestion("hus.example", TXT)
    zone.silent.add(silent)
    zone.txt("hus.example", "v=spf1 -all")
    with serve_dns(zone) as address:
        resolver = DnsResolver([address], clock)
        found = resolver.ask([silent, good], 0.3)
        assert found[silent].status is DnsStatus.UNANSWERED
        assert found[good].values == ("v=spf1 -all",)
        asked = len(zone.asked)
        assert resolver.ask([silent], 0.3)[silent].status is DnsStatus.UNANSWERED
        assert len(zone.asked) == asked


@pytest.mark.parametrize("address", ["resolver.example", "192.0.2.1:x", "", "192.0.2.300"])
def test_what_is_no_address_is_said_at_start(clock: SetClock, address: str) -> None:
    with pytest.raises(ConfigurationError, match="resolver"):
        DnsResolver([address], clock)
