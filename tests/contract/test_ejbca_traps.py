"""What EJBCA does, by its description and its source, that the adapter must not fall for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.contract.cas.ejbca import EjbcaCase
from tests.contract.cas.ordering import NOW, order, send
from tests.servers.ejbca import EjbcaServer

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    Mark,
    PendingApproval,
    TryLater,
)
from sulku_revocation.ca.ejbca import open_ejbca
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.fixture
def ejbca(opened):
    case: EjbcaCase = opened["ejbca"]
    yield case
    plain = EjbcaServer(case.server.ca)
    for name in ("wants_approval", "keeps_silent", "lets_in", "most_at_once", "too_slow_from", "knows_changes"):
        setattr(case.server, name, getattr(plain, name))
    for entry in case.server.entries.values():
        entry.changed, entry.is_stored = 1_700_000_000_000, True


def test_an_ejbca_that_wants_an_approval_is_waited_for_and_not_asked_again(ejbca: EjbcaCase) -> None:
    serial = ejbca.issue("")
    ejbca.server.wants_approval = True
    assert isinstance(send(ejbca, order(ejbca, serial)), PendingApproval)
    asked = sum(line.startswith("PUT") for line in ejbca.server.asked)
    assert isinstance(send(ejbca, order(ejbca, serial, awaits_approval=True)), PendingApproval)
    assert sum(line.startswith("PUT") for line in ejbca.server.asked) == asked
    ejbca.server.wants_approval = False  # somebody there agrees
    ejbca.revoke_elsewhere(serial, ReasonCode.SUPERSEDED)
    assert isinstance(send(ejbca, order(ejbca, serial, awaits_approval=True)), Accepted)


def test_an_ejbca_that_says_it_did_and_shows_that_it_did_not_is_not_believed(ejbca: EjbcaCase) -> None:
    serial = ejbca.issue("")
    ejbca.server.keeps_silent = True
    with pytest.raises(TryLater):
        send(ejbca, order(ejbca, serial))


def test_an_ejbca_changes_a_reason_to_key_compromise_and_keeps_the_date(ejbca: EjbcaCase) -> None:
    serial, since = ejbca.issue(""), NOW.now() - timedelta(days=2)
    send(ejbca, order(ejbca, serial))
    first = ejbca.held(serial)
    change = order(ejbca, serial, ReasonCode.KEY_COMPROMISE, update_reason=True, invalidity_at=since)
    assert isinstance(send(ejbca, change), Accepted)
    assert ejbca.held(serial) == (1, first[1])
    assert ejbca.server.entries[serial].invalidity == since.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_client_certificate_without_its_role_at_ejbca_is_our_own_fault(ejbca: EjbcaCase) -> None:
    ejbca.server.lets_in = False
    with pytest.raises(ConfigurationError):
        ejbca.authority.probe()


def test_an_ejbca_that_is_not_signed_by_the_ca_that_was_given_is_not_spoken_to(
    ejbca: EjbcaCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = ejbca.server.options["trusted"]
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(trusted))
    options = {name: file for name, file in ejbca.server.options.items() if name != "trusted"}
    authority = open_ejbca(AdapterSettings("e", "authorities.e", ejbca.url, None, options))
    asked = len(ejbca.server.asked)
    with pytest.raises(TryLater):
        authority.probe()
    authority.close()
    assert len(ejbca.server.asked) == asked


def listed(ejbca: EjbcaCase, mark: Mark) -> list[int]:
    """The serial numbers of end entities that are listed behind the mark, in their order."""
    read = map(read_certificate, ejbca.authority.register_since(mark))
    return [one.serial for one in read if one.subject_key != one.issuer_key]


@pytest.mark.parametrize("most", [1, 3, 500])
def test_everything_is_listed_oldest_first_however_small_the_pages_of_ejbca_are(ejbca: EjbcaCase, most: int) -> None:
    for _ in range(7):
        ejbca.issue("")
    ejbca.server.most_at_once = most  # and each page says that it is the last one
    mark = Mark()
    assert listed(ejbca, mark) == list(ejbca.server.entries)
    assert mark.value


def test_the_issuers_certificate_comes_first_so_that_its_lists_can_be_verified(ejbca: EjbcaCase) -> None:
    assert next(ejbca.authority.register()) == ejbca.server.ca.der


def test_behind_the_mark_comes_what_was_changed_within_the_hour_before_it_and_since(ejbca: EjbcaCase) -> None:
    old, recent = ejbca.issue(""), ejbca.issue("")
    for entry in ejbca.server.entries.values():
        entry.changed = 1_700_000_000_000
    ejbca.server.entries[recent].changed = 1_800_000_000_000 - 59 * 60_000
    last = ejbca.issue("")
    ejbca.server.entries[last].changed = 1_800_000_000_000
    mark = Mark()
    assert {old, recent, last} <= set(listed(ejbca, mark))
    assert mark.value == "1800000000000"
    late = ejbca.issue("")  # committed after the reading, with a time before the mark
    ejbca.server.entries[late].changed = 1_800_000_000_000 - 1_000
    assert listed(ejbca, mark) == [recent, last, late]
    assert mark.value == "1800000000000"


@pytest.mark.parametrize("how", ["too_slow", "not_stored"])
def test_the_mark_stays_where_it_was_when_ejbca_shows_less_than_it_counts(ejbca: EjbcaCase, how: str) -> None:
    serials = [ejbca.issue("") for _ in range(4)]
    mark = Mark()
    listed(ejbca, mark)
    before = mark.value
    gone = ejbca.server.entries[ejbca.issue("")]
    gone.changed = int(before) + 5_000
    if how == "not_stored":
        gone.is_stored = False
    else:
        ejbca.server.most_at_once, ejbca.server.too_slow_from = 2, 2
    assert set(listed(ejbca, mark)) <= {*ejbca.server.entries}
    assert mark.value == before
    gone.is_stored, ejbca.server.too_slow_from = True, 1_000_000
    assert set(serials) <= set(listed(ejbca, mark))
    assert int(mark.value) == int(before) + 5_000


def test_an_ejbca_that_cannot_search_by_the_time_of_a_change_is_read_as_a_whole(ejbca: EjbcaCase) -> None:
    mark = Mark("1900000000000")
    ejbca.issue("")
    assert listed(ejbca, mark) == []
    ejbca.server.knows_changes = False
    assert listed(ejbca, mark) == list(ejbca.server.entries)


def test_a_page_that_comes_again_and_again_ends_the_reading(ejbca: EjbcaCase, monkeypatch: pytest.MonkeyPatch) -> None:
    ejbca.issue("")
    search = ejbca.server._search

    def first_page(asked: dict[str, Any]) -> tuple[int, bytes]:
        pages = asked.get("pagination")
        return search({**asked, "pagination": pages and {**pages, "current_page": 1}})

    monkeypatch.setattr(ejbca.server, "_search", first_page)
    mark = Mark()
    with pytest.raises(TryLater, match="again and again"):
        listed(ejbca, mark)
    assert mark.value == ""


@pytest.mark.parametrize("answer", [b"{}", b'{"certificates": [7]}', b'{"certificates": {}}', b"<html>"])
def test_an_answer_that_is_no_list_is_none(ejbca: EjbcaCase, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    monkeypatch.setattr(ejbca.server, "_search", lambda _: (200, answer))
    with pytest.raises(TryLater):
        listed(ejbca, Mark())
