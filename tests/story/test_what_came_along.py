"""What came with a mail is kept with it, so that the ticket tells of it without opening the mail again."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from tests.story.desk import Desk, serial_of
from tests.unit.packed_files import encrypted_zip, zipped

from sulku_tickets.models import ticket_mails

PASSWORD = "Kissa-Kello-77"


def with_file(message: EmailMessage, name: str, content: bytes) -> EmailMessage:
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def kept(desk: Desk) -> list[Any]:
    with desk.instance.storage.desk.reading() as connection:
        query = sa.select(ticket_mails.c.files).where(ticket_mails.c.direction == "in").order_by(ticket_mails.c.id)
        return list(connection.scalars(query))


def test_a_ticket_keeps_of_each_mail_what_came_along(desk: Desk) -> None:
    issued = desk.certificate(0, "kanta")
    sender = desk.organisations[0].contacts[0].email
    text = "Hei,\n\nsulkekaa liitteenä oleva varmenne, se on korvattu uudella.\n"
    packed = zipped({"varmenne.cer": issued.der})
    desk.receive(with_file(desk.write(sender, "Sulkupyyntö", text), "varmenne.zip", packed))
    desk.receive(desk.write(sender, "Kysymys", "Hei,\n\nmilloin päivystys vastaa puhelimeen?\n"))
    locked = encrypted_zip({"toinen.cer": issued.der}, PASSWORD)
    desk.receive(with_file(desk.write(sender, "Toinen", text), "lukittu.zip", locked))
    desk.forward(minutes=2)
    desk.receive(desk.write(sender, "Vs: Toinen", f"Varmenteen salasana on {PASSWORD}\n\nSulkekaa se.\n"))

    first, second, third, fourth = kept(desk)
    (archive,) = first["files"]
    assert (archive["name"], archive["kind"], archive["became"], archive["size"]) == (
        "varmenne.zip", "archive", "opened", len(packed),
    )  # fmt: skip
    (certificate,) = archive["inside"][0]["certificates"]
    assert (certificate["serial"], certificate["is_known"]) == (serial_of(issued), True)
    assert second is None
    assert [one["became"] for one in third["files"][0]["inside"]] == ["password"]
    assert (fourth["files"][0]["name"], fourth["files"][0]["is_earlier"]) == ("lukittu.zip", True)
    assert fourth["files"][0]["inside"][0]["certificates"] == [certificate]
