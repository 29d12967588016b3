"""`Message`: what is to be said, in which language, with which facts. Rendering is somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sulku_kernel.language import Language


@dataclass(frozen=True, slots=True)
class Message:
    """A template of the catalogue, a language and the plain values the template needs (JSON values only)."""

    template: str
    language: Language
    context: Mapping[str, Any] = field(default_factory=dict)
