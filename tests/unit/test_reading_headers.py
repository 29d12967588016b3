"""Header fields: who wrote, to whom, about what; and nobody can be made to look like somebody else."""

from __future__ import annotations

import codecs
import encodings.aliases
from datetime import UTC, datetime

import pytest

from sulku_mailbox.domain.charsets import CODECS, decode_text
from sulku_mailbox.domain.defects import MEANINGS, Defect, Findings
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.parsing import parse_mail


def read(*fields: str | bytes, body: bytes = b"text") -> Mail:
    lines = [field.encode() if isinstance(field, str) else field for field in fields]
    return parse_mail(b"\r\n".join([*lines, b"", body]))


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("tuotanto@apteekki.example", "tuotanto@apteekki.example"),
        ("Tuotanto@Apteekki.EXAMPLE", "tuotanto@apteekki.example"),
        ("<a@b.example>", "a@b.example"),
        ("Anna Apteekkari <a@b.example>", "a@b.example"),
        ('"Apteekkari, Anna" <a@b.example>', "a@b.example"),
        ("=?utf-8?Q?P=C3=A4ivi_=C3=85str=C3=B6m?= <a@b.example>", "a@b.example"),
        ("Päivi Åström <a@b.example>", "a@b.example"),
        ("a@b.example (Anna (varalla))", "a@b.example"),
        ('"a@b.example" <a@b.example>', "a@b.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("käyttäjä@b.example", "käyttäjä@b.example"),
        ("Anna\r\n <a@b.example>", "a@b.example"),
    ],
)
def test_an_ordinary_sender_has_one_identity(field: str, address: str) -> None:
    mail = read(f"From: {field}")
    assert mail.header_from == address
    assert not mail.defects or mail.defects == ("address_broken",)


@pytest.mark.parametrize(
    "field",
    [
        # CVE-2023-27043 and its kin: what one program takes for the address is not what another does
        "alice@good.example)evil@evil.example",
        "alice@good.example(<evil@evil.example>",
        "alice@good.example<evil@evil.example>",
        "alice@good.example,evil@evil.example",
        "alice@good.example;evil@evil.example",
        "alice@good.example:evil@evil.example",
        "<alice@good.example><evil@evil.example>",
        "alice@good.example <evil@evil.example>",
        '"alice@good.example" <evil@evil.example>',
        "(alice@good.example) evil@evil.example",
        "=?utf-8?q?alice=40good.example?= <evil@evil.example>",
        "=?utf-8?b?YWxpY2VAZ29vZC5leGFtcGxl?= <evil@evil.example>",
        "<=?utf-8?q?alice=40good.example?=>",
        "Alice <alice@good.example> evil",
        "Alice <alice@good.example",
        "Alice alice@good.example>",
        "<alice@good.example, evil@evil.example>",
        "<@relay.example:alice@good.example>",
        "friends: alice@good.example, evil@evil.example;",
        "alice@good.example@evil.example",
        '"alice@good.example"@evil.example',
        "alice@good.example\\<evil@evil.example>",
        "Alice (open <alice@good.example>",
        "'alice@good.example' via list <evil@evil.example>",
        "alice@good.example\0 <evil@evil.example>",
        "Alice <>",
        "Alice",
        "undisclosed-recipients:;",
        "",
    ],
)
def test_a_sender_that_can_be_read_in_two_ways_has_no_identity(field: str) -> None:
    mail = read(f"From: {field}")
    assert mail.header_from is None
    assert set(mail.defects) & {"from_missing", "from_several", "from_ambiguous"}


@pytest.mark.parametrize("order", [("good", "evil"), ("evil", "good"), ("good", "good")])
def test_several_from_fields_are_no_identity(order: tuple[str, str]) -> None:
    mail = read(*(f"From: a@{name}.example" for name in order))
    assert mail.header_from is None
    assert "from_several" in mail.defects
    assert "repeated_header" in mail.defects


def test_a_from_field_may_not_hide_behind_blanks_before_its_colon() -> None:
    assert read("From : a@good.example", "From: a@evil.example").header_from is None


def test_a_from_full_of_addresses_is_no_identity() -> None:
    assert read('From: "' + "a@b.example " * 30 + '" <a@b.example>').header_from is None


def test_of_very_many_references_the_last_are_kept() -> None:
    found = read(
        "References: " + " ".join(f"<{n}@b.example>" for n in range(300)), *["References: " + "<x@b> <y@b>" * 300] * 3
    )
    assert len(found.references) == LIMITS.references


def test_a_from_beyond_all_measure_is_no_identity() -> None:
    assert read("From: " + "a " * LIMITS.from_bytes + "<a@b.example>").header_from is None


def test_sender_and_reply_to_never_become_the_identity() -> None:
    mail = read("Sender: a@good.example", "Reply-To: A <a@good.example>", "X-Original-From: a@good.example")
    assert mail.header_from is None
    assert mail.reply_to == ("a@good.example",)


def test_recipients_are_read_kindly() -> None:
    mail = read(
        "From: a@b.example", "To: Desk <desk@c.example>, team: x@d.example, y@d.example;, nobody", "To: <z@d.example>"
    )
    assert mail.header_to == ("desk@c.example", "x@d.example", "y@d.example", "z@d.example")


def test_an_encoded_line_break_in_a_display_name_stays_on_one_line() -> None:
    mail = read("From: =?utf-8?q?Anna=0D=0ABcc=3A_evil?= <a@b.example>", "Subject: =?utf-8?b?YQ0KQmNjOiBi?=")
    assert mail.header_from_shown == "Anna Bcc: evil <a@b.example>"
    assert mail.subject == "a Bcc: b"


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        (b"=?utf-8?Q?Sulkupyynt=C3=B6?=", "Sulkupyyntö"),
        (b"=?UTF-8?B?U3Vsa3VweXludMO2?=", "Sulkupyyntö"),
        (b"=?iso-8859-1?Q?Sp=E4rra_certifikat?=", "Spärra certifikat"),
        (b"=?iso-8859-15?Q?100_=A4?=", "100 €"),
        (b"=?utf-8?Q?Sulkupyynt=C3?=\r\n =?utf-8?Q?=B6_heti?=", "Sulkupyyntö heti"),
        (b"=?utf-8?Q?a?= =?utf-8?Q?b?= c", "ab c"),
        (b"Vs: =?utf-8*fi?Q?=C3=A4?= loppu", "Vs: ä loppu"),
        (b"=?iso-2022-jp?B?GyRCPjpMQD1xGyhC?=", "昇明書"),
        (b"\x1b$B>ZL@=q\x1b(B", "証明書"),
        ("Sulkupyyntö".encode(), "Sulkupyyntö"),
        ("Sulkupyyntö".encode("latin-1"), "Sulkupyyntö"),
        (b"=?utf-8?Q?broken", "=?utf-8?Q?broken"),
        (b"=?no-such-charset?Q?=E4?=", "ä"),
        (b"=?utf-8?B?%%%?=", ""),
        (b"a\r\n b\r\n\tc", "a b c"),
        (b"  a  ", "a"),
        ("a\u202eb\u200bc\u00a0d".encode(), "abc d"),
    ],
)
def test_a_subject_is_read_as_its_sender_saw_it(field: bytes, subject: str) -> None:
    assert read(b"Subject: " + field).subject == subject


def test_a_mail_without_header_is_a_mail() -> None:
    mail = parse_mail(b"\r\nPlease revoke 4a3f.\r\n")
    assert mail.text == "Please revoke 4a3f."
    assert {"no_header", "from_missing"} <= set(mail.defects)


def test_a_line_that_is_no_field_begins_the_body() -> None:
    mail = parse_mail(b"From: a@b.example\r\nPlease revoke 4a3f.\r\n\r\nThanks\r\n")
    assert mail.text == "Please revoke 4a3f.\n\nThanks"
    assert "header_broken" in mail.defects


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_line_ends_do_not_change_what_is_read(end: bytes) -> None:
    mail = parse_mail(end.join([b"From: a@b.example", b"Subject: s", b"", b"one", b"two"]))
    assert (mail.header_from, mail.subject, mail.text) == ("a@b.example", "s", "one\ntwo")


def test_an_mbox_line_in_front_is_skipped() -> None:
    assert parse_mail(b"From a@b Tue Nov 24 03:00:00 2026\nSubject: s\n\nx").subject == "s"


@pytest.mark.parametrize(
    ("field", "moment"),
    [
        ("Tue, 24 Nov 2026 03:00:00 +0200", datetime(2026, 11, 24, 1, 0, tzinfo=UTC)),
        ("24 Nov 2026 03:00 -0000", datetime(2026, 11, 24, 3, 0, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 03:00:00 EST", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("yesterday", None),
        ("Tue, 24 Nov 99999 03:00:00 +0200", None),
    ],
)
def test_a_date_is_utc_or_nothing(field: str, moment: datetime | None) -> None:
    mail = read(f"Date: {field}")
    assert mail.date == moment
    assert ("date_broken" in mail.defects) == (moment is None)


def test_identifiers_keep_their_brackets_and_order() -> None:
    mail = read(
        "Message-ID: <3@b.example>",
        "In-Reply-To: <2@b.example>",
        "References: <1@b.example>\r\n <2@b.example> <1@b.example>",
    )
    assert mail.message_id == "<3@b.example>"
    assert mail.in_reply_to == ("<2@b.example>",)
    assert mail.references == ("<1@b.example>", "<2@b.example>")


def test_an_identifier_without_brackets_is_understood() -> None:
    assert read("Message-ID: 3@b.example").message_id == "<3@b.example>"


def test_control_fields_of_other_desks_change_nothing() -> None:
    plain = read("From: a@b.example", "Subject: s")
    steered = read(
        "From: a@b.example", "Subject: s", "X-RT-Command: resolve", "X-Priority: 1", "X-Ticket-State: approved"
    )
    assert (steered.text, steered.automatic, steered.defects) == (plain.text, plain.automatic, plain.defects)


ALL_LABELS = sorted(
    set(encodings.aliases.aliases) | set(encodings.aliases.aliases.values()) | {"idna", "punycode", "zlib"}
)


@pytest.mark.parametrize("label", ALL_LABELS)
def test_no_codec_of_the_language_can_be_called_from_outside(label: str) -> None:
    """`punycode` takes 8.5 s for a small body, `idna` and `zlib` raise: only the allow-list is ever asked."""
    name = label.replace("_", "-")
    text = decode_text(b"a\xe4\xf6-" * 2_000, name, Findings())
    assert isinstance(text, str)
    text.encode("utf-8")


def test_dangerous_codecs_are_not_on_the_list() -> None:
    codec_names = {codecs.lookup(name).name for name in CODECS.values()}
    assert not codec_names & {
        "punycode",
        "idna",
        "zlib",
        "bz2",
        "hex",
        "base64",
        "uu",
        "rot13",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
    }


@pytest.mark.parametrize(
    ("octets", "declared", "text", "defect"),
    [
        ("ä".encode("latin-1"), "", "ä", None),
        ("ä".encode("latin-1"), "utf-8", "ä", Defect.CHARSET_WRONG),
        ("ä".encode("latin-1"), "us-ascii", "ä", None),
        ("ä".encode(), "iso-8859-1", "ä", Defect.CHARSET_WRONG),
        ("ä".encode(), "", "ä", None),
        ("ä".encode(), '"UTF-8"', "ä", None),
        ("ä".encode(), "x-unknown", "ä", Defect.CHARSET_UNKNOWN),
        ("ä".encode(), "zlib", "ä", Defect.CHARSET_UNKNOWN),
        (b"\x80 \x99 \x81", "iso-8859-1", "€ ™ \x81", None),
        ("ä".encode("utf-16"), "utf-8", "ä", None),
        ("teksti".encode("utf-16-le"), "", "teksti", None),
        ("teksti".encode("utf-16-be"), "", "teksti", None),
        (b"\xef\xbb\xbfa", "utf-8", "a", None),
        ("証明書".encode("iso-2022-jp"), "iso-2022-jp", "証明書", None),
        ("証明書".encode("iso-2022-jp"), "", "証明書", None),
        ("証明書".encode("shift_jis"), "shift_jis", "証明書", None),
        ("証明書".encode("gb18030"), "gb2312", "証明書", None),
        (("päivää " * 9).encode() + b"\xff", "utf-8", "päivää " * 9 + "\ufffd", Defect.CHARSET_WRONG),
        (b"+2D0-", "utf-7", "\ufffd", None),
        (b"\xff\xff", "euc-jp", "\ufffd\ufffd", Defect.CHARSET_WRONG),
        (b"abc\xe4", "iso-2022-jp", "abc\ufffd", Defect.CHARSET_WRONG),
    ],
)
def test_octets_become_the_text_that_was_meant(octets: bytes, declared: str, text: str, defect: Defect | None) -> None:
    findings = Findings()
    found = decode_text(octets, declared, findings)
    assert found == text
    assert findings.words() == ((defect.value,) if defect else ())


def test_every_defect_has_a_meaning_in_words() -> None:
    assert set(MEANINGS) == set(Defect)
    assert all(meaning.endswith(".") for meaning in MEANINGS.values())


@pytest.mark.parametrize(
    ("charset", "octets", "subject"),
    [
        ("koi8-r", "ключ украден".encode("koi8-r"), "ключ украден"),
        ("koi8-r", "avain vietiin äsken".encode(), "avain vietiin äsken"),
        ("utf-8", "pyyntö".encode("latin-1"), "pyyntö"),
        ("x-unheard-of", "pyyntö".encode("latin-1"), "pyyntö"),
    ],
)
def test_raw_octets_in_a_subject_are_read_like_the_text_below(charset: str, octets: bytes, subject: str) -> None:
    assert read(b"Subject: " + octets, f"Content-Type: text/plain; charset={charset}").subject == subject
