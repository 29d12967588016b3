"""Which holder a certificate belongs to, as far as its subject says."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa

from sulku_revocation.domain.business_id import ARC, business_id_of
from sulku_revocation.models import accounts

Ids = defaultdict[str, list[int]]


class Holders:
    """The holders on file, by what certificates say of them. Read once; lives as long as one import."""

    def __init__(self, connection: sa.Connection) -> None:
        self._by_oid: Ids = defaultdict(list)
        self._by_business_id: Ids = defaultdict(list)
        self._by_name: Ids = defaultdict(list)
        columns = accounts.c.id, accounts.c.oid, accounts.c.business_id, accounts.c.organisation_folded
        for id_, oid, business_id, name in connection.execute(sa.select(*columns)):
            self._by_oid[oid].append(id_)
            self._by_business_id[business_id].append(id_)
            self._by_name[name].append(id_)

    def find(self, *, oid: str, organisation_folded: str) -> int | None:
        """The one holder that fits, or None when none or several do.

        By the OID, else one it stands under (a unit's certificate belongs to its organisation), else the Business ID
        in it. The name counts only where the OID says nothing of that: names are not unique in Finland.
        """
        for above in _with_those_above(oid):
            if above and above in self._by_oid:
                return _only(self._by_oid[above])
        stated = business_id_of(oid)
        if stated:
            return _only(self._by_business_id.get(stated, []))
        return _only(self._by_name.get(organisation_folded, [])) if organisation_folded else None


def _only(ids: list[int]) -> int | None:
    return ids[0] if len(ids) == 1 else None


def _with_those_above(oid: str) -> list[str]:
    """`1.2.246.10.2048198.10.1`, `1.2.246.10.2048198.10`, `1.2.246.10.2048198`; other arcs only as they stand."""
    found = [oid]
    while oid.startswith(ARC) and "." in oid[len(ARC) :]:
        oid = oid.rpartition(".")[0]
        found.append(oid)
    return found
