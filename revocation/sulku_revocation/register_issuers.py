"""The issuers of an import: which row each claim means, and what it adds to it.

An issuer is its parsed, normalised name and its key identifier. A claim without one (a list, an old certificate) means
the only issuer of that name; a row without one is completed by the first claim that has one.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sulku_kernel.columns import storable_text
from sulku_kernel.numbers import reserve
from sulku_kernel.transaction import Transaction
from sulku_revocation.domain.certificate_der import UnreadableError
from sulku_revocation.domain.register_entry import IssuerClaim
from sulku_revocation.models import issuers

# Both databases keep it in an index; PostgreSQL's entries end at 2,704 octets.
_LONGEST_KEY = 2_000
MOST_CRL_ADDRESSES = 64

Row = dict[str, Any]


class IssuerBook:
    """The issuers on file, and changes to them that `store` writes. Lives as long as one import."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._by_name: dict[str, list[Row]] = {}
        self._created: set[int] = set()
        self._changed: set[int] = set()
        self._known: dict[IssuerClaim, int] = {}
        self._differing: set[str] = set()
        self.created = 0
        self.remarks: list[str] = []
        for row in tx.execute(sa.select(issuers).order_by(issuers.c.id)).mappings():
            self._by_name.setdefault(row["name_key"], []).append(dict(row))

    def find(self, claim: IssuerClaim) -> int | None:
        """The id of the issuer on file that the claim means, or None. Raises UnreadableError when it may be several."""
        row = self._find(claim)
        return None if row is None else row["id"]

    def resolve(self, claim: IssuerClaim) -> int:
        """The id of the issuer, which is entered or completed. Raises UnreadableError."""
        known = self._known.get(claim)
        if known is None:
            row = self._find(claim) or self._create(claim)
            self._complete(row, claim)
            known = self._known[claim] = row["id"]
        return known

    def _find(self, claim: IssuerClaim) -> Row | None:
        rows = self._by_name.get(claim.name_key, [])
        if not claim.key_identifier:
            if len(rows) > 1:
                raise UnreadableError(
                    f"{len(rows)} issuers have the name {claim.name}, and it does not say which key it is:"
                    " give the column issuer_key_identifier"
                )
            return rows[0] if rows else None
        same = [row for row in rows if row["key_identifier"] == claim.key_identifier]
        nameless = [row for row in rows if not row["key_identifier"]]
        return next(iter(same or nameless), None)

    def _create(self, claim: IssuerClaim) -> Row:
        if len(claim.name_key.encode("utf-8", "replace")) > _LONGEST_KEY:
            raise UnreadableError("the issuer's name is far too long")
        if storable_text(claim.name_key) != claim.name_key:
            raise UnreadableError("the issuer's name holds characters that no name has")
        row: Row = {
            "id": reserve(self._tx.connection, "issuer")[0],
            "name": claim.name,
            "name_key": claim.name_key,
            "key_identifier": claim.key_identifier,
            "is_test": claim.is_test,
            "crl_url": "",
            "ocsp_url": "",
            "certificate_der": None,
        }
        self._by_name.setdefault(claim.name_key, []).append(row)
        self._created.add(row["id"])
        self.created += 1
        # A claim without a key may mean two issuers from now on.
        self._known.clear()
        return row

    def _complete(self, row: Row, claim: IssuerClaim) -> None:
        """Fill what was empty. What is on file stays; another address is remarked on, once.

        Another address of a CRL is looked at too: a partitioned list stands at several.
        """
        for column in ("key_identifier", "crl_url", "ocsp_url", "certificate_der"):
            new = getattr(claim, column)
            if new and not row[column]:
                row[column] = new
                self._changed.add(row["id"])
            elif new and column == "crl_url" and len(row[column].split()) < MOST_CRL_ADDRESSES:
                self._add_crl_address(row, new)
            elif new and column.endswith("_url") and new not in row[column].split():
                self._remark(f"{row['name']}: {column} {new} in some certificates; {row[column]} stays on file")

    def _add_crl_address(self, row: Row, new: str) -> None:
        if new not in row["crl_url"].split():
            row["crl_url"] += f" {new}"
            self._changed.add(row["id"])
            self._remark(f"{row['name']}: some certificates name the CRL {new}: it is looked at, too")

    def _remark(self, sentence: str) -> None:
        if sentence not in self._differing and len(self._differing) < 100:
            self._differing.add(sentence)
            self.remarks.append(sentence)

    def store(self) -> None:
        """Write what is new and what has changed, before certificates that point at it."""
        if not self._created and not self._changed:
            return
        for row in (row for rows in self._by_name.values() for row in rows):
            if row["id"] in self._created:
                self._tx.insert(issuers, row)
            elif row["id"] in self._changed:
                changes = {name: value for name, value in row.items() if name != "id"}
                self._tx.execute(issuers.update().where(issuers.c.id == row["id"]).values(changes))
        self._tx.flush()
        self._created.clear()
        self._changed.clear()
