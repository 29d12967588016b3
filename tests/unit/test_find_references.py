"""References: whatever way people write them, and what only looks like one."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.corpus.corpus_register import pem

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_revocation.domain.certificate_reading import read_certificate
from sulku_revocation.domain.find_certificates_in_mail import said_beside_blocks
from sulku_revocation.domain.find_references import MOST_REFERENCES, find_references
from sulku_revocation.domain.reference import Reference, ReferenceKind
from sulku_revocation.domain.spki import spki_of

LONG = "0100000168f0a805c366b43b5de968c691fb"
LONG_READING = LONG.lstrip("0")
PEM = pem("lims.pem")
DER = x509.load_pem_x509_certificate(PEM).public_bytes(Encoding.DER)
SHA1 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def mail(text: str, subject: str = "", sender: str = "someone@sender.example", **fields: object) -> Mail:
    return Mail("", len(text), subject, sender, sender, text=text, new_text=text, **fields)  # type: ignore[arg-type]


def found(text: str, kind: ReferenceKind, **fields: object) -> list[Reference]:
    return [reference for reference in find_references(mail(text, **fields)) if reference.kind is kind]  # type: ignore[arg-type]


def readings(text: str) -> set[str]:
    return {reading for reference in found(text, ReferenceKind.SERIAL) for reading in reference.readings}


@pytest.mark.parametrize(
    "spelling",
    [
        "0100000168f0a805c366b43b5de968c691fb",
        "0100000168F0A805C366B43B5DE968C691FB",
        "0x0100000168f0a805c366b43b5de968c691fb",
        "01:00:00:01:68:F0:A8:05:C3:66:B4:3B:5D:E9:68:C6:91:FB",
        "01 00 00 01 68 f0 a8 05 c3 66 b4 3b 5d e9 68 c6 91 fb",
        "0100 0001 68F0 A805 C366 B43B 5DE9 68C6 91FB",
        "01000001 68F0A805 C366B43B 5DE968C6 91FB",
        "01-00-00-01-68-F0-A8-05-C3-66-B4-3B-5D-E9-68-C6-91-FB",
        "00 01 00 00 01 68 f0 a8 05 c3 66 b4 3b 5d e9 68 c6 91 fb",
        "01:00:00:01:68:F0:A8:05:C3:66:\nB4:3B:5D:E9:68:C6:91:FB",
        "0100000168f0a805c366\nb43b5de968c691fb",
        "01 00 00 01 68 f0 a8 05 c3\n66 b4 3b 5d e9 68 c6 91 fb",
        "87112293252494463413683796322992020427259",
        "100000168f0a805c366b43b5de968c691fb",
        "01\u00a000\u00a000\u00a001\u00a068\u00a0f0\u00a0a8\u00a005\u00a0c3\u00a066\u00a0b4\u00a03b\u00a05d\u00a0e9\u00a068\u00a0c6\u00a091\u00a0fb",
        "0100000168f0a805\u200bc366b43b5de968c691fb",
        "０１００00０１68f0a805c366b43b5de968c691fb",
    ],
)
@pytest.mark.parametrize(
    "sentence",
    [
        "Sarjanumero: {}",
        "Serienummer {}.",
        "Serial number (hex): {}\n\nBest regards",
        "Sulkekaa varmenne, sarjanro {}, kiitos",
    ],
)
def test_a_serial_survives_any_spelling(spelling: str, sentence: str) -> None:
    assert LONG_READING in readings(sentence.format(spelling))


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Sarjanumero 200600240", "bf4eab0"),
        ("Sarjanumero 200600240", "200600240"),
        ("sarjanumero:0bf4eab0", "bf4eab0"),
        ("Sarjanumero (heksadesimaalina, ilman välejä): 0bf4eab0", "bf4eab0"),
        ("S/N 0BF4EAB0", "bf4eab0"),
        ("Varmenteen nro 0bf4eab0 pitäisi sulkea", "bf4eab0"),
        ("Serienummer 0B F4 EA B0 de gamla certifikaten", "bf4eab0"),
        ("please add 0B F4 EA B0 to the list of revoked certificates", "bf4eab0"),
        ("Sarjanumerot ovat 0bf4eab0 ja 0bf4eab1", "bf4eab1"),
        ("Sarjanumerot:\n- 0bf4eab0\n- 0bf4eab1\n- 0bf4eab2", "bf4eab2"),
        ("| Sarjanumero | 0bf4eab0 |", "bf4eab0"),
        ("Sulkekaa *0bf4eab0*", "bf4eab0"),
        ("Sulkekaa _0bf4eab0_.", "bf4eab0"),
        ("Varmenteen 0bf4eab0:n avain", "bf4eab0"),
        ("Varmenteelle 0bf4eab0:lle", "bf4eab0"),
        ("Sulkekaa 0bf4eab0-varmenne", "bf4eab0"),
        ("Varmenteen *0B F4 EA B0*:n avain", "bf4eab0"),
        ("Sulkekaa:\n1. 0bf4eab0\n2. 0bf4eab1", "bf4eab1"),
        ("Spärra:\n1) 0bf4eab0\n2) 0bf4eab1", "bf4eab0"),
        ("Nro Sarjanumero Nimi\n1    0bf4eab0   palvelin", "bf4eab0"),
        ("Revoke #1 0bf4eab0 and #2 0bf4eab1", "bf4eab1"),
        ("https://crt.sh/?serial=0bf4eab0", "bf4eab0"),
        ("Varmenteet 2341783 ja ddeebaf on korvattu uusilla.", "2341783"),
        ("Varmenteet 2341783 ja ddeebaf on korvattu uusilla.", "ddeebaf"),
    ],
)
def test_a_serial_is_found_where_people_put_it(text: str, reading: str) -> None:
    assert reading in readings(text)


@pytest.mark.parametrize(
    "text",
    [
        "Puhelin 040 123 4567, sulkekaa varmenne.",
        "Sulkekaa varmenne 24.11.2026 mennessä.",
        "Certificate of 2026-11-24, please revoke.",
        "Hakijan henkilötunnus on 131052-308T.",
        "Varmenteen OID on 1.2.246.10.20481980.",
        "Palvelimen osoite on 192.168.100.200, varmenne on siinä.",
        "Y-tunnus 0204819-8, varmenne suljetaan.",
        "Laskun viite on 1234 5678.",
        "The certificate expires Dec 12 2027.",
        "Certificate: Not Before: Feb  1 00:00:00 2026 GMT",
    ],
)
def test_telephones_days_codes_and_addresses_are_no_serials_that_anybody_wrote(text: str) -> None:
    assert [reference.shown for reference in found(text, ReferenceKind.SERIAL) if reference.is_labelled] == []


@pytest.mark.parametrize(
    "label",
    [
        "Viite:",
        "Sopimusnumero",
        "Inventaarionumero",
        "Laite-ID",
        "Faksi",
        "Ärende",
        "Vår referens:",
        "Change request",
        "PO",
    ],
)
def test_the_number_of_something_else_is_no_serial(label: str) -> None:
    assert readings(f"Sulkekaa varmenteemme, spärra certifikatet. {label} 200600240") == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"SHA-256 fingerprint: {SHA256}", SHA256),
        (f"Sormenjälki (SHA256) {SHA256.upper()}", SHA256),
        ("Fingeravtryck: " + ":".join(SHA256[at : at + 2] for at in range(0, 64, 2)).upper(), SHA256),
        ("Thumbprint " + " ".join(SHA1[at : at + 2] for at in range(0, 40, 2)), SHA1),
        (f"sha1={SHA1}", SHA1),
        (f"SHA1 Fingerprint={SHA1.upper()}", SHA1),
        (f"see https://crt.sh/?q={SHA256}", SHA256),
        (
            "Sormenjälki:\n"
            + ":".join(SHA256[at : at + 2] for at in range(0, 32, 2))
            + ":\n"
            + ":".join(SHA256[at : at + 2] for at in range(32, 64, 2)),
            SHA256,
        ),
    ],
)
def test_a_fingerprint_survives_any_spelling(text: str, value: str) -> None:
    assert value in {reference.value for reference in found(text, ReferenceKind.FINGERPRINT)}


def test_the_digest_of_a_key_is_read_as_one() -> None:
    assert [r.value for r in found(f"spki: {SHA256}", ReferenceKind.SPKI)] == [SHA256]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Varmenne palvelimelle potilas.rantala.example", "potilas.rantala.example"),
        ("CN=Potilas.Rantala.Example,O=Rantala", "potilas.rantala.example"),
        ("https://potilas.rantala.example:8443/login?x=1", "potilas.rantala.example"),
        ("*.rantala.example", "*.rantala.example"),
        ("potilas.ääkköset.example", "potilas.xn--kkset-fraa0m.example"),
        ("(potilas.rantala.example).", "potilas.rantala.example"),
        ("www.rantala.example;api.rantala.example", "api.rantala.example"),
    ],
)
def test_a_host_name_is_found(text: str, value: str) -> None:
    assert value in {reference.value for reference in found(text, ReferenceKind.HOST_NAME)}


@pytest.mark.parametrize(
    "text",
    [
        "Liite varmenne.pem ja sulkupyynto.pdf",
        "Kirjoittakaa osoitteeseen tuki@rantala.example",
        "Sivuilla www.dvv.fi neuvotaan.",
        "Sulkekaa varmenne.Kiitos",
        "v1.2.3",
    ],
)
def test_files_addresses_and_well_known_sites_are_no_host_names(text: str) -> None:
    assert found(text, ReferenceKind.HOST_NAME) == []


def test_the_senders_own_domain_in_a_signature_names_no_certificate() -> None:
    text = "Sulkekaa varmenne.\n\nwww.rantala.example"
    assert found(text, ReferenceKind.HOST_NAME, sender="it@rantala.example") == []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("OID 1.2.246.10.2048198", ReferenceKind.OID, "1.2.246.10.2048198"),
        ("yksikön OID: 1.2.246.10.2048198.10.1.", ReferenceKind.OID, "1.2.246.10.2048198"),
        ("Y-tunnus: 0204819-8", ReferenceKind.BUSINESS_ID, "0204819-8"),
        ("FO-nummer FI02048198", ReferenceKind.BUSINESS_ID, "0204819-8"),
        ("Organisaatio: Ulappalan apteekki", ReferenceKind.ORGANISATION, "Ulappalan apteekki"),
        ("Certifikatinnehavare: Strandby vårdcentral, FO-nummer", ReferenceKind.ORGANISATION, "Strandby vårdcentral"),
        ("Varmenteen nimi (CN): Todistuspalvelu", ReferenceKind.COMMON_NAME, "Todistuspalvelu"),
        ("CN = Todistuspalvelu TESTI", ReferenceKind.COMMON_NAME, "Todistuspalvelu TESTI"),
        ("Sulkekaa varmenne ”Todistuspalvelu”.", ReferenceKind.COMMON_NAME, "Todistuspalvelu"),
    ],
)
def test_names_and_identifiers_are_found(text: str, kind: ReferenceKind, value: str) -> None:
    assert value in {reference.value for reference in found(text, kind)}


def test_a_business_id_with_a_wrong_check_digit_is_none() -> None:
    assert found("Y-tunnus 0204819-7", ReferenceKind.BUSINESS_ID) == []


def test_what_is_quoted_does_not_count() -> None:
    quoting = Mail(
        "",
        0,
        "Vs: Sulkupyyntö",
        "a@b.example",
        "",
        text="Kiitos.\n> Sarjanumero 0bf4eab0",
        new_text="Kiitos.",
        quoted_text="> Sarjanumero 0bf4eab0",
    )
    assert find_references(quoting) == ()


def test_where_a_reference_stood_is_told() -> None:
    inner = mail("Sarjanumero 0bf4eab2")
    listed = Attachment("lista.csv", "text/csv", b"sarjanumero\n0bf4eab1\n", "", "2")
    outer = mail("", subject="Sulkupyyntö, sarjanumero 0bf4eab0", attachments=(listed,), forwarded=(inner,))
    places = {r.value: r.where for r in find_references(outer) if r.kind is ReferenceKind.SERIAL}
    assert places == {"0bf4eab0": "subject", "0bf4eab1": "attachment", "0bf4eab2": "forwarded"}


def test_a_reference_is_told_once_however_often_it_stands() -> None:
    assert len(found("Sarjanumero 0bf4eab0. Toistan: 0BF4EAB0.", ReferenceKind.SERIAL)) == 1


def attached(content: bytes, name: str = "file.bin", content_type: str = "application/octet-stream") -> list[Reference]:
    return list(find_references(mail("", attachments=(Attachment(name, content_type, content, "", "2"),))))


def test_a_certificate_is_the_same_however_it_comes_along() -> None:
    read = read_certificate(DER)
    pasted = PEM.decode().replace("\n", "\r\n  ")
    bare = base64.b64encode(DER)
    rows = base64.encodebytes(DER).decode().rstrip("=\n")
    wrapped = f"tls.crt: {base64.b64encode(PEM).decode()}\n"
    for references in (
        attached(PEM),
        attached(DER),
        attached(bare),
        attached(b"Hei!\n" + PEM),
        attached(PEM.decode().encode("utf-16")),
        attached(f"Hei!\n{rows}\nTerveisin Matti".encode(), "x.txt"),
        list(find_references(mail(pasted))),
        list(find_references(mail(PEM.decode().replace("\n", "\\n")))),
        list(find_references(mail(PEM.decode().replace("-----", "——")))),
        list(find_references(mail(f"Hei!\n{bare.decode()} on varmenne"))),
        list(find_references(mail(f"{rows}\nSulkekaa se"))),
        list(find_references(mail(wrapped))),
    ):
        assert {r.value for r in references if r.kind is ReferenceKind.CERTIFICATE} == {read.fingerprint}
        assert {r.value for r in references if r.kind is ReferenceKind.SPKI} == {read.spki}


def test_what_stands_below_a_certificate_without_armour_is_no_part_of_it() -> None:
    rows = base64.encodebytes(DER).decode().rstrip("=\n")
    assert said_beside_blocks(f"Tässä:\n{rows}\nSulkekaa varmenne").split() == ["Tässä:", "Sulkekaa", "varmenne"]
    assert said_beside_blocks(f"{rows[:-20]}\nSulkekaa varmenne").split()[-2:] == ["Sulkekaa", "varmenne"]


def test_the_head_of_a_text_signed_with_pgp_labels_nothing() -> None:
    head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
    tail = "\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n=1a2b\n-----END PGP SIGNATURE-----\n"
    assert readings(f"{head}Sulkekaa 0bf4eab0.{tail}") == {"bf4eab0"}


def test_a_request_and_a_public_key_point_at_their_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    public = key.public_key().public_bytes
    spki = spki_of(key.public_key())
    for content in (
        request.public_bytes(Encoding.PEM),
        request.public_bytes(Encoding.DER),
        public(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        assert [(r.kind, r.value) for r in attached(content)] == [(ReferenceKind.SPKI, spki)]


def test_a_ca_certificate_points_at_nothing() -> None:
    assert attached(pem("ca.pem")) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x30",
        b"\x30\x03\x02\x01\x01",
        b"MII not base64 at all",
        b"-----BEGIN CERTIFICATE-----\nMIIB",
        b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQE=\n-----END CERTIFICATE REQUEST-----\n",
        b"-----BEGIN PUBLIC KEY-----\nMAMCAQE=\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n",
        b"\x30" + b"\0" * 3_000_000,
    ],
)
def test_a_damaged_or_foreign_file_points_at_nothing(content: bytes) -> None:
    assert attached(content) == []


def test_a_text_file_of_any_age_is_read() -> None:
    listed = attached("Sarjanumero 0bf4eab0, käyttö päättyy".encode("windows-1252"), "lista.txt", "text/plain")
    assert "bf4eab0" in {reading for r in listed for reading in r.readings}


def test_a_label_that_comes_later_still_counts() -> None:
    (reference,) = found("0bf4eab0\n\n\nAsiaa. " * 3 + "Sarjanumero 0bf4eab0", ReferenceKind.SERIAL)
    assert reference.is_labelled


def test_a_fingerprint_is_not_a_serial_too() -> None:
    assert found(f"Sormenjälki {SHA1}. Siis {SHA1}.", ReferenceKind.SERIAL) == []


def test_more_references_than_any_person_writes_are_cut() -> None:
    listed = "\n".join(f"sarjanumero {number:x}" for number in range(0x10000000, 0x10000000 + 6_000))
    assert len(find_references(mail(listed))) == MOST_REFERENCES


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (SHA256, ReferenceKind.SPKI, SHA256),
        ("osoite:potilas.rantala.example", ReferenceKind.HOST_NAME, "potilas.rantala.example"),
        ("Sulkekaa varmenne 0x0bf4eab0", ReferenceKind.SERIAL, "0bf4eab0"),
        ("Sarjanumero 4711000 24.11.2026", ReferenceKind.SERIAL, "4711000"),
        ("sha1 0bf4eab0 sarjanumero 0bf4eab1", ReferenceKind.SERIAL, "0bf4eab1"),
    ],
)
def test_other_ways_to_write_a_reference(text: str, kind: ReferenceKind, value: str) -> None:
    assert value in {reference.value for reference in found(text, kind)}


@pytest.mark.parametrize(
    "text",
    [
        "+358 40 1234567 varmenne",
        "sarjanumero " + "1:" * 300,
        "CN: *",
        "Organisaatio: 24.11.2026",
        "12345678 12345678 12345678 0x123456",
    ],
)
def test_odd_numbers_and_empty_names_are_read_without_fuss(text: str) -> None:
    assert [
        r for r in find_references(mail(text)) if r.kind in {ReferenceKind.COMMON_NAME, ReferenceKind.ORGANISATION}
    ] == []


def test_a_request_or_certificate_of_no_known_version_is_passed_over() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    octets = bytearray(request.public_bytes(Encoding.DER))
    assert octets[4:7] == b"\x02\x01\x00" or octets[5:8] == b"\x02\x01\x00"
    octets[octets.index(b"\x02\x01\x00") + 2] = 34
    file = Attachment("a.csr", "application/pkcs10", bytes(octets), "", "2")
    assert find_references(mail("Sulkekaa.", attachments=(file,))) == ()


def test_what_a_cut_off_reply_quotes_is_not_asked_for() -> None:
    """Its text is kept as a file too, since its end is missing; that file says nothing of its own."""
    raw = (
        f"From: a@b.example\r\nSubject: Vs: x\r\nIn-Reply-To: <1@desk.example>\r\n"
        f"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSulkekaa varmenne 0bf4eab0.\r\n\r\n"
        f"24.11.2026 10:00 desk@desk.example kirjoitti:\r\n> Sarjanumero {LONG}\r\n> "
        + PEM.decode().strip().replace("\n", "\r\n> ")
    )
    cut_off = parse_mail(raw.encode())
    assert [file.is_text_too for file in cut_off.attachments] == [True]
    assert {reference.value for reference in find_references(cut_off)} == {"0bf4eab0"}


@pytest.mark.parametrize(
    "text",
    [
        "Please revoke, see commit 0bf4eab0",
        "Key ID 0bf4eab0 PGP",
        "PGP 0bf4eab0, certificate questions",
        "Sulkekaa varmenne, laitteen MAC-osoite 0b:f4:ea:b0:12:34",
        "Kortin mac-adress är 0b-f4-ea-b0-12-34, spärra certifikatet.",
    ],
)
def test_hex_that_names_something_else_is_no_serial_number(text: str) -> None:
    assert not readings(text)


@pytest.mark.parametrize(
    "text",
    [
        "See commit abc1234 in which certificate 0bf4eab0 was leaked",
        "PGP-avain vuoti. Sarjanumero 0bf4eab0",
        "Certificate ID 0bf4eab0",
    ],
)
def test_such_a_label_does_not_reach_a_certificates_own(text: str) -> None:
    assert "bf4eab0" in readings(text)


@pytest.mark.parametrize("spelling", ["Obf4eabO", "0bf4eabO", "obf4eabo"])
def test_letters_for_digits_are_a_guess(spelling: str) -> None:
    (reference,) = found(f"Sulkekaa varmenne {spelling}.", ReferenceKind.SERIAL)
    assert (reference.readings, reference.is_misread, reference.shown) == (("bf4eab0",), True, spelling)


@pytest.mark.parametrize(
    "spelling",
    [
        "0bf4\u0435ab0",
        "0bf4e\u0430b0",
        "0B:F4:\u0415\u0410:B0",
        "0B F4 \u0415\u0410 B0",
        "0\u04450bf4eab0",
        "\u041ebf4eab\u041e",
        "0\u0392F4EAB0",
        "0bf4\uff45\u0430b0",
    ],
)
@pytest.mark.parametrize("sentence", ["Sarjanumero {}", "Sulkekaa varmenne {}.", "Serial number: {} \u2013 thanks"])
def test_a_serial_number_with_letters_of_another_alphabet_is_found_as_it_looks_and_never_chooses(
    spelling: str, sentence: str
) -> None:
    references = [one for one in found(sentence.format(spelling), ReferenceKind.SERIAL) if "bf4eab0" in one.readings]
    assert [(one.is_misread, one.is_labelled) for one in references] == [(True, True)]
    assert not references[0].shown.isascii()


def test_a_plain_piece_of_a_number_with_letters_of_another_alphabet_chooses_nothing() -> None:
    for text in ("Sarjanumero 0b f4 ea b0 \u0430\u0430 bb", "Sarjanumero 0bf4eab0:\u0430\u0430:bb"):
        assert all(one.is_misread for one in found(text, ReferenceKind.SERIAL) if one.is_labelled)


def test_plain_numbers_stay_plain_in_a_text_of_another_alphabet() -> None:
    text = "Серийный номер 0bf4eab0. Все ключи утекли. Ещё один: Sarjanumero 0bf4eab1, а также 0bf4eab2"
    plain = {one.value for one in found(text, ReferenceKind.SERIAL) if not one.is_misread}
    assert {"0bf4eab0", "0bf4eab1", "0bf4eab2"} <= plain


def test_words_are_no_misread_serial_numbers() -> None:
    assert not readings("Certificate of BLOB0001 oidc2bed blackbox1")
