"""PDF: what its form fields say, then its text, then the files in it. Pictures are not looked at: a scan is a scan."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pypdf
from pypdf.errors import LimitReachedError

from sulku_kernel.revocation_form import is_field_of_form
from sulku_mailbox.domain.mail import Attachment, Why
from sulku_mailbox.opening.inside import LARGEST_FILE, CannotOpenError, Inside, Shut
from sulku_mailbox.opening.office import has_few_letters

_MOST_PAGES = 50
_MOST_CHARS = 500_000
_MOST_EMBEDDED = 50
_MOST_PASSWORDS = 10
_VALUE_CHARS = 4_000
_STREAM = 8 * 1_048_576
# Letters that a font draws as one.
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_OFF = frozenset({"", "/Off", "Off"})
_LIMITS: Mapping[str, Any] = {
    "maximum_declared_stream_length": 32 * 1_048_576,
    "array_based_stream_maximum_output_length": _STREAM,
    "zlib_maximum_output_length": _STREAM,
    "zlib_maximum_recovery_input_length": 200_000,
    "lzw_maximum_output_length": _STREAM,
    "run_length_maximum_output_length": _STREAM,
    "brotli_maximum_output_length": _STREAM,
    "flate_maximum_row_length": 1_000_000,
    "stream_filters_maximum_length": 4,
    "stream_decoding_work_maximum_length": 4 * _STREAM,
    "stream_parsing_work_maximum_count": 400_000,
    "form_fields_maximum_entries": 2_000,
    "form_fields_maximum_depth": 10,
    "page_tree_maximum_depth": 30,
    "xform_maximum_invocations_per_extraction": 200,
}
logging.getLogger("pypdf").addHandler(logging.NullHandler())
logging.getLogger("pypdf").propagate = False  # it tells of every oddity of a stranger's file


def open_pdf(file: Attachment, passwords: Sequence[str]) -> Iterator[Inside | Shut]:
    """The fields and the text as one file each, then embedded files. Raises CannotOpenError (picture) for a scan.

    The printed text of the desk's own form, filled in, is left out: it names every reason that could be chosen.
    """
    try:
        yield from _open(file, passwords)
    except LimitReachedError as error:
        raise CannotOpenError(Why.LIMIT) from error


def _open(file: Attachment, passwords: Sequence[str]) -> Iterator[Inside | Shut]:
    with pypdf.apply_configuration(**_LIMITS):
        reader = pypdf.PdfReader(io.BytesIO(file.content), strict=False)
        if reader.is_encrypted and not any(reader.decrypt(each) for each in ("", *passwords[:_MOST_PASSWORDS])):
            raise CannotOpenError(Why.PASSWORD)
        fields = _fields(reader)
        filled = "\n\n".join(filter(None, (_line(name, field) for name, field in fields.items())))
        if filled:
            yield Inside("fields", filled.encode(errors="replace"), is_text=True)
        text = "" if filled and any(map(is_field_of_form, fields)) else _text(reader)
        if text:
            yield Inside("text", text.encode(errors="replace"), is_text=True)
        yield from _embedded(reader)
        if has_few_letters(text) and not filled:
            raise CannotOpenError(Why.PICTURE)


def _fields(reader: pypdf.PdfReader) -> dict[str, Any]:
    return dict(reader.get_fields() or {})


def _line(name: str, field: Mapping[str, Any]) -> str:
    """`label: value` of a field that was filled in (ISO 32000-2, 12.7.4: people see /TU, and what they wrote is /V)."""
    value = _value(field)
    if not any(map(str.isalnum, value)):
        return ""
    label = str(field.get("/TU") or name).strip().rstrip(":")
    return f"{label}: {value}"


def _value(field: Mapping[str, Any]) -> str:
    value = field.get("/V", "")
    if isinstance(value, list):
        return ", ".join(map(str, value))[:_VALUE_CHARS]
    said = "" if str(value) in _OFF else str(value)
    options = field.get("/Opt")
    if field.get("/FT") == "/Btn" and isinstance(options, list) and said.removeprefix("/").isdecimal():
        number = int(said.removeprefix("/"))  # a radio button tells which of its options it is (12.7.5.2.3)
        said = str(options[number]) if number < len(options) else said
    return said.removeprefix("/")[:_VALUE_CHARS]


def _text(reader: pypdf.PdfReader) -> str:
    pages: list[str] = []
    chars = 0
    for number, page in enumerate(reader.pages):
        if number >= _MOST_PAGES or chars > _MOST_CHARS:
            break
        pages.append(page.extract_text().strip())
        chars += len(pages[-1])
    return "\n\n".join(filter(None, pages))[:_MOST_CHARS].translate(_LIGATURES)


def _embedded(reader: pypdf.PdfReader) -> Iterator[Inside | Shut]:
    for number, file in enumerate(reader.attachment_list):
        if number >= _MOST_EMBEDDED:
            raise CannotOpenError(Why.LIMIT)
        content = file.content
        yield Inside(file.name, content) if len(content) <= LARGEST_FILE else Shut(file.name, Why.LIMIT)
