"""One megabyte written to burn a processor is read in bounded time: the test's time limit is the bound."""

from __future__ import annotations

import pytest
from tests.corpus.test_corpus import NOW

from sulku_mailbox.domain.mail import Attachment, Envelope, Mail, Via
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

MEGABYTE = 1_000_000
SEEDS = {
    "letters": "a",
    "hex": "0f",
    "hex_pairs": "ab ",
    "hex_colons": "ab:",
    "colons": "ab: ",
    "hyphens": "1-",
    "dots": "1.",
    "labels": "sarjanumero ",
    "labelled": "sarjanumero: 0bf4eab0\n",
    "numbers": "12345678 ",
    "mixed_numbers": "1a2b3c4d5e6f ",
    "names": "CN=",
    "names_with_blanks": "CN (   ",
    "organisations": "organisaatio ",
    "organisation_lines": "organisaatio: x\n",
    "host_names": "a.b.example ",
    "dotted": "a.a.a.a.a.",
    "oids": "1.2.246.10.2 ",
    "quotes": '"varmenne ',
    "pem": "-----BEGIN CERTIFICATE-----",
    "pem_blocks": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "addresses": "https://",
    "hex_in_addresses": "https://x.example/?q=0123456789abcdef/",
    "newlines": "\n",
    "tabs": "\t",
    "words": "avain vuoti sulkekaa varmenne palvelin murrettu ei ehkä jos miten ",
    "sentences": "Avain ei ole vuotanut. ",
    "umlauts": "ä",
    "combining": "a\u0308",
    "invisible": "\u200b",
    "dashes": "\u2013",
    "business_ids": "2911403-6 ",
    "stars": "*",
    "at_signs": "@a.",
    "boxes": "[ ] a (x) ",
}


def understand_it(mail: Mail) -> None:
    envelope = Envelope("a@b.example", (), NOW, Via.SMTP)
    understand(mail, envelope, FakeRegister(), own_addresses=frozenset(), now=NOW)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_megabyte_of_it_is_read_in_bounded_time(seed: str) -> None:
    text = SEEDS[seed] * (MEGABYTE // len(SEEDS[seed]))
    understand_it(Mail("", len(text), text[:1000], "a@b.example", "", text=text, new_text=text))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", ["pem", "pem_blocks", "labelled", "words", "organisation_lines"])
def test_a_megabyte_attached_is_read_in_bounded_time(seed: str) -> None:
    content = (SEEDS[seed] * (MEGABYTE // len(SEEDS[seed]))).encode()
    named = Attachment("x.txt", "text/plain", content, "", "2")
    opaque = Attachment("x.der", "", b"\x30\x83\x0f\x42\x3b" + content, "", "3")
    understand_it(Mail("", 0, "", "a@b.example", "", attachments=(named, opaque)))
