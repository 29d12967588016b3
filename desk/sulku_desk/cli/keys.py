"""`sulku keys`: keys that are compromised or weak, for issuance and for administrators. docs/proofs.md tells more."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sulku_desk.cli.opening import acting, opened
from sulku_desk.cli.output import Json, counted, emit, print_table, say, speaks_plainly
from sulku_kernel.errors import CompromisedKeyError, InputError
from sulku_kernel.serial_number import whole_octets

if TYPE_CHECKING:
    from sulku_revocation.key_checking import KeyFinding

app = typer.Typer(no_args_is_help=True, help="Compromised and weak keys.")

Named = Annotated[str, typer.Argument(metavar="FILE|SPKI", help="A request, certificate or key, or a key's digest.")]


@app.command()
@speaks_plainly
def check(
    what: Annotated[list[str], typer.Argument(metavar="FILE|SPKI...", help="Requests, certificates, keys, digests.")],
    json_: Json = False,
) -> None:
    """Say whether keys may be certified. Exit code 8 when one is compromised or weak, 0 when all are fine."""
    with opened() as instance, instance.storage.desk.reading() as connection:
        found = [(one, finding) for one in what for finding in _findings(connection, one)]
    bad = [finding for _, finding in found if not finding.is_fine]

    def text() -> None:
        for name, finding in found:
            say(f"{name}: {finding.spki}: {_verdict(finding)}")

    emit([{"file": name, "fine": one.is_fine, **asdict(one)} for name, one in found], as_json=json_, text=text)
    if bad:
        raise CompromisedKeyError(
            f"{len(bad)} of {len(found)} keys must not be certified", next_step="Ask the applicant for a new key."
        )


@app.command()
@speaks_plainly
def block(
    what: Named,
    because: Annotated[str, typer.Option(help="Why, in a sentence.")],
    json_: Json = False,
) -> None:
    """Put keys on the block list because you say so. They stay there for good."""
    from sulku_revocation.block_list import block_by_hand

    with opened() as instance:
        with instance.storage.desk.reading() as connection:
            spkis = [finding.spki for finding in _findings(connection, what)]
        with acting(instance) as tx:
            new = [spki for spki in spkis if block_by_hand(tx, spki, because=because) is not None]
    known = len(spkis) - len(new)
    data = {"blocked": new, "known": known}
    blocked = counted(len(new), "One key is", "{n} keys are")
    sentence = f"{blocked} on the block list now; {counted(known, 'one was', '{n} were')} already."
    emit(data, as_json=json_, text=lambda: say(sentence))


@app.command()
@speaks_plainly
def sweep(json_: Json = False) -> None:
    """Look through everything the CAs have issued: block weak keys, and name what must be revoked for its key.

    Exit code 8 when a certificate that is still valid has a compromised or weak key.
    """
    from sulku_desk.authorities import issued_by_all
    from sulku_desk.on_call_file import OnCallFile
    from sulku_revocation.blocked_certificates import open_cases
    from sulku_revocation.key_sweep import block_all_weak, find_weak, live_on_blocked_keys
    from sulku_revocation.register import DatabaseRegister

    with opened() as instance:
        looked_at, weak = find_weak(issued_by_all(instance.settings, instance.clock))
        with acting(instance) as tx:
            new = block_all_weak(tx, weak)
            tx.flush()
            cases = open_cases(tx, DatabaseRegister(tx.connection), OnCallFile(instance.settings.on_call_file))
        with instance.storage.desk.reading() as connection:
            live = live_on_blocked_keys(connection, instance.clock.now())

    def text() -> None:
        say(f"{looked_at} certificates looked at; {len(weak)} weak keys, {len(new)} of them new on the block list.")
        for one in live:
            say(f"Valid on a compromised key ({one.basis}): {whole_octets(one.serial)} {one.common_name}")
        for case in cases:
            say(f"Ticket {case['number']} is open about it, and on-call is paged.")

    tickets = [case["number"] for case in cases]
    data = {"looked_at": looked_at, "weak": sorted(weak), "new": new, "tickets": tickets}
    data["live"] = [asdict(one) for one in live]
    emit(data, as_json=json_, text=text)
    if live:
        raise CompromisedKeyError(
            f"{len(live)} valid certificates have a compromised key",
            next_step="Decide on their tickets and revoke them.",
        )


@app.command("list")
@speaks_plainly
def list_(json_: Json = False) -> None:
    """The block list, oldest first."""
    from sulku_revocation.block_list import list_blocked

    with opened() as instance, instance.storage.desk.reading() as connection:
        entries = [asdict(entry) for entry in list_blocked(connection)]
    rows = [
        (one["spki"], one["basis"], " ".join(one["kinds"]), f"{one['blocked_at']:%Y-%m-%d %H:%M}Z") for one in entries
    ]
    columns = ("SHA-256 of the public key", "basis", "proofs", "since")
    emit(
        entries,
        as_json=json_,
        text=lambda: print_table(columns, rows, empty="No key is blocked.", whole=("SHA-256 of the public key",)),
    )


@app.command()
@speaks_plainly
def evidence(what: Named, json_: Json = False) -> None:
    """What proves that keys are compromised, as it can be verified anywhere: statements in PEM."""
    from sulku_revocation.block_list import read_evidence_of_key
    from sulku_revocation.key_evidence import as_text

    with opened() as instance, instance.storage.desk.reading() as connection:
        spkis = [finding.spki for finding in _findings(connection, what)]
        kept = [row for spki in spkis for row in read_evidence_of_key(connection, spki)]
    data: list[dict[str, Any]] = [
        {
            "spki": row["spki"],
            "kind": row["kind"],
            "sha256": row["sha256"],
            "kept_at": row["kept_at"],
            "has_sealed_key": row["sealed"] is not None,
            "document": as_text(row["kind"], row["document"]),
        }
        for row in kept
    ]

    def text() -> None:
        for one in data:
            say(f"{one['kind']} of {one['spki']}{', the key itself is sealed' if one['has_sealed_key'] else ''}")
            sys.stdout.write(f"{one['document']}\n")
        if not data:
            say("Nothing is kept about it.")

    emit(data, as_json=json_, text=text)


@app.command()
@speaks_plainly
def unseal(
    spki: Annotated[str, typer.Argument(help="The key's digest.")],
    recovery: Annotated[Path, typer.Option(help="The file with the private half of the recovery key.")],
    output: Annotated[Path, typer.Option(help="A new file to write the private key to (PKCS#8, DER).")],
    because: Annotated[str, typer.Option(help="Why it is needed; stands in the audit trail.")],
    json_: Json = False,
) -> None:
    """Open a private key that came in a mail. For administrators; who did it and why is recorded first."""
    from sulku_revocation.block_list import read_spki
    from sulku_revocation.key_evidence import record_unsealing, sealed_key
    from sulku_revocation.key_sealing import open_sealed, read_half

    private, digest = read_half(recovery), read_spki(spki)
    with opened() as instance:
        with instance.storage.desk.reading() as connection:
            plain = open_sealed(sealed_key(connection, digest), private)
        with acting(instance) as tx:
            record_unsealing(tx, digest, because=because)
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InputError(f"{output}: {error.strerror}", next_step="Name a file that is not there yet.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(plain)
    emit({"spki": digest, "output": str(output)}, as_json=json_, text=lambda: say(f"The key is in {output}."))


def _findings(connection: Any, what: str) -> list[KeyFinding]:
    """What is known about a file's keys or, when there is no such file, about a digest."""
    from sulku_revocation.block_list import read_spki
    from sulku_revocation.key_checking import check_digest, check_keys

    path = Path(what)
    if not path.is_file():
        return [check_digest(connection, read_spki(what))]
    try:
        return check_keys(connection, path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", next_step="Give a file that you may read.") from None
    except InputError as error:
        raise InputError(f"{path}: {error}", next_step=error.next_step) from None


def _verdict(finding: KeyFinding) -> str:
    if finding.is_fine:
        return "fine"
    blocked = f"blocked ({', '.join((finding.basis, *finding.kinds))})" if finding.basis else ""
    return ", ".join(filter(None, (blocked, f"weak ({', '.join(finding.weak)})" if finding.weak else "")))
