"""Matching: what chooses a certificate, what only proposes it, and what never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tests.corpus.corpus_register import corpus_records, pem
from tests.corpus.test_corpus import NOW, Envelope, Via

from sulku_kernel.serial_number import SerialNumber
from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.judgement import Judgement, Outcome
from sulku_revocation.domain.record import CertificateRecord, CertificateType
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

CERTIFICATES, ACCOUNTS = corpus_records()


def record(number: int, serial: str, **fields: Any) -> CertificateRecord:
    plain = {"common_name": f"c{number}.example", "host_names": (f"c{number}.example",), "fingerprint": "", "spki": ""}
    return replace(CERTIFICATES[0], id=number, serial=SerialNumber.from_hex(serial), **(plain | fields))


def judge(text: str, *records: CertificateRecord) -> Judgement:
    mail = Mail("", len(text), "", "a@sender.example", "a@sender.example", text=text, new_text=text)
    envelope = Envelope("a@sender.example", (), NOW, Via.SMTP)
    return understand(mail, envelope, FakeRegister(records, ACCOUNTS), own_addresses=frozenset(), now=NOW)


def serials(judgement: Judgement) -> list[str]:
    return [match.certificate.serial.hex for match in judgement.matches]


def test_the_same_serial_at_two_issuers_is_asked_about() -> None:
    judged = judge("Sarjanumero 0bf4eab0", record(1, "bf4eab0"), record(2, "bf4eab0", issuer="CN=Other", issuer_id=2))
    assert (judged.outcome, judged.chosen) == (Outcome.AMBIGUOUS, ())
    assert len(judged.matches) == 2


def test_another_exact_reference_decides_between_two() -> None:
    first = record(1, "bf4eab0", fingerprint="a1" * 32)
    second = record(2, "bf4eab0", issuer="CN=Other", issuer_id=2, fingerprint="c2" * 32)
    judged = judge(f"Sarjanumero 0bf4eab0, sormenjälki {'a1' * 32}", first, second)
    assert judged.outcome is Outcome.MATCHED
    assert [match.certificate.id for match in judged.chosen] == [1]


def test_a_slip_is_shown_and_never_chosen() -> None:
    for written in ("0bf4eab1", "0bf4eba0", "0bf4ea0", "0bf4eabb0"):
        judged = judge(f"Sarjanumero {written}", record(1, "bf4eab0"))
        assert judged.outcome is Outcome.AMBIGUOUS
        assert judged.chosen == ()
        assert [match.why for match in judged.matches] == [("near_serial",)]


def test_letters_typed_for_digits_are_shown_and_never_chosen() -> None:
    judged = judge("Sulkekaa varmenne Obf4eabO", record(1, "bf4eab0"))
    assert (judged.outcome, judged.chosen, judged.matches[0].why) == (Outcome.AMBIGUOUS, (), ("near_serial",))


def test_two_slips_are_not_even_shown() -> None:
    assert judge("Sarjanumero 0bf4ecb1", record(1, "bf4eab0")).outcome is Outcome.UNMATCHED


def test_a_known_and_an_unknown_serial_together_are_asked_about() -> None:
    judged = judge("Sulkekaa varmenteet, sarjanumerot 0bf4eab0 ja 0cccccc1", record(1, "bf4eab0"))
    assert judged.outcome is Outcome.AMBIGUOUS
    assert "certificate" in judged.needs
    assert serials(judged) == ["bf4eab0"]


@pytest.mark.parametrize(
    "text",
    [
        "Sarjanumero 0bf4eab0",
        "sormenjälki " + "a1" * 32,
        "spki: " + "c2" * 32,
        "palvelin: c1.example",
        "Organisaatio: Rantalan keskussairaala",
    ],
)
def test_a_ca_certificate_is_never_shown(text: str) -> None:
    authority = record(1, "bf4eab0", certificate_type=CertificateType.CA, fingerprint="a1" * 32, spki="c2" * 32)
    judged = judge(f"Sulkekaa varmenne. {text}", authority)
    assert (judged.outcome, judged.matches) == (Outcome.UNMATCHED, ())


def test_every_certificate_of_a_compromised_key_comes_along_unless_it_is_revoked_already() -> None:
    key = "c2" * 32
    gone = record(3, "ccc", spki=key, revoked_at=datetime(2026, 1, 1, tzinfo=UTC))
    records = (record(1, "bf4eab0", spki=key), record(2, "bbb", spki=key), gone, record(4, "ddd", spki="ee" * 32))
    compromised = judge("Avain vuoti, sarjanumero 0bf4eab0", *records)
    assert {match.certificate.id: match.is_chosen for match in compromised.matches} == {1: True, 2: True, 3: False}
    assert serials(judge("Sulkekaa varmenne, sarjanumero 0bf4eab0", *records)) == ["bf4eab0"]


def test_a_key_with_several_certificates_is_asked_about_when_only_the_key_is_named() -> None:
    key = "c2" * 32
    judged = judge(f"Please revoke, spki {key}", record(1, "aaaa", spki=key), record(2, "bbbb", spki=key))
    assert judged.outcome is Outcome.AMBIGUOUS
    assert judged.chosen == ()


def test_a_common_name_and_the_oid_of_another_organisation_name_nothing() -> None:
    signature = record(1, "bf4eab0", common_name="Todistuspalvelu", host_names=())
    judged = judge("CN: Todistuspalvelu\nOID: 1.2.246.10.29115020\nSulkekaa varmenne.", signature)
    assert judged.outcome is Outcome.AMBIGUOUS
    assert judged.chosen == ()


def test_a_common_name_and_the_oid_that_two_certificates_share_are_asked_about() -> None:
    twins = [record(at, f"bf4eab{at}", common_name="Todistuspalvelu", host_names=()) for at in (1, 2)]
    judged = judge(f"CN: Todistuspalvelu\nOID: {twins[0].organisation_oid}\nSulkekaa varmenne.", *twins)
    assert judged.outcome is Outcome.AMBIGUOUS
    assert judged.chosen == ()


def test_a_number_cut_in_two_by_a_line_end_is_one() -> None:
    judged = judge(
        "Sarjanumero:\n0100000168f0a805\nc366b43b5de968c691fb", record(1, "100000168f0a805c366b43b5de968c691fb")
    )
    assert judged.outcome is Outcome.MATCHED


def test_a_host_name_of_another_holder_beside_a_serial_leaves_it_open_what_is_meant() -> None:
    other = record(2, "bbb", account_id=3)
    judged = judge("Sulkekaa palvelimen c2.example varmenne, sarjanumero 0bf4eab0", record(1, "bf4eab0"), other)
    assert (judged.outcome, serials(judged)) == (Outcome.AMBIGUOUS, ["bf4eab0", "bbb"])
    assert [match.certificate.id for match in judged.chosen] == [1]
    assert "confirmation" in judged.needs
    assert ("unclear_reference", "c2.example") in judged.because


@pytest.mark.parametrize(
    "text",
    [
        "Sulkekaa sarjanumero 0bf4eab0 ja myös {}",
        "Please revoke serial number 0bf4eab0 and also {}.",
        "Vänligen spärra certifikatet, serienummer 0bf4eab0, samt {}.",
        "Sarjanumero 0bf4eab0. Sulkekaa lisäksi palvelin {}.",
    ],
)
@pytest.mark.parametrize(
    ("host", "outcome"), [("c1.example", "matched"), ("c2.example", "ambiguous"), ("c3.example", "ambiguous")]
)
def test_a_host_name_asked_for_beside_a_serial_must_be_that_certificates(text: str, host: str, outcome: str) -> None:
    judged = judge(text.format(host), record(1, "bf4eab0"), record(2, "bbb"))
    assert judged.outcome == outcome
    assert [match.certificate.id for match in judged.chosen] == [1]
    assert serials(judged) == ["bf4eab0", "bbb"][: 2 if host == "c2.example" else 1]


def test_a_host_name_in_a_signature_changes_nothing() -> None:
    judged = judge("Sulkekaa sarjanumero 0bf4eab0.\n\nYlläpito\nwww.c2.example", record(1, "bf4eab0"), record(2, "bbb"))
    assert judged.outcome is Outcome.MATCHED


def test_a_mistyped_host_name_of_the_senders_own_is_shown_and_never_chosen() -> None:
    holder = ACCOUNTS[0]
    address = holder.contacts[0].email
    name = "resepti.rantala.example"
    for written in ("resepti.rantela.example", "reseptti.rantala.example", "reespti.rantala.example"):
        text = f"Sulkekaa varmenne {written}, se on korvattu uudella."
        mail = Mail("", 0, "", address, address, text=text, new_text=text)
        records = (record(1, "aaa", host_names=(name,), account_id=holder.id), record(2, "bbb", host_names=(name,)))
        records = (records[0], replace(records[1], account_id=holder.id + 1))
        envelope = Envelope(address, (), NOW, Via.SMTP)
        judged = understand(mail, envelope, FakeRegister(records, ACCOUNTS), own_addresses=frozenset(), now=NOW)
        assert judged.outcome is Outcome.AMBIGUOUS
        assert [(m.certificate.id, m.why[0], m.is_chosen) for m in judged.matches] == [(1, "near_host_name", False)]


def test_scores_lie_between_nothing_and_one_and_the_chosen_stand_first() -> None:
    text = "Sarjanumerot 0bf4eab0 ja 0bf4eac1, palvelin c1.example, Organisaatio: Rantalan keskussairaala"
    judged = judge(text, record(1, "bf4eab0"), record(2, "bf4eac0"), record(3, "fff"))
    scores = [match.score for match in judged.matches]
    assert all(0 <= score <= 1 for score in scores)
    assert judged.matches[0].score == 1.0
    assert [match.is_chosen for match in judged.matches] == sorted((m.is_chosen for m in judged.matches), reverse=True)


def test_a_thousand_candidates_are_cut_to_fifty() -> None:
    records = [record(at, format(0x10000 + at, "x"), host_names=("a.example",)) for at in range(1, 1001)]
    assert len(judge("palvelin a.example", *records).matches) == 50


def test_a_host_name_given_as_common_name_together_with_the_oid_names_its_certificate() -> None:
    server = record(1, "bf4eab0")
    text = f"Sulkekaa varmenne CN=c1.example, organisaation OID {server.organisation_oid}"
    assert judge(text, server).outcome is Outcome.MATCHED
    twin = record(2, "bf4eab1", common_name="c1.example", host_names=("c1.example",))
    assert judge(text, server, twin).outcome is Outcome.AMBIGUOUS
    unlabelled = f"Sulkekaa palvelimen c1.example varmenne, organisaation OID {server.organisation_oid}"
    assert judge(unlabelled, server).outcome is Outcome.AMBIGUOUS


def test_a_fingerprint_that_the_register_cannot_compare_contradicts_nothing() -> None:
    listed = record(1, "bf4eab0")
    assert judge(f"Sarjanumero 0bf4eab0, sormenjälki {'a1' * 32}", listed).outcome is Outcome.MATCHED
    compared = record(1, "bf4eab0", fingerprint="b2" * 32)
    assert judge(f"Sarjanumero 0bf4eab0, sormenjälki {'a1' * 32}", compared).outcome is Outcome.AMBIGUOUS


def test_an_attached_certificate_that_stands_in_the_register_as_a_line_only_is_found_by_its_serial() -> None:
    read = read_certificate(x509.load_pem_x509_certificate(pem("lims.pem")).public_bytes(Encoding.DER))
    attached = (Attachment("c.pem", "", pem("lims.pem"), "", "2"),)
    mail = Mail("", 0, "Please revoke", "a@sender.example", "", attachments=attached)
    envelope = Envelope("a@sender.example", (), NOW, Via.SMTP)
    for known, outcome in (("", Outcome.MATCHED), ("b2" * 32, Outcome.UNMATCHED)):
        register = FakeRegister([record(1, read.serial.hex, fingerprint=known)], ACCOUNTS)
        judged = understand(mail, envelope, register, own_addresses=frozenset(), now=NOW)
        assert judged.outcome is outcome


def test_a_request_for_the_next_certificate_beside_a_serial_is_no_contradiction() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    text = "Sulkekaa varmenne 0bf4eab0, uuden pyyntö liitteenä."
    attached = (Attachment("uusi.csr", "", request.public_bytes(Encoding.PEM), "", "2"),)
    mail = Mail("", 0, "", "a@sender.example", "", text=text, new_text=text, attachments=attached)
    envelope = Envelope("a@sender.example", (), NOW, Via.SMTP)
    judged = understand(mail, envelope, FakeRegister([record(1, "bf4eab0")]), own_addresses=frozenset(), now=NOW)
    assert judged.outcome is Outcome.MATCHED


@pytest.mark.parametrize(
    "text",
    [
        "Tilausnumero 200600240, varmenne suljettava.",
        "Laskunumero: 200600240. Sulkekaa varmenne.",
        "Ärendenummer 200600240. Spärra certifikatet.",
        "Ticket #200600240: please revoke the certificate.",
        "Order number 200600240, please revoke the certificate.",
    ],
)
def test_the_number_of_an_order_or_a_case_is_no_serial_number(text: str) -> None:
    assert judge(text, record(1, "bf4eab0")).matches == ()


@pytest.mark.parametrize(
    "text",
    [
        "Tilausnumero 4711. Sulkekaa varmenne 200600240.",
        "In order to be safe, revoke 200600240.",
        "Tiketti 17, sarjanumero 200600240",
        "Sulkekaa varmenne 200600240, tilausnumero 4711.",
    ],
)
def test_a_serial_number_beside_an_order_number_counts(text: str) -> None:
    assert [match.certificate.id for match in judge(text, record(1, "bf4eab0")).chosen] == [1]


@pytest.mark.parametrize(
    "host", ["kanta01.local", "kanta01.sairaala.internal", "app.intranet", "kanta.lan", "kanta.home.arpa", "kanta01"]
)
def test_what_a_machine_is_called_in_its_own_network_leaves_an_exact_serial_alone(host: str) -> None:
    judged = judge(f"Sulkekaa varmenne 0bf4eab0.\nPalvelin: {host}\n", record(1, "bf4eab0"))
    assert judged.outcome is Outcome.MATCHED
    assert [match.certificate.id for match in judged.chosen] == [1]
    assert "." not in host or host in {reference.value for reference in judged.references}


def test_a_private_name_that_stands_in_another_certificate_is_asked_about_like_any_other() -> None:
    other = record(2, "bf4eab1", host_names=("kanta01.local",))
    judged = judge("Sulkekaa varmenne 0bf4eab0.\nPalvelin: kanta01.local\n", record(1, "bf4eab0"), other)
    assert judged.outcome is Outcome.AMBIGUOUS


def test_a_public_name_that_no_certificate_has_is_still_asked_about() -> None:
    judged = judge("Sulkekaa varmenne 0bf4eab0.\nPalvelin: muu.sairaala.example\n", record(1, "bf4eab0"))
    assert judged.outcome is Outcome.AMBIGUOUS
