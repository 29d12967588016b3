"""The mails that a drill would have sent, rendered for its report: one for each language that holders read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sulku_desk.who_we_are import common_words
from sulku_kernel.language import Language
from sulku_revocation.campaign_notices import AFTER, BEFORE, HOLDERS_AT_ONCE, Notice, holders_of, notices
from sulku_templates.message import Message
from sulku_templates.rendering import Renderer

if TYPE_CHECKING:
    import sqlalchemy as sa

    from sulku_desk.instance import Instance
    from sulku_kernel.transaction import Row


def rendered_notices(instance: Instance, connection: sa.Connection, campaign: Row) -> list[dict[str, str]]:
    """Each as `to`, `subject` and `text`."""
    renderer, common = Renderer(instance.settings.templates), common_words(instance.settings)
    holders = holders_of(connection, campaign["id"], 0, HOLDERS_AT_ONCE)
    shown: dict[tuple[str, str], Notice] = {}
    for template in (BEFORE, AFTER):
        for notice in notices(connection, campaign, holders, template):
            shown.setdefault((template, notice.language), notice)
    rendered = []
    for notice in shown.values():
        mail = renderer.render(Message(notice.template, Language(notice.language), dict(notice.context)), common)
        rendered.append({"to": notice.to, "subject": mail.subject, "text": mail.text})
    return rendered
