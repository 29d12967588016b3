"""The web role: console and public pages on uvicorn."""

from __future__ import annotations

import threading
from functools import cache, partial

import uvicorn

from sulku_console.app import create_app
from sulku_console.parts import ConsoleParts
from sulku_desk.campaign_receipt_making import campaign_receipt_for_console
from sulku_desk.doctor_words import in_language
from sulku_desk.drill_mails import rendered_notices
from sulku_desk.examining import SelfExamination
from sulku_desk.instance import Instance, load_token
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.receipt_making import receipt_for_console
from sulku_desk.revocation_policy import load_revocation_policy
from sulku_desk.who_we_are import common_words
from sulku_desk.wiring import make_inbox
from sulku_kernel.errors import ConfigurationError
from sulku_revocation.alarms import page_by
from sulku_templates.revocation_form import render_form


def make_parts(instance: Instance) -> ConsoleParts:
    """What the console is built from."""
    on_call = OnCallFile(instance.settings.on_call_file)
    return ConsoleParts(
        storage=instance.storage,
        clock=instance.clock,
        escalation_policy=on_call,
        page=page_by(on_call),
        link_keys=(instance.link_key,),
        application_links=instance.application_links,
        raw_mail=make_inbox(instance).raw,
        organisation=instance.settings.desk.organisation.fi,
        base_url=instance.settings.web.base_url,
        revocation_policy=load_revocation_policy(instance.settings),
        issuance_token=load_token(instance.settings.issuance_token_file),
        unwell=SelfExamination(instance).unwell,
        receipt=partial(receipt_for_console, instance),
        campaign_receipt=partial(campaign_receipt_for_console, instance),
        saying=in_language,
        drill_mails=partial(rendered_notices, instance),
        revocation_form=cache(partial(render_form, common=common_words(instance.settings))),
    )


def run(instance: Instance, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises ConfigurationError when the port is taken."""
    web = instance.settings.web
    config = uvicorn.Config(
        create_app(make_parts(instance)),
        host=web.host,
        port=web.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    # In a thread, so that signals stay ours.
    serving = threading.Thread(target=_serve, args=(server,), name="web")
    serving.start()
    while serving.is_alive() and not stop.wait(0.2):
        pass
    server.should_exit = True
    serving.join()
    if not stop.is_set():
        raise ConfigurationError(
            f"cannot serve on {web.host} port {web.port}",
            next_step="Stop what listens there, or set another port in [web].",
        )


def _serve(server: uvicorn.Server) -> None:
    try:
        server.run()
    except SystemExit:  # uvicorn's way to say that it could not listen
        return
