"""The folder of the demo: its settings with ports that were free, its people and what was played already."""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sulku_desk.settings import Settings, load_settings
from sulku_kernel.errors import ConfigurationError

DEFAULT_PORTS = {"smtp": 2525, "lmtp": 2424, "web": 8480, "ca": 8481}


@dataclass
class DemoState:
    """What a second start needs to know. Kept in `demo.json`, readable by its owner only."""

    passwords: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    is_played: bool = False


def demo_home() -> Path:
    """`SULKU_HOME`, else `demo` in the present folder."""
    return Path(os.environ.get("SULKU_HOME") or "demo").expanduser().resolve()


def demo_settings(home: Path) -> Settings:
    """The settings of the demo in `home`; made at the first start. Raises ConfigurationError."""
    file = home / "sulku.toml"
    if not file.exists():
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise ConfigurationError(
                f"{home} holds something else than a demo", next_step="Set SULKU_HOME to an empty or a new folder."
            )
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(_settings_text(_free_ports()), encoding="utf-8")
    elif not (home / "demo.json").exists() and (home / "desk.sqlite").exists():
        raise ConfigurationError(f"{home} holds a real instance", next_step="Set SULKU_HOME to a new folder.")
    os.environ["SULKU_HOME"] = str(home)
    return load_settings(home)


def read_state(home: Path) -> DemoState:
    """What was kept; the beginning when nothing was."""
    file = home / "demo.json"
    return DemoState(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else DemoState()


def write_state(home: Path, state: DemoState) -> None:
    """Keep it."""
    draft = home / ".demo.json"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(asdict(state), stream)
    draft.replace(home / "demo.json")


def new_password() -> str:
    """Easy to type, hard to guess."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


def _free_ports() -> dict[str, int]:
    return {name: port if _is_free(port) else _any_free() for name, port in DEFAULT_PORTS.items()}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _settings_text(ports: dict[str, int]) -> str:
    return f"""\
# Settings of the demo. docs/settings.md lists all there are.
[smtp]
port = {ports["smtp"]}
lmtp_port = {ports["lmtp"]}

[web]
port = {ports["web"]}
base_url = "http://127.0.0.1:{ports["web"]}"

[ca]
port = {ports["ca"]}
url = "http://127.0.0.1:{ports["ca"]}"

[work]
workers = 1
"""
