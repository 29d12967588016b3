"""IDLE against a server that says a word at the wrong moment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from imapclient import IMAPClient

from sulku_mailbox import imap_fetch


def serve(listening: socket.socket) -> None:
    """One client. A mail has come between its last look and IDLE: the server tells of it in one packet with the "+"."""
    client, _ = listening.accept()
    with client, client.makefile("rb") as lines:
        client.sendall(b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
        tag, has_told = b"", False
        for line in lines:
            word = line.split()[-1]
            if word == b"IDLE":
                tag = line.split()[0]
                client.sendall(b"+ idling\r\n" + (b"" if has_told else b"* 1 EXISTS\r\n"))
                has_told = True
            elif word == b"DONE":
                client.sendall(tag + b" OK done\r\n")
            else:
                client.sendall(b"* CAPABILITY IMAP4rev1 IDLE\r\n" + line.split()[0] + b" OK done\r\n")


@pytest.fixture
def client() -> Iterator[IMAPClient]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        serving = threading.Thread(target=serve, args=(listening,))
        serving.start()
        client = IMAPClient("127.0.0.1", listening.getsockname()[1], ssl=False, timeout=20)
        yield client
        client.shutdown()
        serving.join()


def test_a_mail_told_of_in_one_packet_with_the_servers_consent_is_seen(client: IMAPClient) -> None:
    assert imap_fetch._idle_once(client, 0.1, threading.Event())
    assert not imap_fetch._idle_once(client, 0.1, threading.Event())
