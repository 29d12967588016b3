"""The adapter to any program: JSON on its input, JSON on its output, an exit code. docs/ca-command.md is its contract.

    0 done, the answer is on the output · 1 refused · 75 try later (EX_TEMPFAIL) · 78 a setting is wrong (EX_CONFIG)

Anything else, an answer that cannot be read and an end of its time mean that nobody knows: it is asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from sulku_kernel.errors import ConfigurationError
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.ca import wire
from sulku_revocation.ca.adapter_settings import AdapterOptions, AdapterSettings, read_options
from sulku_revocation.ca.authority import (
    Adapter,
    Capabilities,
    CertificateStatus,
    Lacking,
    Lookup,
    Mark,
    NotSupported,
    OrderToSend,
    Receipt,
    Refused,
    TryLater,
)
from sulku_revocation.ca.command_listing import read_list
from sulku_revocation.ca.programs import Ended, run
from sulku_revocation.domain.reason_code import ReasonCode
from sulku_revocation.domain.record import IssuerRecord

T = TypeVar("T")

DONE, REFUSED, TRY_LATER, WRONG_SETTING = 0, 1, 75, 78


class CommandOptions(AdapterOptions):
    """The program and what it can: see docs/ca-command.md."""

    program: tuple[str, ...] = Field(min_length=1, description="The program by its whole path, and its arguments.")
    environment: dict[str, str] = Field({}, description="Beside PATH and LANG; no secrets: those belong in files.")
    seconds: float = Field(30, gt=0, le=600, description="How long one call may take.")
    reasons: tuple[str, ...] = Field((), description="Reasons it takes, by their RFC 5280 names; none given: all.")
    lookup: bool = Field(default=True, description="Whether it answers to `lookup`.")
    keeps_reason: bool = Field(default=True, description="Whether the CA records the reason.")
    invalidity_date: bool = Field(default=False, description="Whether the CA records an invalidity date.")
    update_reason: bool = Field(default=False, description="Whether a reason can be changed to keyCompromise.")
    idempotent: bool = Field(default=False, description="Whether it remembers orders by their key by itself.")
    crl: bool = Field(default=False, description="Whether it answers to `publish_crl`.")
    lists: bool = Field(default=False, description="Whether it answers to `list`: what was issued.")
    marks: bool = Field(default=False, description="Whether it lists what was issued behind its own last mark.")
    list_seconds: float = Field(600, gt=0, le=1500, description="How long a list may take.")

    @model_validator(mode="after")
    def _marks_are_of_a_list(self) -> Self:
        if self.marks and not self.lists:
            raise ValueError("marks are of a list: lists must be true as well")
        return self

    @field_validator("program")
    @classmethod
    def _by_its_whole_path(cls, program: tuple[str, ...]) -> tuple[str, ...]:
        if not program[0].startswith("/"):
            raise ValueError("the program must be named by its whole path")
        return program

    @field_validator("reasons")
    @classmethod
    def _known(cls, reasons: tuple[str, ...]) -> tuple[str, ...]:
        for reason in reasons:
            ReasonCode.from_rfc_name(reason)
        return reasons


def open_command(settings: AdapterSettings) -> CommandAuthority:
    """The adapter by its settings. Raises ConfigurationError."""
    return CommandAuthority(read_options(CommandOptions, settings))


class CommandAuthority(Adapter):
    """See the module."""

    def __init__(self, options: CommandOptions) -> None:
        self._options = options
        self.capabilities = Capabilities(
            reasons=frozenset(map(ReasonCode.from_rfc_name, options.reasons)) or frozenset(ReasonCode),
            keeps_reason=options.keeps_reason,
            invalidity_date=options.invalidity_date,
            update_reason=options.update_reason,
            is_idempotent=options.idempotent,
            lookup=Lookup.RECORDS if options.lookup else Lookup.NONE,
            register=options.lists,
            marks=options.marks,
            crl_trigger=options.crl,
        )

    def probe(self) -> None:
        """See `CertificateAuthority.probe`."""
        self._call("probe", {})

    def lookup(self, issuer: IssuerRecord, serial: SerialNumber) -> CertificateStatus:
        """See `CertificateAuthority.lookup`."""
        if not self._options.lookup:
            raise NotSupported("this program does not look up")
        return _understood(wire.read_status, self._call("lookup", {**_issuer(issuer), "serial": serial.hex}))

    def revoke(self, order: OrderToSend) -> Receipt:
        """See `CertificateAuthority.revoke`."""
        return _understood(wire.read_receipt, self._call("revoke", json.loads(wire.write_order(order))))

    def register(self, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  as others have it
        """See `CertificateAuthority.register`."""
        if not self._options.lists:
            raise NotSupported("this program does not list what its CA has issued")
        return self._list(Mark())

    def register_since(self, mark: Mark, lacking: Lacking | None = None) -> Iterator[bytes]:  # noqa: ARG002  as others
        """See `CertificateAuthority.register_since`: the mark is the program's own word."""
        if not self._options.marks:
            raise NotSupported("this program lists what its CA has issued only as a whole")
        return self._list(mark)

    def _list(self, mark: Mark) -> Iterator[bytes]:
        """What the program had listed when it ended well; a list that was broken off is none."""
        with TemporaryFile() as output:
            self._call("list", {"mark": mark.value}, output=output, seconds=self._options.list_seconds)
            output.seek(0)
            yield from read_list(output, mark)

    def publish_crl(self, issuer: IssuerRecord) -> None:
        """See `CertificateAuthority.publish_crl`."""
        if not self._options.crl:
            raise NotSupported("this program makes no CRL")
        self._call("publish_crl", _issuer(issuer))

    def _call(
        self, what: str, given: dict[str, Any], *, output: IO[bytes] | None = None, seconds: float | None = None
    ) -> bytes:
        """What it answers. Raises Refused, TryLater and ConfigurationError."""
        ended = run(
            self._options.program,
            asked=json.dumps({"call": what, **given}).encode() + b"\n",
            seconds=self._options.seconds if seconds is None else seconds,
            environment=self._options.environment,
            output=output,
        )
        if ended.code == DONE:
            return ended.said
        raise _not_done(ended, self._options.program[0])


def _issuer(issuer: IssuerRecord) -> dict[str, str]:
    return {"issuer_name": issuer.name, "issuer_key_identifier": issuer.key_identifier}


def _understood(read: Callable[[bytes], T], said: bytes) -> T:
    try:
        return read(said)
    except wire.MessageError as error:
        raise TryLater(f"the program's answer cannot be read: {error}") from error


def _not_done(ended: Ended, program: str) -> Refused | TryLater | ConfigurationError:
    """A refusal counts when the program says why; an exit code of 1 alone is what any program has when it breaks."""
    if ended.code == WRONG_SETTING:
        return ConfigurationError(
            f"{program}: {ended.last_words or 'a setting is wrong'}", next_step="Correct the program's own settings."
        )
    if ended.code == REFUSED:
        try:
            why, message = wire.read_refusal(ended.said)
        except wire.MessageError:
            pass
        else:
            return Refused(why, message, next_step="Look at the order and at the CA's register.")
    return TryLater(f"{program} ended with {ended.code}: {ended.last_words}".removesuffix(": "))
