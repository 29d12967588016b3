"""Signed requests of ACME, as a reader that shares no code with the writer understands them (RFC 7515, RFC 8555)."""

from __future__ import annotations

import base64
import json

import josepy
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from tests.certificates import key
from tests.senders import rsa_key

from sulku_revocation.ca.acme_jws import SigningKey, UnusableKeyError, public_jwk, sign_request

URL = "https://acme.ca.example/revoke"
KEYS: dict[str, SigningKey] = {
    "RS256": rsa_key(),
    "ES256": key("acme"),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def header_of(document: bytes) -> dict[str, object]:
    protected = json.loads(document)["protected"]
    return json.loads(base64.urlsafe_b64decode(protected + "=" * (-len(protected) % 4)))


@pytest.mark.parametrize("algorithm", [name for name in KEYS if name != "EdDSA"])  # josepy knows no EdDSA
def test_another_library_verifies_what_is_signed(algorithm: str) -> None:
    document = json.loads(sign_request(KEYS[algorithm], URL, "n1", {"reason": 1}, account=None))
    signature = josepy.JWS.from_json(
        {"payload": document["payload"], "signatures": [{k: document[k] for k in ("protected", "signature")}]}
    )
    public = josepy.JWK.from_json(public_jwk(KEYS[algorithm]))
    assert signature.verify(public)
    assert json.loads(signature.payload) == {"reason": 1}


def test_an_ed25519_signature_is_over_header_and_payload_as_they_were_sent() -> None:
    signer = KEYS["EdDSA"]
    document = json.loads(sign_request(signer, URL, "n1", {"reason": 1}, account=None))
    signature = base64.urlsafe_b64decode(document["signature"] + "==")
    signer.public_key().verify(signature, f"{document['protected']}.{document['payload']}".encode())


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_request_says_its_algorithm_its_nonce_and_the_one_address_it_is_for(algorithm: str) -> None:
    header = header_of(sign_request(KEYS[algorithm], URL, "n1", {}, account=f"{URL}/account/1"))
    assert header == {"alg": algorithm, "nonce": "n1", "url": URL, "kid": f"{URL}/account/1"}


def test_without_an_account_the_public_key_goes_along_and_nothing_of_the_private_one() -> None:
    for signer in KEYS.values():
        header = header_of(sign_request(signer, URL, "n1", {}, account=None))
        assert "kid" not in header
        assert set(header["jwk"]) <= {"kty", "n", "e", "crv", "x", "y"}


def test_a_question_has_an_empty_payload() -> None:
    assert json.loads(sign_request(KEYS["ES256"], URL, "n1", None, account=URL))["payload"] == ""


def test_a_key_on_a_curve_that_acme_has_not_is_refused() -> None:
    with pytest.raises(UnusableKeyError):
        sign_request(ec.generate_private_key(ec.SECP256K1()), URL, "n1", {}, account=None)


def test_a_coordinate_keeps_its_leading_zeros() -> None:
    while True:
        signer = ec.generate_private_key(ec.SECP256R1())
        if signer.public_key().public_numbers().x < 2**248:
            break
    assert len(base64.urlsafe_b64decode(public_jwk(signer)["x"] + "=")) == 32
