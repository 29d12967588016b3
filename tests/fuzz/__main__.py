"""`python -m tests.fuzz [--seconds N] [--seed N] [FILE …]`: random and mutated mails through the whole chain.

Prints its seed. The first mail of each kind of fault is made smaller and kept in the folder `fuzz-failures`, with its
fault beside it; named as FILE it is tried again. Ends with 1 when there was one.
"""

from __future__ import annotations

import argparse
import hashlib
import secrets
import sys
import time
from pathlib import Path
from random import Random

from tests.fuzz.mutating import mutate, noise_mail
from tests.fuzz.seeds import seed_mails
from tests.fuzz.whole_chain import WholeChain

KEPT = Path("fuzz-failures")
_EVERY = 60.0
_TRIES_TO_SHRINK = 200


def main() -> int:
    """See the module."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=600)
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    arguments.add_argument("files", nargs="*", type=Path)
    given = arguments.parse_args()
    with WholeChain() as chain:
        if given.files:
            faults = {file.name: chain.fault_of(file.read_bytes()) for file in given.files}
            print("\n".join(f"{name}: {fault or 'all is well'}" for name, fault in faults.items()))
            return int(any(faults.values()))
        return _fuzz(chain, given.seed, given.seconds)


def _fuzz(chain: WholeChain, seed: int, seconds: float) -> int:
    print(f"seed {seed}, {seconds:.0f} s", flush=True)
    rng, seeds = Random(seed), seed_mails()
    ends, tells = time.monotonic() + seconds, time.monotonic() + _EVERY
    tried, failed = 0, set[str]()
    while time.monotonic() < ends:
        raw = next_mail(seeds, rng)
        tried += 1
        if fault := chain.fault_of(raw):
            if _last_line(fault) not in failed:
                _keep(chain, raw, fault)
            failed.add(_last_line(fault))
        if time.monotonic() > tells:
            tells += _EVERY
            print(f"{tried:,} mails, {len(failed)} kinds of faults, slowest {chain.slowest:.2f} s", flush=True)
    print(f"{tried:,} mails, {len(failed)} kinds of faults, slowest {chain.slowest:.2f} s of processor time")
    return int(bool(failed))


def next_mail(seeds: list[bytes], rng: Random) -> bytes:
    """Mostly a mutated mail; sometimes noise in a mail, or noise alone."""
    draw = rng.random()
    if draw < 0.04:
        return rng.randbytes(rng.randrange(3_000))
    return mutate(noise_mail(rng) if draw < 0.1 else rng.choice(seeds), seeds, rng)


def _last_line(fault: str) -> str:
    return fault.strip().splitlines()[-1][:100]


def _keep(chain: WholeChain, raw: bytes, fault: str) -> None:
    smaller = raw if chain.is_slow(fault) else _shrunk(chain, raw, _last_line(fault))
    name = hashlib.sha256(smaller).hexdigest()[:12]
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.eml").write_bytes(smaller)
    (KEPT / f"{name}.txt").write_text(fault, encoding="utf-8")
    print(f"FAULT, kept as {KEPT / name}.eml ({len(smaller)} octets):\n{fault}", flush=True)


def _shrunk(chain: WholeChain, raw: bytes, fault: str) -> bytes:
    """A shorter mail with the same fault: halves, quarters, … are left out while it stays."""
    tries, piece = 0, len(raw) // 2
    while piece and tries < _TRIES_TO_SHRINK:
        at = 0
        while at < len(raw) and tries < _TRIES_TO_SHRINK:
            shorter = raw[:at] + raw[at + piece :]
            tries += 1
            if _last_line(chain.fault_of(shorter) or "-") == fault:
                raw = shorter
            else:
                at += piece
        piece //= 2
    return raw


if __name__ == "__main__":
    sys.exit(main())
