"""Proofs, whatever is done to them: examining never fails, and nothing is ever proven about a key that signed nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit import proof_material as made
from tests.unit.test_written_keys import written

from sulku_mailbox.domain.mail import Attachment, Mail
from sulku_revocation.domain.proofs.claim import read_claims, write_claims
from sulku_revocation.domain.proofs.finding import Tools, find_claims
from sulku_revocation.domain.proofs.signs import shows_proof
from sulku_revocation.domain.proofs.verifying import ProofRules, verify_claims
from sulku_tickets.domain.masking import mask

RULES = ProofRules(frozenset({"https://ca.example/acme/revoke-cert"}))
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def samples() -> tuple[bytes, ...]:
    """Keys and statements of two keys that are quick to load."""
    found: list[bytes] = []
    for kind in ("ec", "ed25519"):
        private = made.key(kind)
        found += [
            made.CONTAINERS[name](private)
            for name in made.CONTAINERS
            if made.exists(name, kind) and "password" not in name
        ]
        found += [text.encode() for text in made.statements(private).values()]
        found += [made.java_key_store(private), made.certificate(private)]
    return tuple(found)


@cache
def written_samples() -> tuple[bytes, ...]:
    """The same keys as programs write them, the public half beside the secret one."""
    with TemporaryDirectory() as folder:
        return tuple(text.encode() for kind in ("ec", "ed25519") for text in written(kind, Path(folder)).values())


@st.composite
def mutated(draw: st.DrawFn, of: Callable[[], tuple[bytes, ...]] = samples) -> bytes:
    """A sample with some octets changed, taken out or put in."""
    octets = bytearray(draw(st.sampled_from(of())))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(octets) - 1))
        piece = draw(st.binary(max_size=3))
        octets[at : at + draw(st.integers(0, 3))] = piece
        octets = octets or bytearray(b"\0")
    return bytes(octets)


def spkis_proven(content: bytes) -> set[str]:
    tools = Tools(b"c" * 32, (made.PASSWORD,), seal=lambda key: key[:0])
    texts = [("text", content.decode("utf-8", "replace"))]
    claims = read_claims(write_claims(find_claims(texts, [("1", content)], tools)))
    return {proof.spki for proof in verify_claims(claims, RULES) if proof.is_verified}


@quick
@given(st.lists(mutated(), min_size=1, max_size=2))
def test_a_damaged_proof_proves_the_key_that_made_it_or_nothing(pieces: list[bytes]) -> None:
    known = {made.spki(made.key(kind)) for kind in ("ec", "ed25519")}
    proven = spkis_proven(b"\n".join(pieces))
    # A changed octet in a private key may leave another key, which then is as leaked as the first.
    is_statement = all(b"PRIVATE KEY" not in piece and piece[:1] not in {b"\x30", b"\xfe"} for piece in pieces)
    assert proven <= known or not is_statement


@quick
@given(st.lists(mutated(written_samples), min_size=1, max_size=2))
def test_a_damaged_key_as_programs_write_it_proves_itself_or_nothing(pieces: list[bytes]) -> None:
    assert spkis_proven(b"\n".join(pieces)) <= {made.spki(made.key(kind)) for kind in ("ec", "ed25519")}


@quick
@given(st.binary(max_size=400))
def test_examining_is_total_on_any_octets(content: bytes) -> None:
    assert spkis_proven(content) == set()
    shows_proof(
        Mail("", 0, "", None, "", text=content.decode("latin-1"), attachments=(Attachment("", "", content, "", "1"),))
    )
    mask(content.decode("latin-1"))


@quick
@given(st.text(max_size=400))
def test_what_comes_out_of_the_jail_is_read_as_data(text: str) -> None:
    assert all(claim.document is not None for claim in read_claims(text))


@quick
@given(st.binary(min_size=1, max_size=20), st.sampled_from([":", " ", ""]))
def test_masking_never_alters_a_serial_number_or_a_fingerprint(serial: bytes, separator: str) -> None:
    text = f"Sulkekaa varmenne {serial.hex(separator) if separator else serial.hex()}, kiitos."
    assert mask(text) == text
