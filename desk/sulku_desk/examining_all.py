"""The whole examination for `sulku doctor`: this machine, the stores, and every server around the desk."""

from __future__ import annotations

from dataclasses import replace

from sulku_desk.doctor import diagnose
from sulku_desk.doctor_facts import Finding
from sulku_desk.examining import around, failed_lately, with_stores
from sulku_desk.instance import Instance
from sulku_desk.proving_means import proving_means
from sulku_desk.reaching import authorities, mail_servers, takes_mail
from sulku_desk.settings import Settings
from sulku_kernel.clock import Clock
from sulku_kernel.errors import SulkuError
from sulku_kernel.saying import Saying
from sulku_kernel.storage import open_storage


def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Everything, also when there is no database to open an instance with. Takes seconds when servers do not answer."""
    facts = around(settings, clock.now())
    servers = [*mail_servers(settings), *proving_means(settings, clock)]
    facts = replace(facts, servers=servers, takes_mail=takes_mail(settings))
    if settings.database is None and not (settings.home / "desk.sqlite").exists():
        missing = Saying("there is no instance in {home}", home=str(settings.home))
        return diagnose(
            replace(facts, database_fault=missing, database_next_step="Run: sulku init, or set SULKU_HOME.")
        )
    try:
        storage = open_storage(settings.database, settings.home)
    except SulkuError as error:
        return diagnose(replace(facts, database_fault=str(error), database_next_step=error.next_step))
    try:
        facts = with_stores(facts, storage, settings)
        if facts.stores is not None:
            stores = replace(facts.stores, failed_effects=failed_lately(storage, facts.now))
            facts = replace(
                facts, stores=stores, servers=[*facts.servers, *authorities(Instance(settings, storage, clock))]
            )
    finally:
        storage.close()
    return diagnose(facts)
