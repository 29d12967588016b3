"""The console speaks three languages, wholly: no page falls back to English by oversight."""

from __future__ import annotations

import ast
import re
from importlib.resources import files

import pytest

from sulku_applications.domain.stages import Stage
from sulku_console.campaign_pages import ACTS as CAMPAIGN_ACTS
from sulku_console.own_findings import ISSUERS
from sulku_console.ticket_acts import ACTS
from sulku_console.timeline import HAPPENED
from sulku_console.wording import SENTENCES, states
from sulku_console.wording.explanations import ENGLISH, TRANSLATED, explain
from sulku_console.wording.said import SAID
from sulku_kernel.language import Language
from sulku_kernel.outbox import EffectState
from sulku_revocation.alarms import CERTIFICATE_ON_BLOCKED_KEY
from sulku_revocation.automatic import BECAUSE
from sulku_revocation.campaign_report import TOLD_STEPS
from sulku_revocation.domain.campaign_rules import WaveOrder
from sulku_revocation.domain.campaign_states import CampaignState, LineState
from sulku_revocation.domain.order_states import OrderAlarm, OrderState
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import CertificateType, ContactRole
from sulku_revocation.domain.request_states import RequestState
from sulku_revocation.domain.wording_rules import Meaning
from sulku_templates.catalogue import CATALOGUE, Audience
from sulku_tickets.domain.clock_rules import ClockKind
from sulku_tickets.domain.evidence import EvidenceKind
from sulku_tickets.domain.ticket_states import TicketState
from sulku_tickets.domain.urgency import CaseClass
from sulku_tickets.escalation import EscalationKind

WEB = files("sulku_console") / "web"
_TOLD_ON_TICKETS = frozenset({Audience.REQUESTER, Audience.REPORTER})
TEMPLATES = sorted(file.name for file in WEB.iterdir() if file.name.endswith(".j2"))


def said_in(template: str) -> set[str]:
    text = (WEB / template).read_text(encoding="utf-8")
    called = {a or b for a, b in re.findall(r'\bt\(\s*(?:"([^"]+)"|\'([^\']+)\')', text)}
    # What a loop or a condition hands to t(): sentences in tuples and branches.
    handed = {word for word in re.findall(r'(?<!d=)"([A-Z][^"{}%<>]+)"', text) if " " in word or word in SENTENCES}
    return {said for said in called | handed if not said.endswith(":") or said in SENTENCES or " " in said}


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_sentence_of_a_page_has_its_translations(template: str) -> None:
    missing = {said for said in said_in(template) if said not in SENTENCES and said not in states.CODES}
    assert not missing


def test_what_code_says_has_its_translations() -> None:
    source = (files("sulku_console") / "ticket_view.py").read_text(encoding="utf-8")
    steps = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == "_next_steps")
    sentences = {
        node.value.elts[1].value  # type: ignore[attr-defined]
        for node in ast.walk(steps)
        if isinstance(node, ast.Yield)
    }
    said = (
        sentences
        | {act.done for act in ACTS.values()}
        | set(HAPPENED.values())
        | {act.done for act in CAMPAIGN_ACTS.values()}
    )
    assert said <= set(SENTENCES)


def test_what_a_campaign_says_to_do_next_has_its_translations() -> None:
    source = (files("sulku_console") / "campaign_view.py").read_text(encoding="utf-8")
    steps = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == "_next_steps")
    said = {one.value for one in ast.walk(steps) if isinstance(one, ast.Constant) and "." in str(one.value)[-1:]}
    assert said - {ast.get_docstring(steps)} <= set(SENTENCES)
    assert len(said) > len(CampaignState)


def test_every_word_of_a_closed_list_has_a_name() -> None:
    words = {
        *TicketState, *CaseClass, *(kind.word for kind in EscalationKind),
        *(f"clock:{kind}" for kind in ClockKind), *(f"request:{state}" for state in RequestState),
        *(f"order:{state}" for state in OrderState), *(f"alarm:{alarm}" for alarm in OrderAlarm),
        *(f"{what}:{reason.rfc_name}" for reason in ReasonCode for what in ("reason", "means")),
        *(f"type:{kind}" for kind in CertificateType), *(f"contact:{role}" for role in ContactRole),
        *(f"evidence:{kind}" for kind in EvidenceKind), *(f"language:{language}" for language in Language),
        *(f"stage:{stage}" for stage in Stage),
        *(f"campaign:{state}" for state in CampaignState),
        *(f"{kind}:{state}" for state in LineState for kind in ("line", "one")),
        *(f"mail_state:{state}" for state in EffectState),
        *(f"finding:{kind}:{step}" for kind in ISSUERS for step in (1, 2)), CERTIFICATE_ON_BLOCKED_KEY,
        *(f"order_of_waves:{order}" for order in WaveOrder), *(f"campaign_step:{step}" for step in TOLD_STEPS),
        *(f"mail:{one.name}" for one in CATALOGUE.values() if one.audience in _TOLD_ON_TICKETS),
    }  # fmt: skip
    assert words <= set(states.CODES)


def test_every_explanation_is_translated() -> None:
    explained = {f"{kind}:{word}" for kind, words in ENGLISH.items() for word in words}
    assert explained - set(TRANSLATED) == set(), "say it in wording/explanations.py in Finnish and Swedish"


def test_a_word_nobody_explained_is_shown_as_it_is_and_called_english() -> None:
    assert explain("because", "a_new_fact", Language.FI) == ("a_new_fact", False)
    assert explain("because", "key_leaked", Language.SV)[1]


def test_placeholders_survive_translation() -> None:
    for english, translations in SENTENCES.items():
        for translated in translations:
            assert sorted(re.findall(r"{\w+}", translated)) == sorted(re.findall(r"{\w+}", english))


@pytest.mark.parametrize(
    "because",
    [
        BECAUSE, "A machine verified it.", "a later mail says so", "a later mail takes it back",
        "the requester takes it back", "a deadline passed",
    ],
)  # fmt: skip
def test_why_the_desk_did_something_by_itself_is_told_in_every_language(because: str) -> None:
    assert because in SENTENCES


def test_what_a_sentence_was_taken_to_say_is_explained_whatever_the_rule() -> None:
    assert set(SAID) == {meaning.value for meaning in Meaning}
