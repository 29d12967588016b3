"""The list that is shown: its digest, and the guard against the wrong certificate."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.decision_list import effect_of, list_digest, warnings_for
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateRecord, CertificateType

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OLD = CertificateRecord(
    id=1, issuer_id=1, issuer="CN=Issuing", serial=SerialNumber(0x1E120FE1), certificate_type=CertificateType.SERVER,
    common_name="kanta.example.fi", organisation="Esimerkki", organisation_oid="", host_names=("kanta.example.fi",),
    not_before=NOW - timedelta(days=300), not_after=NOW + timedelta(days=65), fingerprint="aa", spki="k1",
    account_id=7, revoked_at=None, reason=None,
)  # fmt: skip
NEW = dataclasses.replace(
    OLD, id=2, serial=SerialNumber(99), not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=364), spki="k2"
)  # fmt: skip


def words(certificate, of_holder=(OLD, NEW), same_key=(), on_list=frozenset(), requester_accounts=frozenset({7})):
    found = warnings_for(
        certificate,
        of_holder=of_holder,
        same_key=same_key,
        on_list=on_list,
        requester_accounts=requester_accounts,
        now=NOW,
    )
    return [word for word, _ in found]


def test_the_newest_of_several_is_marked_so_that_the_replacement_is_not_revoked():
    assert words(NEW) == ["newest", "recent"]
    assert words(OLD) == ["newer_exists"]
    assert words(OLD, of_holder=(OLD,)) == []


def test_a_system_signature_certificate_of_the_same_name_is_no_sibling_of_a_server_certificate():
    other = dataclasses.replace(NEW, certificate_type=CertificateType.SYSTEM_SIGNATURE)
    assert words(OLD, of_holder=(OLD, other)) == []


def test_a_sibling_that_is_revoked_or_expired_replaces_nothing():
    assert words(OLD, of_holder=(OLD, dataclasses.replace(NEW, revoked_at=NOW))) == []
    assert words(OLD, of_holder=(OLD, dataclasses.replace(NEW, not_after=NOW - timedelta(1)))) == []


def test_expired_revoked_ca_and_foreign_certificates_are_marked():
    assert words(dataclasses.replace(OLD, not_after=NOW - timedelta(1)), of_holder=()) == ["expired"]
    assert words(dataclasses.replace(OLD, revoked_at=NOW), of_holder=()) == ["revoked"]
    assert words(dataclasses.replace(OLD, certificate_type=CertificateType.CA), of_holder=()) == ["is_ca"]
    assert words(OLD, of_holder=(), requester_accounts=frozenset({8})) == ["other_holder"]
    assert words(dataclasses.replace(OLD, account_id=None), of_holder=()) == ["no_holder"]


def test_a_live_certificate_with_the_same_key_that_is_not_listed_is_pointed_out():
    twin = dataclasses.replace(OLD, id=3, serial=SerialNumber(3))
    assert words(OLD, of_holder=(), same_key=(OLD, twin)) == ["same_key"]
    assert words(OLD, of_holder=(), same_key=(OLD, twin), on_list=frozenset({3})) == []


def test_certificates_without_dates_on_file_raise_no_warning_by_themselves():
    bare = dataclasses.replace(OLD, not_before=None, not_after=None)
    assert words(bare) == []
    assert words(OLD, of_holder=(OLD, bare)) == []


def test_the_digest_depends_on_everything_shown_and_not_on_the_order():
    a, b = (OLD, ReasonCode.SUPERSEDED, None, None, ""), (NEW, ReasonCode.SUPERSEDED, None, None, "")
    whole = list_digest([a, b])
    assert whole == list_digest([b, a])
    others = [
        list_digest([a]),
        list_digest([a, (NEW, ReasonCode.SUPERSEDED, None, None, "0b")]),
        list_digest([a, (NEW, ReasonCode.KEY_COMPROMISE, None, None, "")]),
        list_digest([a, (NEW, ReasonCode.SUPERSEDED, NOW, None, "")]),
        list_digest([a, (NEW, ReasonCode.SUPERSEDED, None, NOW, "")]),
        list_digest([a, (dataclasses.replace(NEW, serial=SerialNumber(98)), ReasonCode.SUPERSEDED, None, None, "")]),
        list_digest([a, (dataclasses.replace(NEW, spki="k3"), ReasonCode.SUPERSEDED, None, None, "")]),
        list_digest([a, (dataclasses.replace(NEW, issuer="CN=Other"), ReasonCode.SUPERSEDED, None, None, "")]),
    ]
    assert len({whole, *others}) == 9


def test_the_replacement_is_the_newest_live_certificate_that_does_the_same_with_another_key():
    newer = dataclasses.replace(NEW, id=3, not_before=NOW - timedelta(hours=1), spki="k3")
    effect = effect_of(OLD, (OLD, NEW, newer), NOW)
    assert (effect.replacement, effect.others, effect.is_test) == (newer, 2, False)
    same_key = dataclasses.replace(newer, spki=OLD.spki)
    assert effect_of(OLD, (OLD, same_key), NOW).replacement is None
    elsewhere = dataclasses.replace(newer, host_names=("other.example.fi",), common_name="other.example.fi")
    assert effect_of(OLD, (OLD, elsewhere), NOW).replacement is None
    assert effect_of(NEW, (OLD, NEW), NOW).replacement is None


def test_a_certificate_of_the_last_days_and_one_under_a_legal_hold_are_pointed_out():
    assert words(dataclasses.replace(OLD, not_before=NOW - timedelta(days=6)), of_holder=()) == ["recent"]
    held = warnings_for(
        OLD, of_holder=(), same_key=(), on_list=frozenset(), requester_accounts=frozenset({7}), now=NOW, is_held=True
    )
    assert [word for word, _ in held] == ["legal_hold"]
