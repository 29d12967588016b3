"""A CRL counts only when it is the issuer's own, complete, fresh, and says what was ordered (RFC 5280, 5 and 6.3.3)."""

from __future__ import annotations

import hashlib
import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.published import HOUR, NOW, SERIAL, certificate, crl, entry, key, name

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.crl_comparing import listed_serials
from sulku_revocation.domain.crl_evidence import OpenCrl, open_crl, open_delta, see_on_crl
from sulku_revocation.domain.crl_reading import CrlEntries, CrlFormatError, serials_on_crl
from sulku_revocation.domain.crl_writing import ECDSA_SHA256, encode_crl_entry, key_identifier_of, write_crl
from sulku_revocation.domain.publication_evidence import NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode


def see(der: bytes, expected: ReasonCode = ReasonCode.SUPERSEDED, issuer: x509.Certificate | None = None, **given):
    opened = open_crl(der, issuer or certificate())
    return opened if isinstance(opened, Wrong) else see_on_crl(opened, SERIAL, expected, NOW, **given)


def why(found: object) -> str:
    assert isinstance(found, Wrong)
    assert found.detail
    return found.why


def point(**given) -> tuple[x509.ExtensionType, bool]:
    values = dict.fromkeys(("full_name", "relative_name", "only_some_reasons"))
    values |= dict.fromkeys(
        ("only_contains_user_certs", "only_contains_ca_certs", "indirect_crl", "only_contains_attribute_certs"), False
    )
    if not given.get("only_some_reasons"):
        values["full_name"] = [x509.UniformResourceIdentifier("http://ca/crl")]
    return x509.IssuingDistributionPoint(**{**values, **given}), True


def test_a_listed_certificate_is_seen_with_everything_that_proves_it() -> None:
    der = crl(entry(5), entry(), entry(2**158))
    assert see(der) == Seen(5, NOW - HOUR, NOW + HOUR, NOW - HOUR, 4, hashlib.sha256(der).hexdigest(), der)


def test_no_reason_on_the_list_is_the_reason_zero() -> None:
    der = crl(entry(reason=None))
    assert see(der, ReasonCode.UNSPECIFIED).reason == 0
    assert why(see(der, ReasonCode.KEY_COMPROMISE)) == "reason"


@pytest.mark.parametrize("by", ["rsa", "ed25519"])
def test_issuers_with_other_kinds_of_keys_are_believed(by: str) -> None:
    issuer = certificate("CA", by)
    assert isinstance(see(crl(entry(), by=by, key_identifier=key_identifier_of(issuer)), issuer=issuer), Seen)


def test_an_issuer_without_a_key_identifier_is_known_by_its_key() -> None:
    bare = certificate(has_key_identifier=False)
    assert isinstance(see(crl(entry()), issuer=bare), Seen)


def test_a_certificate_that_is_not_listed_is_a_statement_not_a_fault() -> None:
    for der in (crl(), crl(entry(5))):
        assert see(der) == NotYet("not_listed", is_statement=True, number=5)


@pytest.mark.parametrize("reason", [x509.ReasonFlags.certificate_hold, x509.ReasonFlags.key_compromise, x509.ReasonFlags.remove_from_crl])  # fmt: skip
def test_another_reason_than_ordered_does_not_count(reason: x509.ReasonFlags) -> None:
    assert why(see(crl(entry(reason=reason)))) == "reason"


def test_a_list_of_another_issuer_does_not_count() -> None:
    assert why(see(crl(entry(), issuer_name="Other CA"))) == "issuer"


def test_a_list_of_another_generation_with_the_same_name_does_not_count() -> None:
    other = key_identifier_of(certificate("CA", "other"))
    assert why(see(crl(entry(), by="other", key_identifier=other))) == "signature"
    assert why(see(crl(entry(), key_identifier=other))) == "issuer"


def test_a_signature_of_another_key_does_not_count() -> None:
    assert why(see(crl(entry(), by="other"))) == "signature"


def test_a_signature_over_sha1_does_not_count() -> None:
    issuer = certificate("CA", "rsa")
    der = write_crl(
        issuer_name=name("CA").public_bytes(), key_identifier=key_identifier_of(issuer), number=5, this_update=NOW,
        next_update=NOW + HOUR, entries=[encode_crl_entry(SERIAL, NOW, ReasonCode.SUPERSEDED)],
        algorithm=bytes.fromhex("300d06092a864886f70d0101050500"),
        sign=lambda tbs: key("rsa").sign(tbs, padding.PKCS1v15(), hashes.SHA1()),
    )  # fmt: skip
    assert why(see(der, issuer=issuer)) == "signature"


def test_no_changed_bit_leaves_a_list_that_counts() -> None:
    der = crl(entry())
    unused_bits = len(der) - len(x509.load_der_x509_crl(der).signature) - 1  # says nothing about what was signed
    for at in set(range(len(der))) - {unused_bits}:
        changed = der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]
        assert isinstance(see(changed), Wrong), at


def test_no_list_that_is_cut_counts_nor_one_with_something_behind() -> None:
    der = crl(entry())
    for at in range(len(der)):
        assert isinstance(see(der[:at]), Wrong)
    assert why(see(der + b"\0")) == "garbage"


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_whatever_the_bytes_are_the_answer_is_a_value(der: bytes) -> None:
    assert isinstance(open_crl(der, certificate()), Wrong)


def test_a_list_that_covers_something_else_does_not_count() -> None:
    for extension in (
        (x509.DeltaCRLIndicator(1), True),
        point(indirect_crl=True),
        point(only_contains_ca_certs=True),
        point(only_contains_attribute_certs=True),
        point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),
    ):
        assert why(see(crl(entry(), extensions=(extension,)))) == "scope"


def test_a_list_for_holders_certificates_with_extensions_of_no_weight_counts() -> None:
    odd = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), False)
    for extension in (point(only_contains_user_certs=True), odd):
        assert isinstance(see(crl(entry(), extensions=(extension,))), Seen)


def test_an_expired_list_does_not_count_whatever_it_says() -> None:
    for der in (crl(entry(), until=NOW), crl(until=NOW - timedelta(seconds=1))):
        assert why(see(der)) == "expired"


def test_a_list_from_the_future_does_not_count_beyond_the_clocks_difference() -> None:
    assert isinstance(see(crl(entry(at=NOW), made=NOW + timedelta(minutes=4))), Seen)
    assert why(see(crl(entry(), made=NOW + timedelta(minutes=6), until=NOW + HOUR))) == "not_fresh"
    assert why(see(crl(entry(at=NOW + timedelta(minutes=6))))) == "not_fresh"


def test_a_list_without_an_end_does_not_count() -> None:
    opened = open_crl(crl(entry()), certificate())
    assert isinstance(opened, OpenCrl)
    assert why(see_on_crl(replace(opened, next_update=None), SERIAL, ReasonCode.SUPERSEDED, NOW)) == "not_fresh"


def test_an_older_list_than_one_seen_before_does_not_count() -> None:
    assert isinstance(see(crl(entry()), last_number=5), Seen)
    assert why(see(crl(entry()), last_number=6)) == "replayed"
    assert why(see(crl(entry(), number=None), last_number=1)) == "replayed"
    assert isinstance(see(crl(entry(), number=None)), Seen)


def test_an_entry_of_another_issuer_does_not_count() -> None:
    other = x509.CertificateIssuer([x509.DirectoryName(name("Other CA"))])
    assert why(see(crl(entry(SERIAL, x509.ReasonFlags.superseded, NOW - HOUR, other)))) == "scope"


# --- delta CRLs (RFC 5280, 5.2.4) ---------------------------------------------------------------------------------


def delta(*entries: x509.RevokedCertificate, base: int = 5, number: int = 6, **given) -> bytes:
    return crl(*entries, number=number, extensions=((x509.DeltaCRLIndicator(base), True),), **given)


def see_both(complete: bytes, changes: bytes, **given):
    opened = open_crl(complete, certificate())
    opened_delta = open_delta(changes, certificate(), opened)
    if isinstance(opened_delta, Wrong):
        return opened_delta
    return see_on_crl(opened, SERIAL, ReasonCode.SUPERSEDED, NOW, delta=opened_delta, **given)


def test_a_delta_has_the_last_word() -> None:
    added = delta(entry())
    assert see_both(crl(), added).signed == added  # the evidence is the list that says it
    taken_off = delta(entry(reason=x509.ReasonFlags.remove_from_crl))
    found = see_both(crl(entry()), taken_off)
    assert (found.why, found.is_statement, found.number) == ("not_listed", True, 6)
    assert isinstance(see_both(crl(entry()), delta()), Seen)
    assert see_both(crl(), delta()).why == "not_listed"


def test_a_delta_that_is_no_newer_than_the_complete_list_adds_nothing() -> None:
    assert see_both(crl(number=7), delta(entry(), number=7)).why == "not_listed"


def test_a_delta_without_its_base_does_not_count() -> None:
    assert why(see_both(crl(number=4), delta(entry(), base=5))) == "delta"
    assert why(see_both(crl(number=None), delta(entry()))) == "delta"


def test_a_delta_of_another_scope_or_that_is_none_does_not_count() -> None:
    other = crl(entry(), number=6, extensions=((x509.DeltaCRLIndicator(5), True), point(only_contains_user_certs=True)))
    assert why(see_both(crl(), other)) == "delta"
    assert why(see_both(crl(), crl(entry(), number=6))) == "delta"
    assert why(see_both(crl(), delta(entry(), by="other"))) == "signature"


def test_a_delta_past_its_end_does_not_count() -> None:
    assert why(see_both(crl(entry()), delta(until=NOW))) == "expired"


def test_where_the_delta_is_found_stands_in_the_complete_list() -> None:
    points = [x509.DistributionPoint([x509.UniformResourceIdentifier(f"http://ca/{n}")], None, None, None) for n in range(9)]  # fmt: skip
    opened = open_crl(crl(extensions=((x509.FreshestCRL(points), False),)), certificate())
    assert opened.delta_urls == tuple(f"http://ca/{n}" for n in range(4))


def test_a_list_with_its_delta_holds_what_was_added_and_not_what_was_taken_off() -> None:
    opened = open_crl(crl(entry(1), entry(2)), certificate())
    changes = delta(entry(3), entry(2, x509.ReasonFlags.remove_from_crl))
    assert listed_serials(opened, open_delta(changes, certificate(), opened)) == {1, 3}
    assert listed_serials(opened, None) == {1, 2}


# --- any reason that lasts ----------------------------------------------------------------------------------------


def test_for_staying_revoked_any_reason_counts_but_one_that_may_be_taken_back() -> None:
    for reason in x509.ReasonFlags:
        opened = open_crl(crl(entry(reason=reason)), certificate())
        found = see_on_crl(opened, SERIAL, None, NOW)
        passing = reason in (x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl)
        assert isinstance(found, Wrong if passing else Seen), reason


# --- entries, written and read -----------------------------------------------------------------------------------

_times = st.datetimes(
    min_value=NOW.replace(year=1960, tzinfo=None), max_value=NOW.replace(year=2080, tzinfo=None), timezones=st.just(NOW.tzinfo)
).map(lambda at: at.replace(microsecond=0))  # fmt: skip
_revocations = st.dictionaries(
    st.integers(1, 2**159 - 1), st.tuples(_times, st.sampled_from(ReasonCode), st.none() | _times), max_size=5
)


def written(revocations, number: int = 1, until=NOW + HOUR) -> bytes:
    return write_crl(
        issuer_name=name("CA").public_bytes(),
        key_identifier=key_identifier_of(certificate()),
        number=number,
        this_update=NOW,
        next_update=until,
        entries=[encode_crl_entry(serial, *rest) for serial, rest in revocations.items()],
        algorithm=ECDSA_SHA256,
        sign=lambda tbs: key().sign(tbs, ec.ECDSA(hashes.SHA256())),
    )


@given(_revocations, st.integers(0, 2**159))
@settings(max_examples=60, deadline=None)
def test_a_written_list_reads_as_it_was_meant_by_the_library_and_by_us(revocations, number: int) -> None:
    der = written(revocations, number)
    library = x509.load_der_x509_crl(der)
    assert library.is_signature_valid(key().public_key())
    assert library.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number
    entries = CrlEntries(der)
    assert len(entries) == len(library) == len(revocations)
    for one in library:
        at, reason, invalidity = revocations[one.serial_number]
        assert one.serial_number in entries
        ours = entries.find(one.serial_number)
        assert ours is not None
        assert (ours.revoked_at, ours.reason, ours.invalidity_at, ours.names_other_issuer) == (
            at,
            reason,
            invalidity,
            False,
        )
        assert one.revocation_date_utc == at
        assert len(one.extensions) == (reason != 0) + (invalidity is not None)
    assert entries.find(2**159) is None


def test_a_long_list_takes_little_more_memory_than_its_own_octets() -> None:
    serials = [SerialNumber((1 << 119) + n * 2_654_435_761) for n in range(20_000)]
    der = written(dict.fromkeys(serials, (NOW, ReasonCode.SUPERSEDED, None)))
    tracemalloc.start()
    try:
        entries = CrlEntries(der)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(entries), serials[7_777] in entries, 5 in entries) == (20_000, True, False)
    assert held / len(entries) < 20
    assert most / len(entries) < 60


def test_the_entries_of_a_list_are_counted_and_named() -> None:
    der = crl(entry(5), entry(7))
    assert serials_on_crl(der) == {5, 7}
    assert serials_on_crl(crl()) == frozenset()


def _sequence(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return b"\x30" + (bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")) + body


TIME = b"\x17\x0d261124010000Z"
SHAPES = {
    "no sequence": b"\x31\x00",
    "no list inside": _sequence(b"\x02\x01\x01"),
    "no time": _sequence(_sequence(b"\x02\x01\x01")),
    "an entry that is no sequence": _sequence(_sequence(TIME, _sequence(b"\x02\x01\x05"))),
    "an entry without a serial": _sequence(_sequence(TIME, _sequence(_sequence(TIME)))),
    "an empty serial": _sequence(_sequence(TIME, _sequence(_sequence(b"\x02\x00", TIME)))),
    "a length without an end": _sequence(_sequence(TIME, b"\x30\x80")),
    "a length of five octets": b"\x30\x85\x00\x00\x00\x00\x00",
    "a length cut short": b"\x30\x82\x00",
    "one octet": b"\x30",
    "an entry longer than the list": _sequence(_sequence(TIME, _sequence(b"\x30\x09\x02\x01\x05"))),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_list_of_another_shape_is_an_error_of_the_format(shape: str) -> None:
    with pytest.raises(CrlFormatError):
        CrlEntries(SHAPES[shape])


SERIAL_5 = b"\x02\x01\x05"
REASON = b"\x06\x03\x55\x1d\x15"
ENTRIES = {
    "a time of another kind": (SERIAL_5, b"\x04\x0d261124010000Z"),
    "a time without seconds": (SERIAL_5, b"\x17\x0b2611240100Z"),
    "a time that does not exist": (SERIAL_5, b"\x17\x0d269924010000Z"),
    "a time in other letters": (SERIAL_5, b"\x17\x0d\xff61124010000Z"),
    "no time": (SERIAL_5,),
    "extensions that are none": (SERIAL_5, TIME, b"\x04\x00"),
    "something behind the extensions": (SERIAL_5, TIME, _sequence(), b"\x05\x00"),
    "an extension without a value": (SERIAL_5, TIME, _sequence(_sequence(REASON, b"\x05\x00"))),
    "a reason that is no number": (SERIAL_5, TIME, _sequence(_sequence(REASON, b"\x04\x03\x02\x01\x01"))),
    "a reason of two octets": (SERIAL_5, TIME, _sequence(_sequence(REASON, b"\x04\x04\x0a\x02\x00\x01"))),
    "a reason with something behind": (SERIAL_5, TIME, _sequence(_sequence(REASON, b"\x04\x04\x0a\x01\x01\x00"))),
}


@pytest.mark.parametrize("what", ENTRIES)
def test_an_entry_that_cannot_be_read_is_found_when_it_is_asked_for(what: str) -> None:
    entries = CrlEntries(_sequence(_sequence(TIME, _sequence(_sequence(*ENTRIES[what])))))
    assert 5 in entries
    with pytest.raises(CrlFormatError):
        entries.find(5)
    opened = OpenCrl(1, NOW - HOUR, NOW + HOUR, entries, "", b"")
    assert why(see_on_crl(opened, SerialNumber(5), ReasonCode.SUPERSEDED, NOW)) == "garbage"


def test_a_critical_reason_and_a_negative_serial_are_read_as_they_stand() -> None:
    critical = _sequence(_sequence(REASON, b"\x01\x01\xff", b"\x04\x03\x0a\x01\x01"))
    unknown = _sequence(_sequence(b"\x06\x03\x55\x1d\x63", b"\x04\x02\x05\x00"))
    list_ = _sequence(_sequence(SERIAL_5, TIME, critical), _sequence(b"\x02\x01\xff", TIME, unknown))
    entries = CrlEntries(_sequence(_sequence(TIME, list_)))
    assert entries.find(5).reason == 1
    assert entries.find(-1).reason == 0


def test_the_library_reads_a_list_whose_end_lies_beyond_2050() -> None:
    der = written({}, until=NOW.replace(year=2051))
    assert x509.load_der_x509_crl(der).next_update_utc == NOW.replace(year=2051)
