"""A file that came with a mail, as people are told of it: what it is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sulku_revocation.domain.judgement import Proof


class FileKind(StrEnum):
    """What a file is, for people."""

    CERTIFICATE = "certificate"
    REQUEST = "request"
    PUBLIC_KEY = "public_key"
    KEY = "key"
    SIGNATURE = "signature"
    ARCHIVE = "archive"
    PDF = "pdf"
    DOCUMENT = "document"
    MAIL = "mail"
    PICTURE = "picture"
    CALENDAR = "calendar"
    REPORT = "report"
    TEXT = "text"
    OTHER = "other"


class Became(StrEnum):
    """What became of a file; those of `Why` could not be read, or not wholly."""

    READ = "read"
    OPENED = "opened"
    SEARCHED = "searched"
    SHOWN = "shown"
    SEALED = "sealed"
    SIGNATURE = "signature"
    UNCHECKED = "unchecked"
    ENCRYPTED = "encrypted"
    PASSWORD = "password"  # noqa: S105  a word of the list
    LIMIT = "limit"
    DAMAGED = "damaged"
    PICTURE = "picture"
    UNKNOWN = "unknown"


FILE_KINDS: dict[str, str] = {
    FileKind.CERTIFICATE: "certificate",
    FileKind.REQUEST: "certificate request",
    FileKind.PUBLIC_KEY: "public key",
    FileKind.KEY: "key material",
    FileKind.SIGNATURE: "signature",
    FileKind.ARCHIVE: "archive",
    FileKind.PDF: "PDF",
    FileKind.DOCUMENT: "document",
    FileKind.MAIL: "mail",
    FileKind.PICTURE: "picture",
    FileKind.CALENDAR: "calendar entry",
    FileKind.REPORT: "report of a mail system",
    FileKind.TEXT: "text file",
    FileKind.OTHER: "file",
}
BECAME: dict[str, str] = {
    Became.READ: "Read.",
    Became.OPENED: "Opened.",
    Became.SEARCHED: "Searched: no certificate or key was found in it.",
    Became.SHOWN: "Shown as the text above, of which some may be missing.",
    Became.SEALED: "Sealed: it is never shown nor handed out.",
    Became.SIGNATURE: "The signature of the mail: “Who sent it” says what it is worth.",
    Became.UNCHECKED: "Not checked: of signatures the desk checks those of S/MIME.",
    Became.ENCRYPTED: "Encrypted with a key that the desk does not have.",
    Became.PASSWORD: "Could not be opened: the password is missing.",
    Became.LIMIT: "Not opened, or in part only: too large or too much in it.",
    Became.DAMAGED: "Could not be opened: it is damaged, or not what its name says.",
    Became.PICTURE: "A picture or a scanned page, which the desk does not read: look at it in the original.",
    Became.UNKNOWN: "Could not be opened: the desk does not read this format. Ask for another.",
}
"""The words of both lists, and what they mean."""


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certificate in a file: the name in it, its serial number in hex, and whether the register may have it."""

    name: str
    serial: str
    is_ca: bool = False
    is_known: bool = False


@dataclass(slots=True)
class AttachedFile:
    """A file that came along, with those inside it. `size` in octets, None where only its name is known.

    `held` are the first few of the certificates in it, `held_count` is how many they are. `is_earlier`: it came with an
    earlier mail, and this one brought its password.
    """

    name: str
    kind: FileKind
    became: Became
    size: int | None = None
    held: tuple[HeldCertificate, ...] = ()
    held_count: int = 0
    proof: Proof | None = None
    is_in_text: bool = False
    is_earlier: bool = False
    inside: list[AttachedFile] = field(default_factory=list)


def file_json(file: AttachedFile) -> dict[str, Any]:
    """The file as JSON; what is not so is left out."""
    proof = file.proof
    besides = {
        "certificates": [
            {"name": one.name, "serial": one.serial, "is_ca": one.is_ca, "is_known": one.is_known} for one in file.held
        ],
        "more_certificates": file.held_count - len(file.held),
        "proof": {"kind": proof.kind, "verified": proof.is_verified, "refusal": proof.refusal} if proof else None,
        "is_in_text": file.is_in_text,
        "is_earlier": file.is_earlier,
        "inside": [file_json(inner) for inner in file.inside],
    }
    always = {"name": file.name, "kind": file.kind.value, "became": file.became.value, "size": file.size}
    return always | {key: value for key, value in besides.items() if value}
