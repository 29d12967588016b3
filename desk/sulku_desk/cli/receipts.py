"""`sulku receipt`: what proves to anybody that a certificate is revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from sulku_desk.cli.opening import opened
from sulku_desk.cli.output import Json, emit, say, speaks_plainly
from sulku_kernel.errors import InputError
from sulku_kernel.language import Language
from sulku_kernel.serial_number import whole_octets

app = typer.Typer(no_args_is_help=True, help="Receipts of revocations, with the signed evidence in them.")


@app.command()
@speaks_plainly
def write(
    order: Annotated[int, typer.Argument(metavar="ORDER", help="The order's number (sulku ticket show --json).")],
    folder: Annotated[Path, typer.Option(help="Where to put it.")] = Path(),
    language: Annotated[str | None, typer.Option(help="fi, sv or en; without it the holder's.")] = None,
    json_: Json = False,
) -> None:
    """Write the receipt of a revocation that was seen on CRL and OCSP, as an accessible PDF."""
    from sulku_desk.login import logged_in
    from sulku_desk.receipt_making import make_receipt

    chosen = read_language(language)
    with opened() as instance:
        logged_in(instance)
        file = make_receipt(instance, order, chosen).write_to(folder)
    emit({"file": str(file)}, as_json=json_, text=lambda: say(str(file)))


@app.command()
@speaks_plainly
def verify(
    file: Annotated[Path, typer.Argument(help="The receipt, a PDF.")],
    issuer: Annotated[
        list[Path] | None, typer.Option(help="An issuer's certificate that you trust, PEM or DER; repeat for more.")
    ] = None,
    json_: Json = False,
) -> None:
    """Verify a receipt without a network or a desk. Exit code 2 when it does not hold, with why."""
    from sulku_desk.receipt_verifying import LARGEST, verify_receipt

    verified = verify_receipt(_read(file, LARGEST), *(_read(one, 100_000) for one in issuer or ()))
    certificates = [asdict(one) for one in verified.certificates]
    data = {
        "valid": True,
        "issuer_trusted": verified.is_issuer_trusted,
        "number": verified.number,
        "checkpoint_at": verified.checkpoint_at,
        **(certificates[0] if len(certificates) == 1 else {}),
        "certificates": certificates,
    }

    def text() -> None:
        say("The receipt holds. Signed evidence says:")
        if len(certificates) == 1:
            _say_facts(certificates[0])
        else:
            _say_list(certificates)
        say("Case number, names and the times of sending and seeing are signed by nobody: go by the serial number.")
        if not verified.is_issuer_trusted:
            say("Whether the issuer is the right one nobody checked: give --issuer, or compare issuer sha256.")

    emit(data, as_json=json_, text=text)


def read_language(text: str | None) -> Language | None:
    """A language of the desk, or None for the holder's. Raises InputError."""
    if text is not None and text not in set(Language):
        raise InputError(f"{text!r} is no language of the desk", next_step="Choose fi, sv or en.")
    return None if text is None else Language(text)


def _say_facts(facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if value is not None:
            say(f"  {name.replace('_', ' '):<14} {whole_octets(value) if name == 'serial' else value}")


def _say_list(certificates: Sequence[dict[str, Any]]) -> None:
    """A line for each certificate, behind the issuer and the CRL that they have in common; --json has all of it."""
    shared = ("issuer", "issuer_sha256", "crl_number", "crl_made_at", "crl_sha256")
    for common, those in groupby(certificates, lambda facts: {name: facts[name] for name in shared}):
        _say_facts(common)
        for facts in those:
            asked = f"OCSP answer made {facts['ocsp_made_at']}" if facts["ocsp_made_at"] else "on the CRL alone"
            since = f", key compromised since {facts['invalidity_at']}" if facts["invalidity_at"] else ""
            serial = whole_octets(facts["serial"])
            say(f"  {serial}  revoked {facts['revoked_at']}, {facts['reason']}{since}; {asked}")


def _read(file: Path, limit: int) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(limit + 1)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}", next_step="Name a file that can be read.") from None
