"""What a folder of mails says about itself: trees of parsed mails, replies with what is new in them, bounces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Parsed:
    """A mail and what its tree says: None where it says nothing. `text` is the first body that is plain text."""

    file: str
    subject: str | None
    text: str | None
    attachments: int


@dataclass(frozen=True)
class Reply:
    """The text of a reply (no header), and what the person newly wrote in it."""

    file: str
    text: str
    new: str


def read_trees(folder: Path) -> Iterator[Parsed]:
    """Each `x.eml` that has an `x.json` beside it."""
    for mail in sorted(folder.rglob("*.eml")):
        tree = mail.with_suffix(".json")
        if tree.exists():
            yield _parsed(mail.relative_to(folder).as_posix(), json.loads(tree.read_text(encoding="utf-8")))


def read_replies(folder: Path) -> Iterator[Reply]:
    """Each file of `emails/` that has one of the same name in `trimmed/`."""
    for mail in sorted((folder / "emails").iterdir()):
        new = folder / "trimmed" / mail.name
        if new.exists():
            yield Reply(mail.name, _text(mail), _text(new))


def read_recipients(folder: Path) -> dict[str, list[str]]:
    """File name to the recipients that failed, from `recipients.json`, each once; what stands for none is left out."""
    found: dict[str, list[str]] = json.loads((folder / "recipients.json").read_text(encoding="utf-8"))
    return {
        file: sorted({one.lower() for one in recipients if not one.endswith(".invalid")})
        for file, recipients in found.items()
    }


def _parsed(file: str, tree: dict[str, Any]) -> Parsed:
    parts = tree["parts"]
    bodies = [parts[number]["body"] for number in tree["text_body"][:1]]
    text = next((body["Text"] for body in bodies if "Text" in body), None)
    return Parsed(file, _subject(parts[0]["headers"]), text, len(tree["attachments"]))


def _subject(headers: list[dict[str, Any]]) -> str | None:
    values = [header["value"] for header in headers if header["name"] == "subject"]
    return values[-1].get("Text") if values and isinstance(values[-1], dict) else None


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
