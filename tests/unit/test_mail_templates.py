"""Every mail in every language: it renders, says what it must, and nothing that a stranger wrote can bend it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import jinja2.meta
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sulku_applications.domain.stages import Stage
from sulku_kernel.language import Language
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_templates.catalogue import CATALOGUE, COMMON, Audience, Manner
from sulku_templates.examples import COMMON_EXAMPLE, EXAMPLES
from sulku_templates.message import Message
from sulku_templates.rendering import TEXTS, RenderedMail, Renderer
from sulku_templates.words import WORDS
from sulku_tickets.domain.clock_rules import CLOCK_RULES, ClockKind
from sulku_tickets.domain.urgency import CaseClass, Urgency
from sulku_tickets.escalation import EscalationKind

RENDERER = Renderer()
EVERY_MAIL = [(name, language) for name in CATALOGUE for language in Language]
FI, SV, EN = Language.FI, Language.SV, Language.EN


def render(name: str, language: Language, renderer: Renderer = RENDERER, **changed) -> RenderedMail:
    return renderer.render(Message(name, language, {**EXAMPLES[name], **changed}), COMMON_EXAMPLE)


class Outline(HTMLParser):
    """The tags of a page and what they load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.lang: str | None = None
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "html":
            self.lang = given.get("lang")
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "background", "srcset"}]


@pytest.mark.parametrize(("name", "language"), EVERY_MAIL)
def test_a_mail_renders_completely(name: str, language: Language) -> None:
    mail = render(name, language)
    assert mail.fallback_because == ""
    assert len(mail.subject.splitlines()) == 1
    for text in (mail.subject, mail.text, mail.html):
        assert not re.search(r"\{\{|\}\}|\{%|%\}|Undefined|None(?! of these)|\x1f", text)
        assert "!" not in text.replace("<!doctype", "")  # an authority does not shout
    assert max(len(line) for line in mail.text.splitlines()) <= 100


@pytest.mark.parametrize(("name", "language"), EVERY_MAIL)
def test_the_html_is_small_names_its_language_and_loads_nothing(name: str, language: Language) -> None:
    mail = render(name, language)
    page = Outline(mail.html)
    assert page.lang == language.value
    assert {"html", "title", "main", "h1"} <= set(page.tags)
    assert not {"img", "link", "script", "iframe", "object", "style", "form"} & set(page.tags)
    assert len(mail.html) < 20_000
    form = COMMON_EXAMPLE["form_url"][language.value]
    assert all(link == form or link in EXAMPLES[name].values() for link in page.links)
    assert "url(" not in mail.html


@pytest.mark.parametrize(("name", "language"), EVERY_MAIL)
def test_text_and_html_say_the_same(name: str, language: Language) -> None:
    mail = render(name, language)
    spoken = re.sub(r"&#34;", '"', re.sub(r"<[^>]+>", " ", mail.html.partition("</h1>")[2]))
    words = set(re.findall(r"\w{4,}", spoken))
    assert words <= set(re.findall(r"\w{4,}", mail.text))


@pytest.mark.parametrize(("name", "language"), EVERY_MAIL)
def test_a_text_uses_no_more_than_the_catalogue_promises(name: str, language: Language) -> None:
    environment = RENDERER._texts
    used: set[str] = set()
    waiting = [f"{language.value}/{name}.j2"]
    while waiting:
        tree = environment.parse((TEXTS / waiting.pop()).read_text(encoding="utf-8"))
        used |= jinja2.meta.find_undeclared_variables(tree)
        waiting += [found for found in jinja2.meta.find_referenced_templates(tree) if found]
    assert used - COMMON == CATALOGUE[name].needs


def test_the_catalogue_the_examples_and_the_files_are_in_step() -> None:
    assert set(EXAMPLES) == set(CATALOGUE)
    for name, template in CATALOGUE.items():
        assert set(EXAMPLES[name]) == template.needs, name
        # Else a value of the case could pass for who we are in the signature.
        assert not template.needs & COMMON
    for language in Language:
        files = {path.stem for path in (TEXTS / language.value).glob("*.j2")}
        assert files == set(CATALOGUE) | {"closing", "application_facts"}


def test_every_code_has_its_words() -> None:
    assert set(WORDS["reason"]) == {reason.rfc_name for reason in ReasonCode}
    assert set(WORDS["urgency"]) == set(Urgency)
    assert set(WORDS["case_class"]) == set(CaseClass)
    assert set(WORDS["cause"]) == {kind.word for kind in EscalationKind}
    assert set(WORDS["clock"]) == set(ClockKind)
    assert {f"application_{stage}" for stage in Stage} <= set(CATALOGUE)
    assert {name for rule in CLOCK_RULES for name in rule.stopped_by_mail} <= set(CATALOGUE)


def test_what_wakes_people_and_what_is_capped_stands_in_the_table() -> None:
    assert {name for name, one in CATALOGUE.items() if one.manner is Manner.ANSWER} == {
        "acknowledgement",
        "cannot_be_opened",
        "cannot_be_restored",
        "card_revocation",
        "need_more_information",
        "need_proof",
        "other_format",
        "several_candidates",
    }
    on_call = {name for name, one in CATALOGUE.items() if one.audience is Audience.ON_CALL}
    assert on_call == {"page", "deadline_warning", "effect_failed", "unwell"}


@pytest.mark.parametrize(
    ("language", "moment", "later"),
    [
        (FI, "24.11.2026 klo 14.05 (UTC+2)", "25.11.2026 klo 14.05 (UTC+2)"),
        (SV, "24.11.2026 kl. 14.05 (UTC+2)", "25.11.2026 kl. 14.05 (UTC+2)"),
        (EN, "24 Nov 2026, 14:05 (UTC+2)", "25 Nov 2026, 14:05 (UTC+2)"),
    ],
)
def test_an_acknowledgement_says_when_it_came_and_until_when_what_happens(
    language: Language, moment: str, later: str
) -> None:
    text = " ".join(render("acknowledgement", language).text.split())
    assert moment in text
    assert later in text
    assert "S26-000123" in text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (FI, "Suljettua varmennetta ei voi palauttaa käyttöön."),
        (SV, "Ett spärrat certifikat kan inte tas i bruk igen."),
        (EN, "A revoked certificate cannot be restored."),
    ],
)
@pytest.mark.parametrize("name", ["revoked_holder", "revoked_reporter"])
def test_a_revoked_certificate_cannot_be_restored_and_the_mail_says_so(
    name: str, language: Language, sentence: str
) -> None:
    assert sentence in render(name, language).text


@pytest.mark.parametrize("language", Language)
def test_the_holder_reads_all_facts_and_the_reporter_only_public_ones(language: Language) -> None:
    holder, reporter = render("revoked_holder", language).text, render("revoked_reporter", language).text
    for fact in ("100000168f0a805c366b43b5de968c691fb", "4711", "CN=Example CA for Service Providers"):
        assert fact in holder
        assert fact in reporter
    for private in ("Helsingin VI apteekki", "www.apteekki.example", "resepti.apteekki.example"):
        assert private in holder
        assert private not in reporter
    assert "2026-11-24 13:10:04 UTC" in holder


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if "certificates" in example])
def test_a_mail_about_several_certificates_says_each_sentence_once_and_lists_them(
    name: str, language: Language
) -> None:
    first, *_ = EXAMPLES[name]["certificates"]
    second = {**first, "serial": "5d00c0de", "serial_tail": "5d00 c0de", "common_name": "toinen.example"}
    said = " ".join(render(name, language, certificates=[first, second]).text.split())
    assert re.search("5d ?00 ?c0 ?de", said)
    sentences = [one for one in re.split(r"(?<=[.?])\s", said) if len(one.split()) > 5]
    assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize("language", Language)
def test_the_mail_that_a_date_is_overtaken_speaks_of_one_certificate_or_of_several(language: Language) -> None:
    (one,) = EXAMPLES["already_revoked"]["certificates"]
    for certificates, noun in (
        ([one], {FI: "Varmenne", SV: "Certifikatet", EN: "The certificate"}[language]),
        ([one, one], {FI: "Varmenteet", SV: "Certifikaten", EN: "The certificates"}[language]),
    ):
        mail = render("already_revoked", language, certificates=certificates)
        assert re.match(rf"{noun}\b", mail.subject)
        assert re.match(rf"{noun}\b", mail.text)


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        (FI, "Varmenne suljetaan 1.6.2027 klo 12.00 (UTC+3)", "ensimmäinen 1.6.2027 klo 12.00 (UTC+3)"),
        (SV, "Certifikatet spärras 1.6.2027 kl. 12.00 (UTC+3)", "det första 1.6.2027 kl. 12.00 (UTC+3)"),
        (EN, "The certificate will be revoked on 1 Jun 2027, 12:00 (UTC+3)", "the first on 1 Jun 2027, 12:00 (UTC+3)"),
    ],
)
def test_a_promise_names_one_date_or_each_certificates_own(language: Language, one: str, several: str) -> None:
    certificates = EXAMPLES["planned"]["certificates"]
    same = [{**certificate, "wanted_at": certificates[0]["wanted_at"]} for certificate in certificates]
    assert one in render("planned", language, certificates=certificates[:1]).subject
    assert render("planned", language, certificates=same).text.count("2027") == 1
    mail = render("planned", language)
    assert several in mail.subject
    assert mail.text.count("2027") == 2


@pytest.mark.parametrize(
    ("language", "revoked", "never"),
    [(FI, "suljettu", "päätetty"), (SV, "spärrat", "avslutat"), (EN, "revoked", "closed")],
)
def test_a_certificate_is_revoked_never_closed(language: Language, revoked: str, never: str) -> None:
    for name in ("revoked_holder", "revoked_reporter"):
        text = render(name, language).text.lower()
        assert revoked in text
        assert never not in text


@pytest.mark.parametrize(
    ("language", "stands", "moved"),
    [
        (FI, "Sulkemisen ajankohta ei ole muuttunut.", "uuden ajankohdan"),
        (SV, "Tidpunkten för spärrningen är oförändrad.", "en ny tidpunkt"),
        (EN, "The date of the revocation is unchanged.", "a new date"),
    ],
)
@pytest.mark.parametrize("name", ["reason_changed_holder", "reason_changed_reporter"])
def test_a_changed_reason_is_told_as_that_and_the_date_only_as_it_is(
    name: str, language: Language, stands: str, moved: str
) -> None:
    text = render(name, language).text
    for reason in ("superseded", "keyCompromise"):
        assert WORDS["reason"][reason][(FI, SV, EN).index(language)] in " ".join(text.split())
    assert stands in text
    assert moved not in text
    assert moved in render(name, language, date_stands=False).text
    assert "Helsingin VI apteekki" not in render("reason_changed_reporter", language).text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["acknowledgement", "need_more_information", "several_candidates", "reply"])
def test_nobody_is_invited_to_send_keys_or_personal_identity_codes(name: str, language: Language) -> None:
    text = " ".join(render(name, language).text.split())
    assert {FI: "henkilötunnuksia", SV: "personbeteckningar", EN: "personal identity codes"}[language] in text
    assert re.search({FI: "älkää lähettäkö", SV: "skicka inte", EN: "do not send"}[language], text.lower())


@pytest.mark.parametrize("language", Language)
def test_the_candidates_are_listed_by_serial_name_validity_and_issuer(language: Language) -> None:
    text = render("several_candidates", language).text
    assert "100000168f0a805c366b43b5de968c691fb" in text.replace("\n", "").replace(" ", "")
    assert "2026 – " in text
    assert "Potilastietojärjestelmä" in text
    assert "CN=Example CA for Service Providers" in text


@pytest.mark.parametrize("language", Language)
def test_a_page_carries_a_link_that_acknowledges_and_none_that_decides(language: Language) -> None:
    mail = render("page", language)
    assert "https://desk.example/acknowledge/" in mail.text
    assert "P1" in mail.subject
    assert not re.search(
        r"approve|decide/|hyväksy|godkänn(?!er)", mail.text.lower().replace("ei päätä eikä hyväksy", "")
    )


# --- what strangers write -------------------------------------------------------------------------------------------

HOSTILE = st.text(alphabet=st.sampled_from("aä \n\r\t\0\x1b\x1f\u2028\u202e\ud800#|->={}%<>&\"'!:/"), max_size=40)


@given(HOSTILE, st.sampled_from(Language))
def test_no_value_makes_a_subject_of_two_lines_or_a_tag(value: str, language: Language) -> None:
    mail = render("application_rejected", language, common_name=f"{value}<script>", applicant=value, note=value)
    assert mail.fallback_because == ""
    assert len(mail.subject.splitlines()) == 1
    assert mail.subject.isprintable()
    assert "script" not in Outline(mail.html).tags
    assert not re.search(r"[\0\x1b\x1f\u202e\ud800]", mail.text + mail.html)


def test_lines_that_a_person_wrote_stay_lines_and_are_never_read_as_notation() -> None:
    text = "Hei\n\n## Otsikko\n| Suljettu | kyllä\n=> Kuittaa | https://evil.example\n- <b>kohta</b> {{ number }}"
    mail = render("reply", FI, text=text)
    for line in filter(None, text.splitlines()):
        assert line in mail.text
    page = Outline(mail.html)
    assert "h2" not in page.tags
    assert page.links == []
    assert "&lt;b&gt;" in mail.html


def test_a_link_that_is_no_web_address_is_only_shown() -> None:
    mail = render("application_received", EN, status_url="javascript:alert(1)")
    assert Outline(mail.html).links == []


def test_the_signature_is_ours_whatever_the_context_says() -> None:
    mail = RENDERER.render(Message("reply", SV, {**EXAMPLES["reply"], "organisation": "Evil Oy"}), COMMON_EXAMPLE)
    assert "Befolkningsregistercentralen" in mail.text
    assert "Evil Oy" not in mail.text


@pytest.mark.parametrize("language", Language)
def test_who_did_not_name_a_certificate_is_told_where_the_form_is_when_it_can_be_fetched(language: Language) -> None:
    message = Message("need_more_information", language, EXAMPLES["need_more_information"])
    form = f"https://desk.example/forms/revocation-request-{language}.pdf"
    mail = RENDERER.render(message, COMMON_EXAMPLE)
    assert form in mail.text
    assert f'href="{form}"' in mail.html
    without = RENDERER.render(message, {**COMMON_EXAMPLE, "form_url": ""})
    assert not without.fallback_because
    assert "PDF" not in without.text


def test_an_empty_phone_number_is_left_out() -> None:
    mail = RENDERER.render(Message("reply", FI, EXAMPLES["reply"]), {**COMMON_EXAMPLE, "phone": ""})
    assert "Puhelin" not in mail.text


# --- when a template fails ------------------------------------------------------------------------------------------

ESSENTIALS = {"number": "S26-000123"}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", CATALOGUE)
def test_a_missing_value_falls_back_to_a_plain_text_in_the_same_language(name: str, language: Language) -> None:
    mail = RENDERER.render(Message(name, language, {}), COMMON_EXAMPLE)
    assert "undefined" in mail.fallback_because
    assert Outline(mail.html).lang == language.value
    desk = COMMON_EXAMPLE["desk"][language.value]
    assert desk in mail.subject
    assert desk in mail.text


@pytest.mark.parametrize(
    "broken", ["{{ number", "Subject: {{ nothing }}\n\nx", "no subject", "Subject: {{ 1 / 0 }}", "{% include 'x' %}"]
)
@pytest.mark.parametrize("language", Language)
def test_a_broken_template_of_the_administrator_does_not_stop_the_acknowledgement(
    tmp_path: Path, language: Language, broken: str
) -> None:
    (tmp_path / language.value).mkdir()
    (tmp_path / language.value / "acknowledgement.j2").write_text(broken, encoding="utf-8")
    mail = render("acknowledgement", language, Renderer(tmp_path))
    assert mail.fallback_because
    assert "S26-000123" in mail.text
    assert {FI: "vastaanottaneet", SV: "tagit emot", EN: "received"}[language] in mail.text
    assert render("reply", language, Renderer(tmp_path)).fallback_because == ""


def test_a_broken_page_layout_does_not_stop_a_mail(tmp_path: Path) -> None:
    (tmp_path / "base.html.j2").write_text("{{ oops(", encoding="utf-8")
    mail = render("page", FI, Renderer(tmp_path))
    assert mail.fallback_because
    assert EXAMPLES["page"]["acknowledge_url"] in mail.text
    assert EXAMPLES["page"]["acknowledge_url"] in mail.html


def test_what_a_person_wrote_survives_the_fallback(tmp_path: Path) -> None:
    (tmp_path / "fi").mkdir()
    (tmp_path / "fi" / "reply.j2").write_text("{% if %}", encoding="utf-8")
    assert "Avaimen paljastuminen on vahvistettu." in render("reply", FI, Renderer(tmp_path)).text


def test_a_fallback_names_the_fault_but_no_value(tmp_path: Path) -> None:
    (tmp_path / "fi").mkdir()
    (tmp_path / "fi" / "reply.j2").write_text("Subject: x\n\n{{ text | int(default=oops) + text }}", encoding="utf-8")
    mail = render("reply", FI, Renderer(tmp_path), text="henkilötunnus 010101-123N")
    assert mail.fallback_because
    assert "010101" not in mail.fallback_because


def test_a_mail_nobody_knows_is_still_sent_in_plain_words() -> None:
    mail = RENDERER.render(Message("novelty", EN, ESSENTIALS), COMMON_EXAMPLE)
    assert "TemplateNotFound" in mail.fallback_because
    assert "S26-000123" in mail.text


def test_the_administrators_text_wins(tmp_path: Path) -> None:
    (tmp_path / "sv").mkdir()
    (tmp_path / "sv" / "closing.j2").write_text("Hälsningar från jouren\n", encoding="utf-8")
    assert "Hälsningar från jouren" in render("reply", SV, Renderer(tmp_path)).text
    assert "Hälsningar" not in render("reply", FI, Renderer(tmp_path)).text
