"""What somebody else wrote, below a few words that point to it, is read; what the desk itself wrote is not."""

from __future__ import annotations

import pytest
from tests.corpus.test_corpus import explain

HEADERS = {
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "en": ("From", "Sent", "To", "Subject"),
}
PHARMACY, SUPPLIER = "apteekki@ulappalan-apteekki.example", "tuki@lehtisaari-it.example"
SERIAL = "100000168f1a0c4e28b77105d3c94eaf602"


def supplier_mail(own: str, subject: str, *, language: str = "fi", wrote: str = PHARMACY, to: str = SUPPLIER) -> bytes:
    wrote_by, sent, received, about = HEADERS[language]
    return (
        f"From: {SUPPLIER}\r\nTo: vptuotanto@vrk.fi\r\nSubject: {subject}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{own}\r\n\r\n-- \r\nIT-tuki, {SUPPLIER}\r\n\r\n"
        f"{wrote_by}: {wrote}\r\n{sent}: 23.11.2026 15.12\r\n{received}: {to}\r\n{about}: varmenne\r\n\r\n"
        f"Voitteko pyytää sulkemaan varmenteen {SERIAL}? Palvelin on poistettu.\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("own", "language"),
    [
        ("Hei, alla asiakkaan pyyntö.", "fi"),
        ("Hoidattehan tämän.", "fi"),
        ("", "fi"),
        ("Hej, se nedan.", "sv"),
        ("Please see below.", "en"),
    ],
)
@pytest.mark.parametrize("subject", ["VS: varmenne", "SV: certifikat", "RE: certificate"])
def test_a_customers_request_below_a_suppliers_few_words_is_read(own: str, language: str, subject: str) -> None:
    explained = explain(supplier_mail(own, subject, language=language))
    assert explained["class"] == "revocation_request"
    assert [match["serial"] for match in explained["matches"]] == [SERIAL]


@pytest.mark.parametrize(
    ("own", "people"),
    [
        ("Kiitos tiedosta!", {}),
        ("Vastaukseni alla.", {"wrote": "desk@sulku.example"}),
        ("Vastaukseni alla.", {"to": "Lehtisaari IT; vptuotanto@vrk.fi"}),
        ("Hoidimme tämän, ks. alla.", {"wrote": "Sulkupalvelu"}),
        ("Hoidimme tämän itse, ks. alla.", {"wrote": SUPPLIER, "to": PHARMACY}),
    ],
)
def test_what_the_desk_or_the_sender_wrote_before_asks_for_nothing(own: str, people: dict[str, str]) -> None:
    explained = explain(supplier_mail(own, "VS: varmenne", **people))
    assert explained["class"] == "support"
    assert explained["matches"] == []


def test_what_is_said_against_it_above_goes_before() -> None:
    explained = explain(supplier_mail("Alla pyyntö, mutta älkää sulkeko vielä.", "VS: varmenne"))
    assert (explained["class"], "confirmation" in explained["needs"]) == ("support", True)
