"""Every mail the desk sends: to whom, in what manner, with which facts, and why. `docs/mails.md` is made from this.

The texts are `mail/{fi,sv,en}/<name>.j2`; `examples.py` holds a context for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who reads it."""

    REQUESTER = "requester"
    REPORTER = "reporter"
    HOLDER = "holder"
    APPLICANT = "applicant"
    ON_CALL = "on_call"


class Manner(StrEnum):
    """How it is sent (RFC 3834): it decides Auto-Submitted, the envelope sender and the caps.

    ANSWER: an automatic answer to one mail, from the null sender, capped. NOTICE: the desk tells of its own accord;
    its bounces come home. PERSONAL: a person of the desk wrote it.
    """

    ANSWER = "answer"
    NOTICE = "notice"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """One line of the table. `needs` are the context's keys; the renderer adds those of `COMMON`."""

    name: str
    audience: Audience
    manner: Manner
    needs: frozenset[str]
    purpose: str


# What the renderer's caller gives for every mail: who we are.
# `form_url`: where customers fetch the revocation form; empty where they cannot.
COMMON = frozenset({"organisation", "desk", "phone", "address", "form_url"})

_CASE = frozenset({"number", "received_at"})
_REVOKED = frozenset(
    {"number", "certificate", "reason", "revoked_at", "crl_visible_at", "ocsp_visible_at", "crl_number"}
)
_CHANGED = _REVOKED | {"former_reason", "date_stands"}
_APPLICATION = frozenset({"number", "applicant", "certificate_type", "common_name", "note", "at", "status_url"})


def _application(stage: str, purpose: str) -> MailTemplate:
    return MailTemplate(f"application_{stage}", Audience.APPLICANT, Manner.NOTICE, _APPLICATION, purpose)


_TABLE = (
    MailTemplate(
        "acknowledgement",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE,
        "A mail was received: number, time, what happens next; no word of the mail, nothing from the register.",
    ),
    MailTemplate(
        "need_more_information",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE,
        "In place of the acknowledgement, when no certificate was found: which facts are needed, where they stand.",
    ),
    MailTemplate(
        "cannot_be_opened",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE,
        "In place of the acknowledgement, when a mail is encrypted with a key we do not have: asks to send it again.",
    ),
    MailTemplate(
        "other_format",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE,
        "In place of the acknowledgement, when all a mail says stands in a file that we do not open (RAR, old Word).",
    ),
    MailTemplate(
        "need_proof",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE | {"sentence"},
        "In place of the acknowledgement, when somebody reports a compromise: which proofs a machine can verify.",
    ),
    MailTemplate(
        "several_candidates",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE | {"certificates"},
        "In place of the acknowledgement, when several may be meant: lists them, asks which. Only to contacts on file.",
    ),
    MailTemplate(
        "preliminary_report",
        Audience.REQUESTER,
        Manner.PERSONAL,
        _CASE | {"text"},
        "The preliminary report on our findings within 24 hours (TLS BR 4.9.5), written by a person.",
    ),
    MailTemplate("reply", Audience.REQUESTER, Manner.PERSONAL, _CASE | {"text"}, "An answer that a person wrote."),
    MailTemplate(
        "rejected",
        Audience.REQUESTER,
        Manner.NOTICE,
        frozenset({"number", "because", "certificates"}),
        "The request was rejected, and why.",
    ),
    MailTemplate(
        "withdrawn",
        Audience.REQUESTER,
        Manner.NOTICE,
        frozenset({"number", "because", "certificates"}),
        "The request was withdrawn, and why.",
    ),
    MailTemplate(
        "planned",
        Audience.REQUESTER,
        Manner.NOTICE,
        frozenset({"number", "certificates"}),
        "When each certificate will be revoked, as approved and again a day before, while it can be taken back.",
    ),
    MailTemplate(
        "put_off",
        Audience.REQUESTER,
        Manner.NOTICE,
        frozenset({"number", "certificates"}),
        "A legal hold stops what was promised for a date: it stays valid until told otherwise; nothing of the hold.",
    ),
    MailTemplate(
        "called_off",
        Audience.REQUESTER,
        Manner.NOTICE,
        frozenset({"number", "certificates"}),
        "What was promised for a date is not done: the request was withdrawn, rejected or about another certificate.",
    ),
    MailTemplate(
        "already_revoked",
        Audience.REQUESTER,
        Manner.NOTICE,
        frozenset({"number", "certificates"}),
        "What was promised for a date was revoked before it by another request: when, and for which reason.",
    ),
    MailTemplate(
        "cannot_be_restored",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE,
        "A request was taken back too late: a revoked certificate is never restored, a new application is needed.",
    ),
    MailTemplate(
        "card_revocation",
        Audience.REQUESTER,
        Manner.ANSWER,
        _CASE,
        "In place of the acknowledgement, when a card is lost: the number of the card revocation service.",
    ),
    MailTemplate(
        "revoked_holder",
        Audience.HOLDER,
        Manner.NOTICE,
        _REVOKED | {"has_receipt"},
        "The certificate is revoked and was seen so on CRL and OCSP; all its facts, to the holder's contacts on file.",
    ),
    MailTemplate(
        "revoked_reporter",
        Audience.REPORTER,
        Manner.NOTICE,
        _REVOKED,
        "The certificate is revoked and was seen so; only what CRL and OCSP tell everybody.",
    ),
    MailTemplate(
        "reason_changed_holder",
        Audience.HOLDER,
        Manner.NOTICE,
        _CHANGED | {"has_receipt"},
        "Of a certificate that was revoked before only the reason was changed, and was seen so; to the holder.",
    ),
    MailTemplate(
        "reason_changed_reporter",
        Audience.REPORTER,
        Manner.NOTICE,
        _CHANGED,
        "The same to whoever reported it; only what CRL and OCSP tell everybody.",
    ),
    MailTemplate(
        "campaign_before",
        Audience.HOLDER,
        Manner.NOTICE,
        frozenset({"number", "reason", "certificates", "more", "count", "due_at"}),
        "Many certificates are about to be revoked: which of this holder's, why; one mail for all of them.",
    ),
    MailTemplate(
        "campaign_after",
        Audience.HOLDER,
        Manner.NOTICE,
        frozenset({"number", "reason", "certificates", "more", "revoked", "held", "refused", "has_receipt"}),
        "The holder's certificates of a mass revocation are revoked; one mail for all of them.",
    ),
    MailTemplate(
        "campaign_cancelled",
        Audience.HOLDER,
        Manner.NOTICE,
        frozenset({"number", "reason", "certificates", "more", "count"}),
        "A mass revocation that the holder was told of is cancelled: which of the holder's are not revoked.",
    ),
    MailTemplate(
        "page",
        Audience.ON_CALL,
        Manner.NOTICE,
        frozenset(
            {"number", "urgency", "case_class", "received_at", "started_at", "cause", "step", "name"}
            | {"acknowledge_url", "console_url"}
        ),
        "Wakes a person: which ticket waits and why; a link that acknowledges, none that decides.",
    ),
    MailTemplate(
        "deadline_warning",
        Audience.ON_CALL,
        Manner.NOTICE,
        frozenset({"count", "breached", "items", "name", "console_url"}),
        "Deadlines that are near or have passed.",
    ),
    MailTemplate(
        "effect_failed",
        Audience.ON_CALL,
        Manner.NOTICE,
        frozenset({"kind", "key", "error", "name", "console_url"}),
        "Something that belongs to no ticket could not be done and is not tried again.",
    ),
    MailTemplate(
        "unwell",
        Audience.ON_CALL,
        Manner.NOTICE,
        frozenset({"part", "what", "next_step", "is_urgent", "name", "console_url"}),
        "A part of the desk itself is unwell, or soon will be: a disk, a key, a certificate, the rota.",
    ),
    _application("received", "The application has come in."),
    _application("waiting_for_csr", "The certificate request (CSR) is missing."),
    _application("in_review", "The application is looked at."),
    _application("returned_for_completion", "Something must be corrected or added; the note says what."),
    _application("approved", "The application was approved; the certificate is issued next."),
    _application("issued", "The certificate was issued."),
    _application("delivered", "The certificate was delivered."),
    _application("rejected", "The application was rejected; the note says why."),
    _application("withdrawn", "The application was withdrawn."),
    _application("expired", "The application waited for the applicant for six months and has expired."),
)

CATALOGUE: dict[str, MailTemplate] = {template.name: template for template in _TABLE}

# What `sulku_desk.tell` adds when it sends; producers leave these out.
ADDED_WHEN_SENT = frozenset({"acknowledge_url", "console_url", "sentence"})


def find_template(name: str) -> MailTemplate | None:
    """The template's line, or None: a name nobody knows is still sent, as a notice in plain words."""
    return CATALOGUE.get(name)


def mails_page() -> str:
    """`docs/mails.md`."""
    lines = [
        "# Mails\n",
        "Every mail the desk sends, in Finnish, Swedish and English, as text and HTML. The manner says how it is",
        "sent: an *answer* is automatic, comes from the null sender and is capped; a *notice* is automatic, and its",
        "bounces come back to the ticket; a *personal* mail was written by a person of the desk.\n",
        "To change a text, put a file of the same name into the folder of the setting `templates`",
        "(`fi/acknowledgement.j2`, …; `base.html.j2` for the looks). A text that fails is replaced by a plain",
        "built-in one, and somebody is told.\n",
        "| mail | to | manner | facts | what for |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{one.name}` | {one.audience.replace('_', ' ')} | {one.manner} | {_codes(one.needs)} | {one.purpose} |"
        for one in _TABLE
    ]
    lines.append(f"\nAll of them also know {_codes(COMMON)}.")
    return "\n".join(lines) + "\n"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
