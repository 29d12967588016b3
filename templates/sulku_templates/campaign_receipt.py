"""The receipt of a campaign for one holder: every revoked certificate of theirs, by the CRL that shows it.

It is drawn and compared as a single receipt is (`receipt.py`). The table of certificates goes on over several pages;
on each its headings stand again, and the page's number below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sulku_kernel.language import Language
from sulku_templates.accessible_pdf import AttachedFile, draw, page_template
from sulku_templates.campaign_receipt_words import campaign_receipt_texts
from sulku_templates.receipt import legible, shown, without_space, words_on

_RECORDS = ("number", "organisation", "count", "confirmed_at")
_FACTS = ("issuer", "issuer_sha256", "crl_number", "crl_made_at")
_HEADINGS = (("certificate", 88), ("revoked_at", 58), ("reason", 65), ("ocsp", 50))  # and their widths in millimetres


def render_campaign_receipt(
    language: Language,
    *,
    desk: str,
    lists: Sequence[Mapping[str, Any]],
    records: Mapping[str, Any],
    files: tuple[AttachedFile, ...],
    made_at: datetime,
) -> bytes:
    """The PDF. A list has the name of its file (`crl`) and `certificates`, each with its `evidence` as it was signed.

    `records` and the certificates' `common_name` are what the desk adds of its own; times as text in UTC.
    """
    return draw(_html(language, desk, lists, records), files=files, at=made_at)


def campaign_receipt_text(
    language: Language, *, desk: str, lists: Sequence[Mapping[str, Any]], records: Mapping[str, Any]
) -> str:
    """What its pages say, without any white space, without what stands on each page again."""
    return words_on(_html(language, desk, lists, records))


def table_headings(language: Language) -> str:
    """What a page begins with when the table goes on, without any white space."""
    texts = campaign_receipt_texts(language)
    return without_space("".join(texts[name] for name, _ in _HEADINGS))


def _html(language: Language, desk: str, lists: Sequence[Mapping[str, Any]], records: Mapping[str, Any]) -> str:
    texts = campaign_receipt_texts(language)
    return page_template("campaign_receipt.html.j2").render(
        language=language.value,
        desk=desk,
        texts=texts,
        records=[(name, shown(name, records[name], language)) for name in _RECORDS],
        headings=[(texts[name], width) for name, width in _HEADINGS],
        lists=[_list(one, language, texts) for one in lists],
    )


def _list(given: Mapping[str, Any], language: Language, texts: Mapping[str, str]) -> dict[str, Any]:
    of_all = given["certificates"][0]["evidence"]
    return {
        "file": given["crl"],
        "facts": [(name, shown(name, of_all[name], language)) for name in _FACTS],
        "certificates": [_certificate(one, language, texts) for one in given["certificates"]],
    }


def _certificate(given: Mapping[str, Any], language: Language, texts: Mapping[str, str]) -> dict[str, Any]:
    evidence = given["evidence"]
    reason = shown("reason", evidence["reason"], language)
    if evidence["invalidity_at"]:
        reason += [f"{texts['invalidity_at']}:", *shown("invalidity_at", evidence["invalidity_at"], language)]
    return {
        "serial": shown("serial", evidence["serial"], language)[0],
        "common_name": legible(given["common_name"]),
        "cells": [
            shown("revoked_at", evidence["revoked_at"], language),
            reason,
            shown("ocsp_made_at", evidence["ocsp_made_at"], language)[-1:],
        ],
    }
