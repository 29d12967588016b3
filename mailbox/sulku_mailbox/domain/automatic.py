"""Was it written by a machine? (RFC 3834, RFC 3464, RFC 8098, RFC 5965, RFC 5545)

An ordered table of small rules; the first that says something decides, and what it saw is kept. A mail that is
automatic still makes or joins a ticket: an attacker can put these fields into anything. Only the automatic answer is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sulku_mailbox.domain.entities import Entity
from sulku_mailbox.domain.header_fields import Fields
from sulku_mailbox.domain.mail import Automatic

_AUTO_SUBJECT = re.compile(
    r"\s*(?:(?:re|vs|sv)\s*:\s*)?(?:automaattinen (?:vastaus|poissaolo|viesti)|automaattivastaus"
    r"|poissa(?: toimistosta|olo)|lomavastaus|olen (?:lomalla|poissa)|autosvar|automatiskt svar|automatsvar"
    r"|frånvaro(?:meddelande)?\b|ej på kontoret|semester(?:svar|meddelande)?\s*[:!]|out of (?:the )?office"
    r"|auto(?:matic)?[- ]?(?:reply|response|responder)\b|vacation (?:reply|response|notice)"
    r"|away from (?:the )?office|automatische antwort|abwesenheits|réponse automatique|respuesta automática"
    r"|risposta automatica)",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:un)?deliver(?:able|y (?:status|failure|failed|report|problem|error|has failed|notification))|mail delivery"
    r"|returned (?:mail|to sender)|failure notice|non[- ]?delivery|delivery.{0,20}(?:fail|delay|unsuccessful)"
    r"|could ?n[o']t be delivered|(?:message|mail) (?:not|status|system error|delayed)|nondeliverable"
    r"|nicht zugestellt|unzustellbar|undelivered|ei toimitettu|toimittaminen (?:epäonnistui|ei)"
    r"|perille toimittaminen|olevereras|olevererbart|leveransfel|kunde inte levereras|delivery notification"
    r"|user unknown|rejected|failed|bounce|warning: could not send|problems? delivering|unable to deliver",
    re.IGNORECASE,
)
_DAEMON = re.compile(
    r"(?:mailer[-_]?daemon|mail-daemon|mmdf|delivery[-_]?(?:system|subsystem|status)|bounces?|microsoftexchange"
    r"[0-9a-f]{16,})[^@\s]{0,64}@|mailer[-_]daemon\b|mail delivery (?:sub)?system",
    re.IGNORECASE,
)
_POSTMASTER = re.compile(r"\bpostmaster\b", re.IGNORECASE)
_BOUNCE_BODY = re.compile(
    r"(?:could|can) ?not be delivered|was(?:n't| not) delivered|undeliverable|delivery (?:has )?failed"
    r"|permanent (?:fatal )?error|user unknown|unknown user|returned message|did not reach"
    r"|failed recipient|unable to deliver|mailbox (?:is )?full|not be sent"
    r"|not delivered|no such user|unrouteable|following (?:addresses|recipients)|failure",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules look at: the fields, the parts, and the decoded subject, sender and text."""

    fields: Fields
    parts: tuple[Entity, ...]
    subject: str
    sender: str
    text: str

    def field(self, name: str) -> str:
        return (self.fields.first(name) or b"").decode("ascii", "replace").strip().lower()

    @property
    def types(self) -> frozenset[str]:
        return frozenset(part.type for part in self.parts)

    @property
    def report_type(self) -> str:
        root = self.parts[0].content
        return root.parameters.get("report-type", "").lower() if root.value == "multipart/report" else ""


def is_automatic(evidence: Evidence) -> tuple[Automatic, tuple[str, ...]]:
    """The kind, and what it was seen by. What only forbids an automatic answer says nothing about the kind."""
    wishes = tuple(_wishes(evidence))
    for kind, rule in _RULES:
        if because := rule(evidence):
            return kind, tuple(dict.fromkeys((because, *wishes)))
    return Automatic.NO, wishes


def _wishes(evidence: Evidence) -> Iterator[str]:
    if evidence.field("x-auto-response-suppress") not in {"", "none"}:
        yield "response_suppressed"
    if evidence.field("return-path") == "<>":
        yield "null_return_path"


def _feedback(evidence: Evidence) -> str:
    if evidence.report_type == "feedback-report" or "message/feedback-report" in evidence.types:
        return "feedback_report"
    return ""


def _receipt(evidence: Evidence) -> str:
    if evidence.report_type == "disposition-notification" or "message/disposition-notification" in evidence.types:
        return "disposition_notification"
    return ""


def _bounce(evidence: Evidence) -> str:
    if evidence.report_type == "delivery-status" or "message/delivery-status" in evidence.types:
        return "delivery_status"
    if evidence.fields.first("x-failed-recipients"):
        return "failed_recipients"
    has_daemon = bool(_DAEMON.search(evidence.sender[:1000]))
    is_null = evidence.field("return-path") == "<>"
    is_postmaster = bool(_POSTMASTER.search(evidence.sender[:1000]))
    if not (has_daemon or is_null or is_postmaster):
        return ""
    has_subject = bool(_BOUNCE_SUBJECT.search(evidence.subject))
    has_body = bool(_BOUNCE_BODY.search(evidence.text[:4000]))
    if has_daemon and (has_subject or has_body):
        return "mailer_daemon"
    if is_null and has_subject:
        return "null_return_path"
    # a person may write as postmaster@: there the subject alone must say it, and the text as well
    return "postmaster" if is_postmaster and has_subject and has_body else ""


def _calendar(evidence: Evidence) -> str:
    for part in evidence.parts:
        if part.type == "text/calendar" and (part is evidence.parts[0] or "method" in part.content.parameters):
            return "calendar_part"
    return ""


def _auto_reply(evidence: Evidence) -> str:
    submitted = evidence.field("auto-submitted").partition(";")[0].strip()
    if submitted and submitted != "no":
        return "auto_submitted"
    names = evidence.fields.names()
    if names & {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply"}:
        return "auto_reply_field"
    if evidence.field("precedence") in {"auto_reply", "auto-reply"}:
        return "precedence"
    return "subject" if _AUTO_SUBJECT.match(evidence.subject) else ""


def _list(evidence: Evidence) -> str:
    if evidence.fields.names() & {"list-id", "list-post", "list-unsubscribe"}:
        return "list_field"
    return "precedence" if evidence.field("precedence") in {"bulk", "list", "junk"} else ""


_RULES: tuple[tuple[Automatic, Callable[[Evidence], str]], ...] = (
    (Automatic.FEEDBACK, _feedback),
    (Automatic.RECEIPT, _receipt),
    (Automatic.BOUNCE, _bounce),
    (Automatic.CALENDAR, _calendar),
    (Automatic.AUTO_REPLY, _auto_reply),
    (Automatic.LIST, _list),
)
