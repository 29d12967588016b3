"""Replies as the mail programs of our senders write them: what is new, what it answers, what is a signature."""

from __future__ import annotations

import pytest
from tests.unit.hostile_mails import mail

from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.mail_frame import decode_mail, encode_mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.quoted_text import own_lines, split_quoted

NEW = "Sulkekaa 4a3f009c."


def reply(text: str, *fields: bytes) -> Mail:
    kept = (b"Content-Type: text/plain; charset=utf-8", b"In-Reply-To: <1@desk.example>", *fields)
    return parse_mail(mail(text.encode(), *kept))


@pytest.mark.parametrize(
    "below",
    [
        "Lähetetty iPhonesta\n\nTuki <tuki@a.example> kirjoitti 24.11.2026 kello 14.05:\n\n> Mikä numero?\n> \n",
        "Lähetetty iPhonestani\n\n> Tuki <tuki@a.example> kirjoitti 24.11.2026 kello 14.05:\n> \n> Mikä numero?",
        (
            "Hanki Outlook for iOS<https://aka.ms/x>\n________________________________\nLähettäjä: Tuki <tuki@a.example>\n"
            "Lähetetty: tiistai 24. marraskuuta 2026 14.05\nVastaanottaja: Anna\nAihe: Vs: asia\n\nMikä numero?"
        ),
        (
            "Lähetetty Samsung Galaxy -älypuhelimesta.\n\n-------- Alkuperäinen viesti --------\nLähettäjä: tuki@a.example\n"
            "Päivämäärä: 24.11.2026 14.05 (GMT+02:00)\nSaaja: b@b.example\nAihe: asia\n\nMikä?"
        ),
        "Lähetetty Android-laitteesta Outlook Mobilella",
        "tuki@a.example kirjoitti 24.11.2026 klo 14.05:\n> Mikä?\n",
        "24.11.2026 14.05, Tuki kirjoitti:\n> Mikä?\n\n-- \nAnna\nApteekki Oy\npuh. 09 123",
        "Skickat från min iPhone\n\n> 24 nov. 2026 kl. 14:05 skrev Stöd <s@a.example>:\n> \n> Vilket?\n",
        "Skickat från min Samsung-enhet\n\nDen tis 24 nov. 2026 kl 14:05 skrev Stöd <s@a.example>:\n\n> Vilket?\n",
        (
            "Hämta Outlook för Android\n________________________________\nFrån: Stöd <s@a.example> för Stöd\n"
            "Skickat: den 24 november 2026 14:05\nTill: A\nKopia: B\nÄmne: SV: x\n\nVilket?"
        ),
        "Den 2026-11-24 kl. 14:05, skrev Stöd:\n> Vilket?\n",
        "Sent from Outlook for iOS<https://aka.ms/x>\n\nOn Wed, Sep 25,\n2013 at 03:57 PM Desk <d@a.example> wrote:\n> a",
        "On Mon, 23 Nov 2026 at 14:05, A Desk With a Very Long\nName For <desk@a.example> wrote:\n\n> Which?",
        "    On Tuesday, November 24, 2026 at 02:05:00 PM GMT+2, Desk <d@a.example> wrote:  \n \n Which?\n",
        "From: Desk <d@a.example>\nDate: Tuesday, 24. November 2026 at 14.05\nTo: A <a@b.example>\nSubject: x\nWhich?",
        "Desk <d@a.example> wrote:\n\nWhich?",
        "2016-10-24 15:36 GMT+02:00 Desk <\nd@a.example>:\n\n> Which?",
        "2013/7/20 Desk <d@a.example>\n\n| Which?\n| ----\n|",
        "---- On Tue, 24 Nov 2026 14:05:06 +0200 Desk <d@a.example> wrote ----\n\nWhich?",
        'Am 21.04.2016 17:48 schrieb "Desk" <d@a.example\n>:\n\n> Welche?',
        "Desk <d@a.example> schrieb am Fr., 28.\nApr. 2017 um 11:53 Uhr:\n\n> Welche?",
        'Le 4 janv. 2016 19:03, "Desk"\n<d@a.example>\na écrit :\n\n> Lequel ?',
        "Desk <d@a.example>于2020年3月9日 周一下午9:10写道：\n\nWhich?",
        "De: d@a.example\nEnviada em: sexta-feira, 27 de julho de 2012 15:09\nPara: b@b.example\nAssunto: x\n\nQual?",
        "_______________________________________________\nlista mailing list\nlista@b.example",
        "-----Tuki <t@a.example> kirjoitti: -----\nVastaanottaja: A\nLähettäjä: Tuki\nPäiväys: 24.11.2026\nAihe: x\n\nMikä?",
        "  Original Message  \nFrom: Desk\nSent: Tuesday, November 24, 2026 14:05\nTo: A\nSubject: x\n\nWhich?",
        "Date: Tue, 24 Nov 2026 14:05:06 +0200\nFrom: d@a.example\nTo: a@b.example\nSubject: x\n\nWhich?",
        "Subject: x\nFrom: d@a.example\nTo: a@b.example\nDate: Tue, 24 Nov 2026 14:05:06 +0200\n\nWhich?",
    ],
)
def test_of_a_reply_only_what_was_written_for_it_is_new(below: str) -> None:
    found = reply(f"{NEW}\n\n{below}")
    assert found.new_text == NEW
    assert found.quoted_text.split() == found.text.removeprefix(NEW).split()


@pytest.mark.parametrize(
    "text",
    [
        "Palaveri oli 23.11.2026 klo 14.05\nTuki kirjoitti:\n> Mikä numero?",
        "On selvää, että avain vuoti 23.11.2026 klo 12.00.\nTuki <t@a.example> kirjoitti 24.11.2026:\n> Mikä?",
        "La 28.11.2026 varmenne suljettava\nTuki <t@a.example> kirjoitti:\n> Mikä?",
        "Avain on lähetetty vahingossa sähköpostilla.\n\nTuki kirjoitti 24.11.2026 klo 14.05:\n> Mikä?",
    ],
)
def test_the_line_above_an_introduction_is_never_taken_for_a_part_of_it(text: str) -> None:
    assert reply(text).new_text == text.split("\nTuki", maxsplit=1)[0].strip()


@pytest.mark.parametrize(
    "text",
    [
        "Hello\n\nFrom Monday the phone of the server room is 123.",
        "Hi\n\nGet the key from the stolen phone before it is misused.",
        "Hi\n\nSent the certificate from my phone yesterday, revoke it",
        "Hei\n\nLähetetty varmenne oli väärä, puhelimesta varastettu avain",
        "Palvelin: mail.b.example\nYhteyshenkilö: anna@b.example\nPäivä: 23.11.2026 14.05\nSarjanumero: 4a3f",
        "Anna kirjoitti:\nsulkekaa 4a3f",
        "-- \nAnna",
        "| host | serial |\n|------|--------|\n| a    | 4a3f   |",
        "Hi\n\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ],
)
def test_words_that_look_like_a_signature_or_an_introduction_are_kept(text: str) -> None:
    assert reply(text).new_text == text


def test_an_introduction_without_a_quotation_is_only_believed_in_a_reply() -> None:
    text = "Hei\n\nMeille kirjoitti 23.11.2026 klo 12.30 hakkeri:\nolen varastanut avaimen"
    assert split_quoted(text, subject="Sulkupyyntö").new == text


def test_what_a_signature_names_is_still_the_senders_own_word() -> None:
    found = reply(f"{NEW}\n\n-- \nAnna\nApteekki Oy\n\nOn 24 Nov 2026 at 14:05 Desk <d@a.example> wrote:\n> Which?")
    assert found.new_text == NEW
    assert found.signature == "-- \nAnna\nApteekki Oy"
    assert found.own_words == f"{NEW}\n\n-- \nAnna\nApteekki Oy"
    assert decode_mail(encode_mail(found)).own_words == found.own_words


def test_an_answer_keeps_the_question_above_it_but_not_as_own_words() -> None:
    text = "Hei\n\nTuki kirjoitti 24.11.2026 klo 14.05:\n> Mikä numero, 5b00?\n4a3f\n> Miksi?\nAvain vuoti."
    found = reply(text)
    assert found.new_text == "Hei\n\n> Mikä numero, 5b00?\n4a3f\n> Miksi?\nAvain vuoti."
    assert found.own_words == own_lines(found.new_text) == "Hei\n\n4a3f\nAvain vuoti."


OUTLOOK = (
    '<div>Sulkekaa 4a3f009c.</div><hr><div id="divRplyFwdMsg"><b>{}:</b> Tuki &lt;t@a.example&gt;<br>'
    "<b>{}:</b> tiistai 24. marraskuuta 2026 14.05<br><b>{}:</b> Anna<br><b>{}:</b> asia<div>&nbsp;</div></div>Mikä?"
)
GMAIL = (
    '<div dir="ltr">Sulkekaa 4a3f009c.</div><br><div class="gmail_quote"><div class="gmail_attr">ti 24. marrask. 2026 '
    'klo 14.05 Tuki (t@a.example) kirjoitti:<br></div><blockquote class="gmail_quote">Mikä?</blockquote></div>'
)
APPLE = (
    'Sulkekaa 4a3f009c.<br><div><br><blockquote type="cite"><div>Tuki &lt;t@a.example&gt; kirjoitti 24.11.2026 kello '
    "14.05:</div><br><div>Mikä?</div></blockquote></div>"
)
THUNDERBIRD = (
    '<p>Sulkekaa 4a3f009c.</p><div class="moz-cite-prefix">Tuki kirjoitti 24.11.2026 klo 14.05:<br></div><blockquote '
    'type="cite"><p>Mikä?</p></blockquote><pre class="moz-signature">-- \nAnna</pre>'
)


@pytest.mark.parametrize(
    "html",
    [
        OUTLOOK.format("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
        OUTLOOK.format("Sendandi", "Sent þann", "Viðtakandi", "Efni"),
        GMAIL,
        APPLE,
        THUNDERBIRD,
    ],
)
def test_a_reply_in_html_alone_is_parted_as_well(html: str) -> None:
    found = parse_mail(mail(html.encode(), b"Content-Type: text/html; charset=utf-8", b"Subject: Vs: asia"))
    assert found.new_text == NEW
    assert "Mikä?" in found.quoted_text


def test_an_unmarked_quotation_below_nothing_is_all_there_is() -> None:
    found = reply("On 15 May 2026 19:32, Desk <d@a.example> wrote:\n\nSulkekaa 4a3f009c")
    assert found.new_text == "Sulkekaa 4a3f009c"


def test_a_forward_that_is_marked_like_a_quotation_is_read_as_a_forward() -> None:
    text = "FYI\n\n> Begin forwarded message:\n> \n> From: A <a@b.example>\n> Date: 24 Nov 2026\n> To: b\n> Subject: s\n> \n> {}"
    found = split_quoted(text.format("revoke 4a3f"), subject="Fwd: s")
    assert found.new.endswith("revoke 4a3f")
    assert "\n>" not in found.new


def test_a_text_without_any_header_loses_no_line_that_looks_like_a_field() -> None:
    assert parse_mail(b"Hey:)\n\nclose 4a3f\n").new_text == "Hey:)\n\nclose 4a3f"
