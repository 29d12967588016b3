"""What came with a mail stands under it on the ticket's page: as text, and never a key, whatever it is called."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.integration.console_world import HOSTILE, Browser, Console

from sulku_console.attached_view import MOST_AT_ONCE, attached_of
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_tickets.models import ticket_mails

CERTIFICATE = {"name": "www.holder.example", "serial": "1e120f01", "is_ca": False, "is_known": True}


def file(name: str, kind: str = "text", became: str = "read", size: int | None = 1_400, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "became": became, "size": size, **more}


@pytest.fixture
def console(sqlite_storage: Storage, clock: SetClock) -> Console:
    """What is shown here does not depend on the database."""
    return Console(sqlite_storage, clock)


@pytest.fixture
def olli(console: Console) -> Browser:
    return console.browser("olli", "operator")


def ticket_with(console: Console, *files: dict[str, Any], left_out: int = 0, **values: Any) -> int:
    ticket_id = console.world.ticket(1)
    with console.store.writing() as connection:
        kept = {"files": list(files), "left_out": left_out}
        connection.execute(ticket_mails.update().values(files=kept, **values))
    return ticket_id


def listed(browser: Browser, ticket_id: int, language: str = "en") -> str:
    """The list of the first mail as a person reads it: without tags, blanks as one."""
    markup = markup_of_list(browser.get(f"/ticket/{ticket_id}?language={language}").text)
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split()).replace(" ,", ",")


def markup_of_list(page: str) -> str:
    found = re.search(r'<div class="attached">(.*?)</div>', page, re.DOTALL)
    assert found, "no list"
    return found[1]


def test_a_mail_without_files_has_no_list(console: Console, olli: Browser) -> None:
    assert 'class="attached"' not in olli.get(f"/ticket/{console.world.ticket(1)}").text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fi", ["Liitteet (2)", "a.cer, varmenne, 1,4 kt.", "Sisältää varmenteen: www.holder.example, 1e12 0f01",
                "b.rar, paketti, 2,5 Mt. Ei voitu avata: tätä tiedostomuotoa ei lueta. Pyydä se toisessa muodossa."]),
        ("sv", ["Bilagor (2)", "a.cer, certifikat, 1,4 kB.", "Innehåller certifikatet: www.holder.example, 1e12 0f01",
                "b.rar, arkiv, 2,5 MB. Kunde inte öppnas: filformatet läses inte. Be om ett annat format."]),
        ("en", ["Attached (2)", "a.cer, certificate, 1.4 kB.", "Holds the certificate: www.holder.example, 1e12 0f01",
                "b.rar, archive, 2.5 MB. Could not be opened: the desk does not read this format. Ask for another."]),
    ],
)  # fmt: skip
def test_each_file_is_told_by_name_kind_size_and_fate_in_the_readers_language(
    console: Console, olli: Browser, language: str, expected: list[str]
) -> None:
    ticket_id = ticket_with(
        console,
        file("a.cer", "certificate", certificates=[CERTIFICATE]),
        file("b.rar", "archive", "unknown", 2_500_000),
    )
    said = listed(olli, ticket_id, language)
    for words in expected:
        assert words in said
    assert "Read." not in said, "whose certificate it is says that it was read"


def test_a_certificate_that_is_not_ours_and_one_of_a_ca_are_told_as_that(console: Console, olli: Browser) -> None:
    strangers = {**CERTIFICATE, "is_known": False}
    authority = {"name": "Some CA", "serial": "bf00001", "is_ca": True, "is_known": False}
    found = file("all.p7b", "certificate", certificates=[strangers, authority], more_certificates=12)
    said = listed(olli, ticket_with(console, found))
    assert "Holds the certificate: www.holder.example, 1e12 0f01 (not in the register)" in said
    assert "Holds the certificate of a CA: Some CA, 0bf0 0001" in said
    assert "… and 12 more" in said


def test_the_list_is_a_list_with_a_heading_and_what_is_inside_stands_inside(console: Console, olli: Browser) -> None:
    ticket_id = ticket_with(console, file("a.zip", "archive", "opened", inside=[file("b.txt")]), left_out=3)
    page = olli.get(f"/ticket/{ticket_id}").text
    (label,) = re.findall(r'<h4 id="(files-\d+)">Attached \(1\)</h4>', page)
    assert f'<ul aria-labelledby="{label}">' in page
    assert "<ul><li>" in re.sub(r"\s+", "", page.partition("a.zip")[2])[:300]
    assert "… and 3 more that are not listed" in listed(olli, ticket_id)


def test_an_archive_of_which_nothing_opens_says_so_once(console: Console, olli: Browser) -> None:
    shut = [file(name, "other", "password", None) for name in ("a.pfx", "b.txt")]
    said = listed(olli, ticket_with(console, file("a.zip", "archive", "opened", inside=shut)))
    assert said.count("Could not be opened: the password is missing.") == 1
    assert said.index("missing") < said.index("a.pfx")
    assert "Opened." not in said


def test_key_material_is_named_and_its_mail_is_not_handed_out(console: Console, olli: Browser) -> None:
    key = file("k.pem", "key", "sealed", proof={"kind": "private_key", "verified": True, "refusal": ""})
    ticket_id = ticket_with(console, file("a.zip", "archive", "opened", inside=[key]))
    console.raw_mails[f"{ticket_id:064x}"] = b"Subject: x\r\n\r\nLS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t"
    said = listed(olli, ticket_id)
    assert "k.pem, key material, 1.4 kB. Sealed: it is never shown nor handed out." in said
    assert "Proof of compromise, verified:" in said
    page = olli.get(f"/ticket/{ticket_id}").text
    assert "Download the original" not in page
    assert olli.get(f"/ticket/{ticket_id}/mail/1").status_code == 403


def test_a_document_with_a_key_in_its_text_seals_its_mail_too(console: Console, olli: Browser) -> None:
    ticket_id = ticket_with(console, file("k.docx", "document", "sealed"))
    console.raw_mails[f"{ticket_id:064x}"] = b"Subject: x\r\n\r\nUEsDBA=="
    assert olli.get(f"/ticket/{ticket_id}/mail/1").status_code == 403


def test_a_mail_in_whose_words_a_key_stands_is_not_handed_out_either(console: Console, olli: Browser) -> None:
    ticket_id = console.world.ticket(1)
    with console.store.writing() as connection:
        judged = {"proofs": [], "because": [{"rule": "private_key", "words": ""}]}
        connection.execute(ticket_mails.update().values(judgement=judged))
    console.raw_mails[f"{ticket_id:064x}"] = b"Subject: x\r\n\r\nLS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t"
    assert olli.get(f"/ticket/{ticket_id}/mail/1").status_code == 403


def test_why_an_offered_proof_proves_nothing_stands_at_its_file(console: Console, olli: Browser) -> None:
    refused = {"kind": "private_key", "verified": False, "refusal": "password_needed"}
    said = listed(olli, ticket_with(console, file("a.pem", "key", "sealed", proof=refused)))
    assert "Offered as proof, not verified:" in said


@pytest.mark.parametrize("hostile", [*HOSTILE, "lasku\u202efdp.exe", "a\u200b\u0300\u0301\u0302\u0303.txt", "x" * 255])
def test_a_name_is_text_whatever_it_is(console: Console, olli: Browser, hostile: str) -> None:
    hostile_certificate = {**CERTIFICATE, "name": hostile}
    ticket_id = ticket_with(
        console, file(hostile, "archive", "opened", inside=[file(hostile, certificates=[hostile_certificate])])
    )
    markup = markup_of_list(olli.get(f"/ticket/{ticket_id}").text)
    assert set(re.findall(r"<([a-z0-9]+)", markup)) == {"h4", "ul", "li", "p", "bdi", "span", "b"}
    assert not {"\u202e", "\u200b", "\u0302"}.intersection(markup)


def test_of_a_long_list_some_are_folded_and_what_needs_care_is_not() -> None:
    many = [file(f"{number}.txt") for number in range(MOST_AT_ONCE + 5)]
    late = file("late.zip", "archive", "opened", inside=[file("a", "other", "damaged"), file("b")])
    rows = attached_of([*many, late])
    assert rows[0].name == "late.zip"
    assert [row.name for row in rows[1:]] == [one["name"] for one in many]
    assert [row.name for row in attached_of([*many[:3], late])][-1] == "late.zip", "a short one keeps its order"


def test_a_logo_within_the_text_needs_no_care_and_a_picture_that_was_sent_does() -> None:
    logo, scan = attached_of(
        [file("logo.png", "picture", "picture", is_in_text=True), file("scan.jpg", "picture", "picture")]
    )
    assert (logo.needs_care, scan.needs_care) == (False, True)
