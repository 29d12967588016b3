"""Carries out effects of kind "mail": may it be sent, then render, compose, deliver, and record what came of it.

A mail is rendered when it is sent, so that its words are the templates' of now. It may go out twice after a crash, with
the same Message-ID both times. What is never sent: a second automatic answer, one beyond the caps, anything to our own
addresses or to a mail system. Pages are never withheld.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog

from sulku_desk.answer_caps import take_place
from sulku_kernel.address import normalise_address
from sulku_kernel.clock import Clock
from sulku_kernel.crash_points import crossing
from sulku_kernel.effects import Done, EffectOutcome, GiveUp, RetryLater, Withhold
from sulku_kernel.events import Subject
from sulku_kernel.language import Language
from sulku_kernel.outbox import ClaimedEffect
from sulku_kernel.storage import Store
from sulku_kernel.transaction import Transaction
from sulku_mailbox.composing import AttachedPdf, OutgoingMail, Submission, compose
from sulku_mailbox.delivery import Delivery, RefusedError, TryLaterError
from sulku_mailbox.domain.reply_address import ReplyTokens
from sulku_revocation.contact_repair import repair_refused
from sulku_revocation.domain.asking import NEED_PROOF
from sulku_revocation.domain.proofs.signed_sentence import Nonces
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.reporting import untold
from sulku_templates.catalogue import Audience, Manner, find_template
from sulku_templates.message import Message
from sulku_templates.rendering import RenderedMail, Renderer
from sulku_tickets.clocks import stop_clock
from sulku_tickets.conversation import record_failed, record_sent
from sulku_tickets.domain.clock_rules import stopped_by_template
from sulku_tickets.links import AcknowledgementLink, sign_link

log = structlog.get_logger()

# As long as mail servers keep trying (RFC 5321, 4.5.4.1).
TRIED_FOR = timedelta(days=5)
SUBMISSIONS = {
    Manner.ANSWER: Submission.AUTO_REPLIED,
    Manner.NOTICE: Submission.AUTO_GENERATED,
    Manner.PERSONAL: Submission.NO,
}
_MAIL_SYSTEMS = ("mailer-daemon@", "mailer_daemon@", "mail-daemon@")
_ROBOTS = (*_MAIL_SYSTEMS, "postmaster@", "noreply@", "no-reply@", "donotreply@", "do-not-reply@")

Alarm = Callable[[Transaction, ClaimedEffect, str], None]


class CampaignReceipt(Protocol):
    """Makes the receipt of a holder's certificates of a campaign; None when it is too large."""

    def __call__(self, campaign_id: int, account_id: int, *, is_requested: bool) -> AttachedPdf | None: ...


@dataclass(frozen=True, slots=True)
class _Mail:
    """An effect of kind "mail", read."""

    effect: ClaimedEffect
    template: str
    manner: Manner
    audience: Audience
    language: Language
    context: Mapping[str, Any]
    to: str
    in_reply_to: str | None
    references: tuple[str, ...]

    @property
    def is_page(self) -> bool:
        return self.audience is Audience.ON_CALL

    @property
    def must_arrive(self) -> bool:
        """Whether somebody must be woken when it is refused: else whoever forges a sender could wake us.

        Of the thousands that a campaign writes to some always are: its report counts them.
        """
        if self.template.startswith("campaign_"):
            return False
        return self.manner is Manner.PERSONAL or self.audience in (Audience.ON_CALL, Audience.HOLDER)


class MailHandler:
    """The handler. `common` is what every template knows (`sulku_templates.catalogue.COMMON`).

    `own_addresses` are the desk's; the first is what we send from. `link_keys` sign the links that
    acknowledge a page, the newest last. `alarm` is told, in the transaction, of a template that failed. `nonces` make
    the sentence that proves a compromise when it is signed. `receipt` makes what is attached to the news that a
    certificate is revoked, of an order, and `campaign_receipt` of a campaign and a holder.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        renderer: Renderer,
        delivery: Delivery,
        tokens: ReplyTokens,
        *,
        common: Mapping[str, Any],
        link_keys: Sequence[bytes],
        console_base_url: str,
        own_addresses: Sequence[str],
        alarm: Alarm | None = None,
        nonces: Nonces | None = None,
        receipt: Callable[[int], AttachedPdf | None] | None = None,
        campaign_receipt: CampaignReceipt | None = None,
    ) -> None:
        self._store, self._clock = store, clock
        self._renderer, self._delivery, self._tokens = renderer, delivery, tokens
        self._common = dict(common)
        self._link_keys = tuple(link_keys)
        self._console = console_base_url.rstrip("/")
        self._own = tuple(normalise_address(address) or address for address in own_addresses)
        self._alarm = alarm
        self._nonces = nonces
        self._receipt, self._campaign_receipt = receipt, campaign_receipt

    def __call__(self, effect: ClaimedEffect) -> EffectOutcome:
        """Send it, or say why not."""
        mail = _read(effect)
        why = self._why_not(mail)
        if why:
            return GiveUp(why) if mail.is_page else Withhold(why, _no_answer_comes(mail))
        attached = self._attached(mail)
        if effect.payload.get("is_requested") and not attached:
            return GiveUp("the receipt could not be attached: write it with sulku campaign receipt, and hand it over")
        context = {**mail.context, **self._links(mail), **self._sentence(mail)}
        if attached:
            context["has_receipt"] = True
        rendered = self._renderer.render(Message(mail.template, mail.language, context), self._common)
        if rendered.fallback_because:
            log.error("tell.template_failed", template=mail.template, because=rendered.fallback_because)
        message_id = self._tokens.message_id(effect.ticket_id, mail.to, effect.key)
        composed = compose(self._outgoing(mail, rendered, message_id, attached))
        try:
            with crossing("mail_sent"):
                self._delivery.send(composed.mail_from, composed.to, composed.raw)
        except RefusedError as error:
            return _refused(mail, str(error))
        except TryLaterError as error:
            return self._try_later(mail, str(error))
        return Done(self._sent(mail, rendered, message_id, context))

    def _sentence(self, mail: _Mail) -> dict[str, Any]:
        """What the requester may sign to prove a compromise. It counts from now on, for a day."""
        if mail.template != NEED_PROOF or self._nonces is None:
            return {}
        return {"sentence": self._nonces.sentence(mail.context["number"], self._clock.now())}

    def _why_not(self, mail: _Mail) -> str:
        """Why it must not be sent; empty when it may be."""
        if not mail.to:
            return "there is no address to send it to"
        if mail.is_page:
            return ""
        if _without_subaddress(mail.to) in self._own:
            return "it would go to the desk itself"
        if mail.to.startswith(_ROBOTS if mail.manner is Manner.ANSWER else _MAIL_SYSTEMS):
            return "a mail system would get it"
        if mail.manner is not Manner.ANSWER:
            return ""
        effect = mail.effect
        # One answer for each ticket, and one more to who takes a request back too late; the other caps hold for both.
        ticket_id = None if effect.payload.get("is_second") else effect.ticket_id
        return take_place(
            self._store, effect_key=effect.key, ticket_id=ticket_id, address=mail.to, now=self._clock.now()
        )

    def _links(self, mail: _Mail) -> dict[str, str]:
        """The links only on-call gets. The one that acknowledges is signed for this contact and this step."""
        if not mail.is_page:
            return {}
        context = mail.context
        if not {"escalation", "round", "step", "number"} <= context.keys():
            return {"console_url": f"{self._console}/"}
        link = AcknowledgementLink(context["escalation"], context["round"], context["step"], mail.to)
        token = sign_link(link, self._link_keys, self._clock.now())
        return {
            "acknowledge_url": f"{self._console}/acknowledge/{token}",
            "console_url": f"{self._console}/ticket/{context['number']}",
        }

    def _outgoing(
        self, mail: _Mail, rendered: RenderedMail, message_id: str, attached: tuple[AttachedPdf, ...]
    ) -> OutgoingMail:
        ticket_id = mail.effect.ticket_id
        desk = self._common.get("desk", "")
        return OutgoingMail(
            from_name=desk.get(mail.language.value, "") if isinstance(desk, Mapping) else str(desk),
            from_address=self._own[0],
            reply_to=self._own[0] if ticket_id is None else self._tokens.reply_address(ticket_id, mail.to),
            to=mail.to,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            language=mail.language,
            message_id=message_id,
            at=self._clock.now(),
            submission=SUBMISSIONS[mail.manner],
            in_reply_to=mail.in_reply_to,
            references=mail.references,
            attached=attached,
        )

    def _attached(self, mail: _Mail) -> tuple[AttachedPdf, ...]:
        """The receipt of what the mail tells of. One that cannot be made keeps no mail back but what is sent for it."""
        try:
            made = self._made_receipt(mail.effect.payload)
        except Exception:  # a library that draws, and its fonts: the mail is what must arrive
            log.exception("tell.no_receipt", effect=mail.effect.id)
            return ()
        return () if made is None else (made,)

    def _made_receipt(self, payload: Mapping[str, Any]) -> AttachedPdf | None:
        order_id, of_campaign = payload.get("receipt_of"), payload.get("receipt_of_campaign")
        if order_id is not None and self._receipt is not None:
            return self._receipt(order_id)
        if of_campaign is not None and self._campaign_receipt is not None:
            return self._campaign_receipt(*of_campaign, is_requested=bool(payload.get("is_requested")))
        return None

    def _try_later(self, mail: _Mail, error: str) -> EffectOutcome:
        if self._clock.now() - mail.effect.created_at < TRIED_FOR:
            return RetryLater(error)
        return GiveUp(f"tried for {TRIED_FOR.days} days: {error}", _failed(mail, error))

    def _sent(
        self, mail: _Mail, rendered: RenderedMail, message_id: str, context: Mapping[str, Any]
    ) -> Callable[[Transaction], None]:
        # Whoever reads the ticket may not acknowledge in the name of the one who was paged.
        link = context.get("acknowledge_url")
        text = rendered.text.replace(link, "[…]") if isinstance(link, str) else rendered.text

        def commit(tx: Transaction) -> None:
            effect = mail.effect
            if effect.ticket_id is None:
                payload = {"template": mail.template, "to": mail.to, "message_id": message_id, "key": effect.key}
                tx.record(Subject("effect", effect.id), "MAIL_SENT", payload)
            else:
                record_sent(
                    tx,
                    ticket_id=effect.ticket_id,
                    message_id=message_id,
                    to=mail.to,
                    subject=rendered.subject,
                    text=text,
                    at=tx.now,
                    template=mail.template,
                    key=effect.key,
                    untold=untold,
                )
            if rendered.fallback_because:
                self._tell_of_fallback(tx, mail, rendered.fallback_because)

        return commit

    def _tell_of_fallback(self, tx: Transaction, mail: _Mail, because: str) -> None:
        error = f"the template {mail.template} ({mail.language.value}) failed: {because}"
        subject = Subject("effect", mail.effect.id)
        tx.record(subject, "TEMPLATE_FAILED", {"because": [error]}, ticket_id=mail.effect.ticket_id)
        # A page that fell back must not cause another page.
        if self._alarm is not None and not mail.is_page:
            self._alarm(tx, mail.effect, error)


def _read(effect: ClaimedEffect) -> _Mail:
    payload = effect.payload
    known = find_template(payload["template"])
    language = payload.get("language")
    return _Mail(
        effect=effect,
        template=payload["template"],
        manner=Manner.NOTICE if known is None else known.manner,
        audience=Audience.REQUESTER if known is None else known.audience,
        language=Language(language) if language in set(Language) else Language.EN,
        context=payload.get("context") or {},
        to=normalise_address(payload.get("to") or "") or "",
        in_reply_to=payload.get("in_reply_to"),
        references=tuple(payload.get("references") or ()),
    )


def _without_subaddress(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _refused(mail: _Mail, error: str) -> EffectOutcome:
    if mail.must_arrive:
        return GiveUp(error, _failed(mail, error))
    return Withhold(error, _failed(mail, error))


def _failed(mail: _Mail, error: str) -> Callable[[Transaction], None]:
    def commit(tx: Transaction) -> None:
        effect = mail.effect
        if effect.ticket_id is not None:
            record_failed(
                tx, ticket_id=effect.ticket_id, to=mail.to, template=mail.template, error=error, key=effect.key
            )
            repair_refused(tx, effect.ticket_id, effect.key, error, DatabaseRegister(tx.connection))
        _no_answer_comes(mail)(tx)

    return commit


def _no_answer_comes(mail: _Mail) -> Callable[[Transaction], None]:
    """An automatic answer that will never be sent: its clock must not page somebody about it."""

    def commit(tx: Transaction) -> None:
        ticket_id = mail.effect.ticket_id
        if mail.manner is Manner.ANSWER and ticket_id is not None:
            for kind in sorted(stopped_by_template(mail.template)):
                stop_clock(tx, ticket_id, kind, tx.now)

    return commit
