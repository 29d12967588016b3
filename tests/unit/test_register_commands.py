"""What an administrator types to fill the register and to look into it, and what they read when it goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.certificates import issue, make_ca, name_of, pem
from typer.testing import CliRunner

from sulku_desk.cli import accounts, register
from sulku_kernel.actor import Actor
from sulku_kernel.clock import SetClock
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import begin
from sulku_revocation.domain.accounts_file import read_accounts
from sulku_revocation.domain.certificate_list import COLUMNS, read_certificate_list
from sulku_revocation.domain.certificate_reading import DEFAULT_RULES

CA = make_ca()
PAGE = Path(__file__).parents[2] / "docs" / "register.md"


@pytest.fixture
def sulku(sqlite_storage: Storage, clock: SetClock, monkeypatch: pytest.MonkeyPatch):
    """Runs a command as an administrator; returns exit code, stdout and stderr."""

    @contextmanager
    def opened() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(
            storage=sqlite_storage, settings=SimpleNamespace(on_call_file=PAGE.with_name("none.toml"))
        )

    @contextmanager
    def acting(instance: SimpleNamespace) -> Iterator[object]:
        with begin(instance.storage.desk, clock, Actor.user("hallinta", frozenset({"administrator"}))) as tx:
            yield tx

    for module in (register, accounts):
        monkeypatch.setattr(module, "opened", opened)
        monkeypatch.setattr(module, "acting", acting)

    def run(group: str, *arguments: object) -> tuple[int, str, str]:
        app = {"register": register.app, "accounts": accounts.app}[group]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as an administrator has it."""
    place = tmp_path / "certificates"
    place.mkdir()
    (place / "ca.pem").write_bytes(pem(CA.der))
    subject = name_of(O="Mallilan kunta", CN="www.mallila.example")
    (place / "server.cer").write_bytes(issue(CA, 0x0BF4EAB0, subject=subject))
    (place / "README").write_text("see the other files")
    return place


def test_certificates_and_holders_are_entered_and_found(sulku, folder: Path) -> None:
    code, out, _ = sulku("register", "import", folder)
    assert code == 0
    assert "2 files, 2 certificates: 2 new, 0 updated, 0 known; 1 new issuers." in out
    assert re.search(r"Passed over: .*README", out.replace("\n", ""))
    holders = folder.parent / "holders.json"
    holders.write_text(json.dumps([{"organisation": "Mallilan kunta", "business_id": "0204819-8"}]))
    code, out, _ = sulku("accounts", "import", holders, "--json")
    assert (code, json.loads(out)["linked"]) == (0, 1)

    assert json.loads(sulku("register", "list", "--json")[1])[0]["certificates"] == 2
    assert "Mallilan kunta (0204819-8)" in sulku("register", "show", "00:0B:F4:EA:B0")[1]
    assert json.loads(sulku("register", "show", "bf4eab0", "--json")[1])["holder"]["business_id"] == "0204819-8"
    assert json.loads(sulku("accounts", "list", "--json")[1])[0]["certificates"] == 1
    for text, exact in (
        ("www.mallila.example", True),
        ("mallilan KUNTA", True),
        ("bf4eab1", False),
        ("Malilan knta", False),
    ):
        found = json.loads(sulku("register", "find", text, "--json")[1])
        assert ([c["serial"] for c in found["certificates"]], found["exact"]) == (["bf4eab0"], exact)
    assert "Nothing was found." in sulku("register", "find", "tuntematon")[1]


def test_a_report_for_machines_has_the_counts(sulku, folder: Path) -> None:
    report = json.loads(sulku("register", "import", folder, "--json")[1])
    assert {name: report[name] for name in ("files", "certificates", "new", "known", "issuers", "faults")} == {
        "files": 2,
        "certificates": 2,
        "new": 2,
        "known": 0,
        "issuers": 1,
        "faults": [],
    }
    again = json.loads(sulku("register", "import", folder, "--json")[1])
    assert (again["new"], again["known"], again["issuers"]) == (0, 2, 0)


def test_a_file_that_is_no_certificate_ends_with_its_name_the_next_step_and_nothing_done(sulku, folder: Path) -> None:
    (folder / "broken.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nMIIB")
    code, out, err = sulku("register", "import", folder, "--json")
    assert code == 2
    assert json.loads(out)["faults"] == [
        {"file": str(folder / "broken.pem"), "place": "", "why": "a PEM block that has no end: the file is cut off"}
    ]
    assert "nothing was entered" in json.loads(err)["next_step"]
    assert json.loads(sulku("register", "list", "--json")[1]) == []


def test_a_wrong_business_id_ends_with_its_entry_the_next_step_and_nothing_done(sulku, tmp_path: Path) -> None:
    holders = tmp_path / "holders.json"
    holders.write_text(json.dumps([{"organisation": "a", "business_id": n} for n in ("0204819-8", "0204819-9")]))
    code, _, err = sulku("accounts", "import", holders)
    assert code == 2
    assert "entry 2, business_id: " in err.replace("\n", " ")
    assert "nothing was entered" in err.replace("\n", " ")
    assert json.loads(sulku("accounts", "list", "--json")[1]) == []


def test_a_missing_file_is_named(sulku, tmp_path: Path) -> None:
    for group in ("register", "accounts"):
        code, _, err = sulku(group, "import", tmp_path / "none.json")
        assert (code, "No such file" in err.replace("\n", " ")) == (2, True)


def test_the_page_shows_every_column_and_its_examples_are_right() -> None:
    page = PAGE.read_text()
    for column, meaning in COLUMNS.items():
        assert f"| `{column}` | {meaning} |" in page
    blocks = re.findall(r"(?:^    .*\n)+", page, re.MULTILINE)
    (listed,) = [block for block in blocks if "issuer;" in block]
    (entry,) = read_certificate_list(re.sub("^    ", "", listed, flags=re.MULTILINE).encode(), DEFAULT_RULES)
    (holders,) = [block for block in blocks if block.lstrip().startswith("[")]
    (account,) = read_accounts(holders.encode(), "example")
    assert account.certificates[0].serial == entry.serial
    assert account.certificates[0].issuer_key == entry.issuer.name_key
