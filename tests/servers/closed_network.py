"""Runs a server that binds every interface in a network namespace of its own, reached by one loopback port of ours.

`closed_network.py FD COMMAND…` is started inside the namespace: the listening socket FD was made outside and stays there,
while connections to the server are made within. Sockets keep the namespace they were made in.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

INSIDE_PORT = 1829  # RFC 9811, 6: pkixcmp's own; nobody else is in there
_START_SECONDS = 20


@contextmanager
def in_closed_network(command: Sequence[str | Path], folder: Path) -> Iterator[int]:
    """The server of `command`, which must listen on INSIDE_PORT, and the loopback port that leads to it."""
    _require_namespaces()
    with socket.create_server(("127.0.0.1", 0)) as listener, (folder / "server.log").open("ab") as log:
        inside = [sys.executable, "-I", __file__, str(listener.fileno()), *map(str, command)]
        process = subprocess.Popen(
            [*_unshare(), *inside], pass_fds=[listener.fileno()], stdout=subprocess.PIPE, stderr=log, cwd=folder
        )
        try:
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError((folder / "server.log").read_text())
            yield listener.getsockname()[1]
        finally:
            process.stdout.close()
            process.terminate()
            process.wait(_START_SECONDS)


def _unshare() -> list[str]:
    return ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]


def _require_namespaces() -> None:
    if subprocess.run([*_unshare(), "true"], check=False, capture_output=True).returncode:
        import pytest

        pytest.skip("needs the program unshare and leave to make a network namespace: run the tests as root")


def main(descriptor: int, command: Sequence[str]) -> int:
    _loopback_up()
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: _end(server))
    _wait_for(server)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    listener = socket.socket(fileno=descriptor)
    while server.poll() is None:
        outside, _ = listener.accept()
        threading.Thread(target=_carry, args=(outside,), daemon=True).start()
    return 1


def _end(server: subprocess.Popen[bytes]) -> None:
    server.kill()
    os._exit(0)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def _wait_for(server: subprocess.Popen[bytes]) -> None:
    """Until it listens. Nothing connects to see it: OpenSSL's server rests for a second after a call without a word."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if _is_listened_on(INSIDE_PORT):
            return
        time.sleep(0.01)
    raise SystemExit("the server did not start")


def _is_listened_on(port: int) -> bool:
    """As the kernel tells of this namespace (proc_net_tcp): 0A is LISTEN."""
    rows = [line.split() for file in ("tcp", "tcp6") for line in Path("/proc/net", file).read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def _carry(outside: socket.socket) -> None:
    with outside, socket.create_connection(("127.0.0.1", INSIDE_PORT)) as inside:
        back = threading.Thread(target=_pump, args=(inside, outside), daemon=True)
        back.start()
        _pump(outside, inside)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
