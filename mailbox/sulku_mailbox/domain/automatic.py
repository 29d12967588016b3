"""Was it written by a machine? (RFC 3834, RFC 3464, RFC 8098, RFC 5965, RFC 5545)

An ordered table of small rules; the first that says something decides, and what it saw is kept. A mail that is
automatic still makes or joins a ticket: an attacker can put these fields into anything. Only the automatic answer is
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from sulku_mailbox.domain.delivery_notification import is_complaint, is_notification
from sulku_mailbox.domain.entities import Entity
from sulku_mailbox.domain.header_fields import Fields
from sulku_mailbox.domain.mail import Automatic

_AUTO_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{1,30}\]\s*)?(?:(?:re|vs|sv|aw|antw|rv|ri|res|odp|fw)\s*:\s*)?(?:"
    # Finnish, Swedish, English
    r"automaattinen (?:vastaus|poissaolo|viesti|kuittaus)|automaattivastaus"
    r"|poissa(?: toimisto(?:sta|lta)|olo|\s*:)|lomavastaus|olen (?:lomalla|poissa)|lomalla(?:\s+(?:re|vs|sv))?\s*:"
    r"|autosvar|automatiskt svar|automatsvar|frånvaro(?:meddelande)?\b|ej på (?:kontoret|plats)"
    r"|(?:är )?inte på kontoret|jag är på semester|semester(?:svar|meddelande)?\s*[:!]|out[- ]of[- ](?:the[- ])?office"
    r"|auto(?:mat(?:ic|ed))?[- ]?(?:reply|response|responder|answer)\b|vacation (?:reply|response|notice|message)"
    r"|(?:i am |i'm )?(?:away from|not in) (?:the |my )?office|ooo?f?\s*:|absence notice|away\s*:"
    r"|on (?:annual |vacation |parental )?leave\s*[:!-]"
    # German, Dutch, Danish, Norwegian
    r"|automatische (?:antwort|e-mail|mail)|abwesenheits|abwesend\s*:|außer haus|nicht im (?:büro|hause)|afwezig"
    r"|automatisch (?:antwoord|bericht)|automatisk svar|fravær|ikke til stede|ferie(?:svar|besked)"
    # French, Spanish, Portuguese, Italian
    r"|réponse automatique|message d'absence|absence du bureau|respuesta automática|fuera de (?:la )?oficina"
    r"|resposta automática|fora do escritório|risposta automatica|fuori (?:sede|ufficio)"
    # Polish, Czech, Estonian, Russian, Japanese, Chinese
    r"|automatyczna odpowiedź|autoodpowiedź|nieobecność|automatická odpov[eě]ď|mimo kancelář|automaatvastus|puhkusel\b"
    r"|автоответ|автоматический ответ|отсутствую|自動返信|不在通知|自动回复|自動回覆)",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:un)?deliver(?:able|y (?:status|failure|failed|report|problem|error|has failed|notification))|mail delivery"
    r"|returned (?:mail|to sender)|failure notice|non[- ]?delivery|delivery.{0,20}(?:fail|delay|unsuccessful)"
    r"|could ?n[o']t be delivered|(?:message|mail) (?:not|status|system error|delayed|failure)|nondeliverable"
    r"|nicht zugestellt|unzustellbar|undelivered|ei toimitettu|toimittaminen (?:epäonnistui|ei)|toimitus epäonnistui"
    r"|ei (?:voi|voitu|voida) toimittaa|toimitus viivästyy|går inte att leverera|misslyckad leverans"
    r"|perille toimittaminen|olevereras|olevererbart|leveransfel|kunde inte levereras|delivery notification"
    r"|user unknown|rejected|failed|bounce|warning:.{0,60}(?:could not send|delayed)|problems? delivering"
    r"|unable to deliver|non remis|échec de|no entregado|não entregue|mancata consegna|エラー通知|配信できません",
    re.IGNORECASE,
)
# a subject that a person hardly gives: it begins with what a mail system calls its reports
_REPORT_SUBJECT = re.compile(
    r"\s*(?:(?:re|fw|vs|sv): )?(?:undeliver|deliverable|returned mail|failure notice|nondeliverable|ndn\b"
    r"|(?:mail |message )?delivery (?:status|fail|error|report|has|notif)|mail (?:delivery|system error)"
    r"|(?:mail|message) (?:undeliver|not delivered|could not be|cannot be)|warning: (?:could not send|message)"
    r"|non remis|unzustellbar|viestiä ei toimitettu|ei toimitettu|ei (?:voi|voitu|voida) toimittaa|toimitus epäonnistui"
    r"|toimittaminen epäonnistui|det går inte att leverera|misslyckad leverans|kunde inte levereras|olevererbart)",
    re.IGNORECASE,
)
_DAEMON = re.compile(
    r"(?:mailer[-_]?daemon|mail-daemon|mmdf|delivery[-_]?(?:system|subsystem|status)|bounces?|microsoftexchange"
    r"[0-9a-f]{16,})[^@\s]{0,64}@|mailer[-_]daemon\b|mail[ .]deliver(?:y)?[ .](?:sub)?(?:system|service)",
    re.IGNORECASE,
)
_POSTMASTER = re.compile(r"\bpost[-_]?master\b", re.IGNORECASE)
_ADMINISTRATOR = re.compile(r"(?:system|mail|e-mail|network) administrat(?:or|ion)\b|\bmdaemon@", re.IGNORECASE)
_NOBODY = re.compile(r"\b(?:no|do-?not)[-_.]?reply[^@\s]{0,64}@", re.IGNORECASE)
# In whatever one of these four finds, one of these stands.
_SIGNS_OF_MACHINES = ("daemon", "mmdf", "deliver", "bounce", "exchange", "master", "administrat", "reply")
_NULL_PATHS = frozenset({"<>", "<mailer-daemon>"})  # the second is written by systems that file the null path so
_BOUNCE_BODY = re.compile(
    r"(?:could|can) ?not be delivered|was(?:n't| not) delivered|undeliverable|delivery (?:has )?failed"
    r"|permanent (?:fatal )?error|user unknown|unknown user|returned message|did not reach"
    r"|failed recipient|unable to deliver|mailbox (?:is )?full|not be sent"
    r"|not (?:yet been )?delivered|no such user|unrouteable|following (?:addresses|recipients)|failure"
    r"|invalid (?:final delivery )?(?:user|recipient|address)|delivery errors|transcript of session|malformed address"
    r"|(?:toimitus|toimittaminen)\b.{0,80}epäonnistui|vastaanottajille tai ryhmille|leveransen\b.{0,80}misslyckades",
    re.IGNORECASE,
)
# what no person writes: a machine's naming of the failed one, or a server's reply of refusal on a line of its own
_NAMING = r"(?:could|can) ?not be delivered to:? <[^>\n]{3,320}>|did not reach the following recipient"
_NAMES_FAILED = re.compile(_NAMING, re.IGNORECASE)
_REFUSAL = re.compile(
    rf"{_NAMING}|^[ \t]{{0,9}}(?:<<<|received >>>|out:|remote host said:|error:)?[ \t]{{0,9}}"
    r"(?:421|45[0-2]|55[0-7])[ -]"
    r"(?:[45]\.\d{1,3}\.\d{1,3} |- |<[^>\n]{3,320}>\.\.\. )",
    re.IGNORECASE | re.MULTILINE,
)
_COMPLAINT = re.compile(r"\s*complaint about message from \d", re.IGNORECASE)
_READ_SUBJECT = re.compile(
    r"\s*(?:luettu|ei luettu|poistettu lukematta|läst|oläst|borttaget|read|not read|deleted)\s*:", re.IGNORECASE
)
_WAS_READ = re.compile(
    r"\b(?:luettiin|poistettiin lukematta|lästes|togs bort utan att ha lästs|was read"
    r"|was deleted without being read)\b",
    re.IGNORECASE,
)
_AUTO_FIELDS = frozenset(
    {
        f"x-{name}"
        for name in ("autoreply", "autorespond", "autoresponder", "autogenerated", "mail-autoreply", "vacation")
    }
    | {
        "x-auto-reply-from",
        "x-autoreply-from",
        "x-mail-autoreply",
        "x-ms-exchange-generated-message-source",
        "x-out-of-office",
    }
)
_LIST_FIELDS = frozenset({"list-id", "list-post", "list-unsubscribe"})
_AUTO_PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply", "vacation"})


_LOOKED_AT = 4_000


@dataclass(slots=True)
class Evidence:
    """What the rules look at: the fields, the parts and their types, and the decoded subject, sender and text."""

    fields: Fields
    parts: tuple[Entity, ...]
    types: frozenset[str]
    subject: str
    sender: str
    text: str

    @classmethod
    def of(cls, root: Entity, subject: str, sender: str, text: str) -> Self:
        parts = tuple(root.walk())
        return cls(root.fields, parts, frozenset([part.type for part in parts]), subject, sender, text)

    def field(self, name: str) -> str:
        value = self.fields.first(name)
        return value.decode("ascii", "replace").strip().lower() if value else ""

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
    if evidence.field("return-path") in _NULL_PATHS:
        yield "null_return_path"


def _feedback(evidence: Evidence) -> str:
    if evidence.report_type == "feedback-report" or "message/feedback-report" in evidence.types:
        return "feedback_report"
    if is_complaint(evidence.text):
        return "feedback_notification"
    # Outlook.com sends no report, only the mail that was complained about, attached
    has_mail = "message/rfc822" in evidence.types
    return "feedback_subject" if has_mail and _COMPLAINT.match(evidence.subject) else ""


def _receipt(evidence: Evidence) -> str:
    if evidence.report_type == "disposition-notification" or "message/disposition-notification" in evidence.types:
        return "disposition_notification"
    # What Outlook tells in words where a server on the way has turned its report into a text.
    if _READ_SUBJECT.match(evidence.subject) and _WAS_READ.search(evidence.text[:_LOOKED_AT]):
        return "read_in_words"
    return ""


def _bounce(evidence: Evidence) -> str:
    if evidence.report_type == "delivery-status" or "message/delivery-status" in evidence.types:
        return "delivery_status"
    if evidence.field("x-failed-recipients"):
        return "failed_recipients"
    if is_notification(evidence.text):
        return "delivery_notification"
    return _bounce_in_words(evidence) if _may_be_machine(evidence) else ""


def _may_be_machine(evidence: Evidence) -> bool:
    """A first look at who wrote, quicker than the patterns, for which letters beyond ASCII may count as others."""
    sender = evidence.sender.lower()
    if not sender.isascii() or any(map(sender.__contains__, _SIGNS_OF_MACHINES)):
        return True
    return evidence.field("return-path") in _NULL_PATHS


def _bounce_in_words(evidence: Evidence) -> str:
    """By who wrote, what the subject says, and what the text says: two of the three, more for a doubtful sender."""
    sender = evidence.sender[:1000]
    has_daemon, is_postmaster = bool(_DAEMON.search(sender)), bool(_POSTMASTER.search(sender))
    is_null = evidence.field("return-path") in _NULL_PATHS
    is_administrator = is_postmaster or bool(_ADMINISTRATOR.search(sender))
    if not (has_daemon or is_null or is_administrator or _NOBODY.search(sender)):
        return ""
    has_subject = bool(_BOUNCE_SUBJECT.search(evidence.subject))
    has_body = bool(_BOUNCE_BODY.search(evidence.text[:_LOOKED_AT]))
    has_refusal = bool(_REFUSAL.search(evidence.text[:_LOOKED_AT]))
    if has_daemon and (has_subject or has_body):
        return "mailer_daemon"
    is_report = bool(_REPORT_SUBJECT.match(evidence.subject))
    if is_null and (has_refusal or is_report or (has_subject and has_body)):
        return "null_return_path"
    # a person may write so too: a word like "failed" in the subject does not say enough
    if is_administrator and has_body and is_report:
        return "postmaster"
    if is_administrator and has_refusal:
        return "refusal"
    # scanners and portals write from such addresses too, and quote what servers said
    return "recipient_named" if _NAMES_FAILED.search(evidence.text[:_LOOKED_AT]) else ""


def _calendar(evidence: Evidence) -> str:
    for part in evidence.parts:
        if part.type == "text/calendar" and (part is evidence.parts[0] or "method" in part.content.parameters):
            return "calendar_part"
    return ""


def _auto_reply(evidence: Evidence) -> str:
    submitted = evidence.field("auto-submitted").partition(";")[0].strip()
    if submitted and submitted != "no":
        return "auto_submitted"
    if not evidence.fields.names().isdisjoint(_AUTO_FIELDS):
        return "auto_reply_field"
    if evidence.field("precedence") in _AUTO_PRECEDENCE:
        return "precedence"
    return "subject" if _AUTO_SUBJECT.match(evidence.subject) else ""


def _list(evidence: Evidence) -> str:
    if not evidence.fields.names().isdisjoint(_LIST_FIELDS):
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
