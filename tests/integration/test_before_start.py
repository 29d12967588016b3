"""`sulku serve` and `sulku demo` say what is wrong before any role starts, and start nothing then."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sulku_desk.before_start import doors, require_free
from sulku_desk.cli import app
from sulku_desk.demo.home import demo_settings
from sulku_desk.first_administrator import write_on_call
from sulku_desk.instance import make_instance, open_instance
from sulku_desk.settings import Settings, load_settings
from sulku_kernel.errors import ConfigurationError

Serve = Callable[..., Result]


def make(settings: Settings) -> None:
    """An instance whose pages go to somebody."""
    make_instance(settings)
    instance = open_instance(settings)
    write_on_call(instance, "Päivystäjä", "first@desk.example")
    instance.close()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Runs `sulku serve` for an instance that listens nowhere but where the test says."""
    for name in [name for name in os.environ if name.startswith("SULKU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SULKU_HOME", str(tmp_path))
    for name in ("SMTP__PORT", "SMTP__LMTP_PORT", "WEB__PORT", "CA__PORT"):
        monkeypatch.setenv(f"SULKU_{name}", "0")
    make(load_settings(tmp_path))

    def run(**settings: str) -> Result:
        for name, value in settings.items():
            monkeypatch.setenv(f"SULKU_{name}", value)
        return CliRunner().invoke(app, ["serve"])

    return run


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("SMTP__PORT", "another port or host in [smtp]"),
        ("SMTP__LMTP_PORT", "another lmtp_port or host in [smtp]"),
        ("WEB__PORT", "another port or host in [web]"),
        ("CA__PORT", "another port or host in [ca]"),
    ],
)
def test_a_taken_port_stops_the_start_and_names_the_setting(serve: Serve, taken: int, setting: str, place: str) -> None:
    result = serve(**{setting: str(taken)})

    assert result.exit_code == 7
    assert f"cannot listen on 127.0.0.1 port {taken}: Address already in use" in result.output
    assert place in result.output
    assert "Running" not in result.output


def test_a_host_that_is_not_ours_stops_the_start(serve: Serve) -> None:
    result = serve(SMTP__PORT="2525", SMTP__HOST="192.0.2.1")

    assert result.exit_code == 7
    assert "cannot listen on 192.0.2.1 port 2525" in result.output


def test_a_certificate_file_that_is_none_stops_the_start(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_text("no certificate", encoding="utf-8")

    result = serve(SMTP__CERTIFICATE=str(tmp_path / "chain.pem"), SMTP__KEY=str(tmp_path / "chain.pem"))

    assert result.exit_code == 7
    assert f"the certificate {tmp_path / 'chain.pem'} and its key cannot be used" in result.output
    assert "Correct smtp.certificate and smtp.key" in result.output


def test_two_listeners_cannot_have_one_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings = load_settings(tmp_path, smtp={"port": port, "lmtp_port": port})

    with pytest.raises(ConfigurationError, match="already in use"):
        require_free(doors(settings, ("intake",)))


def test_only_the_ports_of_the_chosen_roles_matter(tmp_path: Path, taken: int) -> None:
    settings = load_settings(tmp_path, web={"port": taken}, smtp={"port": 0, "lmtp_port": 0})

    require_free(doors(settings, ("intake", "worker", "dispatcher", "scheduler")))


def test_a_demo_starts_in_no_folder_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")

    for home in (tmp_path, tmp_path / "letter.txt"):
        with pytest.raises(ConfigurationError, match="holds something else"):
            demo_settings(home)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_a_second_demo_on_the_same_folder_says_that_the_port_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "demo"))
    settings = demo_settings(tmp_path / "demo")
    make(settings)
    state = {"passwords": {"operator": "x"}, "is_played": True}
    (tmp_path / "demo" / "demo.json").write_text(json.dumps(state), encoding="utf-8")
    (tmp_path / "demo" / "input").mkdir()
    (tmp_path / "demo" / "input" / "issued.json").write_text("[]", encoding="utf-8")

    with socket.create_server(("127.0.0.1", settings.smtp.port)):
        result = CliRunner().invoke(app, ["demo", "--once"])

    assert result.exit_code == 7
    assert f"cannot listen on 127.0.0.1 port {settings.smtp.port}" in result.output
    assert "running already" in result.output
