"""Proofs of key compromise: every kind in every container verifies, and the forged twin of each is refused."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from tests.unit import proof_material as made

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation import weak_keys
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.proofs.attestation import make_attestation
from sulku_revocation.domain.proofs.claim import read_claims, write_claims
from sulku_revocation.domain.proofs.finding import Tools, find_claims
from sulku_revocation.domain.proofs.signed_sentence import Nonces
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_revocation.domain.proofs.verifying import ProofRules, verify_claims
from sulku_tickets.domain.masking import mask

OURS = "https://ca.example/acme/revoke-cert"
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
NONCES = Nonces(bytes(range(32)))
Written = Callable[[dict[str, Any]], str]


def prove(
    *texts: str,
    files: tuple[bytes, ...] = (),
    passwords: tuple[str, ...] = (),
    tickets: frozenset[int] = frozenset(),
    now: datetime = NOW,
    seal: Callable[[bytes], bytes] = lambda key: b"sealed" + key[:0],
) -> list[Proof]:
    """What a mail with these texts and files proves, as it travels: examined, written down, read, verified."""
    tools = Tools(os.urandom(32), passwords, seal=seal, is_weak=weak_keys.is_weak)
    found = find_claims([("text", text) for text in texts], [("1", file) for file in files], tools)
    rules = ProofRules(frozenset({OURS}), lambda sentence: NONCES.refusal(sentence, tickets, now), weak_keys.is_weak)
    return list(verify_claims(read_claims(write_claims(found)), rules))


def verified(proofs: list[Proof]) -> set[tuple[str, str]]:
    return {(proof.kind, proof.spki) for proof in proofs if proof.is_verified}


def refusals(proofs: list[Proof]) -> set[str]:
    return {proof.refusal for proof in proofs if not proof.is_verified}


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("container", made.CONTAINERS)
@pytest.mark.parametrize("is_attached", [True, False], ids=["attached", "pasted"])
def test_a_private_key_proves_itself_in_every_container(container: str, kind: str, is_attached: bool) -> None:
    if not made.exists(container, kind):
        return
    octets = made.CONTAINERS[container](made.key(kind))
    if not is_attached and container.startswith("java"):
        return
    given = {"files": (octets,)} if is_attached else {}
    proofs = prove(
        *(() if is_attached else (f"Hei,\n\n{made.in_text(octets)}\nTerveisin",)),
        passwords=("no", made.PASSWORD),
        **given,
    )
    assert verified(proofs) == {("private_key", made.spki(made.key(kind)))}
    assert all(proof.sealed for proof in proofs)


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("container", [name for name in made.CONTAINERS if name.endswith("password")])
def test_a_key_behind_a_password_that_nobody_gave_is_no_proof(container: str, kind: str) -> None:
    if made.exists(container, kind):
        proofs = prove(files=(made.CONTAINERS[container](made.key(kind)),), passwords=("wrong",))
        assert not verified(proofs)
        assert refusals(proofs) == {"password_needed"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda pem: pem.replace("\n", " "),
        lambda pem: pem.replace("\n", "\r\n> "),
        lambda pem: pem.replace("\n", "\\n"),
        lambda pem: pem.replace("-----", "–––"),
        lambda pem: pem.partition("-----END")[0],
        lambda pem: pem.replace("\n", "\n\n   "),
        lambda pem: "\n".join(line[:30] + "\n" + line[30:] for line in pem.split("\n")),
        lambda pem: pem.replace("\n", "\u200b\n\u00a0"),
    ],
    ids=["one line", "quoted", "escaped", "dashes", "no end", "blank lines", "wrapped", "invisible"],
)
@pytest.mark.parametrize("kind", made.KINDS)
def test_a_pasted_key_is_read_however_the_mail_program_broke_it(kind: str, damage) -> None:
    pem = damage(made.CONTAINERS["pkcs8 pem"](made.key(kind)).decode())
    assert verified(prove(f"The key:\n{pem}")) == {("private_key", made.spki(made.key(kind)))}


@pytest.mark.parametrize(
    "written",
    [
        json.dumps,
        lambda jwk: json.dumps({"keys": [{"kty": "oct", "k": "AyM1SysPpbyDfgZl"}, jwk]}, indent=2),
        lambda jwk: json.dumps(jwk, indent=4).replace("\n", "\r\n> "),
        lambda jwk: json.dumps(json.dumps(jwk)),
        lambda jwk: json.dumps(jwk).replace(jwk["d"], jwk["d"][:20] + "\n" + jwk["d"][20:]),
    ],
    ids=["plain", "set", "quoted", "escaped", "broken"],
)
@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("is_attached", [True, False], ids=["attached", "pasted"])
def test_a_private_key_in_json_proves_itself(written: Written, kind: str, is_attached: bool) -> None:
    text = written(made.private_jwk(made.key(kind)))
    proofs = prove(files=(text.encode(),)) if is_attached else prove(f"The key:\n{text}\nRegards")
    assert verified(proofs) == {("private_key", made.spki(made.key(kind)))}
    assert all(proof.sealed for proof in proofs)
    assert shows_proof(Mail("", 0, "", None, "", text=text))


def test_an_rsa_key_in_json_without_its_primes_proves_itself() -> None:
    assert verified(prove(json.dumps(made.private_jwk(made.key("rsa"), primes=False)))) == {
        ("private_key", made.spki(made.key("rsa")))
    }


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("primes", [True, False], ids=["with primes", "without primes"])
def test_a_forged_key_in_json_with_the_victims_public_half_is_refused(kind: str, primes: bool) -> None:
    secret = made.private_jwk(made.key(kind, "forger"), primes=primes)
    forged = {**secret, **made.jwk(made.key(kind))}
    proofs = prove(json.dumps(forged), json.dumps(made.jwk(made.key(kind))))
    assert not verified(proofs)
    assert refusals(proofs) == {"invalid_key"}


@pytest.mark.parametrize(
    "damage",
    [
        {"d": ""}, {"d": 7}, {"d": None}, {"d": "AAAA"}, {"d": "*"}, {"crv": "X25519"}, {"crv": "P-1"}, {"n": "AQ"},
        {"x": "AQ"}, {"p": "AA", "q": "AQ"}, {"oth": []}, {"kty": "oct"}, {"n": "A" * 3_000, "x": "A" * 3_000},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", made.KINDS)
def test_a_damaged_key_in_json_never_proves_anothers_key(kind: str, damage: dict[str, Any]) -> None:
    private = made.key(kind)
    proofs = prove(json.dumps({**made.private_jwk(private, primes=False), **damage}))
    assert verified(proofs) <= {("private_key", made.spki(private))}


@pytest.mark.parametrize(
    "written",
    [
        lambda der: der.hex(),
        lambda der: der.hex().upper(),
        lambda der: der.hex(":"),
        lambda der: der.hex(" ").replace(" ", "\n", 1),
        lambda der: "\n    ".join(der.hex(":")[at : at + 45] for at in range(0, len(der) * 3, 45)),
        lambda der: "\r\n> ".join(der.hex()[at : at + 64] for at in range(0, len(der) * 2, 64)),
        lambda der: ", ".join(f"0x{octet:02x}" for octet in der),
        lambda der: "".join(f"\\x{octet:02x}" for octet in der),
    ],
    ids=["plain", "capitals", "colons", "blanks", "lines", "quoted", "C", "escaped"],
)
@pytest.mark.parametrize("kind", made.KINDS)
def test_a_private_key_in_hex_proves_itself(written: Callable[[bytes], str], kind: str) -> None:
    for container in ("pkcs8 der", "traditional der", "pkcs8 der, password", "pkcs12"):
        if not made.exists(container, kind):
            continue
        text = written(made.CONTAINERS[container](made.key(kind)))
        assert verified(prove(f"Avain: {text}\nTerveisin", passwords=(made.PASSWORD,))) == {
            ("private_key", made.spki(made.key(kind)))
        }
        assert shows_proof(Mail("", 0, "", None, "", text=text)) or container == "pkcs12"


@pytest.mark.parametrize("kind", made.KINDS)
def test_a_private_key_in_base64_for_urls_proves_itself(kind: str) -> None:
    text = f"Avain: {made.b64url(made.CONTAINERS['pkcs8 der'](made.key(kind)))}\nTerveisin"
    assert verified(prove(text)) == {("private_key", made.spki(made.key(kind)))}
    assert shows_proof(Mail("", 0, "", None, "", text=text))


@pytest.mark.parametrize("kind", made.KINDS)
def test_a_private_key_in_a_secret_of_kubernetes_proves_itself(kind: str) -> None:
    wrapped = base64.b64encode(made.CONTAINERS["pkcs8 pem"](made.key(kind))).decode()
    secret = f"kind: Secret\ndata:\n  tls.key: {wrapped}\ntype: kubernetes.io/tls\n"
    for proofs in (prove(secret), prove(files=(secret.encode(),))):
        assert verified(proofs) == {("private_key", made.spki(made.key(kind)))}
    assert shows_proof(Mail("", 0, "", None, "", text=secret))


@pytest.mark.parametrize(
    "text",
    [
        "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\nAAAA",
        "PuTTY-User-Key-File-1: ssh-rsa\nEncryption: none\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA",
        "privateExponent:\n    6c:0a",
        "priv:\n    6c:0a",
    ],
)
def test_a_piece_of_a_private_key_is_sealed_all_the_same(text: str) -> None:
    proofs = prove(text)
    assert [(proof.kind, proof.refusal) for proof in proofs] == [("private_key", "unsupported")]
    assert shows_proof(Mail("", 0, "", None, "", text=text))


@pytest.mark.parametrize("magic", ["cececece", "1ef1b5b0"], ids=["JCEKS", "PVK"])
def test_a_key_store_that_nobody_opens_is_left_to_a_person_and_sealed_all_the_same(magic: str) -> None:
    store = bytes.fromhex(magic) + made.java_key_store(made.key("ec"))[4:]
    assert [(proof.kind, proof.refusal) for proof in prove(files=(store,))] == [("private_key", "unsupported")]
    assert shows_proof(Mail("", 0, "", None, "", attachments=(Attachment("", "", store, "", "1"),)))


@pytest.mark.parametrize("label", ["PGP PRIVATE KEY BLOCK", "SSH2 ENCRYPTED PRIVATE KEY"])
def test_private_keys_of_other_programs_are_left_to_a_person_and_masked(label: str) -> None:
    text = made.pem(label, made.certificate(made.key("ec")))
    assert refusals(prove(text)) == {"unsupported"}
    assert mask(text).strip() == "[private key: sealed in the original]"


@pytest.mark.parametrize("kind", made.KINDS)
def test_a_java_key_store_in_base64_proves_its_key(kind: str) -> None:
    proofs = prove(made.in_text(made.java_key_store(made.key(kind))), passwords=(made.PASSWORD,))
    assert verified(proofs) == {("private_key", made.spki(made.key(kind)))}


def test_a_forged_key_in_hex_is_refused() -> None:
    proofs = prove(made.forged_rsa(made.key("rsa")).hex())
    assert not verified(proofs)
    assert refusals(proofs) == {"invalid_key"}


@pytest.mark.parametrize("kind", made.KINDS)
def test_certificates_and_public_keys_in_hex_or_json_prove_nothing(kind: str) -> None:
    private = made.key(kind)
    for text in (made.certificate(private).hex(":"), made.public_der(private).hex(), json.dumps(made.jwk(private))):
        assert not prove(text)


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("statement", made.statements(made.key("ec")))
def test_a_statement_that_the_key_signed_proves_it(statement: str, kind: str) -> None:
    assert verified(prove(made.statements(made.key(kind))[statement])) == {(statement, made.spki(made.key(kind)))}


@pytest.mark.parametrize("kind", made.KINDS)
def test_statements_of_another_key_with_the_victims_name_on_them_prove_nothing_about_the_victim(kind: str) -> None:
    victim, forger = made.key(kind), made.key(kind, "forger")
    public = made.pem("PUBLIC KEY", made.public_der(victim))
    forged = {
        "kca_request": made.in_text(_with_key_of(make_attestation(forger), forger, victim)),
        "proof_request": made.in_text(_with_key_of(made.request(forger, "Proof of Key Compromise"), forger, victim)),
        "pock": made.pem("CERTIFICATE", made.pock(victim, signer=forger)),
        "pwnedkeys": made.pwnedkeys(forger).replace(made.spki(forger), made.spki(victim)) + public,
        "acme": made.acme(forger, made.certificate(victim)),
    }
    for statement, text in forged.items():
        proofs = prove(text)
        assert not verified(proofs), statement
        assert refusals(proofs) <= {"bad_signature", "unknown_key"}, statement
        assert proofs, statement


def _with_key_of(der: bytes, forger: made.Key, victim: made.Key) -> bytes:
    """A request whose public key was exchanged, its signature left as it was."""
    old, new = made.public_der(forger), made.public_der(victim)
    assert len(old) == len(new)
    return der.replace(old, new)


def test_a_forged_rsa_key_with_the_victims_modulus_is_refused() -> None:
    forged = made.forged_rsa(made.key("rsa"))
    for given in ({"files": (forged,)}, {"files": (made.pem("RSA PRIVATE KEY", forged).encode(),)}):
        proofs = prove(**given)
        assert not verified(proofs)
        assert refusals(proofs) == {"invalid_key"}


def test_a_forged_ec_key_with_the_victims_point_never_proves_the_victims_key() -> None:
    proofs = prove(files=(made.forged_ec(made.key("ec")),))
    assert made.spki(made.key("ec")) not in {spki for _, spki in verified(proofs)}


@pytest.mark.parametrize("kind", made.KINDS)
def test_an_ordinary_request_and_an_ordinary_certificate_are_no_proof(kind: str) -> None:
    private = made.key(kind)
    for octets in (made.request(private, "host.example"), made.certificate(private), made.public_der(private)):
        assert prove(files=(octets,)) == []
        assert prove(made.in_text(octets)) == []


@pytest.mark.parametrize(
    "says", ["This is not a proof of key compromise", "No compromised key", "Avain ei on paljastunut"]
)
def test_a_request_that_denies_the_compromise_proves_none(says: str) -> None:
    assert not verified(prove(files=(made.request(made.key("ec"), says),)))


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("change", [{"serial": 2}, {"day": datetime(1951, 1, 1, tzinfo=UTC)}])
def test_a_certificate_that_only_resembles_a_pock_is_none(kind: str, change: dict) -> None:
    proofs = prove(files=(made.pock(made.key(kind), **change),))
    assert refusals(proofs) == {"no_statement"}


def test_an_acme_order_to_another_ca_is_not_ours() -> None:
    private = made.key("ec")
    proofs = prove(made.acme(private, made.certificate(private), url="https://other.example/acme/revoke-cert"))
    assert refusals(proofs) == {"other_address"}


def test_a_pwnedkeys_statement_without_the_key_that_made_it_is_left_to_a_person() -> None:
    assert refusals(prove(made.pwnedkeys(made.key("ec")))) == {"unknown_key"}
    assert prove("See https://v1.pwnedkeys.com/" + "ab" * 32) == []


# --- our sentence ---------------------------------------------------------------------------------------------------


def answer(kind: str, signed: str, said: str | None = None, *, ending: str = "") -> str:
    signature = base64.encodebytes(made.sign(made.key(kind), (signed + ending).encode())).decode()
    return f"Here it is:\n\n{said or signed}\n\n{signature}\n" + made.pem(
        "CERTIFICATE", made.certificate(made.key(kind))
    )


SENTENCE = NONCES.sentence("S26-000012", NOW - timedelta(hours=1))
TICKET = frozenset({12})


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_our_sentence_signed_with_the_key_proves_it(kind: str, ending: str) -> None:
    proofs = prove(answer(kind, SENTENCE, ending=ending), tickets=TICKET)
    assert verified(proofs) == {("signed_nonce", made.spki(made.key(kind)))}


def test_a_signature_in_a_file_of_its_own_counts_too() -> None:
    signature = made.sign(made.key("rsa"), SENTENCE.encode())
    proofs = prove(f"> {SENTENCE}", files=(signature, made.certificate(made.key("rsa"))), tickets=TICKET)
    assert verified(proofs) == {("signed_nonce", made.spki(made.key("rsa")))}


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("options", [[], [PKCS7Options.DetachedSignature], [PKCS7Options.Binary]])
def test_our_sentence_signed_in_cms_proves_it(kind: str, options: list[PKCS7Options]) -> None:
    def signed(sentence: str, certified: made.Key) -> bytes:
        certificate = x509.load_der_x509_certificate(made.certificate(certified))
        builder = PKCS7SignatureBuilder().set_data(sentence.encode())
        builder = builder.add_signer(certificate, made.key(kind), hashes.SHA256())
        return builder.sign(Encoding.DER, options)

    proofs = prove(SENTENCE, files=(signed(SENTENCE, made.key(kind)),), tickets=TICKET)
    assert verified(proofs) == {("signed_nonce", made.spki(made.key(kind)))}
    for forged in (signed(SENTENCE, made.key(kind, "other")), signed(SENTENCE + "!", made.key(kind))):
        assert not verified(prove(SENTENCE, files=(forged,), tickets=TICKET))


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize(
    ("why", "sentence", "given"),
    [
        ("other_ticket", SENTENCE, {"tickets": frozenset({13})}),
        ("nonce_expired", SENTENCE, {"tickets": TICKET, "now": NOW + timedelta(hours=23)}),
        ("nonce_unknown", SENTENCE[:-4] + "0000", {"tickets": TICKET}),
        ("control_only", SENTENCE.removeprefix("This key is compromised. "), {"tickets": TICKET}),
    ],
)  # fmt: skip
def test_a_sentence_of_another_ticket_or_day_or_without_its_words_is_refused(
    why: str, sentence: str, given: dict, kind: str
) -> None:
    proofs = prove(answer(kind, sentence), **given)
    assert refusals(proofs) == {why}
    assert not verified(proofs)


def test_a_signature_over_the_nonce_alone_shows_control_and_no_compromise() -> None:
    nonce = SENTENCE.removeprefix("This key is compromised. ")
    assert refusals(prove(answer("ec", nonce, said=SENTENCE), tickets=TICKET)) == {"control_only"}


# --- weak keys and hostile ones -------------------------------------------------------------------------------------


def test_a_weak_key_in_a_certificate_is_proven_by_computing_it() -> None:
    weak = made.close_primes_key()
    proofs = prove("The keys are weak (Fermat).", files=(made.certificate(weak),))
    assert verified(proofs) == {("weak_key", made.spki(weak))}
    assert weak_keys.weaknesses_of(made.public_der(weak)) == ("fermat",)


def test_keys_that_cost_too_much_are_refused_before_they_are_loaded() -> None:
    huge = made.huge_rsa(14_336)
    assert refusals(prove(files=(huge,))) == {"key_too_large"}
    assert refusals(prove(made.pem("RSA PRIVATE KEY", huge))) == {"key_too_large"}
    assert refusals(prove(files=(made.many_rounds(20_000_000),), passwords=("a",))) == {"too_costly"}
    assert refusals(prove(files=(made.explicit_curve_key(),))) == {"explicit_parameters"}
    assert not verified(prove(files=(made.deep_asn1(5_000),)))


def test_large_keys_that_are_real_still_prove_themselves() -> None:
    private = made.composite_free_rsa(4_608)
    octets = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert verified(prove(files=(octets,))) == {("private_key", made.spki(private))}


def test_what_the_jail_says_is_read_as_data_whatever_it_is() -> None:
    for text in ("", "{", "[]", "[1]", '[{"kind": "private_key"}]', "[" * 10_000, "null", '"x"'):
        assert read_claims(text) == ()
