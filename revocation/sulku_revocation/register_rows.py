"""Rows of the register's tables, made in one place: for the imports, for tests and for bulk loads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sulku_kernel.columns import storable_text
from sulku_revocation.domain.folding import fold_compact, fold_organisation
from sulku_revocation.domain.grams import grams_of
from sulku_revocation.domain.register_entry import RegisterEntry
from sulku_revocation.models import account_grams, gram_counts

_LONGEST_TEXT = 1_000


def certificate_row(id_: int, issuer_id: int, entry: RegisterEntry, account_id: int | None) -> dict[str, Any]:
    """A row of `certificate`."""
    common_name = storable_text(entry.common_name, _LONGEST_TEXT)
    organisation = storable_text(entry.organisation, _LONGEST_TEXT)
    return {
        "id": id_,
        "issuer_id": issuer_id,
        "serial": entry.serial,
        "certificate_type": entry.certificate_type.value,
        "common_name": common_name,
        "common_name_folded": fold_compact(common_name),
        "organisation": organisation,
        "organisation_folded": fold_organisation(organisation),
        "organisation_oid": entry.organisation_oid,
        "host_names": " ".join(entry.host_names),
        "not_before": entry.not_before,
        "not_after": entry.not_after,
        "sha1": entry.sha1,
        "fingerprint": entry.fingerprint,
        "spki": entry.spki,
        "account_id": account_id,
        "revoked_at": None,
        "reason": None,
    }


def name_rows(certificate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of `certificate_name` that belong to a row of `certificate`."""
    return [{"name": name, "certificate_id": certificate["id"]} for name in certificate["host_names"].split()]


def store_grams(connection: sa.Connection, changed: Iterable[tuple[int, str, str]]) -> None:
    """Make holders findable by a misspelt name: (id, folded name before, folded name now); empty = none."""
    counts: Counter[str] = Counter()
    added: list[dict[str, Any]] = []
    removed: list[dict[str, Any]] = []
    for account_id, before, now in changed:
        old, new = grams_of(before), grams_of(now)
        added += [{"gram": gram, "account_id": account_id} for gram in sorted(new - old)]
        removed += [{"gone": gram, "of": account_id} for gram in sorted(old - new)]
        counts.update(new - old)
        counts.subtract(old - new)
    if removed:
        gone = account_grams.c.gram == sa.bindparam("gone"), account_grams.c.account_id == sa.bindparam("of")
        connection.execute(account_grams.delete().where(*gone), removed)
    if added:
        connection.execute(account_grams.insert(), added)
    if counts:
        _add_to_counts(connection, counts)


def _add_to_counts(connection: sa.Connection, counts: Mapping[str, int]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(gram_counts)
    statement = insert.on_conflict_do_update(
        index_elements=["gram"], set_={"holders": gram_counts.c.holders + insert.excluded.holders}
    )
    connection.execute(statement, [{"gram": gram, "holders": more} for gram, more in sorted(counts.items()) if more])
