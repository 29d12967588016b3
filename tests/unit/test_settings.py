"""Settings: what is wrong is said with its name and place, and never with the value, which may be a password."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sulku_desk.settings import load_settings
from sulku_kernel.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SULKU_")]:
        monkeypatch.delenv(name)


def refusal(home: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(home)
    return f"{caught.value} | {caught.value.next_step}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SULKU_SMTP__PORT", "abc", "setting smtp.port: "),
        ("SULKU_SMTP__PORT", "99999", "setting smtp.port: "),
        ("SULKU_SMTP__PROT", "25", "setting smtp.prot: there is no such setting"),
        ("SULKU_DATABSE_URL", "postgresql://desk:geheim@db/desk", "SULKU_DATABSE_URL in the environment is no setting"),
        ("SULKU_DESK__ADDRESSES", "geheim", "a setting of [desk] in the environment cannot be read"),
        ("SULKU_DESK__ADDRESSES", "[]", "setting desk.addresses: "),
        ("SULKU_SMTP__CERTIFICATE", "chain.pem", "smtp.certificate and smtp.key go together"),
    ],
)
def test_a_wrong_setting_in_the_environment_is_named_without_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    told = refusal(tmp_path)

    assert told.startswith(said)
    assert "geheim" not in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[smtp\n", "at line 1"),
        ("[smtp]\nprot = 3\n", "setting smtp.prot: there is no such setting"),
        ("colour = 3\n", "setting colour: there is no such setting"),
        ('[web]\nport = "x"\n', "setting web.port: "),
    ],
)
def test_a_wrong_file_is_named_with_the_place_in_it(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "sulku.toml").write_text(text, encoding="utf-8")

    told = refusal(tmp_path)

    assert said in told
    assert str(tmp_path / "sulku.toml") in told


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "sulku.toml").mkdir()

    assert str(tmp_path / "sulku.toml") in refusal(tmp_path)


def test_the_address_for_people_follows_the_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sulku.toml").write_text("[ca]\nport = 9481\n", encoding="utf-8")
    monkeypatch.setenv("SULKU_WEB__PORT", "9480")

    settings = load_settings(tmp_path)

    assert settings.web.base_url == "http://127.0.0.1:9480"
    assert settings.ca.url == "http://127.0.0.1:9481"


def test_an_address_that_was_set_is_not_touched_by_the_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SULKU_WEB__PORT", "9480")
    monkeypatch.setenv("SULKU_WEB__BASE_URL", "https://desk.ca.example")

    assert load_settings(tmp_path).web.base_url == "https://desk.ca.example"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sulku.toml").write_text("[smtp]\nport = 1\nlmtp_port = 2\n", encoding="utf-8")
    monkeypatch.setenv("SULKU_SMTP__PORT", "3")

    smtp = load_settings(tmp_path).smtp

    assert (smtp.port, smtp.lmtp_port) == (3, 2)
