"""What became of each certificate of a campaign: searched, some at a time, and all of it as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sulku_kernel.columns import json_value
from sulku_kernel.serial_number import whole_octets
from sulku_kernel.storage import Store
from sulku_revocation.campaign_models import campaign_lines
from sulku_revocation.domain.campaign_states import LineState
from sulku_revocation.domain.folding import fold_compact, fold_organisation
from sulku_revocation.domain.serials import read_serial
from sulku_revocation.models import accounts, certificates, issuers

AT_ONCE = 2_000
SHORTEST_ENDING = 4  # hex digits: the end of a serial number, as people read it aloud
COLUMNS = (
    "id", "issuer", "serial", "common_name", "holder", "state", "why", "sent_at", "accepted_at", "ca_revoked_at",
    "ca_reason", "confirmed_at", "crl_digest", "ocsp_digest", "held_by", "held_reference", "held_until",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines of a list: those in `state`, and those that `text` fits: a serial number in any notation or its end,
    or a part of the holder's name or of the common name. Nothing given: all of them."""  # noqa: D205, D209

    state: LineState | None = None
    text: str = ""


def read_results(
    connection: sa.Connection,
    campaign_id: int,
    sought: Sought = Sought(),
    *,
    after: int = 0,
    offset: int = 0,
    limit: int,
) -> list[dict[str, Any]]:
    """Lines in the order of the list: those behind line `after`, without the first `offset` of them."""
    on_file = certificates.c
    selected = sa.select(
        campaign_lines,
        issuers.c.name.label("issuer"),
        on_file.common_name,
        on_file.not_after,
        accounts.c.organisation.label("holder"),
    )
    query = _joined(selected, campaign_id, sought).where(campaign_lines.c.id > after).order_by(campaign_lines.c.id)
    return [dict(row) for row in connection.execute(query.offset(offset).limit(limit)).mappings()]


def count_results(connection: sa.Connection, campaign_id: int, sought: Sought) -> int:
    """How many lines are meant."""
    return int(connection.execute(_joined(sa.select(sa.func.count()), campaign_id, sought)).scalar_one())


def lines_chosen(connection: sa.Connection, campaign_id: int, ids: Iterable[int]) -> list[dict[str, Any]]:
    """Lines of this campaign by their ids, as `read_results` gives them; others are left out."""
    wanted = sorted(set(ids))[:AT_ONCE]
    query = sa.select(
        campaign_lines, issuers.c.name.label("issuer"), certificates.c.common_name,
        accounts.c.organisation.label("holder"),
    )  # fmt: skip
    chosen = _joined(query, campaign_id, Sought()).where(campaign_lines.c.id.in_(wanted))
    return [dict(row) for row in connection.execute(chosen.order_by(campaign_lines.c.id)).mappings()]


def lines_of_holders(
    connection: sa.Connection, campaign_id: int, account_ids: Iterable[int], state: LineState
) -> list[int]:
    """The ids of these holders' lines in a state."""
    columns = campaign_lines.c
    query = sa.select(columns.id).where(
        columns.campaign_id == campaign_id, columns.account_id.in_(sorted(set(account_ids))), columns.state == state
    )
    return list(connection.execute(query).scalars())


def results_csv(store: Store, campaign_id: int) -> Iterator[str]:
    """The whole list as CSV, a step at a time: no transaction stays open while somebody reads slowly."""
    yield written([COLUMNS])
    after = 0
    while True:
        with store.reading() as connection:
            lines = read_results(connection, campaign_id, after=after, limit=AT_ONCE)
        if not lines:
            return
        yield written(cells(line) for line in lines)
        after = lines[-1]["id"]


def cells(line: Mapping[str, Any], columns: Iterable[str] = COLUMNS) -> list[Any]:
    """A line as a spreadsheet may read it."""
    return [_cell(name, line[name]) for name in columns]


def written(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(name: str, value: Any) -> Any:
    """What a spreadsheet would take for a formula is quoted: names come from outside."""
    if name == "serial":
        return whole_octets(value)
    if hasattr(value, "tzinfo"):
        return json_value(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _joined(query: sa.Select[Any], campaign_id: int, sought: Sought) -> sa.Select[Any]:
    columns = campaign_lines.c
    joined = (
        query.select_from(campaign_lines)
        .join(certificates, certificates.c.id == columns.certificate_id)
        .join(issuers, issuers.c.id == columns.issuer_id)
        .join(accounts, accounts.c.id == columns.account_id, isouter=True)
        .where(columns.campaign_id == campaign_id)
    )
    if sought.state is not None:
        joined = joined.where(columns.state == sought.state)
    return joined.where(_fitting(sought.text)) if sought.text.strip() else joined


def _fitting(text: str) -> sa.ColumnElement[bool]:
    readings = read_serial(text)
    fits: list[sa.ColumnElement[bool]] = [campaign_lines.c.serial.in_(readings)]
    fits += [campaign_lines.c.serial.endswith(one) for one in readings if len(one) >= SHORTEST_ENDING]
    for column, folded in (
        (accounts.c.organisation_folded, fold_organisation(text)),
        (certificates.c.common_name_folded, fold_compact(text)),
    ):
        if folded:
            fits.append(column.contains(folded, autoescape=True))
    return sa.or_(*fits)
