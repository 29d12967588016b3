"""Every table of both stores: importing this module makes the metadata complete."""

from __future__ import annotations

from sulku_kernel.storage import desk_metadata, inbox_metadata

__all__ = ["desk_metadata", "inbox_metadata"]
