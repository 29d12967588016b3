"""The revocation policy of this instance: the file that the settings name, or the delivered one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sulku_desk.settings import Settings
from sulku_desk.watched_file import WatchedFile
from sulku_kernel.errors import ConfigurationError
from sulku_revocation.domain.default_policy import DEFAULT_POLICY, DEFAULT_POLICY_TEXT
from sulku_revocation.domain.policy import Policy
from sulku_revocation.domain.policy_file import parse_policy


def load_revocation_policy(settings: Settings) -> Policy:
    """The policy in force. Raises ConfigurationError when the file is unsound: nothing is decided by a broken one."""
    if settings.policy is None and not settings.policy_file.exists():
        return DEFAULT_POLICY
    return read_policy(settings.policy_file)


def revocation_policy_file(settings: Settings) -> WatchedFile[Policy]:
    """The policy in force while the desk runs, whose label is kept with each case that is opened."""
    return WatchedFile(settings.policy_file, partial(load_revocation_policy, settings), fault="policy.broken")


def read_policy(file: Path) -> Policy:
    """The policy in a file. Raises ConfigurationError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{file}: the revocation policy cannot be read ({type(error).__name__})",
            next_step="Correct the setting `policy`, or write the file: `sulku policy show --text` prints one.",
        ) from None
    return parse_policy(text, str(file))


def write_revocation_policy(settings: Settings) -> None:
    """The delivered policy as a file, where there is none. One that exists is only checked."""
    if settings.policy_file.exists():
        load_revocation_policy(settings)
        return
    settings.policy_file.write_text(DEFAULT_POLICY_TEXT, encoding="utf-8")
