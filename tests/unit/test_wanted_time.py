"""When a mail wants its revocation: three languages, Helsinki's clocks, and what is no wish to wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sulku_revocation.domain.wanted_time import find_wanted_time
from sulku_revocation.domain.words import read_words

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # a Tuesday, 03.00 in Helsinki


def wanted(text: str, now: datetime = NOW) -> str | None:
    """`2027-06-01 09:00` in UTC, `several`, or None."""
    found = find_wanted_time([read_words(text)], now)
    if found is None:
        return None
    return "several" if found.at is None else f"{found.at:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        # Winter is UTC+2, summer UTC+3.
        ("Sulkekaa varmenne 0bf4eab0 1.12.2026 klo 12.", "2026-12-01 10:00"),
        ("Sulkekaa varmenne 1.6. klo 12.", "2027-06-01 09:00"),
        ("Pyydämme sulkemaan varmenteen 1.6.2027 kello 12.30.", "2027-06-01 09:30"),
        ("Varmenteen voi sulkea 15. joulukuuta klo 8.", "2026-12-15 06:00"),
        ("Sulkekaa varmenne ensi maanantaina klo 9.00", "2026-11-30 07:00"),
        ("Sulkekaa varmenne tiistaina klo 9", "2026-12-01 07:00"),
        ("Pyydän sulkemaan sen huomenna klo 16.", "2026-11-25 14:00"),
        ("Sulkekaa se klo 18.00 27.11.2026.", "2026-11-27 16:00"),
        ("Sulkekaa varmenne 3.1.", "2027-01-02 22:00"),
        ("Toivottu sulkemisajankohta: 1.12.2026 klo 24", "2026-12-01 22:00"),
        ("Vänligen spärra certifikatet den 1 juni kl. 12.", "2027-06-01 09:00"),
        ("Spärra certifikatet den 1:a december 2026 klockan 08.15", "2026-12-01 06:15"),
        ("Certifikatet ska spärras på måndag kl 9.", "2026-11-30 07:00"),
        ("Vi ber er spärra det i morgon kl. 12", "2026-11-25 10:00"),
        ("Önskad tidpunkt: 2026-12-24 kl. 10", "2026-12-24 08:00"),
        ("Please revoke it on 1 June at 12:00.", "2027-06-01 09:00"),
        ("Please revoke the certificate on December 1st, 2026 at 3 pm.", "2026-12-01 13:00"),
        ("Kindly revoke on the 5th of January at noon", "2027-01-05 10:00"),
        ("Please revoke our certificate next Monday at 9:00.", "2026-11-30 07:00"),
        ("Please revoke it on 2027-03-01 at 10:00 UTC.", "2027-03-01 10:00"),
        ("Requested time: 2026-12-01 14:30", "2026-12-01 12:30"),
        ("Pyydämme varmenteen sulkemista perjantaina 4.12.2026 kello 18.30.", "2026-12-04 16:30"),
        ("Certifikatet ska spärras på fredag den 4 december kl. 18", "2026-12-04 16:00"),
        ("Please revoke it on Friday, 4 December at 18:00.", "2026-12-04 16:00"),
        ("Sulkekaa varmenne tänään klo 22.", "2026-11-24 20:00"),
        ("Please revoke it today at 5 pm.", "2026-11-24 15:00"),
        ("Sulkekaa varmenne 15/12/2026 klo 9.00.", "2026-12-15 07:00"),
        ("Please revoke it on 12/15/2026.", "2026-12-14 22:00"),
        ("Sulkekaa varmenne. Ajankohta: 15.12.2026 klo 9.00", "2026-12-15 07:00"),
        ("Revocation scheduled: 2026-12-05T22:00:00Z", "2026-12-05 22:00"),
        ("Please revoke it at 2026-12-05T22:00:00+02:00, thanks", "2026-12-05 20:00"),
        # «From then on», and «not before».
        ("Varmenne pitää sulkea 1.12. alkaen.", "2026-11-30 22:00"),
        ("Please revoke it not before 1 December 2026.", "2026-11-30 22:00"),
        ("Varmenne tulee sulkea 30.11. mennessä, ei kuitenkaan ennen 28.11.", "2026-11-27 22:00"),
        ("Spärra certifikatet, men inte före den 28 november.", "2026-11-27 22:00"),
        # As people write in a hurry.
        ("Sulkekaa varmenne 30.11 klo 9.", "2026-11-30 07:00"),
        ("Sulkekaa varmenne 30/11 klo 9.", "2026-11-30 07:00"),
        ("Sulkekaa varmenne 30.11.26 klo 9.", "2026-11-30 07:00"),
        ("Spärra den 30/11 kl 9.", "2026-11-30 07:00"),
        # When it becomes superfluous.
        ("Lakkautamme palvelun, varmenne jää tarpeettomaksi 31.12.2026.", "2026-12-30 22:00"),
        # A part of the day is not its midnight.
        ("Sulkekaa varmenne huomenna aamulla.", "2026-11-25 06:00"),
        ("Kan ni spärra certifikatet i morgon bitti?", "2026-11-25 06:00"),
        ("Please revoke it on Friday afternoon.", "2026-11-27 10:00"),
    ],
)
def test_a_wished_time_is_read_on_the_clocks_of_helsinki(text: str, at: str) -> None:
    assert wanted(text) == at


@pytest.mark.parametrize(
    "text",
    [
        "Sulkekaa varmenne 0bf4eab0 heti.",
        "Sulkekaa varmenne, avain vuoti 12.11.2026.",
        "Sulkekaa varmenne, joka on voimassa 1.6.2027 asti.",
        "Sulkekaa varmenne viimeistään 1.12.2026.",
        "Sulkekaa varmenne 1.12.2026 mennessä.",
        "Sulkekaa varmenne 31.2.2027.",
        "Uusi varmenne otetaan käyttöön 1.12.2026.",
        "Sulkekaa varmenne 1.12.2039.",
        "Sulkekaa varmenne, sarjanumero 01.12.20.27.",
        "Spärra certifikatet som är giltigt till 1.6.2027.",
        "Spärra certifikatet senast den 1 december.",
        "Please revoke the certificate that expires 1 June 2027.",
        "Please revoke by 1 December.",
        "Please revoke it, see you on Monday's call? Version 1.6.2 is meant.",
        "Sulkekaa varmenne klo 20 mennessä.",
        "Sulkekaa varmenne nro 2/3 palvelimelta 10.1.12.3.",
        "Uusi asennettiin tänään klo 9, sulkekaa vanha.",
        "Please revoke the one that we replaced last Friday.",
        "Please revoke it by end of day Friday.",
    ],
)
def test_a_day_that_is_no_wish_to_wait_holds_nothing_back(text: str) -> None:
    assert wanted(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Varmenne pitäisi sulkea viikolla 50.",
        "Voitteko sulkea varmenteen ensi kuun alussa?",
        "Sulkekaa varmenne kahden viikon päästä.",
        "Om två veckor kan ni spärra certifikatet.",
        "Spärra certifikatet vid årsskiftet.",
        "Please revoke the certificate in two weeks.",
        "Please revoke it at the end of the month.",
        "Please revoke it on 12/05/2026.",
        "Sulkekaa varmenne 2 tunnin päästä.",
        "Sulkekaa varmenne tänä iltana.",
        "Sulkekaa varmenne klo 20.",
        "Sulkekaa varmenne huomisaamuna.",
        "Sulkekaa varmenne 28.–29.11. välisenä yönä.",
        "Sulkekaa varmenne virka-ajan jälkeen.",
        "Sulkekaa varmenne marraskuun lopussa.",
        "Sulkekaa varmenne 1.12.2026 jälkeen.",
        "Varmenne on tarpeeton 31.12.2026 jälkeen.",
        "Spärra certifikatet ikväll.",
        "Spärra certifikatet efter nyår.",
        "Please revoke it after 1 December 2026.",
        "Please revoke it Friday at 5pm.",
        "Please revoke it tonight.",
        # Not known whether past or to come.
        "Uusi otettiin käyttöön maanantaina, sulkekaa vanha.",
        # One at once, one later.
        "Sulkekaa toinen nyt ja toinen 1.12.",
    ],
)
def test_a_time_that_is_no_moment_is_asked_about(text: str) -> None:
    assert wanted(text) == "several"


@pytest.mark.parametrize(
    "text",
    [
        "Sulkekaa varmenne, joka vanhenee ensi kuussa.",
        "Varmenne menee vanhaksi 9.1.2027, pitääkö se sulkea?",
        "Vaihdoimme varmenteen viikolla 45, sulkekaa vanha.",
        "Hyvää viikon alkua! Sulkekaa varmenne.",
        "The certificate ends this year, please revoke it.",
        "Sulkekaa varmenne tänään.",
        "Sulkekaa 0c-11-2026.",
    ],
)
def test_a_loose_time_of_something_else_is_none(text: str) -> None:
    assert wanted(text) is None


def test_of_several_wished_times_none_is_chosen() -> None:
    assert wanted("Sulkekaa toinen 1.12.2026 ja toinen 8.12.2026.") == "several"


def test_the_hour_that_summer_time_skips_and_the_one_it_repeats_are_moments_all_the_same() -> None:
    march = datetime(2027, 3, 1, tzinfo=UTC)
    assert wanted("Sulkekaa varmenne 28.3.2027 klo 3.30.", march) == "2027-03-28 01:30"
    october = datetime(2026, 10, 1, tzinfo=UTC)
    assert wanted("Sulkekaa varmenne 25.10.2026 klo 3.30.", october) == "2026-10-25 00:30"
