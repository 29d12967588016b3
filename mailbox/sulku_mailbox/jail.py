"""The jailed reader's own side: a process that reads one mail after another and can do nothing else.

It is started with an empty environment and three descriptors: requests come in on 0, answers go out on 1, 2 is
`/dev/null`. After its imports it shuts itself in:

- no file or socket can be opened (RLIMIT_NOFILE is what is open already), none can grow (RLIMIT_FSIZE), no process can
  be started by a user other than root (RLIMIT_NPROC), no core is written;
- memory (RLIMIT_AS) is limited for good, processor time (RLIMIT_CPU) anew for each mail;
- no privilege can be gained (PR_SET_NO_NEW_PRIVS), and where the kernel lets an ordinary user do so, it moves into a
  network namespace of its own that has no interface. Where it may not (many containers), only RLIMIT_NOFILE stands
  between a broken parser and the network; the greeting says which it is.

What is asked stands in `jail_request.py`; an answer is eight octets of length (big-endian) and a frame of
`domain/mail_frame.py`. The first answer is the greeting. It ends when its input ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from sulku_mailbox.domain.charsets import preload_codecs
from sulku_mailbox.domain.defects import Defect
from sulku_mailbox.domain.mail import Mail
from sulku_mailbox.domain.mail_frame import encode_mail
from sulku_mailbox.domain.parsing import parse_mail
from sulku_mailbox.domain.unreadable import unreadable_mail
from sulku_mailbox.jail_request import LENGTH, Asked, receive
from sulku_mailbox.opening.attachments import lock_attachments, open_attachments
from sulku_mailbox.opening.warm_up import warm_up

# While files are opened: so much above what the mail itself takes, as it came and in its parts. py7zr looks here too,
# to see how large a piece it may unpack at once.
_MEMORY_FOR_OPENING = 88 * 1_048_576
_COPIES = 3
# Looks further into a mail, with passwords that came in other mails.
Examiner = Callable[[Mail, Sequence[str]], str]

_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
# Whatever reading may import late must be in memory before no file can be opened: domains, dates, HTML, reports.
_WARM_UP = (
    "From: Päivi <p@bücher.example>\r\nTo: a@b.example\r\nDate: Tue, 24 Nov 2026 03:00:00 +0200\r\n"
    "Subject: =?utf-8?q?a?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    "<p>a&auml;<table><tr><td>b</table>\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    "Final-Recipient: rfc822; a@b.example\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\na\r\n"
    "--b\r\nContent-Type: text/csv; name*=utf-8''%C3%A4.csv\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n"
    "--b--\r\n"
).encode()


def serve(read: Callable[[Asked], Mail], *, memory_bytes: int, cpu_seconds: int) -> None:
    """Shut this process in and answer requests until there are no more."""
    preload_codecs()
    parse_mail(_WARM_UP)
    warm_up()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _send(answers, json.dumps(_shut_in(memory_bytes)).encode())
    while (asked := receive(requests)) is not None:
        _limit_processor(cpu_seconds)
        _send(answers, _answer(read, asked))
        del asked


def _read(asked: Asked, trusted: frozenset[str], memory_at_start: int) -> Mail:
    mail = parse_mail(asked.raw, trusted_authserv_ids=trusted)
    if not asked.opens:
        return lock_attachments(mail)
    with _memory_limited_to(memory_at_start + _COPIES * len(asked.raw) + _MEMORY_FOR_OPENING):
        return open_attachments(mail, asked.passwords)


def _memory_in_use() -> int:
    """Octets of this process's own memory (proc(5), statm: data and stack)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    return pages * resource.getpagesize()


@contextlib.contextmanager
def _memory_limited_to(octets: int) -> Iterator[None]:
    """A lower limit for a while: what meets it gets a MemoryError, which costs one attached file and not the mail."""
    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (octets if before < 0 else min(octets, before), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, hard))


def _examined(read: Callable[[Asked], Mail], examine: Examiner) -> Callable[[Asked], Mail]:
    def read_and_examine(asked: Asked) -> Mail:
        mail = read(asked)
        return replace(mail, examination=examine(mail, asked.passwords)) if asked.opens else mail

    return read_and_examine


def _answer(read: Callable[[Asked], Mail], asked: Asked) -> bytes:
    try:
        return encode_mail(read(asked))
    except MemoryError:
        return encode_mail(unreadable_mail(asked.raw, Defect.MEMORY_LIMIT))


def _send(answers: IO[bytes], frame: bytes) -> None:
    answers.write(LENGTH.pack(len(frame)))
    answers.write(frame)
    answers.flush()


def _shut_in(memory_bytes: int) -> dict[str, bool]:
    """Give everything up that reading does not need; says what could not be given up."""
    libc = ctypes.CDLL(None, use_errno=True)
    has_no_network = libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWNET) == 0
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (value, value))
    return {"has_no_network": has_no_network}


def _limit_processor(seconds: int) -> None:
    """From now on so many seconds; the kernel then sends SIGXCPU, which ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    allowed = int(used.ru_utime + used.ru_stime) + seconds + 1
    # a hard limit of the house that is lower stays
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def main(examiner: Callable[[], Examiner] | None = None) -> None:
    """Arguments: memory in octets, processor seconds for each mail, then the trusted authserv-ids.

    `examiner` makes, before the process is shut in, what looks further into each mail that was read. Whoever knows of
    keys and proofs stands above the mailbox and starts the jail with one (`-m sulku_revocation.jail`), so that those
    are read where nothing can be opened either; what it says travels in `Mail.examination`.
    """
    memory_bytes, cpu_seconds, *trusted = sys.argv[1:]
    os.chdir("/")
    warm_up()
    examine = None if examiner is None else examiner()
    read: Callable[[Asked], Mail] = partial(_read, trusted=frozenset(trusted), memory_at_start=_memory_in_use())
    if examine is not None:
        read = _examined(read, examine)
    serve(read, memory_bytes=int(memory_bytes), cpu_seconds=int(cpu_seconds))


if __name__ == "__main__":
    main()
