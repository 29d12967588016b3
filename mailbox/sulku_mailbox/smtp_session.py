"""One SMTP connection (RFC 5321), on aiosmtpd's protocol class.

The connection, the TLS upgrade and the flow control are aiosmtpd's. The command loop and DATA are our own, since the
stock ones hold whole mails in memory, never end an endless line, tell the sender the text of our exceptions under a
permanent code, end commands at a bare LF, and drop the mail when the sender hangs up while it is being stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException

from sulku_kernel.crash_points import crossing
from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery
from sulku_mailbox.raw_mail import RawMail, RawMailWriter
from sulku_mailbox.smtp_data import DataDecoder
from sulku_mailbox.smtp_paths import is_odd_sender, parse_path
from sulku_mailbox.smtp_reception import Reception, Transaction
from sulku_mailbox.storage_faults import is_disk_full

log = structlog.get_logger(__name__)

OUR_FAULT = "451 4.3.0 Local error, try again later"
CLOSED = "421 4.3.0 Local error, try again later"
DISK_FULL = "452 4.3.1 Insufficient system storage, try again later"
TOO_LARGE = "552 5.3.4 Message too big"
TIME_IS_UP = "421 4.4.2 Time is up, closing the connection"

_CHUNK = 65_536


class _NoHooks:
    """aiosmtpd asks its handler for hooks; there are none."""


class SmtpSession(SMTP):
    """See the module. Commands are the methods named in `COMMANDS`."""

    line_length_limit = 16_384  # half the reader's buffer; command lines have a limit of their own
    via = Via.SMTP
    COMMANDS: tuple[str, ...] = (
        "EHLO",
        "HELO",
        "MAIL",
        "RCPT",
        "DATA",
        "RSET",
        "NOOP",
        "VRFY",
        "STARTTLS",
        "QUIT",
    )

    def __init__(self, reception: Reception, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _NoHooks(),
            data_size_limit=reception.limits.largest_mail,
            enable_SMTPUTF8=True,
            hostname=reception.hostname,
            tls_context=reception.tls,
            loop=loop,
        )
        self._reception = reception
        self._limits = reception.limits
        self._commands: dict[bytes, Callable[[bytes], Awaitable[None]]] = {
            name.encode(): getattr(self, f"_do_{name.lower()}") for name in self.COMMANDS
        }
        self._address = ""
        self._is_inside = self._is_over = self._is_relay = False
        self._helo = ""
        self._unsaid = b""
        self._transaction: Transaction | None = None
        self._transactions = self._errors = self._idle_commands = 0
        self._started = self._last_heard = loop.time()
        self._data_since: float | None = None
        self._data_octets = 0
        self.is_committing = False
        self._is_shaking_hands = False

    # --- the connection ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection, or the same one under TLS."""
        if not self._is_inside:
            peer = transport.get_extra_info("peername")
            self._address = str(peer[0]) if peer else ""
            # Nothing can be kept any more: said at the door, where the doctor and every sender hear it.
            is_broken = self._reception.committer.is_broken
            refusal = CLOSED if is_broken else self._reception.door.enter(self._address)
            if refusal is not None:
                assert isinstance(transport, asyncio.WriteTransport)
                transport.write(refusal.encode() + b"\r\n")
                transport.close()
                return
            self._is_inside = True
            self._is_relay = self._reception.door.is_relay(self._address)
            self._reception.sessions.add(self)
            transport.max_size = _CHUNK  # type: ignore[attr-defined]  # asyncio's own 256 KiB are much for 500 senders
        self._is_shaking_hands = False
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone; a mail that is being stored is stored nevertheless."""
        if self._is_inside:
            self._is_inside = False
            self._is_over = True
            self._reception.sessions.discard(self)
            self._reception.door.leave(self._address)
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """The client has said all it will: it still gets the answers to what it said."""
        if self._is_inside:
            self._reader.feed_eof()
        return self._is_inside and self._tls_protocol is None

    def _reset_timeout(self, duration: float | None = None) -> None:  # noqa: ARG002  aiosmtpd's signature
        """Aiosmtpd's timer is the session's absolute end; idleness is watched by the listener (`look_at_time`)."""
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self._limits.session_seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if self.is_committing:  # its answer is near, and the session ends behind it
            self._is_over = True
        else:
            self.close_with(TIME_IS_UP)

    def look_at_time(self) -> None:
        """Called by the listener every second or so: send the silent away and, while it is crowded, the slow."""
        if self.is_committing:
            return
        now, limits, is_crowded = self.loop.time(), self._limits, self._reception.door.is_crowded
        idle = min(limits.idle_seconds, limits.crowded_seconds) if is_crowded else limits.idle_seconds
        if now - self._last_heard > idle or (is_crowded and self._drips(now)):
            self.close_with(TIME_IS_UP)

    def _drips(self, now: float) -> bool:
        """Whether a mail has been coming in for a while, more slowly than any line is."""
        if self._data_since is None:
            return False
        return self._data_octets < self._limits.least_rate * (now - self._data_since - self._limits.crowded_seconds)

    def close_with(self, answer: str) -> None:
        """Say it if the client reads at all, and end the connection."""
        self._is_over = True
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.write(self._unsaid + answer.encode() + b"\r\n")
            self._unsaid = b""
            if transport.get_write_buffer_size():
                transport.abort()  # it does not even read our answers
            else:
                transport.close()

    def abort(self) -> None:
        """End the connection without another word."""
        self._is_over = True
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def _say(self, answer: str) -> None:
        self._unsaid += answer.encode("utf-8", "backslashreplace") + b"\r\n"
        # RFC 2920, 3.2: answers to commands that came together go together; a whole command is waiting.
        if b"\n" not in self._unread() or len(self._unsaid) > _CHUNK:
            await self._say_all()

    async def _say_all(self) -> None:
        if self._unsaid:
            said, self._unsaid = self._unsaid, b""
            self._writer.write(said)
            await self._writer.drain()

    async def _refuse(self, answer: str) -> None:
        """A refusal that is their fault; too many of them end the session."""
        self._errors += 1
        if self._errors >= self._limits.errors:
            self.close_with("421 4.7.0 Too many errors")
        else:
            await self._say(answer)

    # --- the command loop --------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            await self._say(f"220 {self.hostname} {'LMTP' if self.via is Via.LMTP else 'ESMTP'} Sulku")
            while not self._is_over:
                line = await self._reader.readuntil(b"\n")
                self._last_heard = self.loop.time()
                await self._obey(line)
            await self._say_all()
        except asyncio.LimitOverrunError:
            self.close_with("500 5.5.6 Line too long")
        except (asyncio.IncompleteReadError, ConnectionError, TLSSetupException, ssl.SSLError):
            pass  # they have gone
        finally:
            with contextlib.suppress(RuntimeError):  # the loop may be closing
                self._writer.close()
            if self._is_shaking_hands:
                # asyncio tells nobody that a connection was lost before its handshake was done.
                self.connection_lost(None)

    async def _obey(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            await self._refuse("500 5.5.2 A command ends with CRLF (RFC 5321, 2.3.8)")
            return
        if len(line) > self._limits.command_line:
            await self._refuse("500 5.5.6 Line too long")
            return
        word, _, argument = line[:-2].partition(b" ")
        command = self._commands.get(word.upper())
        if command is None:
            await self._refuse("500 5.5.2 Command not recognized")
            return
        try:
            await command(argument.strip(b" \t"))
        except (asyncio.IncompleteReadError, ConnectionError, TLSSetupException, ssl.SSLError):
            raise
        except Exception as error:  # noqa: BLE001  no fault of ours may cost a mail: the sender must try again
            await self._say(await self.handle_exception(error))

    async def handle_exception(self, error: Exception) -> str:
        """What the sender is told about a fault of ours: try again, and nothing else."""
        log.error("smtp_fault", error=type(error).__name__)
        return DISK_FULL if is_disk_full(error) else OUR_FAULT

    # --- commands ----------------------------------------------------------------------------------------------

    async def _do_ehlo(self, argument: bytes) -> None:
        if await self._greeted(argument):
            lines = [self.hostname, f"SIZE {self._limits.largest_mail}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
            if self.tls_context and not self._tls_protocol:
                lines.append("STARTTLS")
            lines.append("ENHANCEDSTATUSCODES")
            await self._say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    async def _do_helo(self, argument: bytes) -> None:
        if await self._greeted(argument):
            await self._say(f"250 {self.hostname}")

    async def _greeted(self, argument: bytes) -> bool:
        if not argument:
            await self._refuse("501 5.5.4 A host name is missing")
            return False
        await self._note_idle_command()
        self._transaction = None
        self._helo = argument.decode("utf-8", "backslashreplace")
        return not self._is_over

    async def _do_mail(self, argument: bytes) -> None:
        if not self._helo:
            await self._refuse("503 5.5.1 Say hello first")
        elif self._transaction is not None:
            await self._refuse("503 5.5.1 Nested MAIL command")
        elif not self._reception.has_room:
            await self._say(DISK_FULL)
        elif self._transactions >= self._limits.transactions and not self._is_relay:
            self.close_with("421 4.7.0 Too many mails in one connection")
        else:
            path = parse_path(argument, b"FROM:")
            problem = "501 5.5.4 Syntax: MAIL FROM:<address>" if path is None else self._problem_of(path.parameters)
            if problem is not None or path is None:
                await self._refuse(problem or "")
                return
            is_odd = is_odd_sender(path.address, declared_utf8="SMTPUTF8" in path.parameters)
            self._transaction = Transaction(path.address, (Anomaly.ODD_SENDER,) if is_odd else ())
            await self._say("250 2.1.0 Ok")

    def _problem_of(self, parameters: dict[str, str]) -> str | None:
        """What is wrong with the parameters of MAIL (RFC 1870, RFC 6152, RFC 6531)."""
        for name, value in parameters.items():
            if name == "SIZE":
                if not (value.isascii() and value.isdigit() and len(value) <= 20):
                    return "501 5.5.4 SIZE wants a number"
                if int(value) > self._limits.largest_mail:
                    return TOO_LARGE
            elif name == "BODY":
                if value.upper() not in {"7BIT", "8BITMIME"}:
                    return "501 5.5.4 BODY is 7BIT or 8BITMIME"
            elif name != "SMTPUTF8" or value:
                return "555 5.5.4 Parameter not recognized"
        return None

    async def _do_rcpt(self, argument: bytes) -> None:
        transaction = self._transaction
        if transaction is None:
            await self._refuse("503 5.5.1 MAIL comes first")
            return
        path = parse_path(argument, b"TO:")
        if path is None or not path.address:
            await self._refuse("501 5.5.4 Syntax: RCPT TO:<address>")
        elif path.parameters:
            await self._refuse("555 5.5.4 Parameter not recognized")
        elif not self._reception.recipients.accept(path.address):
            await self._refuse("550 5.7.1 Relaying denied")
        elif len(transaction.rcpt_to) >= self._limits.recipients:
            await self._say("452 4.5.3 Too many recipients")
        else:
            transaction.rcpt_to.append(path.address)
            await self._say("250 2.1.5 Ok")

    async def _do_rset(self, argument: bytes) -> None:  # noqa: ARG002
        self._transaction = None
        await self._note_idle_command()
        if not self._is_over:
            await self._say("250 2.0.0 Ok")

    async def _do_noop(self, argument: bytes) -> None:  # noqa: ARG002
        await self._note_idle_command()
        if not self._is_over:
            await self._say("250 2.0.0 Ok")

    async def _do_vrfy(self, argument: bytes) -> None:  # noqa: ARG002
        await self._note_idle_command()
        if not self._is_over:
            await self._say("252 2.5.0 Send some mail and see")

    async def _note_idle_command(self) -> None:
        self._idle_commands += 1
        if self._idle_commands > self._limits.idle_commands:
            self.close_with("421 4.7.0 Too many commands without a mail")

    async def _do_quit(self, argument: bytes) -> None:  # noqa: ARG002
        await self._say("221 2.0.0 Bye")
        self._is_over = True

    async def _do_starttls(self, argument: bytes) -> None:
        if argument:
            await self._refuse("501 5.5.4 STARTTLS takes no parameter")
        elif not self.tls_context:
            await self._refuse("502 5.5.1 TLS is not available")
        elif self._tls_protocol is not None:
            await self._refuse("503 5.5.1 TLS is active already")
        elif self._has_unread():
            # RFC 3207, 4.2: what was said in the clear must not count under TLS (CVE-2011-0411).
            self.close_with("503 5.5.0 Nothing may follow STARTTLS before its answer")
        else:
            self._is_shaking_hands = True
            await self.smtp_STARTTLS("")
            self._helo = ""
            self._transaction = None

    # --- DATA --------------------------------------------------------------------------------------------------

    async def _do_data(self, argument: bytes) -> None:
        transaction = self._transaction
        if transaction is None or not transaction.rcpt_to:
            await self._refuse("503 5.5.1 RCPT comes first")
            return
        if argument:
            await self._refuse("501 5.5.4 DATA takes no parameter")
            return
        await asyncio.sleep(0)  # let what has already arrived become visible
        if self._has_unread():
            # RFC 2920, 3.1: DATA is the last command of a group. Who sends on may be smuggling.
            self.close_with("503 5.5.0 Data before the 354: improper pipelining")
            return
        await self._say("354 End data with <CR><LF>.<CR><LF>")
        self._transaction = None
        self._transactions += 1
        self._idle_commands = 0
        decoder = DataDecoder()
        self._data_since, self._data_octets = self.loop.time(), 0
        with crossing("data_received"):
            raw = await self._read_data(decoder)
        self._data_since = None
        answer = raw if isinstance(raw, str) else await self._keep(transaction, raw, decoder.anomalies)
        with crossing("mail_answered"):
            await self._answer_data(answer, transaction.rcpt_to)
        if any(anomaly.breaks_authentication for anomaly in decoder.anomalies):
            # The mail is kept; what follows on this connection may be smuggled, and a real sender connects anew.
            self.close_with("421 4.7.0 Bare line ends: connect again for the next mail")
        elif decoder.leftover:
            self._reader._buffer[:0] = decoder.leftover  # type: ignore[attr-defined]  # noqa: SLF001  as aiosmtpd does

    async def _answer_data(self, answer: str, recipients: Sequence[str]) -> None:  # noqa: ARG002  LMTP needs them
        await self._say(answer)

    async def _read_data(self, decoder: DataDecoder) -> RawMail | str:
        """Read up to the end of the data. A string is the answer that refuses the mail.

        Beyond the limit (or with a full disk) the rest is read and thrown away, so that the sender gets to hear the
        answer; who sends as much again without an end is cut off.
        """
        writer = RawMailWriter(self._reception.spool)
        refusal: str | None = None
        received = 0
        try:
            while not decoder.is_complete:
                chunk = await self._read_chunk()
                received += len(chunk)
                decoded = decoder.feed(chunk)
                if refusal is None and writer.size + len(decoded) > self._limits.largest_mail:
                    refusal = TOO_LARGE
                    writer.discard()
                if refusal is None:
                    refusal = self._spool(writer, decoded)
                elif received > 2 * self._limits.largest_mail:
                    self._is_over = True
                    return refusal
        except BaseException:
            writer.discard()
            self._is_over = True  # what follows is still the mail's text, and none of it is a command
            raise
        return writer.finish() if refusal is None else refusal

    async def _read_chunk(self) -> bytes:
        chunk: bytes = await self._reader.read(_CHUNK)
        if not chunk:
            raise asyncio.IncompleteReadError(b"", None)
        self._last_heard = self.loop.time()
        self._data_octets += len(chunk)
        return chunk

    def _spool(self, writer: RawMailWriter, decoded: bytes) -> str | None:
        if not self._reception.has_room:
            writer.discard()
            return DISK_FULL
        try:
            writer.write(decoded)
        except OSError as error:
            writer.discard()
            log.error("spool_refused", error=type(error).__name__)  # noqa: TRY400  a trace tells nothing more
            return DISK_FULL if is_disk_full(error) else OUR_FAULT
        return None

    async def _keep(self, transaction: Transaction, raw: RawMail, anomalies: tuple[Anomaly, ...]) -> str:
        """Have it stored; the answer says what became of it."""
        envelope = Envelope(
            mail_from=transaction.mail_from,
            rcpt_to=tuple(transaction.rcpt_to),
            received_at=self._reception.clock.now(),
            via=self.via,
            peer=self._address,
            helo=self._helo,
            tls=self._tls_name(),
        )
        self.is_committing = True
        try:
            async with asyncio.timeout(self._limits.commit_seconds):
                await self._reception.committer.submit(Delivery(raw, envelope, transaction.anomalies + anomalies))
        except Exception as error:  # noqa: BLE001  no fault of ours may cost a mail: the sender must try again
            return await self.handle_exception(error)
        finally:
            self.is_committing = False
            self._last_heard = self.loop.time()
        return f"250 2.0.0 Ok: stored as {raw.sha256[:16]}"

    def _tls_name(self) -> str:
        found: Any = self.transport.get_extra_info("ssl_object") if self.transport is not None else None
        return "" if found is None else f"{found.version()} {found.cipher()[0]}"

    def _has_unread(self) -> bool:
        return bool(self._unread())

    def _unread(self) -> bytearray:
        """What has arrived and was not looked at."""
        buffer: bytearray = self._reader._buffer  # type: ignore[attr-defined]  # noqa: SLF001  as aiosmtpd does
        return buffer


class LmtpSession(SmtpSession):
    """LMTP (RFC 2033): LHLO instead of EHLO, and after DATA one answer for each recipient."""

    via = Via.LMTP
    COMMANDS: tuple[str, ...] = ("LHLO", *SmtpSession.COMMANDS[2:])

    async def _do_lhlo(self, argument: bytes) -> None:
        await self._do_ehlo(argument)

    async def _answer_data(self, answer: str, recipients: Sequence[str]) -> None:
        await self._say("\r\n".join([answer] * len(recipients)))
