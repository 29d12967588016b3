"""Which CA serves an issuer: by key before name, never a test issuer at a production CA, and one wrong CA harms no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sulku_kernel.errors import ConfigurationError, InputError
from sulku_revocation.ca.authorities import DEFAULT, Authorities, NamedAuthority
from sulku_revocation.ca.authority import Adapter
from sulku_revocation.domain.record import IssuerRecord

KEY, OTHER_KEY = "ab" * 20, "cd" * 20
NAME = "CN=Care CA,O=Väestörekisterikeskus,C=FI"


def ca(
    name: str, *issuers: str, is_test: bool | None = False, opens: Callable[[], Adapter] = Adapter
) -> NamedAuthority:
    return NamedAuthority(name, "local", f"http://{name}.example", issuers, is_test, opens)


def issuer(key: str = KEY, name: str = NAME, *, is_test: bool = False) -> IssuerRecord:
    return IssuerRecord(1, name, key, is_test, "", "", None)


def test_an_issuer_goes_to_the_ca_that_names_its_key_then_its_name_then_to_the_default() -> None:
    cas = Authorities([ca(DEFAULT, is_test=None), ca("by-key", KEY), ca("by-name", NAME)])
    assert cas.serving(issuer()).name == "by-key"
    assert cas.serving(issuer(OTHER_KEY)).name == "by-name"
    assert cas.serving(issuer(OTHER_KEY, "CN=Another")).name == DEFAULT


@pytest.mark.parametrize("written", [KEY.upper(), ":".join(["AB"] * 20), f" 0x{KEY} "])
def test_a_key_identifier_may_be_written_as_tools_print_it(written: str) -> None:
    assert Authorities([ca("health", written)]).serving(issuer(name="CN=Another")).name == "health"


def test_a_name_is_the_same_whatever_its_case_and_blanks() -> None:
    cas = Authorities([ca("health", "cn=care  ca, o=VÄESTÖREKISTERIKESKUS, c=fi")])
    assert cas.serving(issuer(OTHER_KEY)).name == "health"


@pytest.mark.parametrize("is_test", [True, False])
def test_test_and_production_never_meet(is_test: bool) -> None:
    cas = Authorities([ca("health", KEY, is_test=is_test)])
    assert cas.serving(issuer(is_test=is_test)).name == "health"
    with pytest.raises(ConfigurationError, match="test"):
        cas.for_issuer(issuer(is_test=not is_test))


def test_an_issuer_that_nobody_serves_waits_for_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="Care CA"):
        Authorities([ca("health", OTHER_KEY)]).serving(issuer())


def test_two_cas_cannot_serve_the_same_issuer() -> None:
    with pytest.raises(ConfigurationError, match="both"):
        Authorities([ca("one", KEY), ca("two", KEY.upper())])


def test_an_issuer_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Care CA"):
        Authorities([ca("one", "Care CA")])


def test_a_ca_whose_settings_are_wrong_stops_no_order_to_another() -> None:
    def wrong() -> Adapter:
        raise ConfigurationError("no such file")

    cas = Authorities([ca("wrong", OTHER_KEY, opens=wrong), ca("right", KEY)])
    assert isinstance(cas.for_issuer(issuer()), Adapter)
    assert cas.for_issuer(issuer()) is cas.open("right")
    with pytest.raises(ConfigurationError):
        cas.for_issuer(issuer(OTHER_KEY))
    cas.close()


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match="nowhere") as unknown:
        Authorities([ca("health", KEY)]).open("nowhere")
    assert "health" in unknown.value.next_step
