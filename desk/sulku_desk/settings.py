"""Every setting of an instance, in one table: `SULKU_HOME/sulku.toml`, overridden by `SULKU_…` in the environment.

`SULKU_SMTP__PORT=2525` sets `[smtp] port`. Everything an instance owns lies under `SULKU_HOME` unless a setting here
says otherwise. `docs/settings.md` is generated from this file.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sulku_kernel.errors import ConfigurationError

Port = Annotated[int, Field(ge=0, le=65_535)]


class Section(BaseModel):
    """A section of the file; a misspelt setting is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Names(Section):
    """A name in the languages of the service."""

    fi: str = Field(description="In Finnish.")
    sv: str = Field(description="In Swedish.")
    en: str = Field(description="In English.")

    @property
    def by_language(self) -> dict[str, str]:
        """As the mail templates want it."""
        return {"fi": self.fi, "sv": self.sv, "en": self.en}


class Desk(Section):
    """Who we are to the people who write to us."""

    addresses: tuple[str, ...] = Field(
        ("vptuotanto@vrk.fi", "vptuotanto@dvv.fi"),
        min_length=1,
        description="Addresses mail is accepted for; the first one is what we send from.",
    )
    name: Names = Names(
        fi="Varmennepalvelujen päivystys", sv="Certifikattjänsternas jour", en="Certificate services desk"
    )
    organisation: Names = Names(
        fi="Väestörekisterikeskus", sv="Befolkningsregistercentralen", en="Population Register Centre"
    )
    phone: str = Field("", description="The desk's own phone number, shown in mails; empty when there is none.")


class Smtp(Section):
    """The listener for mail from other servers."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(2525, description="SMTP port; 0 switches the listener off.")
    lmtp_port: Port = Field(2424, description="LMTP port for a mail server in front; 0 switches it off.")
    certificate: Path | None = Field(None, description="PEM chain for STARTTLS.")
    key: Path | None = Field(None, description="PEM key for STARTTLS.")
    relays: tuple[str, ...] = Field((), description="Addresses of mail servers in front: no per-address limits.")
    authserv_ids: tuple[str, ...] = Field((), description="Whose Authentication-Results headers are believed.")
    largest_mail: int = Field(50_000_000, ge=1_000_000, description="Octets of the largest mail accepted.")


class Imap(Section):
    """A mailbox to fetch from, beside or instead of SMTP."""

    host: str = Field("", description="IMAP server; empty switches fetching off.")
    port: Port = Field(993, description="IMAP port.")
    tls: Literal["implicit", "starttls", "none"] = Field("implicit", description="How the connection is protected.")
    user: str = Field("", description="Login name.")
    password: SecretStr = Field(SecretStr(""), description="Password; empty when a token is used.")
    token_file: Path | None = Field(None, description="File with a current OAuth 2 access token (XOAUTH2).")
    folders: tuple[str, ...] = Field(("INBOX", "Junk"), description="Folders that are fetched, junk included.")
    processed_folder: str = Field("Processed", description="Where fetched mails are moved.")


class Outgoing(Section):
    """How our mails leave."""

    smarthost: str = Field("", description="Mail server that takes our mails; empty: they go to the maildir.")
    port: Port = Field(25, description="Its port.")
    tls: Literal["none", "starttls", "implicit"] = Field("starttls", description="How the connection is protected.")
    user: str = Field("", description="Login name, when it wants one.")
    password: SecretStr = Field(SecretStr(""), description="Password.")
    maildir: Path | None = Field(None, description="Folder for sent mails; default SULKU_HOME/sent.")


class Web(Section):
    """The console and the pages behind signed links."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8480, description="Port to listen on.")
    base_url: str = Field("http://127.0.0.1:8480", description="How people reach it; stands in mails.")


class Ca(Section):
    """The certificate authority that carries out orders."""

    adapter: str = Field("local", description="Name of the adapter (entry point group sulku.ca).")
    url: str = Field("http://127.0.0.1:8481", description="Where it answers.")
    host: str = Field("127.0.0.1", description="Embedded CA: address to listen on.")
    port: Port = Field(8481, description="Embedded CA: port to listen on.")
    token_file: Path | None = Field(None, description="Its credential; default SULKU_HOME/ca/admin.token.")


class Work(Section):
    """How much is done at once."""

    workers: int = Field(2, ge=1, le=64, description="Worker processes on this machine.")
    batch: int = Field(100, ge=1, le=1000, description="Mails a worker claims at once.")
    lease_seconds: int = Field(15, ge=5, description="How long a claim outlasts a worker that died.")


class Settings(BaseSettings):
    """All of it. Make one with `load_settings`."""

    model_config = SettingsConfigDict(env_prefix="SULKU_", env_nested_delimiter="__", extra="forbid", frozen=True)

    home: Path = Field(description="Folder of everything this instance owns.")
    database_url: SecretStr | None = Field(None, description="postgresql://… ; without it SQLite in the home folder.")
    on_call: Path | None = Field(None, description="On-call policy; default SULKU_HOME/on_call.toml.")
    checkpoints: Path | None = Field(
        None, description="Second place for signed audit checkpoints; default SULKU_HOME/checkpoints."
    )
    templates: Path | None = Field(None, description="Administrator's folder of changed mail templates.")
    desk: Desk = Desk()
    smtp: Smtp = Smtp()
    imap: Imap = Imap()
    outgoing: Outgoing = Outgoing()
    web: Web = Web()
    ca: Ca = Ca()
    work: Work = Work()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (which comes in as arguments)."""
        return env_settings, init_settings, file_secret_settings

    @model_validator(mode="after")
    def _starttls_needs_both(self) -> Settings:
        if (self.smtp.certificate is None) != (self.smtp.key is None):
            raise ValueError("smtp.certificate and smtp.key go together")
        return self

    @property
    def keys_folder(self) -> Path:
        """Keys of this instance, readable by it alone."""
        return self.home / "keys"

    @property
    def ca_folder(self) -> Path:
        """The embedded CA's own folder."""
        return self.home / "ca"

    @property
    def ca_token_file(self) -> Path:
        """The credential at the CA."""
        return self.ca.token_file or self.ca_folder / "admin.token"

    @property
    def maildir(self) -> Path:
        """Where sent mails lie when there is no smarthost."""
        return self.outgoing.maildir or self.home / "sent"

    @property
    def on_call_file(self) -> Path:
        """The on-call policy."""
        return self.on_call or self.home / "on_call.toml"

    @property
    def checkpoints_folder(self) -> Path:
        """The second place of the audit checkpoints."""
        return self.checkpoints or self.home / "checkpoints"

    @property
    def database(self) -> str | None:
        """The database's address, or None for SQLite."""
        return self.database_url.get_secret_value() if self.database_url else None


def default_home() -> Path:
    """`SULKU_HOME`, or the user's data folder."""
    named = os.environ.get("SULKU_HOME")
    if named:
        return Path(named).expanduser().resolve()
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "sulku"


def load_settings(home: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings of the instance in `home`. Raises ConfigurationError naming the setting and the file."""
    home = home or default_home()
    file = home / "sulku.toml"
    values: dict[str, Any] = {}
    if file.exists():
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"{file}: {error}", next_step="Correct the file; TOML wants key = value."
            ) from None
    try:
        return Settings(**{**values, **overrides, "home": home})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "the settings"
        raise ConfigurationError(
            f"setting {name}: {first['msg']}",
            next_step=f"Correct it in {file} or in the environment (SULKU_{name.upper().replace('.', '__')}).",
        ) from None
