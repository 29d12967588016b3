"""A private Dovecot on loopback ports, run wholly by the user who runs the tests (or by `nobody` for root)."""

from __future__ import annotations

import base64
import grp
import hmac
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from tests.servers.certificates import write_server_certificate
from tests.servers.programs import require_program

USER, PASSWORD = "vptuotanto", "salasana-ä1"

_CONFIGURATION = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
mail_home = {home}/mail/%u
mail_location = maildir:~/Maildir
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.key
ssl_dh =
auth_mechanisms = plain login xoauth2
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1s
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    auto = create
  }}
}}
protocol imap {{
  imap_capability = {capability}
}}
"""

_OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
username_attribute = sub
"""
_TOKEN_KEY = b"a key of this test server alone, no secret"


@dataclass
class DovecotServer:
    """A running server. A mailbox is made by logging in; every user has the same password."""

    port: int
    tls_port: int
    home: Path
    prefix: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def ca_file(self) -> Path:
        return self.home / "server.pem"

    def start(self, capability: str = "") -> None:
        """Start it; with `capability` it claims to be able to do only that."""
        file = self.home / "dovecot.conf"
        file.write_text(_CONFIGURATION.format(capability=capability, **self.arguments))
        file.chmod(0o644)
        command = [*self.prefix, str(require_program("dovecot")), "-F", "-c", str(file)]
        self.process = subprocess.Popen(command, cwd=self.home, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not _answers(self.port):
            assert self.process.poll() is None, (self.home / "log").read_text()
            assert time.monotonic() < end, "Dovecot does not answer"
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
            self.process = None

    def token(self, user: str, expires_at: datetime) -> str:
        """An access token (a JWT, RFC 7519, under HS256) this server believes until then."""
        claims = {"sub": user, "exp": int(expires_at.timestamp())}
        signed = b".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        return (signed + b"." + _base64url(hmac.digest(_TOKEN_KEY, signed, "sha256"))).decode()

    def process_of(self, user: str) -> int:
        """The process that serves the longest session of a user; "Disconnected" lines end the others."""
        log = (self.home / "log").read_text()
        begun = re.findall(rf"Login: user=<{user}>.*mpid=(\d+)", log)
        ended = set(re.findall(rf"imap\({user}\)<(\d+)>.*Disconnected", log))
        return int(next(process for process in begun if process not in ended))

    @contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """What a person with a mail program does."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        try:
            client.plain_login(user, PASSWORD)
            yield client
        finally:
            client.logout()

    def put(self, user: str, content: bytes, folder: str = "INBOX", *flags: bytes) -> None:
        """A mail arrives in a folder."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.append(folder, content, flags)

    def bodies(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """What lies in a folder now."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            uids = sorted(client.search("ALL"))
            return [client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] for uid in uids]


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as probe:
            return probe.recv(4) == b"* OK"
    except OSError:
        return False


@contextmanager
def start_dovecot(port: int, tls_port: int) -> Iterator[DovecotServer]:
    """Run it in a folder of its own until the block ends."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    # Short: the paths of its sockets have a limit. Outside pytest's folders, which are closed to others.
    home = Path(tempfile.gettempdir()) / f"sulku-dovecot-{uuid.uuid4().hex[:8]}"
    home.mkdir(mode=0o755)
    (home / "oauth2.conf").write_text(_OAUTH2.format(home=home))
    keys = home / "keys" / "default" / "HS256"
    keys.mkdir(parents=True)
    (keys / "default").write_bytes(base64.b64encode(_TOKEN_KEY))
    write_server_certificate(home, datetime.now(UTC))  # noqa: TID251  a real server looks at the real time
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
        prefix = ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    names = {
        "user": account.pw_name,
        "group": _group_name(account.pw_gid),
        "uid": account.pw_uid,
        "gid": account.pw_gid,
    }
    server = DovecotServer(port, tls_port, home, prefix)
    server.arguments = {**names, "home": home, "port": port, "tls_port": tls_port, "password": PASSWORD}
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


def _base64url(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _group_name(gid: int) -> str:
    return grp.getgrgid(gid).gr_name
