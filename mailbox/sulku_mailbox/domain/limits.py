"""How much of a mail is read.

The figures are Postfix's where Postfix has one (header_size_limit, mime_nesting_limit, mime_boundary_length_limit), so
that both sides of the border agree on what is too much.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets, characters or counts. What is beyond a limit is left out with a defect; the raw bytes are always kept."""

    size: int = 64 * 1024 * 1024
    header_bytes: int = 102_400
    all_headers_bytes: int = 1_048_576
    field_chars: int = 65_536
    subject_chars: int = 2_000
    encoded_words: int = 500
    parameters: int = 200
    boundary_bytes: int = 2_048
    nesting: int = 100
    parts: int = 1_000
    forwarded_depth: int = 8
    forwarded: int = 100
    forwarded_bytes: int = 64 * 1024 * 1024
    addresses: int = 1_000
    from_bytes: int = 8_192
    references: int = 100
    html_bytes: int = 2_097_152
    text_chars: int = 1_048_576
    quoted_lines: int = 20_000
    quotation_depth: int = 20


LIMITS = Limits()
