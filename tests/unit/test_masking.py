"""What stays of a mail's text: no key in any spelling, no password; everything else untouched."""

from __future__ import annotations

import base64
import json

import pytest
from tests.unit import proof_material as made
from tests.unit.test_wording import explain

from sulku_tickets.domain.masking import beside_keys, mask

PEM = made.CONTAINERS["pkcs8 pem"]
DER = made.CONTAINERS["pkcs8 der"]


def spellings(private: made.Key) -> dict[str, str]:
    """A key in the ways in which people let it into a text."""
    pem, der = PEM(private).decode(), DER(private)
    found = {
        "pem": pem,
        "pem, one line": pem.replace("\n", " "),
        "pem, quoted": pem.replace("\n", "\n> "),
        "pem, escaped": json.dumps(pem),
        "pem, dashes": pem.replace("-----", "––"),
        "pem, cut off": pem.partition("-----END")[0],
        "pem, base64": f"tls.key: {base64.b64encode(pem.encode()).decode()}",
        "pem, base64, lines": base64.encodebytes(pem.encode()).decode(),
        "base64": made.in_text(der),
        "base64, one line": base64.b64encode(der).decode(),
        "base64, quoted": made.in_text(der).replace("\n", "\n> "),
        "hex": der.hex(),
        "hex, capitals": der.hex().upper(),
        "hex, colons": der.hex(":"),
        "hex, blanks": der.hex(" "),
        "hex, C": ", ".join(f"0x{octet:02x}" for octet in der),
        "hex, encrypted": made.CONTAINERS["pkcs8 der, password"](private).hex(" "),
        "hex, lines": "\n    ".join(der.hex(":")[at : at + 45] for at in range(0, len(der) * 3, 45)),
        "openssh": made.CONTAINERS["openssh"](private).decode(),
        "openssh, base64": made.in_text(made.CONTAINERS["openssh"](private)).replace("-", ""),
        "encrypted": made.CONTAINERS["pkcs8 pem, password"](private).decode(),
        "encrypted, base64": made.in_text(made.CONTAINERS["pkcs8 der, password"](private)),
        "pkcs12, base64": made.in_text(made.CONTAINERS["pkcs12"](private)),
        "java, base64": made.in_text(made.java_key_store(private)),
    }
    if made.exists("traditional pem", made.kind_of(private)):
        found["traditional"] = made.CONTAINERS["traditional pem"](private).decode()
        found["traditional, base64"] = made.in_text(made.CONTAINERS["traditional der"](private))
        found["traditional, encrypted"] = made.CONTAINERS["traditional pem, password"](private).decode()
    return found


@pytest.mark.parametrize("kind", made.KINDS)
def test_no_spelling_of_a_private_key_stays_in_a_text(kind: str) -> None:
    for name, spelling in spellings(made.key(kind)).items():
        masked = mask(f"Hei,\n\navain on tässä:\n{spelling}\n\nT. Tekijä, sarjanumero 0bf4eab0")
        left = "".join(masked.split())
        for piece in _pieces(spelling):
            assert piece not in left, name
        assert "private key" in masked, name


@pytest.mark.parametrize("kind", ["ec", "ed25519"])
@pytest.mark.parametrize(
    "saying", ["Our private key has leaked: {} please revoke", "avain on vuotanut {}", "{} nyckeln har läckt"]
)
def test_no_spelling_of_a_private_key_stands_in_an_explanation(kind: str, saying: str) -> None:
    """A key of an elliptic curve is short enough to stand whole in the sentence that made a rule hit."""
    private = made.key(kind)
    secret = made.private_jwk(private)["d"]
    for name, spelling in {**spellings(private), "jwk": json.dumps(made.private_jwk(private))}.items():
        explained = explain(f"{saying.format(spelling)}\nThe password is Koivu-42.\n")
        said = "".join(json.dumps(explained).split())
        assert explained["page_on_call"] or "quoted" in name, name
        assert secret not in said, name
        assert made.PASSWORD not in said, name
        assert name == "jwk" or not [piece for piece in _pieces(spelling) if piece in said], name


def test_what_is_said_below_a_key_counts_even_when_the_key_is_cut_off() -> None:
    for private in (made.key("ec"), made.key("rsa")):
        for name, spelling in spellings(private).items():
            explained = explain(f"Hei,\n{spelling}\n\nSarjanumero: 0bf4eab0\nTerveisin\n")
            assert "0bf4eab0" in [one["value"] for one in explained["references"]], name


def _pieces(spelling: str) -> list[str]:
    """Rows of sixteen characters out of the middle of what must be gone."""
    bare = "".join(part for part in spelling.replace("\\n", "\n").split() if part != ">" and "--" not in part)
    begin = len(bare) // 4
    return [bare[at : at + 16] for at in range(begin, len(bare) * 3 // 4, 16)]


@pytest.mark.parametrize("kind", made.KINDS)
def test_the_private_members_of_a_jwk_go_and_the_public_ones_stay(kind: str) -> None:
    secret = made.b64url(DER(made.key(kind))[-40:])
    jwk = {**made.jwk(made.key(kind)), "d": secret}
    masked = mask(json.dumps(jwk))
    assert secret not in masked
    assert jwk.get("x", jwk.get("n")) in masked
    whole = made.private_jwk(made.key(kind))
    for text in (json.dumps(json.dumps(whole)), json.dumps({"keys": [whole]}, indent=2), str(whole)):
        assert not [name for name in ("d", "p", "q", "dp", "dq", "qi") if name in whole and whole[name] in mask(text)]
    for text in (
        json.dumps(whole).replace(whole["d"], whole["d"][:20] + "\n> " + whole["d"][20:]),
        f'{{"kty": 1, "d": "{whole["d"]}',
    ):
        assert whole["d"][:16] not in mask(text)
        assert whole["d"][-16:] not in mask(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Salasana on Koivu-42.", "Koivu-42"),
        ("Lösenordet är Granris-77, tack", "Granris-77"),
        ("The password for the key is: hunter2!", "hunter2!"),
        ("pwd=Xy7-Za9", "Xy7-Za9"),
        ('Passphrase: "correcthorse"', "correcthorse"),
    ],
)
def test_what_opens_an_attachment_goes_too(text: str, secret: str) -> None:
    assert secret not in mask(text)


@pytest.mark.parametrize("kind", made.KINDS)
def test_certificates_requests_public_keys_and_serial_numbers_stay(kind: str) -> None:
    private = made.key(kind)
    for octets in (made.certificate(private), made.request(private, "host.example"), made.public_der(private)):
        in_c = ", ".join(f"0x{octet:02x}" for octet in octets)
        for text in (made.pem("CERTIFICATE", octets), made.in_text(octets), octets.hex(":"), octets.hex(" "), in_c):
            assert mask(text) == text
    text = "Sulkekaa 01:00:00:16:8f:0a:80:5c:36:6b:43:b5:de:96:8c:69:1f ja 0bf4eab0. Salasana on unohtunut. Password reset?"
    assert mask(text) == text


def test_masking_is_quick_on_hostile_texts() -> None:
    for text in (
        "-" * 500_000,
        "M" * 500_000,
        "MIIA" * 100_000,
        "30 02 01 00 " * 50_000,
        "password " * 60_000,
        "-----BEGIN PRIVATE KEY-----" * 20_000,
        ("-----BEGIN PRIVATE KEY-----" + "A" * 200) * 2_000,
        "-----END PRIVATE KEY-----" * 20_000,
        '"kty" "d":"' * 50_000,
    ):
        mask(text)
        beside_keys(text)


@pytest.mark.parametrize("bits", ["rsa", "ec"])
def test_what_openssl_prints_of_a_private_key_does_not_stay(bits: str) -> None:
    numbers = made.key(bits).private_numbers()
    secret = numbers.d if bits == "rsa" else numbers.private_value
    octets = secret.to_bytes((secret.bit_length() + 7) // 8, "big").hex(":")
    rows = "\n    ".join(octets[at : at + 45] for at in range(0, len(octets), 45))
    label = "privateExponent" if bits == "rsa" else "priv"
    masked = mask(f"Private-Key:\n{label}:\n    {rows}\npublicExponent: 65537 (0x10001)\nSulkekaa 0bf4eab0")
    assert octets[:8] not in masked
    assert octets[-8:] not in masked
    assert "Sulkekaa 0bf4eab0" in masked


def test_what_putty_keeps_of_a_private_key_does_not_stay() -> None:
    rows = "AAAAIHbpnX6nnp2sd9NqWqcRSecretRowOfTheKey\nAAAAIHbpnX6nnp2sd9NqWqcRSecondRow=="
    masked = mask(f"Public-Lines: 1\nAAAAC3Nza\nPrivate-Lines: 2\n{rows}\nPrivate-MAC: 00ff\nSulkekaa 0bf4eab0")
    assert "Secret" not in masked
    assert "SecondRow" not in masked
    assert masked.endswith("Private-MAC: 00ff\nSulkekaa 0bf4eab0")
