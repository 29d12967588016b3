"""Finds the adapter that the settings name among the installed ones (entry point group `sulku.ca`)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from sulku_kernel.errors import ConfigurationError
from sulku_revocation.ca.adapter_settings import AdapterSettings
from sulku_revocation.ca.authority import CertificateAuthority

GROUP = "sulku.ca"

OpenAdapter = Callable[[AdapterSettings], CertificateAuthority]


def load_adapter(name: str) -> OpenAdapter:
    """The adapter of this name. Raises ConfigurationError when there is none, or when it cannot be loaded."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise ConfigurationError(
            f"there is no CA adapter {name!r}",
            next_step=f"Set its adapter to one of: {', '.join(sorted(found)) or '(none is installed)'}.",
        )
    try:
        adapter = found[name].load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"the CA adapter {name!r} ({found[name].value}) cannot be loaded: {error}",
            next_step="Install it anew, or set another adapter.",
        ) from error
    if not callable(adapter):
        raise ConfigurationError(
            f"the CA adapter {name!r} ({found[name].value}) cannot be called", next_step="Tell its maker."
        )
    return adapter  # type: ignore[no-any-return]  # its calls are checked by the contract tests
