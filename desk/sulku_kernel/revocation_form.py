"""The desk's own revocation form: the names of its fields, which never change, in the order in which they stand.

Templates draw it, the mailbox reads it back, so the names stand here. The labels are the templates' affair; a filled
form is understood by its labels and values, in its own language, like any other text.
"""

from __future__ import annotations

PREFIX = "sulku_"

FIELDS = (
    "request",
    "organisation",
    "business_id",
    "oid",
    "serial_number",
    "host_name",
    "common_name",
    "issuer",
    "certificate_type",
    "reason",
    "compromised_since",
    "replacement",
    "wanted_at",
    "requester_name",
    "requester_role",
    "relation",
    "phone",
    "email",
    "case_code",
)


def field_name(field: str) -> str:
    """The name in the PDF. `field` is one of `FIELDS`."""
    return PREFIX + field


def is_field_of_form(name: str) -> bool:
    """Whether a PDF's field belongs to the desk's own form."""
    return name.startswith(PREFIX) and name.removeprefix(PREFIX) in FIELDS
