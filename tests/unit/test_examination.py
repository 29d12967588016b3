"""Proofs as they come in: whole mails through the real jailed reader, hostile ones too."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from tests.certificates import issue, make_ca, p7b
from tests.unit import proof_material as made
from tests.unit.test_written_keys import written

from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.jailed_reader import JailedReader
from sulku_mailbox.reader import Reader
from sulku_revocation.domain.judgement import Proof
from sulku_revocation.domain.proofs.attestation import make_attestation
from sulku_revocation.domain.proofs.claim import read_claims
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_revocation.domain.proofs.verifying import ProofRules, verify_claims
from sulku_revocation.domain.spki import spki_of
from sulku_revocation.key_sealing import new_recovery_key, open_sealed

PRIVATE, PUBLIC = new_recovery_key()
MOST_MEMORY = 200 * 1024 * 1024
MOST_SECONDS = 5


@pytest.fixture(scope="module")
def jail() -> Iterator[JailedReader]:
    child = JailedReader(command=(sys.executable, "-I", "-m", "sulku_revocation.jail", PUBLIC.hex()))
    yield child
    child.close()


@pytest.fixture(scope="module")
def reader(jail: JailedReader) -> Reader:
    return Reader(jail=jail, must_be_examined=shows_proof)


def mail(text: str, *files: tuple[str, bytes]) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@keyscan.example", "desk@ca.example", "Key"
    message.set_content(text)
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def proofs_of(mail: Mail) -> list[Proof]:
    return list(verify_claims(read_claims(mail.examination), ProofRules()))


@pytest.mark.parametrize("kind", made.KINDS)
def test_a_key_as_programs_write_it_is_examined_in_the_jail_too(reader: Reader, kind: str, tmp_path: Path) -> None:
    """Argon2 wants memory, and a library that loads late finds no file to open there."""
    for form, text in written(kind, tmp_path).items():
        said = f"The passphrase is {made.PASSWORD}\n\n{text}\n"
        files = [("key.ppk", text.encode())]
        for raw in (mail(said), mail(f"The passphrase is {made.PASSWORD}\n", *files)):
            (proof,) = proofs_of(reader.read(raw))
            assert (proof.kind, proof.spki) == ("private_key", made.spki(made.key(kind))), form
            assert (
                load_der_private_key(open_sealed(proof.sealed, PRIVATE), None).public_key()
                == made.key(kind).public_key()
            )


@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("container", ["pkcs8 pem", "pkcs8 der", "openssh", "pkcs12, password", "java, password"])
def test_a_key_is_examined_in_the_jail_and_leaves_it_only_in_its_seal(
    reader: Reader, container: str, kind: str
) -> None:
    octets = made.CONTAINERS[container](made.key(kind))
    read = reader.read(mail(f"The password is {made.PASSWORD}", ("key.bin", octets)))
    (proof,) = proofs_of(read)
    assert (proof.is_verified, proof.spki) == (True, made.spki(made.key(kind)))
    der = made.key(kind).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert open_sealed(proof.sealed, PRIVATE) == der


@pytest.mark.parametrize("kind", made.KINDS)
def test_every_statement_is_examined_wherever_it_stands(reader: Reader, kind: str) -> None:
    for name, text in made.statements(made.key(kind)).items():
        expected = set() if name == "acme" else {(name, made.spki(made.key(kind)))}  # no address is set here
        for raw in (mail(text), mail("Attached.", ("proof.txt", text.encode()))):
            assert {(p.kind, p.spki) for p in proofs_of(reader.read(raw)) if p.is_verified} == expected, name


@pytest.mark.parametrize("kind", made.KINDS)
def test_an_ordinary_mail_with_a_certificate_never_goes_to_the_jail(kind: str) -> None:
    certificate = made.certificate(made.key(kind))
    untouched = JailedReader(command=("/nowhere",))
    reader = Reader(jail=untouched, must_be_examined=shows_proof)
    for raw in (
        mail("Please revoke the certificate.", ("server.cer", certificate)),
        mail("Sulkekaa tämä:\n" + made.pem("CERTIFICATE", certificate)),
        mail("Sulkekaa varmenne 01:00:00:16:8f:0a:80:5c:36:6b:43:b5:de:96:8c:69:1f."),
    ):
        assert reader.read(raw).examination == ""
    assert untouched.starts == 0


# As much work as is allowed for one password.
COSTLY_PUTTY = (
    "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nKey-Derivation: Argon2id\nArgon2-Memory: 32768\n"
    "Argon2-Passes: 32\nArgon2-Parallelism: 1\nArgon2-Salt: 956b7f27ae49c705803de2ff2d88c2f9\nPublic-Lines: 1\nAAAA\n"
    f"Private-Lines: 1\n{'A' * 64}\n"
)
HOSTILE = {
    "a modulus of 14,336 bits": lambda: mail("key", ("a.pem", made.pem("RSA PRIVATE KEY", made.huge_rsa(14_336)).encode())),
    "many large keys": lambda: mail("keys", *[(f"{n}.der", made.largest_tested_rsa()) for n in range(5)]),
    "20 million rounds": lambda: mail("password is a", ("a.der", made.many_rounds(20_000_000))),
    "many passwords": lambda: mail(
        "\n".join(f"password: word{n}x" for n in range(500)), *[(f"{n}.der", made.many_rounds(900_000)) for n in range(6)]
    ),
    "10,000 certificates": lambda: mail("chain", ("a.p7b", p7b(*[issue(make_ca(), 5, hosts=("a.example",))] * 10_000))),
    "deep ASN.1": lambda: mail("key", ("a.der", made.deep_asn1(20_000))),
    "a curve of its own": lambda: mail("key", ("a.der", made.explicit_curve_key())),
    "nothing but dashes": lambda: mail("-" * 60_000 + "BEGIN " + "PRIVATE KEY" * 4_000),
    "nothing but beginnings": lambda: mail("-----BEGIN PRIVATE KEY-----\n" * 3_000),
    "braces": lambda: mail('{"protected"' * 5_000),
    "nonces": lambda: mail(("sulku-S26-000001-" + "0" * 40 + " ") * 900),
    "an OpenSSH key whose point is compressed": lambda: mail(made.compressed_openssh_key()),
    "passwords for Argon2": lambda: mail("\n".join([*(f"password: word{n}x" for n in range(500)), *[COSTLY_PUTTY] * 6])),
    "a modulus printed without end": lambda: mail(f"modulus:\n{'ff:' * 18_000}\nprivateExponent:\n{'ff:' * 18_000}"),
    "listings in hex": lambda: mail("00000000: 3082 0122 3082 0122 3082 0122 3082 0122  0..\n" * 900),
    "XML": lambda: mail("<RSAKeyValue><D>" * 3_000),
    "base64 without end": lambda: mail("MIIEvgIBADANBg" * 4_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_keys_end_soon_and_small_and_the_mail_is_read_all_the_same(
    reader: Reader, jail: JailedReader, name: str
) -> None:
    reader.read(mail("PRIVATE KEY"))  # the child runs
    assert jail.child_id is not None
    process = psutil.Process(jail.child_id)
    before = process.cpu_times().user
    read = reader.read(HOSTILE[name]())
    assert read.subject == "Key"
    assert {proof.spki for proof in proofs_of(read) if proof.is_verified} <= {spki_of_largest()}
    assert jail.child_id == process.pid, "the child did not outlive it"
    assert process.cpu_times().user - before < MOST_SECONDS
    assert process.memory_info().rss < MOST_MEMORY


def spki_of_largest() -> str:
    """The one key among the hostile ones that is real."""
    key = load_der_private_key(made.largest_tested_rsa(), None, unsafe_skip_rsa_key_validation=True)
    return spki_of(key.public_key())


def test_a_request_is_verified_outside_the_jail_whatever_the_jail_says() -> None:
    forged = make_attestation(made.key("ec", "forger")).replace(
        made.public_der(made.key("ec", "forger")), made.public_der(made.key("ec"))
    )
    claim = made.claim("private_key", forged, public_key=made.public_der(made.key("ec")))
    (proof,) = verify_claims(read_claims(claim), ProofRules())
    assert (proof.is_verified, proof.refusal) == (False, "bad_signature")
