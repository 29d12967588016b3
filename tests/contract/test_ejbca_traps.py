"""What EJBCA does, by its description and its source, that the adapter must not fall for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.contract.cas.ejbca import EjbcaCase
from tests.contract.cas.ordering import NOW, order, send

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import (
    Accepted,
    PendingApproval,
    TryLater,
)
from sulku_revocation.ca.ejbca import open_ejbca
from sulku_revocation.domain.reason_code import ReasonCode


@pytest.fixture
def ejbca(opened):
    case: EjbcaCase = opened["ejbca"]
    yield case
    case.server.wants_approval, case.server.keeps_silent, case.server.lets_in = False, False, True


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
