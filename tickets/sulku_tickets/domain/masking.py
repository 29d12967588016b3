"""What of a mail's text may be kept beside the sealed original: no private key, no personal identity code.

A ticket's text is read in the console, on terminals and in exports. Masked after references were extracted, since a
serial number may hold something of the shape of a code.
"""

from __future__ import annotations

import re

from sulku_kernel.identity_code import mask_identity_codes

KEY_REMOVED = "[private key: sealed in the original]"

_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
)


def mask(text: str) -> str:
    """`text` without private keys and with identity codes masked."""
    return mask_identity_codes(without_private_keys(text))


def without_private_keys(text: str) -> str:
    """A sentence stands where a key in PEM stood; one that is cut off takes all behind it along."""
    return _KEY.sub(KEY_REMOVED, text) if "PRIVATE KEY-----" in text else text
