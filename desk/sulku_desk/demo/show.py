"""`sulku demo`: the whole desk on this machine, with a dozen mails on their way, live in the terminal.

The roles run as processes exactly as under `sulku serve`; only the senders and two people of the desk are played.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sulku_desk.before_start import check_before_start
from sulku_desk.demo.board import board
from sulku_desk.demo.figures import figures, unfinished
from sulku_desk.demo.home import demo_home, demo_settings, write_state
from sulku_desk.demo.mails import DemoMail, demo_mails
from sulku_desk.demo.play import People, play_applications, send, wait_until_it_answers
from sulku_desk.demo.world import DemoWorld, make_world
from sulku_desk.serve import ROLES, Supervisor, stop_on_signals
from sulku_kernel.errors import UnavailableError

SETTLED_WITHIN_SECONDS = 120
BETWEEN_MAILS_SECONDS = 0.7


def run_demo(*, once: bool, as_json: bool) -> None:
    """Make the world at the first start, run the desk, play what was not played yet, and show it.

    `once`: stop when everything has settled, and print the figures. Raises UnavailableError when it does not settle.
    """
    console = Console(stderr=as_json, highlight=False)
    home = demo_home()
    settings = demo_settings(home)
    world = make_world(settings, console.print)
    stop = threading.Event()
    stop_on_signals(stop)
    try:
        check_before_start(world.instance, ROLES)
        with _running(world, stop):
            wait_until_it_answers((settings.ca.port, settings.smtp.port, settings.web.port))
            _play(world, console, stop, pause=0.0 if once else BETWEEN_MAILS_SECONDS, is_live=not as_json)
            if once:
                _settle(world)
                _print_figures(world, console, as_json=as_json)
            elif not stop.is_set():
                _print_ways_in(world, console)
                stop.wait()
                console.print("Stopping …")
    finally:
        world.instance.close()


@contextlib.contextmanager
def _running(world: DemoWorld, stop: threading.Event) -> Iterator[None]:
    """Every role as a process; their log goes to desk.log."""
    instance = world.instance
    with (instance.settings.home / "desk.log").open("ab") as log:
        supervisor = Supervisor(instance.settings, ROLES, log_file=log.fileno())
        ended = threading.Event()
        watching = threading.Thread(target=supervisor.run, args=(ended,), name="supervisor")
        watching.start()
        try:
            yield
        finally:
            stop.set()
            ended.set()
            watching.join()


def _play(world: DemoWorld, console: Console, stop: threading.Event, *, pause: float, is_live: bool) -> None:
    mails = demo_mails(world.organisations)
    if world.state.is_played:
        console.print("The mails were sent at an earlier start; the desk goes on with the same data.")
        return
    people = People(world)
    undecided = [mail for mail in mails if mail.decide_for is not None]
    with _shown(world, mails, console, is_live=is_live) as show:
        for number, mail in enumerate(mails, 1):
            if stop.is_set():
                return
            if number > world.state.sent:
                send(mail, world.instance.settings.smtp.port)
                world.state.sent = number
                write_state(world.instance.settings.home, world.state)
            show(number)
            # Decided as soon as the desk has read it: the time to "visible" is the desk's, not that of people.
            if mail.decide_for is not None:
                _decide(people, undecided, stop)
                show(number)
            stop.wait(pause)
        play_applications(world)
        world.state.is_played = True
        write_state(world.instance.settings.home, world.state)
        _wait_quiet(world, stop, lambda: show(len(mails)))


def _decide(people: People, undecided: list[DemoMail], stop: threading.Event) -> None:
    give_up_at = time.monotonic() + SETTLED_WITHIN_SECONDS
    while undecided and not stop.is_set() and time.monotonic() < give_up_at:
        if people.decide_at_once(undecided[0]):
            undecided.pop(0)
            return
        time.sleep(0.05)


@contextlib.contextmanager
def _shown(
    world: DemoWorld, mails: Sequence[DemoMail], console: Console, *, is_live: bool
) -> Iterator[Callable[[int], None]]:
    """Gives a function that shows how far the mails are, when so many have been sent."""
    if not is_live or not console.is_terminal:
        yield lambda sent: None  # noqa: ARG005  nobody looks
        return
    with Live(board(world.instance, mails, 0), console=console, auto_refresh=False) as live:
        yield lambda sent: live.update(board(world.instance, mails, sent), refresh=True)


def _wait_quiet(world: DemoWorld, stop: threading.Event, show: Callable[[], None]) -> None:
    give_up_at = time.monotonic() + SETTLED_WITHIN_SECONDS
    while not stop.is_set() and not unfinished(world.instance).is_quiet and time.monotonic() < give_up_at:
        show()
        time.sleep(0.2)
    show()


def _settle(world: DemoWorld) -> None:
    give_up_at = time.monotonic() + SETTLED_WITHIN_SECONDS
    while not (left := unfinished(world.instance)).is_quiet:
        if time.monotonic() > give_up_at:
            raise UnavailableError(
                f"after {SETTLED_WITHIN_SECONDS} s there are still {left.to_read} mails to read and {left.effects} "
                "effects to carry out",
                next_step=f"Look into {world.instance.settings.home / 'desk.log'}.",
            )
        time.sleep(0.1)


def _print_figures(world: DemoWorld, console: Console, *, as_json: bool) -> None:
    found = figures(world.instance)
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    for name, value in found.items():
        console.print(Text(f"{name.replace('_', ' '):<18} {value}"))


def _print_ways_in(world: DemoWorld, console: Console) -> None:
    settings = world.instance.settings
    found = figures(world.instance)
    lines = [
        f"From SMTP DATA to visible on CRL and OCSP: median {found['visible_median_s']} s, {found['revoked']} revoked.",
        f"History: {found['audit_entries']} entries, {'verified' if found['audit_ok'] else 'DOES NOT VERIFY'}.",
        "",
        f"Console:    {settings.web.base_url}",
        *(f"  log in as {login:<9} {password}" for login, password in world.state.passwords.items()),
        f"Sent mails: {settings.maildir}   (a maildir: mutt -f {settings.maildir})",
        f"Commands:   SULKU_HOME={settings.home} .venv/bin/sulku --help",
        f"Log:        {settings.home / 'desk.log'}",
        "",
        "The other requests wait for you in the console. Ctrl-C stops; the next start goes on with the same data.",
    ]
    console.print(Text("\n".join(lines)), soft_wrap=True)
