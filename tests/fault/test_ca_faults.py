"""A desk that is killed at any step of a revocation: exactly one revocation at the CA, and the order ends confirmed."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fault.ca_world import CUTS, POINTS, RUNS, CaWorld, Fault, open_ca_world
from tests.servers.programs import require_program

NAMES = ("local", "cmp", "openssl-ca", "command")
OVER_HTTP, PROGRAMS = NAMES[:2], NAMES[2:]
OF_OTHER_MAKES = ("openbao", "cfssl", "acme-pebble", "ejbca", "django-ca")
RANDOM_RUNS, RUNS_OF_ONE_WORLD = 10, 50


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaWorld]:
    require_program("openssl")
    with open_ca_world(tmp_path_factory.mktemp("cas"), NAMES) as opened:
        yield opened


@pytest.mark.parametrize("fault", CUTS, ids=str)
@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_desk_killed_while_it_speaks_with_the_ca_revokes_once(world: CaWorld, name: str, fault: Fault) -> None:
    assert world.survive(name, fault) == []


@pytest.mark.parametrize("fault", RUNS, ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_desk_killed_while_the_cas_program_runs_revokes_once(world: CaWorld, name: str, fault: Fault) -> None:
    assert world.survive(name, fault) == []


@pytest.mark.parametrize("fault", POINTS, ids=str)
def test_a_desk_killed_before_or_after_the_call_revokes_once(world: CaWorld, fault: Fault) -> None:
    """The steps around the call are the desk's own: one CA of each kind shows them."""
    for name in ("cmp", "command"):
        assert world.survive(name, fault) == [], name


def test_a_run_of_random_deaths_over_all_adapters_revokes_each_once(world: CaWorld) -> None:
    assert random_deaths(world, RANDOM_RUNS, seed=20261125) == []


@pytest.mark.torture(is_long=True)
@pytest.mark.timeout(1_800)
def test_many_random_deaths_over_all_adapters_revoke_each_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("TORTURE_SEED") or random.randrange(2**32))
    deaths = int(os.environ.get("TORTURE_DEATHS") or 100)
    for part, begun in enumerate(range(0, deaths, RUNS_OF_ONE_WORLD)):
        with open_ca_world(tmp_path / str(part), NAMES + OF_OTHER_MAKES) as world:
            runs = min(RUNS_OF_ONE_WORLD, deaths - begun)
            assert random_deaths(world, runs, seed=seed + part) == [], f"TORTURE_SEED={seed}"


def random_deaths(world: CaWorld, runs: int, *, seed: int) -> list[str]:
    chance = random.Random(seed)
    broken: list[str] = []
    for _ in range(runs):
        name = chance.choice(list(world.reached))
        fault = world.any_fault(name, chance)
        broken += [f"{name} {fault}: {what}" for what in world.survive(name, fault)]
    return broken
