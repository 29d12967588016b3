"""Where a command gets a password from: a file, a prompt, or a new one that is shown once. Never from an option."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from sulku_kernel.errors import InputError

PasswordFile = Annotated[
    Path | None, typer.Option(help="Read the password from this file (- for standard input); otherwise you are asked.")
]


def read_password(file: Path | None, what: str = "Password") -> str:
    """An existing password: from the file, or asked for on a terminal. Raises InputError when there is neither."""
    if file is not None:
        return _from_file(file)
    if not sys.stdin.isatty():
        raise InputError("there is no terminal to ask for the password", next_step="Give --password-file FILE (or -).")
    return str(typer.prompt(what, hide_input=True))


def choose_password(file: Path | None) -> tuple[str, bool]:
    """A password for a new account, and whether it was made here and must be shown once."""
    if file is not None:
        return _from_file(file), False
    if sys.stdin.isatty():
        return str(typer.prompt("New password", hide_input=True, confirmation_prompt=True)), False
    return secrets.token_urlsafe(15), True


def _from_file(file: Path) -> str:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the password cannot be read", next_step="Check the path.") from error
    return text.removesuffix("\n").removesuffix("\r")
