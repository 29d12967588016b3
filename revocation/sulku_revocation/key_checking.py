"""Whether a key may be certified: asked at issuance, with a request, a certificate or a key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa

from sulku_kernel.errors import InputError
from sulku_revocation.block_list import BlockedKey, find_blocked
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.proofs.blocks import bare_in, blocks_in, first_value
from sulku_revocation.domain.proofs.bounds import LARGEST_CONTAINER, RefusedError
from sulku_revocation.domain.proofs.private_keys import load_block, load_key, public_key_of
from sulku_revocation.domain.proofs.public_keys import public_keys_in
from sulku_revocation.domain.proofs.shapes import Shape, shape_of
from sulku_revocation.domain.spki import spki_digest
from sulku_revocation.weak_keys import weaknesses_of

MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class KeyFinding:
    """What is known about one key. `basis` is that of its entry on the block list, `weak` the checks that broke it."""

    spki: str
    basis: str = ""
    kinds: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()

    @property
    def is_fine(self) -> bool:
        """Whether it may be certified, as far as is known here."""
        return not self.basis and not self.weak


def check_keys(connection: sa.Connection, data: bytes) -> list[KeyFinding]:
    """What is known about each key in a file (PEM or DER: requests, certificates, public or private keys).

    Raises InputError when there is none that can be read.
    """
    keys = {spki_digest(spki): spki for spki in _public_keys(data)}
    if not keys:
        raise InputError(
            "there is no key in it that can be read",
            next_step="Give a request, a certificate or a key of at most 8,192 bits, in PEM or DER.",
        )
    blocked = find_blocked(connection, keys)
    return [_finding(digest, spki, blocked.get(digest)) for digest, spki in keys.items()]


def check_digest(connection: sa.Connection, spki: str) -> KeyFinding:
    """What is known about the key of that digest. Whether it is weak cannot be told from a digest."""
    entry = find_blocked(connection, [spki]).get(spki)
    return KeyFinding(spki) if entry is None else KeyFinding(spki, entry.basis, entry.kinds)


def _finding(digest: str, spki: bytes, entry: BlockedKey | None) -> KeyFinding:
    weak = weaknesses_of(spki)
    return KeyFinding(digest, weak=weak) if entry is None else KeyFinding(digest, entry.basis, entry.kinds, weak)


def _public_keys(data: bytes) -> Iterator[bytes]:
    """SubjectPublicKeyInfo of every key in the file, at most so many."""
    if len(data) > LARGEST_CONTAINER * 8:
        raise InputError("a file of more than 2 MB", next_step="Give the request or the certificate alone.")
    yield from islice(_each(data), MOST_KEYS)


def _each(data: bytes) -> Iterator[bytes]:
    if value := first_value(data):
        yield from _of_value(value)
        return
    text = data.decode("latin-1")
    for block in blocks_in(text):
        if "PRIVATE KEY" in block.label:
            yield from _of_private_block(block.label, block.pem)
        else:
            yield from _of_value(first_value(block.contents))
    if "BEGIN " not in text:
        for value in bare_in(text):
            yield from _of_value(value)


def _of_value(value: bytes) -> Iterator[bytes]:
    try:
        if value and shape_of(value) is Shape.PRIVATE_KEY:
            yield public_key_of(load_key(value, (), os.urandom(32)))
        elif value:
            yield from public_keys_in(value)
    except (RefusedError, UnreadableError):
        return


def _of_private_block(label: str, block: bytes) -> Iterator[bytes]:
    try:
        yield public_key_of(load_block(label, block, (), os.urandom(32)))
    except (RefusedError, UnreadableError):
        return
