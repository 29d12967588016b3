"""Where the CPU time of a mail goes, in one process: `python -m benchmarks.stages`.

Milliseconds of CPU per mail (user and system, no waiting), step by step as the intake and a worker do them.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext

from benchmarks.desk import Desk, new_desk
from benchmarks.mails import DESK, mail
from benchmarks.match import Size

from sulku_desk.instance import Instance
from sulku_desk.on_call_file import OnCallFile
from sulku_desk.road import JudgedMail
from sulku_desk.wiring import make_inbox, make_judge, make_reader, make_tokens
from sulku_desk.worker import Judge, Worker
from sulku_mailbox.domain.mail import Envelope, Via
from sulku_mailbox.inbox import Delivery, Inbox, StoredDelivery
from sulku_mailbox.raw_mail import RawMail

GROUP = 16
WARM = 500
FIRST = 9 * 10**11  # mails that no other part has sent
AT_ONCE = 500  # no backlog, in which mails would be glanced at first


class Stopwatch:
    """CPU seconds by name."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        begin = time.process_time()
        try:
            yield
        finally:
            self.spent[name] += time.process_time() - begin


def measure(instance: Instance, raws: Sequence[bytes], watch: Stopwatch, at_once: int = AT_ONCE) -> None:
    inbox = make_inbox(instance)
    with make_reader(instance.settings) as reader:
        judge = make_judge(instance, reader, make_tokens(instance))
        worker = Worker(
            instance.storage, inbox, _watched(judge, watch), OnCallFile(instance.settings.on_call_file), instance.clock
        )
        for begin in range(0, len(raws), at_once):
            with watch.of("accept"):
                _accept(inbox, raws[begin : begin + at_once], instance)
            with watch.of("worker, all"):
                while worker.run_once():
                    pass


def measure_desk(
    desk: Desk, count: int, at_once: int = AT_ONCE, profile: cProfile.Profile | None = None
) -> dict[str, float]:
    """CPU seconds of each stage for `count` mails, when some hundred others have gone before."""
    raws = [mail(FIRST + number, desk.size) for number in range(count + WARM)]
    with closing(desk.open()) as instance:
        measure(instance, raws[:WARM], Stopwatch())
        gc.freeze()  # as in a worker (`sulku_desk.roles`)
        gc.set_threshold(20_000, 50, 100)
        watch = Stopwatch()
        with profile or nullcontext():
            measure(instance, raws[WARM:], watch, at_once)
    return dict(watch.spent)


def measure_per_core(desk: Desk, count: int) -> dict[str, float]:
    """Mails a second that one core reads, matches and judges, and the whole of a worker's work, by CPU time."""
    spent = measure_desk(desk, count)
    return {
        "read_match_judge_per_s": count / spent["worker, reading and judging"],
        "worker_per_s": count / spent["worker, all"],
        "accept_per_s": count / spent["accept"],
    }


def _accept(inbox: Inbox, raws: Sequence[bytes], instance: Instance) -> None:
    for begin in range(0, len(raws), GROUP):
        inbox.add([_delivery(raw, instance) for raw in raws[begin : begin + GROUP]])


def _watched(judge: Judge, watch: Stopwatch) -> Judge:
    def watched(batch: Sequence[tuple[StoredDelivery, bytes]]) -> list[JudgedMail]:
        with watch.of("worker, reading and judging"):
            return judge(batch)

    return watched


def _delivery(raw: bytes, instance: Instance) -> Delivery:
    sender = raw[14 : raw.index(b">")].decode()
    return Delivery(RawMail.of(raw), Envelope(sender, (DESK,), instance.clock.now(), Via.SMTP, "127.0.0.1", "mx", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=100_000)
    parser.add_argument("--mails", type=int, default=3_000)
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="how many have come whenever the worker looks")
    parser.add_argument("--profile", action="store_true", help="functions by their own time, beside the stages")
    given = parser.parse_args()
    size = Size(given.certificates, given.certificates // 25)
    profile = cProfile.Profile() if given.profile else None
    with new_desk(size) as desk:
        spent = measure_desk(desk, given.mails, given.at_once, profile)
    for name, seconds in spent.items():
        print(f"{name:<30} {seconds / given.mails * 1_000:7.3f} ms/mail {given.mails / seconds:7.0f} mails/s")
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40).sort_stats("cumulative").print_stats(
            "sulku|email_valid|json.enc|sqlalchemy.engine.base|compiler", 110
        )


if __name__ == "__main__":
    main()
