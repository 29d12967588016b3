"""Certificates, requests and public keys that were pasted or attached as hex, in the ways in which programs write it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit import proof_material as made
from tests.unit.test_find_references import DER, mail
from tests.unit.test_proofs import prove, verified

from sulku_mailbox.domain.mail import Attachment
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.find_references import find_references
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.spki import spki_of
from sulku_tickets.domain.hex_dump import undump
from sulku_tickets.domain.masking import beside_keys, mask


def listing(der: bytes, *, width: int = 16, row: str = "{at:08x}: {octets}  {text}", group: int = 2) -> str:
    """As `xxd` lists it, or another program."""
    rows = []
    for at in range(0, len(der), width):
        octets = der[at : at + width]
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in octets)
        rows.append(row.format(at=at, octets=octets.hex(" ", -group), text=text))
    return "\n".join(rows) + "\n"


HEX: dict[str, Callable[[bytes], str]] = {
    "plain": bytes.hex,
    "capitals": lambda der: der.hex().upper(),
    "colons": lambda der: der.hex(":"),
    "rows": lambda der: "\n".join(der.hex()[at : at + 60] for at in range(0, len(der) * 2, 60)),
    "rows with colons": lambda der: "\n    ".join(der.hex(":")[at : at + 54] for at in range(0, len(der) * 3, 54)),
    "quoted rows": lambda der: "> " + "\n> ".join(der.hex()[at : at + 64] for at in range(0, len(der) * 2, 64)),
    "C": lambda der: ", ".join(f"0x{octet:02x}" for octet in der),
}
LISTED: dict[str, Callable[[bytes], str]] = {
    "xxd": listing,
    "xxd, capitals": lambda der: listing(der).upper(),
    "xxd, quoted": lambda der: "> " + listing(der).replace("\n", "\n> "),
    "xxd, wide": lambda der: listing(der, width=32),
    "xxd, wrapped": lambda der: listing(der, row="{at:08x}: {octets}\n {text}"),
    "hexdump": lambda der: listing(der, row="{at:08x}  {octets}  |{text}|", group=1) + f"{len(der):08x}\n",
    "od": lambda der: listing(der, row="{at:07o} {octets}", group=1) + f"{len(der):07o}\n",
    "certutil": lambda der: listing(der, row="{at:04x}\t{octets}   {text}", group=1),
}
# What is quoted was said by somebody else, and points at nothing.
WAYS = {name: way for name, way in (HEX | LISTED).items() if "quoted" not in name}


def references(text: str, *, attached: bool) -> list[Reference]:
    if not attached:
        return list(find_references(mail(f"Sulkekaa tämä varmenne:\n{text}\nTerveisin")))
    file = Attachment("varmenne.txt", "text/plain", text.encode(), "", "1")
    return list(find_references(mail("Sulkekaa liitteen varmenne.", attachments=(file,))))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("attached", [True, False], ids=["attached", "pasted"])
def test_a_certificate_in_hex_is_the_one_that_is_meant(way: str, attached: bool) -> None:
    for der in (DER, *(made.certificate(made.key(kind)) for kind in made.KINDS)):
        read = read_certificate(der)
        found = references(WAYS[way](der), attached=attached)
        assert [one.value for one in found if one.kind is ReferenceKind.CERTIFICATE] == [read.fingerprint]
        # nothing in its octets is taken for the number of another
        assert {one.value for one in found if one.kind is ReferenceKind.SERIAL} == {read.serial.hex}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", made.KINDS)
def test_a_request_and_a_public_key_in_hex_point_at_their_key(way: str, kind: str) -> None:
    private = made.key(kind)
    for der in (made.request(private, "host.example"), made.public_der(private)):
        if len(der) < 128:
            continue  # a public key of an elliptic curve is too short to be told from other numbers
        found = references(WAYS[way](der), attached=False)
        assert [(one.kind, one.value) for one in found] == [(ReferenceKind.SPKI, spki_of(private.public_key()))]


def test_what_stands_around_a_certificate_in_hex_still_counts() -> None:
    text = f"{DER.hex()} sekä 0bf4eab0\nSarjanumero: 0bf4eab1"
    values = {one.value for one in references(text, attached=False)}
    assert {read_certificate(DER).fingerprint, "0bf4eab1"} <= values


def test_several_certificates_in_one_row_of_hex_are_all_found() -> None:
    both = (DER, made.certificate(made.key("ec")))
    found = references("".join(der.hex() for der in both), attached=False)
    assert {one.value for one in found if one.kind is ReferenceKind.CERTIFICATE} == {
        read_certificate(der).fingerprint for der in both
    }


@pytest.mark.parametrize("way", LISTED)
@pytest.mark.parametrize("kind", made.KINDS)
@pytest.mark.parametrize("container", ["pkcs8 der", "traditional der", "pkcs8 pem", "openssh", "pkcs8 der, password"])
def test_a_private_key_in_a_listing_proves_itself_and_is_masked(way: str, kind: str, container: str) -> None:
    if not made.exists(container, kind):
        return
    text = f"Avain:\n{LISTED[way](made.CONTAINERS[container](made.key(kind)))}\nSulkekaa 0bf4eab0\n"
    assert verified(prove(text, passwords=(made.PASSWORD,))) == {("private_key", made.spki(made.key(kind)))}
    assert shows_proof(mail(text))
    alone = LISTED[way](made.CONTAINERS[container](made.key(kind))).encode()
    assert shows_proof(mail("", attachments=(Attachment("a.txt", "text/plain", alone, "", "1"),)))
    assert verified(prove(files=(alone,), passwords=(made.PASSWORD,)))
    masked = mask(text)
    assert "private key" in masked
    assert len(masked) < 100, masked
    assert "Sulkekaa 0bf4eab0" in masked
    assert beside_keys(text).replace(">", "").split() == ["Avain:", "Sulkekaa", "0bf4eab0"]


@pytest.mark.parametrize(
    "text",
    [
        "0000 0bf4eab0\n0001 0bf4eab1\n",
        "00000000: 0bf4 eab0\n",
        "00000000  0bf4eab0 0bf4eab1\n00000008  0bf4eab2 0bf4eab3\n",
        "0000000000 65535 f\n0000000016 00000 n\n0000000099 00000 n\n",
        "Puhelin 0000 123 456\n0010 123 456\n",
    ],
)
def test_other_rows_of_numbers_stay_as_they_are(text: str) -> None:
    assert undump(text) == text
    assert mask(text) == text


def test_endless_listings_are_soon_looked_through() -> None:
    for text in (
        "0000: 30 82\n" * 12_000,
        "0000: " + "30 " * 80_000,
        "0000:\n" * 30_000,
        listing(b"\x30\x84\xff\xff\xff\xff" + bytes(50_000)),
        listing(b"\x30\x82\xff\xff" * 12_000).replace("\n", "\n\n"),
        "30" * 150_000,
        "30 82 " * 50_000,
    ):
        references(text, attached=False)
        references(text, attached=True)
        assert not verified(prove(text, files=(text.encode(),)))
        mask(text)
