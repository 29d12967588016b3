"""A mail server that takes our mails, or answers as the test wants: aiosmtpd on a free loopback port."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Taken:
    """A mail that the server answered for."""

    mail_from: str
    rcpt_tos: list[str]
    content: bytes
    tls: bool
    login: str | None


@dataclass
class Smtpd:
    """`answers` maps `mail`, `rcpt` or `data` to a reply; `drop_at_dot` closes the connection in place of the last."""

    answers: dict[str, str] = field(default_factory=dict)
    drop_at_dot: bool = False
    taken: list[Taken] = field(default_factory=list)
    port: int = 0

    @property
    def told(self) -> list[str]:
        """To whom it took mails, in their order."""
        return [to for taken in self.taken for to in taken.rcpt_tos]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "mail" in self.answers:
            return self.answers["mail"]
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drop_at_dot:
            server.transport.abort()
            return "250 never read"
        if "data" in self.answers:
            return self.answers["data"]
        content = envelope.original_content
        assert isinstance(content, bytes)
        login = getattr(session, "auth_data", None)
        name = login.login.decode() if isinstance(login, LoginPassword) else None
        self.taken.append(
            Taken(
                (envelope.mail_from or "").strip("<>"), list(envelope.rcpt_tos), content, session.ssl is not None, name
            )
        )
        return "250 2.0.0 queued"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"desk", b"secret")
    return AuthResult(success=is_right, auth_data=data, handled=False)


@contextlib.contextmanager
def running_smtpd(
    port: int, *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False
) -> Iterator[Smtpd]:
    """Serve until the block ends. With `tls` STARTTLS is offered, or with `implicit` spoken from the first octet; `login` wants it."""
    handler = Smtpd(port=port)
    options: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "127.0.0.1", "port": port}
    if tls is not None:
        options["ssl_context" if implicit else "tls_context"] = tls
    if login:
        options |= {"authenticator": authenticate, "auth_required": True}
    controller = Controller(handler, **options)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
