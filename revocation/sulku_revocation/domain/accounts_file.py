"""The file from which holders, their contacts and their certificates are entered: a JSON list (docs/register.md)."""

from __future__ import annotations

import json
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sulku_kernel.address import normalise_address
from sulku_kernel.columns import storable_text
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language
from sulku_kernel.serial_number import SerialNumber
from sulku_revocation.domain.business_id import is_oid, read_business_id
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.distinguished_name import name_key, parse_name
from sulku_revocation.domain.host_name import read_host_name
from sulku_revocation.domain.record import ContactRole

MAXIMUM_BYTES = 50_000_000

_PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{2,39}")
_SERIAL = re.compile(r"(?:0x)?([0-9a-f]{1,40})")


def _business_id(text: str) -> str:
    found = read_business_id(text)
    if found is None:
        raise ValueError("not a Y-tunnus: its form is not 1234567-8 or its check digit is wrong")
    return found


def _oid(text: str) -> str:
    if text and not is_oid(text):
        raise ValueError("not an OID, such as 1.2.246.10.2048198")
    return text


def _domain(text: str) -> str:
    found = read_host_name(text)
    if found is None or found.startswith("*."):
        raise ValueError("not a domain, such as example.fi")
    return found


def _address(text: str) -> str:
    found = normalise_address(text)
    if found is None:
        raise ValueError("not an email address")
    return found


def _phone(text: str) -> str:
    if text and not _PHONE.fullmatch(text):
        raise ValueError("not a phone number, such as +358 9 123 456")
    return text


def _printable(text: str) -> str:
    if not text.isprintable() or storable_text(text) != text:
        raise ValueError("holds characters that cannot be printed")
    return text


def _issuer(text: str) -> str:
    try:
        parse_name(text)
    except UnreadableError as error:
        raise ValueError(str(error)) from None
    return text


def _serial(text: str) -> str:
    hex_digits = _SERIAL.fullmatch(re.sub(r"[\s:]+", "", text).lower())
    if hex_digits is None:
        raise ValueError("not a serial number in hex")
    return SerialNumber.from_hex(hex_digits[1]).hex


Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_printable)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class CertificateName(_Strict):
    """A certificate by its issuer (RFC 4514) and serial number (hex); the key tells issuers of one name apart."""

    issuer: Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_issuer)]
    serial: Annotated[str, AfterValidator(_serial)]
    issuer_key_identifier: Annotated[str, Field(pattern=r"^[0-9a-f]{0,128}$")] = ""

    @property
    def issuer_key(self) -> str:
        """The name as issuers are compared."""
        return name_key(parse_name(self.issuer))


class ContactEntry(_Strict):
    """A contact and what it may be asked and told."""

    name: Name
    email: Annotated[str, AfterValidator(_address)]
    phone: Annotated[str, AfterValidator(_phone)] = ""
    roles: frozenset[ContactRole] = frozenset()


class AccountEntry(_Strict):
    """A certificate holder."""

    organisation: Name
    business_id: Annotated[str, AfterValidator(_business_id)]
    oid: Annotated[str, AfterValidator(_oid)] = ""
    language: Language = Language.FI
    domains: Annotated[tuple[Annotated[str, AfterValidator(_domain)], ...], Field(max_length=1_000)] = ()
    contacts: Annotated[tuple[ContactEntry, ...], Field(max_length=1_000)] = ()
    certificates: tuple[CertificateName, ...] = ()


_LIST = TypeAdapter(list[AccountEntry])


def read_accounts(data: bytes, name: str) -> list[AccountEntry]:
    """The holders in the file called `name`. Raises InputError naming the first wrong entry and field, and how many."""
    if len(data) > MAXIMUM_BYTES:
        raise InputError(f"{name}: more than {MAXIMUM_BYTES // 1_000_000} MB", next_step="Split the file.")
    try:
        return _LIST.validate_python(_list(data, name))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        where = ", ".join(f"{part + 1}" if isinstance(part, int) else str(part) for part in faults[0]["loc"])
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InputError(
            f"{name}: entry {where}: {faults[0]['msg'].removeprefix('Value error, ')}{more}",
            next_step="Correct the entry and import the file again; nothing was entered.",
        ) from None


def _list(data: bytes, name: str) -> list[object]:
    wanted = "The file holds a JSON list of holders, in UTF-8; docs/register.md shows one."
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not JSON: {error}", next_step=wanted) from None
    if not isinstance(value, list):
        raise InputError(f"{name}: not a list", next_step=wanted)
    return value
