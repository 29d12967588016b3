"""What a person would see in a mail, what is new in it, and in which language."""

from __future__ import annotations

import pytest
from tests.unit.hostile_mails import mail, multipart

from sulku_kernel.language import Language
from sulku_mailbox.domain.flowed import unflow
from sulku_mailbox.domain.html_text import html_to_text
from sulku_mailbox.domain.language import detect_language
from sulku_mailbox.domain.limits import LIMITS
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.quoted_text import own_lines, split_quoted


def text_of(body: bytes, *fields: bytes) -> str:
    return parse_mail(mail(body, *fields)).text


def html_mail(html: str) -> Mail:
    return parse_mail(mail(html.encode(), b"Content-Type: text/html; charset=utf-8"))


def test_soft_line_breaks_of_quoted_printable_never_cut_a_serial_number() -> None:
    body = b"Sarjanumero 4a:3f:00:9c:11:22:33:44:=\r\n55:66 suljettava, syyn=E4 avaimen paljastuminen.=\r\n"
    text = text_of(
        body, b"Content-Type: text/plain; charset=iso-8859-1", b"Content-Transfer-Encoding: quoted-printable"
    )
    assert text == "Sarjanumero 4a:3f:00:9c:11:22:33:44:55:66 suljettava, syynä avaimen paljastuminen."


def test_raw_latin_1_letters_survive_without_any_declaration() -> None:
    assert text_of("Pyydämme sulkemaan äkkiä, Åbo".encode("latin-1")) == "Pyydämme sulkemaan äkkiä, Åbo"


def test_an_empty_charset_parameter_is_none() -> None:
    assert text_of("äkkiä".encode(), b"Content-Type: text/plain; charset=") == "äkkiä"


def test_flowed_lines_are_joined_again() -> None:
    body = b"Serial 4a3f009c \r\n11223344 please.\r\n> quoted \r\n> line\r\n-- \r\nAnna\r\n"
    text = text_of(body, b"Content-Type: text/plain; format=flowed")
    assert text == "Serial 4a3f009c 11223344 please.\n> quoted line\n-- \nAnna"


def test_delsp_takes_the_blank_out_of_the_middle_of_a_word() -> None:
    assert unflow("4a3f \n009c", delete_space=True) == "4a3f009c"
    assert unflow("> a \n>> b \nc", delete_space=False) == "> a \n> > b \nc"


def test_an_outlook_table_of_certificates_keeps_its_rows_and_cells() -> None:
    mail_ = html_mail(
        "<html><head><style>td {color: red}</style></head><body><p class=MsoNormal>Hei,<o:p></o:p></p><table><tr><th>Palvelin</th>"
        "<th>Sarjanumero</th></tr><tr><td><p class=MsoNormal>mail.apteekki.example</p></td><td>4a:3f:00:9c&nbsp;11:22\u200b:33</td>"
        "</tr><tr><td>www.apteekki.example</td><td>5b:00\u00ad:01</td></tr></table><p>&nbsp;</p></body></html>"
    )
    assert mail_.text.split("\n") == [
        "Hei,",
        "",
        "Palvelin\tSarjanumero",
        "mail.apteekki.example\t4a:3f:00:9c 11:22:33",
        "www.apteekki.example\t5b:00:01",
    ]
    assert "color" not in mail_.text
    assert mail_.html is not None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        (
            "<table><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td><div>c</div></td><td>d</td></tr></table>",
            "a\tb\nc\td",
        ),
        ("<table><tr><td></td><td>a</td></tr><tr><td><p></p></td></tr><tr><td>b</td></tr></table>c", "a\nb\n\nc"),
        ("<table><tr><td>a<p>b</p><p>c</p></td><td>d</td></tr></table>", "a\n\nb\n\nc\td"),
        ("a\n  b", "a b"),
        ("<script>x</script><style>y</style><title>z</title>a<!-- b -->", "a"),
        ('a<span style="display:none">b</span><div hidden>c</div><p style="font-size:0">d</p>', "a"),
        ('<p style="font-size:0.9em">a</p>', "a"),
        ("<blockquote type=cite>a<br>b</blockquote>c", "> a\n> b\n\nc"),
        ('<blockquote class="gmail_quote">a</blockquote>', "> a"),
        ("<blockquote>a</blockquote>", "a"),
        ('<blockquote style="margin:0 0 0 .8ex;border-left:1px #ccc solid">a</blockquote>', "> a"),
        ('<blockquote style="margin-left:40px;border-left:none">a</blockquote>', "a"),
        ('<div class="yahoo_quoted">a<div>b</div></div>c', "> a\n> b\nc"),
        ("&auml;&#228;&euro;", "ää€"),
        ("4a:<b>3f</b>:00", "4a:3f:00"),
        ("", ""),
        ("a\0b", "ab"),
        ("<svg><text>a</text></svg>b", "b"),
        ("a <s>b c</s> d", "a ~~b c~~ d"),
        ("<DEL>a</DEL><strike>b</strike>c", "~~ab~~c"),
        ('a<span style="TEXT-DECORATION: line-through">4a<b>3f</b></span>', "a~~4a3f~~"),
        ("<table><tr style='text-decoration:line-through'><td>a<td>b</tr><tr><td>c</table>", "~~a~~\t~~b~~\nc"),
        ("<s><p>a</p><p>b</p></s>c", "~~a~~\n\n~~b~~\n\nc"),
        ("<p style='display:none;text-decoration:line-through'>a</p>b <i>c</i>", "b c"),
    ],
)
def test_html_is_read_as_it_is_seen(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_html_built_to_hurt_still_gives_its_words() -> None:
    deep = "<div>" * 20_000 + "<td>avain</td><script>alert(1)</script> paljastunut"
    assert html_to_text(deep).split() == ["avain", "paljastunut"]


def test_a_large_but_honest_table_is_read_as_a_table() -> None:
    rows = "".join(f"<tr><td><p><b>host{n}</b></p></td><td>{n:08x}</td></tr>" for n in range(3_000))
    lines = html_to_text(f"<!-- a --><title>t</title><table>{rows}</table><br>").split("\n")
    assert lines[-1] == "host2999\t00000bb7"


@pytest.mark.parametrize(
    "trap",
    ["<p " + " ".join(f"a{n}" for n in range(9_000)) + ">", "".join(f"<b a={n}>" for n in range(500)) + "<p>x" * 9_000],
)
def test_too_many_attributes_or_open_formatting_are_read_without_a_tree(trap: str) -> None:
    assert html_to_text(trap + " " * 70_000 + "serial 4a3f").endswith("serial 4a3f")


def test_formatting_around_a_whole_table_does_no_harm() -> None:
    html = "<font><b>" + "<tr><td><p><i>host</i></p></td><td>4a3f</td></tr>".join(["<table>", *[""] * 900, "</table>"])
    assert html_to_text(html).split("\n") == ["host\t4a3f"] * 901


def test_a_small_html_that_repeats_its_open_elements_is_read_without_a_tree() -> None:
    bomb = "<p>" + "".join(f"<b a={n}>" for n in range(1_500)) + "<p>x" * 9_000 + " serial 4a3f"
    assert len(bomb) < 65_536
    assert html_to_text(bomb).endswith("serial 4a3f")


def test_the_charset_of_html_may_stand_in_its_meta_element() -> None:
    html = '<meta http-equiv=Content-Type content="text/html; charset=iso-8859-2"><p>\xb1</p>'.encode("latin-1")
    assert text_of(html, b"Content-Type: text/html") == "ą"
    lying = b'<meta charset="utf-16"><p>abc</p>'
    assert text_of(lying, b"Content-Type: text/html") == "abc"


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize(
    ("plain", "html", "expected"),
    [
        (b"Close serial 4a3f009c now", b"<p>Close serial <b>4a3f009c</b> now</p>", "Close serial 4a3f009c now"),
        (b"", b"<p>Close 4a3f009c</p>", "Close 4a3f009c"),
        (b"See the HTML version", b"<p>Close 4a3f009c</p>", "Close 4a3f009c"),
        (b"4a:3f:00:9c", b"<table><tr><td>4a3f009c</td></tr></table>", "4a:3f:00:9c"),
    ],
)
def test_of_two_alternatives_the_one_that_says_everything_is_read(plain: bytes, html: bytes, expected: str) -> None:
    assert parse_mail(multipart(PLAIN + plain, HTML + html, kind=b"alternative")).text == expected


def test_alternatives_that_name_different_certificates_are_both_shown() -> None:
    found = parse_mail(multipart(PLAIN + b"Close 4a3f009c", HTML + b"<p>Close 5b001122</p>", kind=b"alternative"))
    assert "4a3f009c" in found.text
    assert "5b001122" in found.text
    assert "alternatives_differ" in found.defects


@pytest.mark.parametrize(
    "html",
    [
        "<p title='a>4a3f009c'>Hei</p>",
        "<p>Hei</p><xmp><b 4a3f009c></xmp>",
        "<textarea><p 4a3f009c></textarea>",
        "<!-- <style> -->4a3f009c<!-- </style> -->",
        "<\u017fpan 4a3f009c>",
        "<p>&#52;a3f009c</p>",
        "<style>p {margin: 0}</style><p>4a3f<b>009c</b></p>",
        "<style>p {margin: 0}</style x><p>4a3f009c</p>",
        "<style>p {<br>} </style>4a3f009c",
    ],
)
def test_what_only_the_html_shows_is_read_however_its_tags_are_written(html: str) -> None:
    parts = PLAIN + b"Hei, tiedot ohessa.", b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()
    text = parse_mail(multipart(*parts, kind=b"alternative")).text
    assert ("4a3f009c" in text) is ("4a3f009c" in html_to_text(html))


def test_an_alternative_with_html_only_and_one_in_related_are_read() -> None:
    inner = (
        b'Content-Type: multipart/related; boundary="r"\r\n\r\n--r\r\n'
        + HTML
        + b"<p>a</p>\r\n--r\r\nContent-Type: image/png\r\nContent-ID: <i>\r\n\r\nx\r\n--r--"
    )
    found = parse_mail(multipart(inner, kind=b"alternative"))
    assert found.text == "a"
    assert [attachment.is_inline for attachment in found.attachments] == [True]


def test_an_alternative_without_text_is_a_set_of_files() -> None:
    found = parse_mail(
        multipart(b"Content-Type: image/png\r\n\r\nx", b"Content-Type: image/gif\r\n\r\ny", kind=b"alternative")
    )
    assert [attachment.content_type for attachment in found.attachments] == ["image/png", "image/gif"]


def test_characters_that_reverse_the_reading_direction_are_taken_out_and_noted() -> None:
    found = parse_mail(mail("serial \u202e9c3f\u202c \u2066x\u2069".encode()))
    assert found.text == "serial 9c3f x"
    assert "direction_override" in found.defects


def test_a_text_beyond_the_limit_is_cut_with_a_defect() -> None:
    for body, kind in ((b"a " * LIMITS.text_chars, b"text/plain"), (b"<p>" + b"a " * LIMITS.text_chars, b"text/html")):
        found = parse_mail(mail(body, b"Content-Type: " + kind))
        assert len(found.text) <= LIMITS.text_chars
        assert "text_limit" in found.defects


@pytest.mark.parametrize(
    "introduction",
    [
        "Maanantai 23.11.2026 klo 14.05 Tuki <tuki@example.fi> kirjoitti:",
        "ma 23. marrask. 2026 klo 14.05 Tuki (tuki@example.fi) kirjoitti:",
        "Tuki kirjoitti 23.11.2026 14:05:",
        "Den mån 23 nov. 2026 kl 14:05 skrev Stöd <stod@example.fi>:",
        "23.11.2026 14:05 skrev Stöd:",
        "On Mon, 23 Nov 2026 at 14:05, Desk <desk@example.fi> wrote:",
        "On Mon, 23 Nov 2026 at 14:05, A Desk With a Very Long Name\n<desk@example.fi>\nwrote:",
        "Am 23.11.2026 um 14:05 schrieb Desk <desk@example.fi>:",
        "-----Alkuperäinen viesti-----\nLähettäjä: Tuki <tuki@example.fi>\nLähetetty: 23. marraskuuta 2026 14:05\nVastaanottaja: Anna\nAihe: Varmenne",
        "Lähettäjä: Tuki <tuki@example.fi>\nLähetetty: maanantai 23. marraskuuta 2026 14.05\nVastaanottaja: Anna\nAihe: Varmenne",
        "________________________________\nFrån: Stöd <stod@example.fi>\nSkickat: den 23 november 2026 14:05\nTill: Anna\nÄmne: Certifikat",
        "-----Ursprungligt meddelande-----\nFrån: Stöd\nSkickat: den 23 november 2026 14:05\nTill: Anna\nÄmne: Certifikat",
        "From: Desk <desk@example.fi>\nSent: Monday, November 23, 2026 2:05 PM\nTo: Anna\nSubject: Certificate",
        "*From:* Desk <desk@example.fi>\n*Sent:* Monday, November 23, 2026 2:05 PM\n*To:* Anna\n*Subject:* Certificate",
    ],
)
@pytest.mark.parametrize("marked", [True, False])
def test_what_a_reply_quotes_is_told_from_what_is_new(introduction: str, marked: bool) -> None:
    old = "Mikä sarjanumero? 5b001122"
    quoted = "\n".join(f"> {line}" for line in (old, "toinen rivi")) if marked else f"{old}\ntoinen rivi"
    split = split_quoted(f"Numero on 4a3f009c.\n\nTerveisin Anna\n\n{introduction}\n\n{quoted}", is_reply=True)
    assert split.new == "Numero on 4a3f009c.\n\nTerveisin Anna"
    assert "5b001122" in split.quoted
    assert "5b001122" not in split.new


def test_answers_between_quoted_lines_are_new() -> None:
    split = split_quoted(
        "On 23 Nov 2026 a@b.example wrote:\n> Which serial?\n4a3f009c\n> Why?\nKey leaked.", is_reply=True
    )
    assert split.new == "4a3f009c\nKey leaked."
    assert split.quoted.count("?") == 2


def test_words_that_only_look_like_a_quotation_are_kept() -> None:
    for text in (
        "Avain paljastunut: katso alla.\n\nSarjanumero: 4a3f009c",
        "He wrote:\nclose 4a3f009c",
        "From: the pharmacy\nclose 4a3f009c",
        "| host | 4a3f |\n| other | 5b00 |",
        "-----\nclose 4a3f009c\n-----",
    ):
        assert split_quoted(text).new == text


def test_in_a_forward_the_forwarded_mail_is_what_is_meant() -> None:
    text = "FYI\n\n-------- Välitetty viesti --------\nLähettäjä: Anna <a@b.example>\nPäivä: 23.11.2026\nAihe: Sulku\n\nSulkekaa 4a3f009c\n\nFrom: Desk\nSent: 1.1.2026\nSubject: old\n\n5b001122"
    split = split_quoted(text, subject="VL: Sulku")
    assert "4a3f009c" in split.new
    assert "5b001122" in split.quoted


def test_a_mail_that_is_all_quoted_and_no_reply_is_new() -> None:
    assert split_quoted("> Sulkekaa 4a3f009c\n> heti").new == "Sulkekaa 4a3f009c\nheti"
    split = split_quoted("> On 23 Nov 2026 a@b.example wrote:\n>\n> Sulkekaa 4a3f009c", subject="Vs: asia")
    assert (split.new, own_lines(split.new)) == ("", "")


def test_what_nothing_introduces_is_shown_but_is_nobodys_own_word() -> None:
    split = split_quoted("> Sulkekaa 4a3f009c", subject="Vs: asia")
    assert (split.new, own_lines(split.new)) == ("> Sulkekaa 4a3f009c", "")
    split = split_quoted("> Suljetaanko 4a3f009c?\n\nEi, vaan 5b001122.", subject="Vs: asia")
    assert split.new == "> Suljetaanko 4a3f009c?\n\nEi, vaan 5b001122."
    assert own_lines(split.new) == "Ei, vaan 5b001122."


def test_an_mbox_escape_is_not_a_quotation() -> None:
    assert split_quoted("Hello\n>From here it is mine.").new == "Hello\n>From here it is mine."
    assert split_quoted("Hello\n>From here\n> it is quoted.").new == "Hello"


def test_lines_beyond_the_limit_are_kept_as_new() -> None:
    split = split_quoted("a:\n" * (LIMITS.quoted_lines + 5) + "close 4a3f009c")
    assert split.new.endswith("close 4a3f009c")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hei, pyydämme sulkemaan varmenteen heti, koska avain on paljastunut.", Language.FI),
        ("Hej, vi begär att certifikatet spärras omedelbart eftersom nyckeln har röjts.", Language.SV),
        ("Hello, please revoke the certificate, because the key was compromised.", Language.EN),
        ("Palvelimissamme vanhentuneesta järjestelmästämme", Language.FI),
        ("4a3f009c", None),
        ("", None),
    ],
)
def test_the_language_is_the_senders(text: str, language: Language | None) -> None:
    assert detect_language(text) is language


def test_the_language_is_that_of_the_new_text_not_of_the_quotation() -> None:
    body = "Hej, spärra certifikatet, nyckeln har läckt.\n\nOn 23 Nov 2026 a@b.example wrote:\n> Please tell us the serial number of the certificate\n"
    assert (
        parse_mail(mail(body.encode(), b"Subject: Re: certificate", b"In-Reply-To: <1@b.example>")).language
        is Language.SV
    )


def test_plain_text_that_lost_the_line_through_a_word_gives_way_to_the_html() -> None:
    html = "<p>Sulkekaa <s>4a3f0001</s> 5b000002</p>"
    octets = (
        b"Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/plain\n\n"
        b"Sulkekaa 4a3f0001 5b000002\n--x\nContent-Type: text/html\n\n" + html.encode() + b"\n--x--\n"
    )
    assert parse_mail(octets).text == "Sulkekaa ~~4a3f0001~~ 5b000002"
