"""A locked archive tonight, its password in the next mail: both together are one request (M19)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.story.desk import Desk, serial_of
from tests.unit.packed_files import encrypted_zip, seven_zipped

from sulku_tickets.models import ticket_mails

PASSWORD = "Kissa-Kello-77"


def send_locked(desk: Desk, sender: str, name: str, content: bytes) -> None:
    message = desk.write(sender, "Sulkupyyntö", "Hei,\n\nsulkekaa liitteenä oleva varmenne, se on korvattu uudella.\n")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    desk.receive(message)


@pytest.mark.parametrize("kind", ["zip", "7z"])
def test_a_password_in_a_later_mail_opens_the_earlier_archive(desk: Desk, kind: str) -> None:
    issued = desk.certificate(0, "kanta")
    files = {"varmenne.cer": issued.der}
    content = encrypted_zip(files, PASSWORD) if kind == "zip" else seven_zipped(files, PASSWORD)
    sender = desk.organisations[0].contacts[0].email
    send_locked(desk, sender, f"varmenne.{kind}", content)
    first = judgements(desk)[-1]
    assert first["outcome"] == "unmatched"
    assert "password" in first["needs"]
    desk.forward(minutes=2)
    desk.receive(desk.write(sender, "Vs: Sulkupyyntö", f"Varmenteen salasana on {PASSWORD}\n\nSulkekaa se.\n"))
    second = judgements(desk)[-1]
    assert second["outcome"] == "matched"
    assert [match["serial"] for match in second["matches"]] == [serial_of(issued)]


def test_a_strangers_password_opens_nothing_of_others(desk: Desk) -> None:
    issued = desk.certificate(0, "kanta")
    content = encrypted_zip({"varmenne.cer": issued.der}, PASSWORD)
    send_locked(desk, desk.organisations[0].contacts[0].email, "varmenne.zip", content)
    desk.receive(desk.write("stranger@elsewhere.example", "Sulkupyyntö", f"Salasana on {PASSWORD}\n"))
    assert judgements(desk)[-1]["outcome"] == "unmatched"


def judgements(desk: Desk) -> list[dict[str, Any]]:
    with desk.instance.storage.desk.reading() as connection:
        query = sa.select(ticket_mails.c.judgement).where(ticket_mails.c.direction == "in").order_by(ticket_mails.c.id)
        return list(connection.scalars(query))
