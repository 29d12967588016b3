"""Files that came with a mail, under the names their sender gave them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from sulku_mailbox.domain.characters import one_line
from sulku_mailbox.domain.defects import Findings
from sulku_mailbox.domain.entities import Entity
from sulku_mailbox.domain.mail import Attachment
from sulku_mailbox.domain.uuencode import TextFile

_NAME_CHARS = 255


def read_attachment(entity: Entity, findings: Findings) -> Attachment:
    """The part as a file: decoded octets, and a name without any folder, control or direction character."""
    content = entity.body(findings)
    return Attachment(
        name=file_name(entity, findings),
        content_type=one_line(entity.type, 200, findings),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        where=entity.where,
        is_inline=entity.disposition.value == "inline" or entity.fields.first("content-id") is not None,
    )


def files_in_text(files: Iterable[TextFile]) -> Iterator[Attachment]:
    """Files that stood in the text itself (uuencode); their place is `t1!name`, `t2!name` …"""
    for number, file in enumerate(files, 1):
        digest = hashlib.sha256(file.content).hexdigest()
        name = bare_name(file.name)
        yield Attachment(name, "application/octet-stream", file.content, digest, f"t{number}!{name}")


def file_name(entity: Entity, findings: Findings) -> str:
    """`filename` (RFC 2183) or else `name`; empty when the sender gave none."""
    given = entity.disposition.parameters.get("filename") or entity.content.parameters.get("name") or ""
    return _bare(one_line(given, 1000, findings))


def bare_name(name: str) -> str:
    """The name of a file inside another, in the same way."""
    return _bare(one_line(name, 1000, Findings()))


def _bare(line: str) -> str:
    return line[max(line.rfind("/"), line.rfind("\\")) + 1 :].strip(" .")[-_NAME_CHARS:]
