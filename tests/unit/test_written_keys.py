"""Private keys as programs write them for people: `openssl -text` and PuTTY's files. The programs themselves write them."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.servers.programs import require_program
from tests.unit import proof_material as made
from tests.unit.test_find_references import mail
from tests.unit.test_proofs import prove, refusals, verified

from sulku_mailbox.domain.mail import Mail
from sulku_revocation.domain.find_references import find_references
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_tickets.domain.masking import mask

PEM = made.CONTAINERS["pkcs8 pem"]
# A key's printed parts: what is public, and what is not.
SECRET_FROM = {"rsa": "privateExponent:", "ec": "priv:", "ed25519": "priv:"}


def printed(private: made.Key) -> str:
    """What `openssl pkey -text` says of it."""
    command = [str(require_program("openssl")), "pkey", "-text", "-noout"]
    return subprocess.run(command, input=PEM(private), check=True, capture_output=True).stdout.decode()


def kept(private: made.Key, folder: Path, version: int, password: str = "") -> str:
    """PuTTY's file of it, written by puttygen."""
    pem, phrase, ppk = folder / "key.pem", folder / "phrase", folder / "key.ppk"
    pem.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    phrase.write_text(password, encoding="ascii")
    puttygen = [str(require_program("puttygen")), str(pem), "-O", "private", "-o", str(ppk), "-C", "Välittäjän avain"]
    options = ["--ppk-param", f"version={version},passes=2", "-P", "--new-passphrase", str(phrase)]
    subprocess.run([*puttygen, *options], check=True, capture_output=True)
    return ppk.read_text(encoding="utf-8", errors="replace")


def as_xml(private: made.Key) -> str:
    """What .NET writes of it."""
    numbers = private.private_numbers()
    parts = {
        "Modulus": numbers.public_numbers.n, "Exponent": numbers.public_numbers.e, "P": numbers.p, "Q": numbers.q,
        "DP": numbers.dmp1, "DQ": numbers.dmq1, "InverseQ": numbers.iqmp, "D": numbers.d,
    }  # fmt: skip
    encoded = {name: base64.b64encode(made.unsigned(value)).decode() for name, value in parts.items()}
    return f"<RSAKeyValue>{''.join(f'<{name}>{value}</{name}>' for name, value in encoded.items())}</RSAKeyValue>"


def written(kind: str, folder: Path) -> dict[str, str]:
    """The key in each of these forms; those with a password have `made.PASSWORD`."""
    private = made.key(kind)
    found = {"printed": printed(private)}
    if kind == "rsa":
        found["xml"] = as_xml(private)
    for version in (2, 3):
        found[f"putty {version}"] = kept(private, folder, version)
        found[f"putty {version}, password"] = kept(private, folder, version, made.PASSWORD)
    return found


BREAKS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "quoted": lambda text: "> " + text.replace("\n", "\r\n> "),
    "one line": lambda text: " ".join(text.split()),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
}


@pytest.mark.parametrize("kind", made.KINDS)
def test_a_key_that_a_program_wrote_proves_itself_however_it_is_broken(kind: str, tmp_path: Path) -> None:
    proven = {("private_key", made.spki(made.key(kind)))}
    for form, text in written(kind, tmp_path).items():
        assert verified(prove(files=(text.encode(),), passwords=("no", made.PASSWORD))) == proven, form
        for name, broken in BREAKS.items():
            proofs = prove(f"Avain on tässä:\n{broken(text)}\nTerveisin", passwords=("no", made.PASSWORD))
            assert verified(proofs) == proven, (form, name)
            assert all(proof.sealed for proof in proofs)
        assert shows_proof(Mail("", 0, "", None, "", text=text))


@pytest.mark.parametrize("kind", made.KINDS)
def test_a_file_of_putty_that_no_password_of_the_mail_opens_is_no_proof(kind: str, tmp_path: Path) -> None:
    for version in (2, 3):
        text = kept(made.key(kind), tmp_path, version, made.PASSWORD)
        assert refusals(prove(text, passwords=("wrong", ""))) == {"password_needed"}
        assert not verified(prove(text))


def _joined(one: str, other: str, *, at: str) -> str:
    """One text up to `at`, and what the other has behind it."""
    return one.partition(at)[0] + at + other.partition(at)[2]


@pytest.mark.parametrize("kind", made.KINDS)
def test_the_victims_public_half_above_anothers_secret_is_refused(kind: str, tmp_path: Path) -> None:
    victim, forger = made.key(kind), made.key(kind, "forger")
    if kind == "rsa":
        forged = [_joined(printed(victim), printed(forger), at="privateExponent:")]
        forged.append(_joined(as_xml(victim), as_xml(forger), at="<Exponent>"))
    else:  # the public half stands below
        forged = [_joined(printed(forger), printed(victim), at="pub:")]
    for version in (2, 3):
        one, other = kept(victim, tmp_path, version), kept(forger, tmp_path, version)
        forged.append(_joined(one, other, at="Private-Lines:"))
        own = kept(forger, tmp_path, version, made.PASSWORD)
        head = own[own.index("Key-Derivation:") :] if version == 3 else own[own.index("Private-Lines:") :]
        locked = one.replace("Encryption: none", "Encryption: aes256-cbc").partition("Private-Lines:")[0]
        forged.append(locked + head)
    for text in forged:
        proofs = prove(text, passwords=(made.PASSWORD,))
        assert refusals(proofs) == {"invalid_key"}, text
        assert not verified(proofs)


def test_primes_of_another_key_are_refused() -> None:
    own, other = printed(made.key("rsa")), printed(made.key("rsa", "forger"))
    assert refusals(prove(_joined(own, other, at="prime1:"))) == {"invalid_key"}
    swapped = own.replace("prime1:", "prime3:").replace("prime2:", "prime1:").replace("prime3:", "prime2:")
    assert verified(prove(swapped)) == {("private_key", made.spki(made.key("rsa")))}


def test_an_rsa_key_printed_without_its_primes_proves_itself() -> None:
    assert verified(prove(printed(made.key("rsa")).partition("prime1:")[0])) == {
        ("private_key", made.spki(made.key("rsa")))
    }


def secret_rows(form: str, kind: str, text: str) -> list[str]:
    """The rows of a written key that nobody may see again."""
    if form == "xml":
        return re.findall(r"[A-Za-z0-9+/=]{40,}", text.partition("<P>")[2])
    if form != "printed":
        return text.partition("Private-Lines:")[2].partition("Private-MAC:")[0].split()[1:]
    behind = text.partition(SECRET_FROM[kind])[2].partition("pub:")[0]
    return [row for row in behind.split() if row.count(":") > 3]


@pytest.mark.parametrize("kind", made.KINDS)
def test_nothing_secret_of_a_written_key_stays_in_a_text(kind: str, tmp_path: Path) -> None:
    for form, text in written(kind, tmp_path).items():
        secret = secret_rows(form, kind, text)
        assert secret
        for name, broken in BREAKS.items():
            masked = "".join(mask(f"Hei,\n{broken(text)}\nSulkekaa 0bf4eab0").split())
            assert not [row for row in secret if row in masked], (form, name)
            assert masked.endswith("Sulkekaa0bf4eab0")


COSTLY = (
    "PuTTY-User-Key-File-3: ecdsa-sha2-nistp256\nEncryption: aes256-cbc\nKey-Derivation: Argon2id\n"
    "Argon2-Memory: 9999999\nArgon2-Passes: 9999999\nArgon2-Parallelism: 99\nArgon2-Salt: 00\n"
    "Public-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAAAAAAAAAAAAAAAAAAAA==\n"
)


@pytest.mark.parametrize("kind", made.KINDS)
def test_no_octets_of_a_written_key_are_taken_for_the_number_of_a_certificate(kind: str, tmp_path: Path) -> None:
    for form, text in written(kind, tmp_path).items():
        for name, broken in BREAKS.items():
            if name != "quoted":
                said = f"Sulkekaa varmenne.\n{broken(text)}\nSarjanumero 0bf4eab0\n"
                assert [one.value for one in find_references(mail(said))] == ["0bf4eab0"], (form, name)


HUGE = ":".join(["ff"] * 500_000)


@pytest.mark.parametrize(
    "text",
    [
        f"modulus:\n{HUGE}\npublicExponent: 65537 (0x10001)\nprivateExponent:\n{HUGE}\n",
        f"priv:\n{HUGE}\npub:\n{HUGE}\nASN1 OID: prime256v1\n",
        f"modulus: {'9' * 1_000_000}\nprivateExponent:\n 01:02\n",
        "modulus:\n01\npublicExponent: 1 (0x1)\nprivateExponent:\n01\n",
        "modulus:\n00\npublicExponent: 0 (0x0)\nprivateExponent:\n00:00\nprime1:\n00\nprime2:\n00\n",
        "priv:\n00\npub:\n04\nASN1 OID: prime256v1\n",
        "priv:\n01\npub:\n04:05\nASN1 OID: ../../etc\n",
        "priv:\n" + ":".join(["00"] * 32) + "\npub:\n" + ":".join(["00"] * 32) + "\n",
        "privateExponent:\n6c:0a\n" * 20_000,
        "priv:" * 200_000,
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPublic-Lines: 1\n/////w==\nPrivate-Lines: 1\n/////w==\n",
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPublic-Lines: 0\nPrivate-Lines: 0\n",
        COSTLY,
        "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: aes256-cbc\nKey-Derivation: Argon2id\nArgon2-Memory: -1\n",
        "PuTTY-User-Key-File-2: ssh-rsa " * 50_000,
        "<RSAKeyValue>" * 80_000,
        "<RSAKeyValue>" + "<D>AAAA" * 100_000,
        f"<RSAKeyValue><Modulus>{'A' * 1_000_000}</Modulus><D>AQAB</D></RSAKeyValue>",
        "<RSAKeyValue><Modulus>AQ==</Modulus><Exponent>AQ==</Exponent><D>A</D><P>AA==</P><Q>AA==</Q></RSAKeyValue>",
        "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 1\n" + "A" * 1_000_000,
    ],
    ids=range(20),
)
def test_what_only_looks_like_a_written_key_proves_nothing_and_is_soon_done(text: str) -> None:
    for proofs in (prove(text, passwords=("secret",)), prove(files=(text.encode(),), passwords=("secret",))):
        assert not verified(proofs)
        assert refusals(proofs) <= {"invalid_key", "unsupported", "key_too_large", "too_costly", "damaged"}
