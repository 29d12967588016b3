"""Reads applications from the e-service's export: a JSON list. All of them are right, or none is entered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from stdnum.fi import ytunnus

from sulku_applications.applications import NewApplication
from sulku_kernel.address import normalise_address
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language

MOST_BYTES = 20_000_000
CERTIFICATE_TYPES = ("server", "test_server", "system_signature", "test_system_signature")


def _address(text: str) -> str:
    address = normalise_address(text)
    if address is None:
        raise ValueError("not an email address")
    return address


def _business_id(text: str) -> str:
    if not ytunnus.is_valid(text):
        raise ValueError("not a Y-tunnus (its check digit is wrong, or it has not the form 1234567-8)")
    return str(ytunnus.format(ytunnus.compact(text)))


def _certificate_type(text: str) -> str:
    if text not in CERTIFICATE_TYPES:
        raise ValueError("not a certificate type; one of " + ", ".join(CERTIFICATE_TYPES))
    return text


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reference: str = Field(min_length=1, max_length=100)
    organisation: str = Field(min_length=1, max_length=300)
    business_id: Annotated[str, AfterValidator(_business_id)]
    certificate_type: Annotated[str, AfterValidator(_certificate_type)]
    common_name: str = Field(min_length=1, max_length=300)
    applicant_email: Annotated[str, AfterValidator(_address)]
    technical_email: Annotated[str, AfterValidator(_address)]
    language: Language


_LIST = TypeAdapter(list[_Entry])


def read_applications(path: Path) -> list[NewApplication]:
    """The applications in `path`. Raises InputError naming the entry and the field."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: larger than {MOST_BYTES} bytes", next_step="Split the file.")
        entries = _LIST.validate_python(_list_of(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", next_step="Check the path.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ", ".join(f"entry {part + 1}" if isinstance(part, int) else str(part) for part in first["loc"])
        raise InputError(
            f"{path}: {where}: {first['msg']}", next_step="Correct the entry; nothing was imported."
        ) from None
    return [NewApplication(**entry.model_dump()) for entry in entries]


def _list_of(path: Path) -> list[object]:
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: not JSON: {error}", next_step="The file holds a JSON list of applications."
        ) from None
    if not isinstance(value, list):
        raise InputError(f"{path}: not a list", next_step="The file holds a JSON list of applications.")
    return value
