"""What an adapter is given: where its CA is, and the options that only it knows.

Every adapter says its options as a model of its own; a misspelt or missing one is a ConfigurationError that names it.
Credentials are files, never values in the settings: whoever may read the settings need not be able to revoke.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.embedded.key_files import read_secret


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """One CA of the settings.

    `section` is the section that says so, for messages (`ca` or `authorities.health`); relative paths among the
    `options` are meant from `folder`, the instance's own.
    """

    name: str
    section: str
    url: str
    token_file: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()


class AdapterOptions(BaseModel):
    """The options of an adapter: derive from this. Fields of type Path come out absolute."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Options = TypeVar("Options", bound=AdapterOptions)


def read_options(model: type[Options], settings: AdapterSettings) -> Options:
    """The options as the adapter's own model. Raises ConfigurationError naming the first that is wrong."""
    try:
        read = model.model_validate(dict(settings.options))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(("options", *(str(part) for part in first["loc"])))
        why = "there is no such option" if first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigurationError(
            f"[{settings.section}] {where}: {why.removeprefix('Value error, ')}",
            next_step=f"Correct it; the page of the adapter of CA {settings.name!r} in docs/ lists its options.",
        ) from None
    paths = {name: settings.folder / value for name, value in read if isinstance(value, Path)}
    return read.model_copy(update=paths)


def read_credential(file: Path | None, settings: AdapterSettings, what: str = "token_file") -> str:
    """The one line in a credential's file. Read it for each call, so that a changed one needs no restart.

    Raises ConfigurationError when it is not set, not there, empty or open to other users.
    """
    if file is None:
        raise ConfigurationError(
            f"[{settings.section}] {what} is not set", next_step="Name the file that holds the credential."
        )
    text = read_secret(file).decode("utf-8", "replace").strip()
    if not text:
        raise ConfigurationError(f"{file} is empty", next_step="Put the CA's credential into it.")
    return text


def tls_to_ca(trusted: Path | None, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """TLS that trusts `trusted` (PEM) alone, or the system's CAs without it, and shows `certificate` when asked.

    Raises ConfigurationError for a file that cannot be used. Nothing of the environment changes it.
    """
    try:
        # Not ssl.create_default_context() alone: OpenSSL would let SSL_CERT_FILE decide whom to trust.
        context = (
            httpx2.create_ssl_context(trust_env=False)
            if trusted is None
            else ssl.create_default_context(cafile=str(trusted))
        )
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(file) for file in (trusted, certificate, key) if file is not None)
        raise ConfigurationError(
            f"TLS to the CA cannot be set up with {files}: {getattr(error, 'strerror', None) or type(error).__name__}",
            next_step="Give PEM files that this user may read; certificate and key must belong together.",
        ) from error
    return context
