"""A CA as a desk's settings name it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sulku_revocation.ca.adapter_settings import AdapterSettings


def authority_section(name: str, adapter: str, given: AdapterSettings, issuer: str, **other: Any) -> str:
    """`[authorities.NAME]` as TOML, serving `issuer`; JSON's scalars and arrays are TOML's too."""
    plain = {"adapter": adapter, "url": given.url, "issuers": [issuer], **other}
    if given.token_file is not None:
        plain["token_file"] = str(given.token_file)
    return _table(f"authorities.{name}", plain) + _table(f"authorities.{name}.options", given.options)


def _table(name: str, plain: Mapping[str, Any]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {json.dumps(value, default=str)}\n" for key, value in plain.items())
