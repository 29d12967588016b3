"""Every setting of an instance, in one table: `SULKU_HOME/sulku.toml`, overridden by `SULKU_…` in the environment.

`SULKU_SMTP__PORT=2525` sets `[smtp] port`. Everything an instance owns lies under `SULKU_HOME` unless a setting here
says otherwise. `docs/settings.md` is generated from this file.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from sulku_kernel import crash_points
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


class Dns(Section):
    """Checks of our own on who sent a mail: DKIM, SPF, DMARC and ARC."""

    resolvers: tuple[str, ...] = Field(
        (), description="Resolvers to ask, as 192.0.2.53 or 127.0.0.1:5353; none: only authserv_ids count."
    )
    arc_sealers: tuple[str, ...] = Field((), description="Domains whose ARC seals are believed, such as own lists.")


class Smime(Section):
    """Signed and encrypted mails."""

    anchors: Path | None = Field(None, description="PEM file: CAs trusted to name senders; none: no signature counts.")
    crls: Path | None = Field(None, description="Folder of their revocation lists (DER or PEM), kept fresh by you.")
    certificate: Path | None = Field(None, description="PEM: the desk's own certificate that people encrypt to.")
    key: Path | None = Field(None, description="PEM: its key, readable by the workers alone; opens such mails.")


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


def _with_address(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Who sets only another port need not repeat it in the address."""
    return {name: f"http://127.0.0.1:{given['port']}", **given} if "port" in given else given


class Web(Section):
    """The console and the pages behind signed links."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8480, description="Port to listen on.")
    issuance_token: Path | None = Field(
        None, description="Token of the API of compromised keys; default SULKU_HOME/keys/issuance.token."
    )
    base_url: str = Field(
        "http://127.0.0.1:8480", description="How people reach it; stands in mails. Follows the port when not set."
    )

    @model_validator(mode="before")
    @classmethod
    def _follows_the_port(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _with_address("base_url", given)


class Ca(Section):
    """The certificate authority that carries out orders for all issuers that none of [authorities] serves."""

    adapter: str = Field("local", description="Name of the adapter (entry point group sulku.ca).")
    url: str = Field("http://127.0.0.1:8481", description="Where it answers. Follows the port when not set.")
    host: str = Field("127.0.0.1", description="Embedded CA: address to listen on.")
    port: Port = Field(8481, description="Embedded CA: port to listen on.")
    token_file: Path | None = Field(None, description="Its credential; default SULKU_HOME/ca/admin.token.")
    options: dict[str, Any] = Field({}, description="What only its adapter knows; see the adapter's page in docs/.")
    test: bool | None = Field(
        None,
        description="Whether it is a test CA, for test issuers alone; not set: only the embedded CA has both.",
    )
    acme_addresses: tuple[str, ...] = Field(
        (), description="Its ACME addresses for revocation: an order signed for one of them proves a compromise."
    )

    @model_validator(mode="before")
    @classmethod
    def _follows_the_port(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _with_address("url", given)


class NamedCa(Section):
    """`[authorities.NAME]`: a certificate authority of some issuers."""

    adapter: str = Field(description="Name of the adapter (entry point group sulku.ca).")
    url: str = Field("", description="Where it answers; empty for a program.")
    token_file: Path | None = Field(None, description="File with its credential, mode 0600.")
    issuers: tuple[str, ...] = Field(
        (),
        description="Issuers it serves: subject key identifiers in hex, or names such as CN=…,O=…,C=FI. "
        "None: only of a program that lists for another CA.",
    )
    test: bool = Field(
        default=False, description="Whether it is a test CA: only test issuers go to it, and no others do."
    )
    options: dict[str, Any] = Field({}, description="What only its adapter knows; see the adapter's page in docs/.")

    @model_validator(mode="after")
    def _serves_or_lists(self) -> Self:
        if not self.issuers and not self.options.get("lists"):
            raise ValueError("issuers are missing: name those it serves")
        return self


class Publication(Section):
    """What is expected of the issuers' lists."""

    crl_age_hours: int = Field(24, ge=1, description="How old a CRL may be on which holders' certificates can stand.")


class Work(Section):
    """How much is done at once."""

    workers: int = Field(2, ge=1, le=64, description="Worker processes on this machine.")
    batch: int = Field(100, ge=1, le=1000, description="Mails a worker claims at once.")
    lease_seconds: int = Field(15, ge=5, le=90, description="How long a claim outlasts a worker that died; at most 90.")


class Settings(BaseSettings):
    """All of it. Make one with `load_settings`."""

    model_config = SettingsConfigDict(env_prefix="SULKU_", env_nested_delimiter="__", extra="forbid", frozen=True)

    home: Path = Field(description="Folder of everything this instance owns.")
    database_url: SecretStr | None = Field(None, description="postgresql://… ; without it SQLite in the home folder.")
    on_call: Path | None = Field(None, description="On-call policy; default SULKU_HOME/on_call.toml.")
    policy: Path | None = Field(None, description="Revocation policy; default SULKU_HOME/policy.toml.")
    checkpoints: Path | None = Field(
        None, description="Second place for signed audit checkpoints; default SULKU_HOME/checkpoints."
    )
    templates: Path | None = Field(None, description="Administrator's folder of changed mail templates.")
    desk: Desk = Desk()
    smtp: Smtp = Smtp()
    dns: Dns = Dns()
    smime: Smime = Smime()
    imap: Imap = Imap()
    outgoing: Outgoing = Outgoing()
    web: Web = Web()
    ca: Ca = Ca()
    authorities: dict[str, NamedCa] = Field({}, description="Several CAs by name, each with the issuers it serves.")
    publication: Publication = Publication()
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
        if (self.smime.certificate is None) != (self.smime.key is None):
            raise ValueError("smime.certificate and smime.key go together")
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
    def issuance_token_file(self) -> Path:
        """The credential of issuance at the API of compromised keys."""
        return self.web.issuance_token or self.keys_folder / "issuance.token"

    @property
    def recovery_folder(self) -> Path:
        """Where the private half of a new recovery key is written, for the administrator to carry away."""
        return self.home / "recovery"

    @property
    def on_call_file(self) -> Path:
        """The on-call policy."""
        return self.on_call or self.home / "on_call.toml"

    @property
    def policy_file(self) -> Path:
        """Who must be how sure before a certificate is revoked."""
        return self.policy or self.home / "policy.toml"

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
    _require_known_names()
    try:
        return Settings(**{**_read(file), **overrides, "home": home})
    except SettingsError as error:
        section = str(error).partition('"')[2].partition('"')[0]
        raise ConfigurationError(
            f"a setting of [{section}] in the environment cannot be read",
            next_step="Write a list as JSON, for example SULKU_DESK__ADDRESSES='[\"desk@ca.example\"]'.",
        ) from None
    except ValidationError as error:
        raise _in_words(error, file) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", next_step="Make it a file you may read.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: {error}", next_step="Correct the file; TOML wants key = value.") from None


def _require_known_names() -> None:
    """The library passes over what it does not know: a misspelt SULKU_DATABASE_URL would silently mean SQLite."""
    for name in sorted(os.environ):
        if not name.startswith("SULKU_") or name == crash_points.VARIABLE:
            continue
        if name.removeprefix("SULKU_").partition("__")[0].lower() not in Settings.model_fields:
            raise ConfigurationError(
                f"{name} in the environment is no setting",
                next_step="docs/settings.md lists them; correct or unset it.",
            )


def _in_words(error: ValidationError, file: Path) -> ConfigurationError:
    """The first fault, by the name of its setting; what was given is not repeated, as it may be a password."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(part for part in first["loc"] if isinstance(part, str))
    why = "there is no such setting" if first["type"] == "extra_forbidden" else first["msg"]
    why = why.removeprefix("Value error, ")
    if not name:
        return ConfigurationError(why, next_step=f"Correct it in {file} or in the environment.")
    return ConfigurationError(
        f"setting {name}: {why}",
        next_step=f"Correct it in {file} or in the environment (SULKU_{name.upper().replace('.', '__')}).",
    )
