"""The desk's form, filled in as a PDF viewer does it, and sent with an empty mail."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from functools import cache

import pypdf

from sulku_kernel.language import Language
from sulku_kernel.revocation_form import field_name
from sulku_templates.form_words import form_parts
from sulku_templates.revocation_form import render_form

COMMON = {"organisation": "Esimerkkivarmentaja", "address": "desk@sulku.example", "phone": ""}


@cache
def blank_form(language: Language) -> bytes:
    return render_form(language, COMMON)


def choices(language: Language, field: str) -> tuple[str, ...]:
    return next(one.choices for part in form_parts(language) for one in part.fields if one.name == field)


def fill(language: Language, values: Mapping[str, str]) -> bytes:
    """`values` by the names of `FIELDS`."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(blank_form(language)))
    named = {field_name(name): value for name, value in values.items()}
    writer.update_page_form_field_values(list(writer.pages), named)
    filled = io.BytesIO()
    writer.write(filled)
    return filled.getvalue()


def mail_with(name: str, content: bytes, text: str = "", subject: str = "") -> bytes:
    """A mail from a registered holder with one file attached."""
    head = (
        "From: varmenteet@rantalan-sairaala.example\r\nTo: desk@sulku.example\r\n"
        f"Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n") + b"--b--\r\n"
