"""The CAs of the settings: `[ca]`, the default, and those of `[authorities]` with the issuers they serve."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from functools import partial

from sulku_desk.instance import Instance
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.settings import Settings
from sulku_kernel.actor import Actor
from sulku_kernel.clock import Clock
from sulku_kernel.transaction import begin
from sulku_revocation.blocked_certificates import open_cases
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.adapters import load_adapter
from sulku_revocation.ca.authorities import DEFAULT, Authorities, NamedAuthority
from sulku_revocation.ca.authority import CertificateAuthority, Lookup
from sulku_revocation.ca.guarding import GuardedAuthority
from sulku_revocation.ca.with_published_status import WithPublishedStatus
from sulku_revocation.register import DatabaseRegister
from sulku_revocation.register_import import require_keeper
from sulku_revocation.register_sync import SyncReport, sync_with

CALLS_AT_ONCE = 4  # as many as the dispatcher has threads for orders
CALLS_AT_ONE_OF_SEVERAL = 3  # so that a CA that hangs leaves one to the others


def make_authorities(settings: Settings, clock: Clock, fetch: HttpFetch) -> Authorities:
    """Every CA, opened when it is first needed. `fetch` gets what is published; it is not closed with them.

    Raises ConfigurationError when an adapter is not installed or two CAs serve the same issuer.
    """
    at_once = CALLS_AT_ONE_OF_SEVERAL if settings.authorities else CALLS_AT_ONCE
    named = [_default(settings), *_others(settings)]
    return Authorities(
        [
            NamedAuthority(
                given.name, adapter, given.url, issuers, is_test, partial(_open, adapter, given, clock, fetch, at_once)
            )
            for given, adapter, issuers, is_test in named
        ]
    )


_Given = tuple[AdapterSettings, str, tuple[str, ...], bool | None]


def _default(settings: Settings) -> _Given:
    ca = settings.ca
    given = AdapterSettings(DEFAULT, "ca", ca.url, settings.ca_token_file, ca.options, settings.home)
    is_test = False if ca.test is None and ca.adapter != "local" else ca.test
    return given, ca.adapter, (), is_test


def _others(settings: Settings) -> list[_Given]:
    return [
        (
            AdapterSettings(
                name,
                f"authorities.{name}",
                one.url,
                None if one.token_file is None else settings.home / one.token_file,
                one.options,
                settings.home,
            ),
            one.adapter,
            one.issuers,
            one.test,
        )
        for name, one in settings.authorities.items()
    ]


def check_authorities(settings: Settings, clock: Clock, fetch: HttpFetch) -> None:
    """Find wrong settings of any CA before anything starts; no CA is asked. Raises ConfigurationError."""
    authorities = make_authorities(settings, clock, fetch)
    try:
        for one in authorities.all:
            authorities.open(one.name)
    finally:
        authorities.close()


def issued_by_all(settings: Settings, clock: Clock) -> Iterator[bytes]:
    """The DER of what the CAs have issued, of every CA that lists it. Raises TryLater and ConfigurationError."""
    with closing(HttpFetch()) as fetch, closing(make_authorities(settings, clock, fetch)) as authorities:
        for one in authorities.all:
            authority = authorities.open(one.name)
            if authority.capabilities.register:
                yield from authority.register()


def take_over(instance: Instance, actor: Actor, names: Collection[str] | None) -> tuple[list[SyncReport], list[str]]:
    """Bring the register in step with these CAs (None: all that list what they issue).

    Returns what it came to, and the numbers of the tickets about certificates on blocked keys. Raises NotAllowedError,
    InputError (no such CA), NotSupported, TryLater and ConfigurationError.
    """
    store, clock = instance.storage.desk, instance.clock
    on_call = OnCallFile(instance.settings.on_call_file)
    require_keeper(actor, "take over what a CA has issued")
    with closing(HttpFetch()) as fetch, closing(make_authorities(instance.settings, clock, fetch)) as authorities:
        chosen = authorities.all if names is None else [authorities.get(name) for name in names]
        reports = [
            sync_with(store, clock, actor, authorities, one.name, on_call)
            for one in chosen
            if names is not None or authorities.open(one.name).capabilities.register
        ]
    with begin(store, clock, actor) as tx:
        tickets = open_cases(tx, DatabaseRegister(tx.connection), on_call)
    opened = [number for report in reports for number in report.cases]
    return reports, opened + [ticket["number"] for ticket in tickets]


def _open(adapter: str, given: AdapterSettings, clock: Clock, fetch: HttpFetch, at_once: int) -> CertificateAuthority:
    opened = load_adapter(adapter)(given)
    guarded = GuardedAuthority(given.name, opened, clock, at_once=at_once)
    return WithPublishedStatus(guarded, fetch, clock) if opened.capabilities.lookup is Lookup.NONE else guarded
