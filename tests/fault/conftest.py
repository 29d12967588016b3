"""The long tests of this folder run only when they are asked for: `make torture`."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave them out, rather than skip them: nothing is skipped in a run that is to prove something.

    When they run, the longest are begun with, so that no core waits at the end for the last of them.
    """
    if os.environ.get("TORTURE") == "yes":
        items.sort(key=_is_short)
        return
    left_out = [item for item in items if item.get_closest_marker("torture")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_short(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("torture")
    return marker is None or not marker.kwargs.get("is_long")


@pytest.fixture
def storm_size() -> dict[str, int]:
    """How large a storm is to be: `make torture KILLS=… MAILS=… SEED=…`."""
    names = {"kills": 200, "mails": 5_000, "revocations": 500}
    sizes = {name: int(os.environ.get(f"TORTURE_{name.upper()}") or number) for name, number in names.items()}
    seed = os.environ.get("TORTURE_SEED")
    return sizes | ({"seed": int(seed)} if seed else {})
