"""A private Postfix on a loopback port that hands every mail for the desk's domains to an LMTP port. It needs root."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.programs import require_program

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.test
mydestination =
mynetworks = 127.0.0.1/32
alias_maps =
relay_domains = {domains}
transport_maps = inline:{{ {transports} }}
smtpd_relay_restrictions = permit_auth_destination, reject
smtp_dns_support_level = disabled
lmtp_dns_support_level = disabled
smtputf8_enable = no
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
"""

# service type private unpriv chroot wakeup maxproc command
# The queue manager leaves a file for its next look whose time stamp lies ahead of its own coarse clock, which happens to a
# mail that comes in around a full second: it looks every second, not every 300.
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class PostfixServer:
    """A running server: mail given to `port` comes out at the LMTP port it was started with."""

    port: int
    home: Path

    @property
    def log(self) -> str:
        file = self.home / "log"
        return file.read_text() if file.exists() else ""

    def try_again(self) -> None:
        """Have it send at once what it put off, whatever the clock says meanwhile."""
        subprocess.run([require_program("postqueue"), "-c", self.home / "conf", "-f"], check=True, timeout=30)


@contextmanager
def start_postfix(
    port: int, lmtp_port: int, domains: tuple[str, ...] = ("vrk.fi", "dvv.fi")
) -> Iterator[PostfixServer]:
    """Run it in a folder of its own until the block ends."""
    require_program("postfix")
    daemons = require_program("qmgr").parent
    if os.geteuid() != 0:
        pytest.skip("needs root: Postfix starts as root only")
    home = Path(tempfile.gettempdir()) / f"sulku-postfix-{uuid.uuid4().hex[:8]}"
    _make_folders(home)
    transports = ", ".join(f"{domain}=lmtp:inet:[127.0.0.1]:{lmtp_port}" for domain in domains)
    main = _MAIN.format(home=home, daemons=daemons, domains=", ".join(domains), transports=transports)
    (home / "conf" / "main.cf").write_text(main)
    (home / "conf" / "master.cf").write_text(_MASTER.format(port=port))
    # `master` itself, since `postfix start` looks through the whole installation first and takes seconds.
    master = subprocess.Popen([str(daemons / "master"), "-c", str(home / "conf"), "-d"], stdin=subprocess.DEVNULL)
    server = PostfixServer(port, home)
    try:
        end = time.monotonic() + 20
        while not _answers(port):
            assert master.poll() is None, f"Postfix ended: {server.log}"
            assert time.monotonic() < end, f"Postfix does not answer: {server.log}"
            time.sleep(0.01)
        yield server
    finally:
        master.terminate()
        master.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def _make_folders(home: Path) -> None:
    postfix, drop = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
    for folder in (home, home / "conf", home / "queue", home / "queue" / "pid"):
        folder.mkdir(mode=0o755)
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "trace"):
        (home / "queue" / name).mkdir(mode=0o700)
        os.chown(home / "queue" / name, postfix, 0)
    (home / "data").mkdir(mode=0o700)
    os.chown(home / "data", postfix, 0)
    for name, mode in (("maildrop", 0o1730), ("public", 0o710)):
        folder = home / "queue" / name
        folder.mkdir()
        os.chown(folder, postfix, drop)
        folder.chmod(mode)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
            return probe.recv(4) == b"220 "
    except OSError:
        return False
