"""Whether the servers around the desk answer: our own listeners, the smarthost, the mailbox, the CA.

Says hello and hangs up: nothing is sent, nobody is logged in.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing

from sulku_desk.authorities import make_authorities
from sulku_desk.doctor_facts import Part, Server
from sulku_desk.instance import Instance
from sulku_desk.settings import Settings
from sulku_kernel.errors import SulkuError
from sulku_kernel.saying import Saying
from sulku_revocation.bounded_http import HttpFetch
from sulku_revocation.ca.authorities import Authorities, NamedAuthority
from sulku_revocation.ca.authority import NotSupported
from sulku_revocation.register import DatabaseRegister

REACH_SECONDS = 5
_ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  where we listen on all, we ask at home


def takes_mail(settings: Settings) -> bool:
    """Whether there is any way in for mails."""
    return bool(settings.smtp.port or settings.smtp.lmtp_port or settings.imap.host)


def mail_servers(settings: Settings) -> Iterator[Server]:
    """Our listeners, the mailbox we fetch from, the server our mails leave by."""
    smtp, imap, outgoing = settings.smtp, settings.imap, settings.outgoing
    host = _ANYWHERE.get(smtp.host, smtp.host)
    for name, port in (("SMTP", smtp.port), ("LMTP", smtp.lmtp_port)):
        if port:
            yield Server(
                Part.INTAKE, Saying("{name} on port {port}", name=name, port=port), _greets(host, port, b"220")
            )
    if imap.host:
        fault = _greets(imap.host, imap.port, b"* OK", is_tls=imap.tls == "implicit")
        yield Server(Part.IMAP, _at(imap.host, imap.port), fault)
    if outgoing.smarthost:
        fault = _greets(outgoing.smarthost, outgoing.port, b"220", is_tls=outgoing.tls == "implicit")
        yield Server(Part.SMARTHOST, _at(outgoing.smarthost, outgoing.port), fault)


def authorities(instance: Instance) -> Iterator[Server]:
    """Every CA, by a question that needs our credential; the default one only when an issuer is on file."""
    with instance.storage.desk.reading() as connection:
        has_issuer = bool(DatabaseRegister(connection).issuers())
    with closing(HttpFetch()) as fetch, closing(make_authorities(instance.settings, instance.clock, fetch)) as cas:
        for one in cas.all:
            if one.issuers or has_issuer:
                yield Server(Part.CA, _named(one), _knows_us(cas, one))


def _at(host: str, port: int) -> Saying:
    return Saying("{host}, port {port}", host=host, port=port)


def _named(one: NamedAuthority) -> Saying:
    if not one.url:
        return Saying("{name}: {adapter}", name=one.name, adapter=one.adapter)
    return Saying("{name}: {adapter} at {url}", name=one.name, adapter=one.adapter, url=one.url)


def _knows_us(cas: Authorities, named: NamedAuthority) -> str | None:
    """What is wrong with a CA, None when it answers, or when it can be asked nothing."""
    try:
        cas.open(named.name).probe()
    except NotSupported:
        return None
    except SulkuError as error:
        return str(error)
    return None


def _greets(host: str, port: int, greeting: bytes, *, is_tls: bool = False) -> Saying | None:
    """What is wrong with reaching a server that speaks first, None when it says what it should."""
    try:
        with socket.create_connection((host, port), timeout=REACH_SECONDS) as plain:
            if is_tls:
                with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
                    said = secure.recv(200)
            else:
                said = plain.recv(200)
    except ssl.SSLCertVerificationError as error:
        return Saying("its certificate does not hold ({error})", error=error.verify_message)
    except OSError as error:
        return Saying("it does not answer ({error})", error=error.strerror or type(error).__name__)
    if said.startswith(greeting):
        return None
    if not said:
        return Saying("it says nothing")
    return Saying("it says: {said}", said=said.decode("ascii", "replace").splitlines()[0][:100])
