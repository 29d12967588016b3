"""Opens mails that were encrypted to the desk (RFC 8551, 3.3), with the desk's own key.

`openssl cms` does it, in a process of its own that gets the hostile octets and the name of the key's file: it knows
every way in use (RSA PKCS#1 v1.5 and OAEP, elliptic curves, CBC and GCM), the key never lies in the worker's memory,
and what goes wrong ends that process only. The jailed reader could not: it may hold no key. What comes out is read
there.

That a mail was encrypted says nothing about who wrote it; everybody has our certificate.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sulku_kernel.errors import ConfigurationError

_SECONDS = 10
_MEMORY = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class MailKey:
    """The desk's certificate for mail and its key, PEM files. Made by `load_mail_key`."""

    certificate: Path
    key: Path
    program: str

    def open(self, cms: bytes) -> bytes | None:
        """What was encrypted (a MIME entity), or None when it cannot be opened with this key."""
        command = [self.program, "cms", "-decrypt", "-inform", "DER", "-binary",
                   "-recip", str(self.certificate), "-inkey", str(self.key)]  # fmt: skip
        try:
            return _run(command, cms)
        except (OSError, subprocess.TimeoutExpired):
            return None


def load_mail_key(certificate: Path, key: Path) -> MailKey:
    """Raises ConfigurationError when a file or the program is missing, or the key is open to others."""
    program = shutil.which("openssl")
    if program is None:
        raise ConfigurationError("the program openssl is missing", next_step="Install it, or unset smime.key.")
    for file in (certificate, key):
        if not file.is_file():
            raise ConfigurationError(f"{file} is missing", next_step="Correct smime.certificate and smime.key.")
    if key.stat().st_mode & 0o077:
        raise ConfigurationError(f"{key} is open to other users", next_step=f"chmod 600 {key}")
    return MailKey(certificate, key, program)


def _run(command: list[str], cms: bytes) -> bytes | None:
    with subprocess.Popen(  # noqa: S603  # a program found once, arguments from the settings
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    ) as process:
        try:
            for limit, value in ((resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_AS, _MEMORY)):
                resource.prlimit(process.pid, limit, (value, value))
            output, _ = process.communicate(cms, timeout=_SECONDS)
        finally:
            process.kill()
    return output if process.returncode == 0 and output else None
