"""A demo that was interrupted goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from sulku_desk.demo.home import demo_settings
from sulku_desk.demo.mails import demo_mails
from sulku_desk.demo.play import People
from sulku_desk.demo.world import make_world
from sulku_desk.wiring import make_inbox, make_reader, make_worker
from sulku_mailbox.ingest import ingest
from sulku_revocation.request_models import revocation_orders


def test_what_the_demos_people_decided_before_the_interruption_is_not_decided_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SULKU_HOME", str(tmp_path / "demo"))
    world = make_world(demo_settings(tmp_path / "demo"), lambda _: None)
    mail = demo_mails(world.organisations)[0]
    assert People(world).decide_at_once(mail) is False

    (tmp_path / "mail.eml").write_bytes(mail.raw)
    ingest(make_inbox(world.instance), [tmp_path / "mail.eml"], world.instance.clock)
    with make_reader(world.instance.settings) as reader:
        make_worker(world.instance, reader).run_once()
    assert People(world).decide_at_once(mail) is True
    again = make_world(demo_settings(tmp_path / "demo"), lambda _: None)
    assert People(again).decide_at_once(mail) is True

    with again.instance.storage.desk.reading() as connection:
        orders = connection.execute(sa.select(revocation_orders.c.serial)).scalars().all()
    # The certificate that was named, and the one that has the same key.
    assert len(orders) == len(set(orders)) == 2
    again.instance.close()
    world.instance.close()
