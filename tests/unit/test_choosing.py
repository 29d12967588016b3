"""A reply to "which certificate do you mean?": what people write, and what chooses nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.choosing import choose
from sulku_revocation.domain.record import CertificateRecord, CertificateType


def listed(serial: str, begins: datetime, ends: datetime) -> CertificateRecord:
    return CertificateRecord(
        id=int(serial[-4:], 16), issuer_id=1, issuer="CN=CA", serial=SerialNumber.from_hex(serial),
        certificate_type=CertificateType.SERVER, common_name="www.example.fi", organisation="", organisation_oid="",
        host_names=(), not_before=begins, not_after=ends, fingerprint="", spki="", account_id=7, revoked_at=None,
        reason=None,
    )  # fmt: skip


# The first ends at 23.59 Helsinki time, which is the same day in UTC only in winter.
LISTED = (
    listed("100000168f0a805c366b43b5de968c691fb", datetime(2026, 2, 3, 22, tzinfo=UTC), datetime(2027, 6, 3, 20, 59, tzinfo=UTC)),
    listed("bf4eab0", datetime(2025, 2, 3, 22, tzinfo=UTC), datetime(2027, 1, 3, 21, 59, tzinfo=UTC)),
    listed("12340bf4eac0", datetime(2026, 2, 3, 22, tzinfo=UTC), datetime(2027, 9, 3, 20, 59, tzinfo=UTC)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("2", [2]),
        ("2.", [2]),
        ("Hei\n\n2\n\nTerveisin\nRantala", [2]),
        ("Numero 2, kiitos", [2]),
        ("Varmenne 1", [1]),
        ("Tarkoitamme varmennetta 3.", [3]),
        ("1 ja 3", [1, 3]),
        ("Certifikat 1 och 2", [1, 2]),
        ("We mean certificate 2, please revoke it.", [2]),
        ("Number 3 please", [3]),
        ("Sen loppu on 68c6 91fb.", [1]),
        ("De som slutar på 0BF4EAB0", [2]),
        ("The one ending in 0bf4eac0", [3]),
        ("2, 0bf4eab0", [2]),
        ("Se joka vanhenee 3.6.2027.", [1]),
        ("Det som går ut 2027-09-03", [3]),
        ("Kaikki, kiitos.", [1, 2, 3]),
        ("Alla", [1, 2, 3]),
        ("All of them", [1, 2, 3]),
        ("Kyllä, kaikki kolme", [1, 2, 3]),
        ("Kyllä, 2", [2]),
        ("Ok 1 ja 3, kiitos", [1, 3]),
        ("Please revoke all of them, thanks", [1, 2, 3]),
        ("Hei!\n\nKaikki varmenteet, kiitos.\n\nT. Rantala", [1, 2, 3]),
    ],
)
def test_a_reply_chooses_by_number_end_of_serial_day_or_all(text: str, places: list[int]) -> None:
    assert choose(text, LISTED) == tuple(LISTED[place - 1] for place in places)


@pytest.mark.parametrize(
    "text", ["Molemmat", "Kyllä, molemmat pitää sulkea.", "Sulkekaa molemmat", "Båda", "Yes, both please"]
)
def test_both_are_two_and_of_three_nobody_knows_which(text: str) -> None:
    assert choose(text, LISTED[:2]) == LISTED[:2]
    assert choose(text, LISTED) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Kiitos!",
        "4",
        "0",
        "2 ja 7",
        "Ei numero 2.",
        "Älkää sulkeko numeroa 2.",
        "Inte 2 utan 3",
        "Not all of them",
        "Numero 1, loppu 0bf4eab0",
        "Se joka alkaa 4.2.2026",
        "Soittakaa 040 123 4567 klo 12",
        "Meillä on 3 palvelinta.",
        "12345678",
        "Huone 2, kerros 3",
        "Jos 1 on vanha, niin 1",
        "Kaikki paitsi 2",
        "Kaikki muut paitsi numero 2",
        "Alla utom certifikat 2",
        "All except number 2",
        "All but 2",
        "Numero 2 jää voimaan",
        "Certifikat 2 ska vara kvar",
        "Keep number 2",
        "Number 2 stays",
        "Varmenne 2 on uusi, sulkekaa toinen",
        "Uusi on 0bf4eab0",
        "Kaikki kunnossa, kiitos!",
        "All good, thanks",
        "Alla mår bra",
        "Perumme pyynnön numero 2",
        "Cancel request number 2",
        "Tilaus nro 3",
        "Ensin numero 2, myöhemmin 3",
    ],
)
def test_what_contradicts_denies_or_names_nothing_listed_is_left_to_a_person(text: str) -> None:
    assert choose(text, LISTED) == ()
