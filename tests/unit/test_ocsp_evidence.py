"""An OCSP answer counts only when it is fresh, about this certificate, and by one who may answer (RFC 6960, 3.2)."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.published import HOUR, NOW, SERIAL, certificate, key, ocsp_answer, responder

from sulku_revocation.domain.ocsp_evidence import ocsp_request, see_in_ocsp
from sulku_revocation.domain.publication_evidence import NotYet, Seen, Wrong
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.signatures import is_signed_by

NONCE = b"n" * 32


def see(der: bytes, expected: ReasonCode = ReasonCode.SUPERSEDED, issuer: x509.Certificate | None = None, **given):
    return see_in_ocsp(der, issuer or certificate(), SERIAL, expected, NOW, **given)


def why(found: object) -> str:
    assert isinstance(found, Wrong)
    assert found.detail
    return found.why


def delegated(**given) -> bytes:
    """An answer signed by a delegated responder, whose certificate is attached."""
    signer = given.pop("signer", None) or responder()
    return ocsp_answer(**{"by": "responder", "signer": signer, "attached": (signer,), **given})


def test_a_revoked_answer_is_seen_with_everything_that_proves_it() -> None:
    der = ocsp_answer()
    assert see(der) == Seen(None, NOW - HOUR, NOW + HOUR, NOW - HOUR, 4, hashlib.sha256(der).hexdigest(), der)


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()])
def test_the_issuer_is_recognised_by_every_hash_of_its_name(algorithm: hashes.HashAlgorithm) -> None:
    assert isinstance(see(ocsp_answer(name_algorithm=algorithm)), Seen)


@pytest.mark.parametrize("by", ["rsa", "ed25519"])
def test_issuers_with_other_kinds_of_keys_are_believed(by: str) -> None:
    issuer = certificate("CA", by)
    assert isinstance(see(ocsp_answer(by=by, issuer=issuer), issuer=issuer), Seen)


def test_a_signer_named_by_name_is_believed_too() -> None:
    assert isinstance(see(ocsp_answer(encoding=ocsp.OCSPResponderEncoding.NAME)), Seen)


def test_no_reason_is_the_reason_zero() -> None:
    der = ocsp_answer(reason=None)
    assert see(der, ReasonCode.UNSPECIFIED).reason == 0
    assert why(see(der)) == "reason"


@pytest.mark.parametrize("reason", [one for one in x509.ReasonFlags if one is not x509.ReasonFlags.superseded])
def test_another_reason_than_ordered_does_not_count(reason: x509.ReasonFlags) -> None:
    assert why(see(ocsp_answer(reason=reason))) == "reason"


@pytest.mark.parametrize("state", [ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.UNKNOWN])
def test_good_and_unknown_are_statements_not_faults(state: ocsp.OCSPCertStatus) -> None:
    assert see(ocsp_answer(state=state)) == NotYet(state.name.lower(), is_statement=True)


def test_an_answer_about_another_certificate_or_issuer_does_not_count() -> None:
    assert why(see(ocsp_answer(serial=SERIAL + 1))) == "certificate"
    # The same responder, the same serial, another generation of the issuer.
    other = certificate("CA", "other")
    assert why(see(delegated(issuer=other))) == "certificate"


def test_an_answer_by_somebody_else_does_not_count() -> None:
    stranger = certificate("CA", "other")
    assert why(see(ocsp_answer(by="other", signer=stranger))) == "signer"  # by its key hash, not the issuer
    by_name = ocsp.OCSPResponderEncoding.NAME
    assert (
        why(see(ocsp_answer(by="other", signer=stranger, encoding=by_name))) == "signature"
    )  # claims to be the issuer
    assert why(see(ocsp_answer(by="other", signer=stranger, attached=(stranger,)))) == "signer"


def test_a_delegated_responder_is_believed_when_the_issuer_made_it_one() -> None:
    assert isinstance(see(delegated()), Seen)
    assert why(see(delegated(attached=()))) == "signer"
    impostor = certificate("Responder", "other")
    forged = ocsp_answer(by="other", signer=impostor, attached=(responder(),), encoding=ocsp.OCSPResponderEncoding.NAME)
    assert why(see(forged)) == "signature"


def test_a_responder_that_the_issuer_did_not_make_one_does_not_count() -> None:
    for signer in (
        responder(usages=()),
        responder(usages=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        responder(issued_by=("CA", "other")),
        responder(issued_by=("Other CA", "issuer")),
        responder(begins=NOW + HOUR),
        responder(ends=NOW - HOUR),
    ):
        found = see(delegated(signer=signer))
        assert why(found) == "signer"


def test_a_wrong_nonce_does_not_count_and_a_missing_one_leaves_the_times() -> None:
    assert isinstance(see(ocsp_answer(nonce=NONCE), nonce=NONCE), Seen)
    assert isinstance(see(ocsp_answer(), nonce=NONCE), Seen)
    assert isinstance(see(ocsp_answer(nonce=NONCE)), Seen)
    assert why(see(ocsp_answer(nonce=b"o" * 32), nonce=NONCE)) == "nonce"


def test_a_stale_answer_does_not_count_whatever_it_says() -> None:
    assert why(see(ocsp_answer(until=NOW))) == "expired"
    assert why(see(ocsp_answer(state=ocsp.OCSPCertStatus.GOOD, until=NOW))) == "expired"
    assert isinstance(see(ocsp_answer(made=NOW - timedelta(minutes=59), until=None)), Seen)
    assert why(see(ocsp_answer(made=NOW - HOUR, until=None))) == "expired"


def test_an_answer_from_the_future_does_not_count_beyond_the_clocks_difference() -> None:
    assert isinstance(see(ocsp_answer(made=NOW + timedelta(minutes=4), at=NOW)), Seen)
    assert why(see(ocsp_answer(made=NOW + timedelta(minutes=6)))) == "not_fresh"
    assert why(see(ocsp_answer(at=NOW + timedelta(minutes=6)))) == "not_fresh"


def unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def test_a_responder_that_is_busy_is_asked_again_and_one_that_refuses_is_looked_at() -> None:
    for status in (ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.INTERNAL_ERROR):
        found = see(unsuccessful(status))
        assert isinstance(found, NotYet)
        assert (found.why, found.is_statement) == ("unreachable", False)
    for status in (
        ocsp.OCSPResponseStatus.MALFORMED_REQUEST, ocsp.OCSPResponseStatus.UNAUTHORIZED,
        ocsp.OCSPResponseStatus.SIG_REQUIRED,
    ):  # fmt: skip
        assert why(see(unsuccessful(status))) == "status"


def test_no_changed_bit_leaves_an_answer_that_counts() -> None:
    der = ocsp_answer()
    unused_bits = len(der) - len(ocsp.load_der_ocsp_response(der).signature) - 1  # says nothing about what was signed
    for at in set(range(len(der))) - {unused_bits}:
        changed = der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]
        assert not isinstance(see(changed), Seen), at


def test_no_answer_that_is_cut_counts() -> None:
    der = ocsp_answer()
    for at in range(len(der)):
        assert isinstance(see(der[:at]), Wrong)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_whatever_the_bytes_are_the_answer_is_a_value(der: bytes) -> None:
    assert not isinstance(see(der), Seen)


def test_a_question_names_the_certificate_and_carries_the_nonce() -> None:
    asked = ocsp.load_der_ocsp_request(ocsp_request(certificate(), SERIAL, NONCE))
    assert asked.serial_number == SERIAL
    assert asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == NONCE
    assert len(ocsp.load_der_ocsp_request(ocsp_request(certificate(), SERIAL, None)).extensions) == 0
    library = ocsp.OCSPRequestBuilder().add_certificate(
        certificate("x", "other", issued_by=("CA", "issuer")), certificate(), hashes.SHA1()
    )
    theirs = library.build()
    assert (asked.issuer_name_hash, asked.issuer_key_hash) == (theirs.issuer_name_hash, theirs.issuer_key_hash)


# --- signatures --------------------------------------------------------------------------------------------------


def test_a_signature_is_by_this_key_or_it_is_not() -> None:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding

    sha256 = hashes.SHA256()
    signatures = {
        "issuer": (key().sign(b"x", ec.ECDSA(sha256)), sha256),
        "rsa": (key("rsa").sign(b"x", padding.PKCS1v15(), sha256), sha256),
        "ed25519": (key("ed25519").sign(b"x"), None),
    }
    for which, (signature, algorithm) in signatures.items():
        public = key(which).public_key()
        assert is_signed_by(public, signature, b"x", algorithm)
        assert not is_signed_by(public, signature, b"y", algorithm)
        assert not is_signed_by(public, signature[:-1], b"x", algorithm)
    assert not is_signed_by(key().public_key(), signatures["issuer"][0], b"x", None)
    assert not is_signed_by(key("rsa").public_key(), signatures["rsa"][0], b"x", None)
    assert not is_signed_by("no key", b"", b"x", sha256)
    weak = key("rsa").sign(b"x", padding.PKCS1v15(), hashes.SHA1())
    assert not is_signed_by(key("rsa").public_key(), weak, b"x", hashes.SHA1())
    odd = dsa.generate_private_key(1024)
    assert not is_signed_by(odd.public_key(), odd.sign(b"x", sha256), b"x", sha256)


def test_a_responder_that_stands_on_the_issuers_list_does_not_count_unless_it_is_exempt() -> None:
    on_list = frozenset({responder().serial_number})
    assert why(see(delegated(), revoked=on_list)) == "signer"
    assert isinstance(see(delegated(), revoked=frozenset({1})), Seen)
    assert isinstance(see(delegated(signer=responder(is_exempt=True)), revoked=on_list), Seen)


def test_for_staying_revoked_a_hold_is_not_enough() -> None:
    assert isinstance(see(ocsp_answer(reason=x509.ReasonFlags.key_compromise), None), Seen)
    assert why(see(ocsp_answer(reason=x509.ReasonFlags.certificate_hold), None)) == "reason"
