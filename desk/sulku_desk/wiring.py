"""What each role is made of: the one place where the parts of the desk are put together."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial

import sqlalchemy as sa
from publicsuffixlist import PublicSuffixList

from sulku_desk.alarms import effect_alarm
from sulku_desk.authenticating import Arrived, Authenticator
from sulku_desk.authorities import make_authorities
from sulku_desk.campaign_receipt_making import campaign_receipt_for_mail
from sulku_desk.dispatcher import Dispatcher
from sulku_desk.duties import make_duties
from sulku_desk.instance import Instance, load_secret
from sulku_desk.later_passwords import LaterPasswords
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.outgoing import make_delivery
from sulku_desk.receipt_making import receipt_for_mail
from sulku_desk.revocation_policy import load_revocation_policy, revocation_policy_file
from sulku_desk.road import JudgedMail
from sulku_desk.scheduler import Scheduler
from sulku_desk.settings import Settings
from sulku_desk.tell import MailHandler
from sulku_desk.who_we_are import common_words
from sulku_desk.worker import Judge, Worker
from sulku_kernel.address import normalise_address
from sulku_kernel.clock import Clock
from sulku_kernel.effects import EffectHandler
from sulku_kernel.serial_number import SerialNumber
from sulku_mailbox.checking_senders import Resolver
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.reply_address import ReplyTokens
from sulku_mailbox.domain.sender_checks import SenderCheck
from sulku_mailbox.inbox import Inbox, StoredDelivery, open_inbox
from sulku_mailbox.jailed_reader import JailedReader
from sulku_mailbox.reader import Reader
from sulku_mailbox.smime_opening import load_mail_key
from sulku_revocation.alarms import Page, page_by
from sulku_revocation.automatic import AUTOMATIC_DECISION, AutomaticDecisionHandler
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.campaign_lists import open_lists
from sulku_revocation.campaign_looking import CampaignLookHandler, read_campaign_crl_numbers
from sulku_revocation.campaign_notices import carry_out_notices
from sulku_revocation.campaign_running import CAMPAIGN_BATCH, CAMPAIGN_LOOK, CAMPAIGN_NOTICES
from sulku_revocation.campaign_sending import CampaignBatchHandler
from sulku_revocation.circuit_counts import CircuitCounts
from sulku_revocation.domain.asking import Question, needs_question, question_for
from sulku_revocation.domain.attached_files import files_json
from sulku_revocation.domain.judgement import Judgement
from sulku_revocation.domain.proofs.signed_sentence import Nonces
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_revocation.domain.publication_evidence import Publication
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord
from sulku_revocation.issuer_alarms import IssuerAlarms
from sulku_revocation.jail import NO_RECOVERY_KEY
from sulku_revocation.key_sealing import load_recovery_key
from sulku_revocation.legal_holds import LEGAL_HOLD, LegalHoldHandler
from sulku_revocation.order_effects import CaOrderHandler, PublicationCheckHandler
from sulku_revocation.orders import CA_ORDER, PUBLICATION_CHECK, read_crl_numbers
from sulku_revocation.overtaken import PLANNED_REVOCATION
from sulku_revocation.planned import PlannedHandler
from sulku_revocation.proving import Prover
from sulku_revocation.publication import PublicationMemory, see_publication
from sulku_revocation.publication_watch import PublicationWatch
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_keeping import KEY_SWEEP, REGISTER_SYNC, RegisterKeeper
from sulku_revocation.smime_files import SmimeTrustFiles
from sulku_revocation.understanding import understand_many
from sulku_revocation.watching import read_list_numbers
from sulku_templates.rendering import Renderer

# --- reading and judging -------------------------------------------------------------------------------------------


def own_addresses(settings: Settings) -> frozenset[str]:
    """Our own addresses, normalised: a mail from one of them is ours come back."""
    return frozenset(found for found in map(normalise_address, settings.desk.addresses) if found is not None)


def make_reader(settings: Settings) -> Reader:
    """Reads mails; the odd ones, and those that may prove a compromise, in a jailed child."""
    trusted = frozenset(settings.smtp.authserv_ids)
    recovery = load_recovery_key(settings.keys_folder)
    command = (sys.executable, "-I", "-m", "sulku_revocation.jail", recovery.hex() if recovery else NO_RECOVERY_KEY)
    return Reader(trusted, jail=JailedReader(trusted, command=command), must_be_examined=shows_proof)


def make_nonces(instance: Instance) -> Nonces:
    """The sentences that we ask to be signed."""
    return Nonces(load_secret(instance.settings.keys_folder / "nonce.key"))


def make_prover(instance: Instance, tokens: ReplyTokens) -> Prover:
    """Verifies proofs of key compromise."""
    addresses = frozenset(instance.settings.ca.acme_addresses)
    return Prover(make_nonces(instance), addresses, tokens.candidates, instance.clock)


def make_tokens(instance: Instance) -> ReplyTokens:
    """Signs and reads the reply addresses of our mails."""
    key = load_secret(instance.settings.keys_folder / "reply.key")
    return ReplyTokens({"a": key}, "a", instance.settings.desk.addresses[0])


@cache
def public_suffixes() -> PublicSuffixList:
    """Where organisations begin in the names of domains (publicsuffix.org); read once for a process."""
    return PublicSuffixList()


def make_authenticator(instance: Instance, reader: Reader) -> Authenticator:
    """Finds out who wrote. Raises ConfigurationError when a resolver, a key or a trusted certificate cannot be used."""
    settings = instance.settings
    smime, dns = settings.smime, settings.dns
    suffixes = public_suffixes()
    return Authenticator(
        reader,
        instance.clock,
        SenderCheck(
            lambda domain: suffixes.privatesuffix(domain) or domain,
            frozenset(settings.smtp.relays),
            frozenset(name.lower() for name in dns.arc_sealers),
        ),
        SmimeTrustFiles(smime.anchors, smime.crls),
        _resolver(dns.resolvers, instance.clock),
        load_mail_key(smime.certificate, smime.key) if smime.certificate and smime.key else None,
    )


def _resolver(servers: Sequence[str], clock: Clock) -> Resolver | None:
    """The DNS library is loaded only where it is asked."""
    if not servers:
        return None
    from sulku_mailbox.dns_resolver import DnsResolver

    return DnsResolver(servers, clock)


def make_judge(instance: Instance, reader: Reader, tokens: ReplyTokens) -> Judge:
    """Reads, matches and judges a batch, writing nothing."""
    own = own_addresses(instance.settings)
    prover = make_prover(instance, tokens)
    authenticator = make_authenticator(instance, reader)
    later = LaterPasswords(reader, make_inbox(instance))
    policy = revocation_policy_file(instance.settings)

    def judge(batch: Sequence[tuple[StoredDelivery, bytes]]) -> list[JudgedMail]:
        mails = reader.read_many([(raw, delivery.anomalies) for delivery, raw in batch])
        mails = authenticator.authenticate(
            [
                Arrived(raw, mail, delivery.envelope, delivery.anomalies)
                for mail, (delivery, raw) in zip(mails, batch, strict=True)
            ]
        )
        with instance.storage.desk.reading() as connection:
            mails = later.complete(connection, [(raw, mail) for mail, (_, raw) in zip(mails, batch, strict=True)])
            read = [(mail, delivery.envelope) for mail, (delivery, _) in zip(mails, batch, strict=True)]
            register = DatabaseRegister(connection)
            judgements = understand_many(
                read,
                register,
                own_addresses=own,
                now=instance.clock.now(),
                prove=partial(prover.prove, connection),
            )
            questions = [
                _question(register, mail, judgement, instance)
                for (mail, _), judgement in zip(read, judgements, strict=True)
            ]
        label = policy().label
        return [
            JudgedMail(
                delivery.id,
                envelope,
                mail,
                judgement,
                tokens.candidates(mail, envelope),
                question,
                label,
                files_json(mail, judgement),
            )
            for (delivery, _), (mail, envelope), judgement, question in zip(
                batch, read, judgements, questions, strict=True
            )
        ]

    return judge


def _question(register: DatabaseRegister, mail: Mail, judgement: Judgement, instance: Instance) -> Question | None:
    if not needs_question(judgement) or mail.header_from is None:
        return None
    accounts = frozenset(account.id for account in register.accounts_of_address(mail.header_from))
    return question_for(judgement, accounts, instance.clock.now())


def make_inbox(instance: Instance) -> Inbox:
    """The store of raw mail with this instance's keys."""
    return open_inbox(instance.storage.inbox, instance.settings.keys_folder, instance.clock)


def make_worker(instance: Instance, reader: Reader) -> Worker:
    """One worker process's worker."""
    work = instance.settings.work
    return Worker(
        instance.storage,
        make_inbox(instance),
        make_judge(instance, reader, make_tokens(instance)),
        OnCallFile(instance.settings.on_call_file),
        instance.clock,
        batch=work.batch,
        lease=timedelta(seconds=work.lease_seconds),
    )


# --- revoking, seeing, telling -------------------------------------------------------------------------------------


def on_call_pager(instance: Instance) -> Page:
    """Pages by the on-call policy of the moment."""
    return page_by(OnCallFile(instance.settings.on_call_file))


@contextmanager
def open_dispatcher(instance: Instance) -> Iterator[Dispatcher]:
    """Carries out mails, orders and looks at what was ordered; its connections are closed at the end."""
    with open_dispatcher_role(instance) as role:
        yield role.dispatcher


@dataclass(frozen=True)
class DispatcherRole:
    """What the role dispatcher runs: effects, the watch over what is published, and what is counted of the CAs."""

    dispatcher: Dispatcher
    watch: PublicationWatch
    counts: CircuitCounts


@contextmanager
def open_dispatcher_role(instance: Instance) -> Iterator[DispatcherRole]:
    """All of it, looking at the same lists; their connections are closed at the end."""
    store, clock, settings = instance.storage.desk, instance.clock, instance.settings
    on_call = OnCallFile(settings.on_call_file)
    page = page_by(on_call)
    with store.reading() as connection:
        memory = PublicationMemory(_crl_numbers(connection), read_list_numbers(connection))
    fetch = HttpFetch()
    authorities = make_authorities(settings, clock, fetch)

    def see(issuer: IssuerRecord, serial: SerialNumber, expected_reason: ReasonCode, now: datetime) -> Publication:
        return see_publication(issuer, serial, expected_reason, now, fetch, memory=memory)

    keeper = RegisterKeeper(store, clock, authorities, on_call)
    handlers: dict[str, EffectHandler] = {
        "mail": make_mail_handler(instance),
        AUTOMATIC_DECISION: AutomaticDecisionHandler(
            store, clock, partial(load_revocation_policy, settings), DatabaseRegister
        ),
        CA_ORDER: CaOrderHandler(store, clock, authorities.for_issuer, DatabaseRegister, page=page),
        KEY_SWEEP: keeper.sweep,
        LEGAL_HOLD: LegalHoldHandler(page),
        CAMPAIGN_BATCH: CampaignBatchHandler(
            store, clock, authorities.for_issuer, DatabaseRegister, alarm=effect_alarm(on_call)
        ),
        CAMPAIGN_LOOK: CampaignLookHandler(
            store,
            clock,
            authorities.for_issuer,
            DatabaseRegister,
            lambda issuer, now: open_lists(issuer, now, fetch, memory),
            alarm=effect_alarm(on_call),
        ),
        CAMPAIGN_NOTICES: carry_out_notices,
        PLANNED_REVOCATION: PlannedHandler(store, page),
        REGISTER_SYNC: keeper.sync,
        PUBLICATION_CHECK: PublicationCheckHandler(
            store, clock, DatabaseRegister, see=see, page=page, authority_for=authorities.for_issuer
        ),
    }
    alarms = IssuerAlarms(on_call, timedelta(hours=settings.publication.crl_age_hours))
    watch = PublicationWatch(store, clock, DatabaseRegister, fetch, memory, page=page, alarms=alarms)
    try:
        dispatcher = Dispatcher(store, clock, handlers, effect_alarm(on_call))
        yield DispatcherRole(dispatcher, watch, CircuitCounts(store, authorities.circuits))
    finally:
        authorities.close()
        fetch.close()


def _crl_numbers(connection: sa.Connection) -> dict[int, int]:
    """The highest CRL number of each issuer that orders or campaigns have seen."""
    numbers, of_campaigns = read_crl_numbers(connection), read_campaign_crl_numbers(connection)
    return {id_: max(numbers.get(id_, 0), of_campaigns.get(id_, 0)) for id_ in numbers.keys() | of_campaigns.keys()}


def make_mail_handler(instance: Instance) -> MailHandler:
    """Renders and sends mails."""
    settings, on_call = instance.settings, OnCallFile(instance.settings.on_call_file)
    return MailHandler(
        instance.storage.desk,
        instance.clock,
        Renderer(settings.templates),
        make_delivery(settings),
        make_tokens(instance),
        common=common_words(settings),
        link_keys=(instance.link_key,),
        console_base_url=settings.web.base_url,
        own_addresses=settings.desk.addresses,
        nonces=make_nonces(instance),
        # Kept for the other contacts of the same holder: to draw one takes a third of a second.
        receipt=lru_cache(maxsize=16)(partial(receipt_for_mail, instance)),
        campaign_receipt=partial(campaign_receipt_for_mail, instance),
        alarm=effect_alarm(on_call),
    )


def make_scheduler(instance: Instance) -> Scheduler:
    """Ticks; the leader among all nodes acts."""
    duties = make_duties(instance, OnCallFile(instance.settings.on_call_file))
    return Scheduler(instance.storage.desk, instance.clock, duties)
