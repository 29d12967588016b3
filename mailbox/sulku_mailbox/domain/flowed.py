"""`format=flowed` (RFC 3676): lines that the sender's program broke are joined again."""

from __future__ import annotations


def unflow(text: str, *, delete_space: bool) -> str:
    """The text as it was typed; `delete_space` is `DelSp=yes`. Quoted lines keep `> ` once per level."""
    lines: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_flowed = content.endswith(" ") and content != "-- "
        if is_flowed and delete_space:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            lines[-1].append(content)
        else:
            lines.append(["> " * depth, content])
        open_depth = depth if is_flowed else None
    return "\n".join(map("".join, lines))
