"""Of ten receipts one is drawn, always the same ones; for the others stands a page that was drawn before.

A receipt takes as long as a hundred mails, and half of a storm's time went into them. That each is drawn, and right, is
proven by the tests of receipts; here they must only come when and where other mails do.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache

from sulku_templates import accessible_pdf, receipt

ONE_IN = 10
_draw = accessible_pdf.draw


@cache
def some_page() -> bytes:
    """Drawn in the parent: what the library loads late is loaded then."""
    return _draw("<html lang='en'><head><title>A page</title></head><body><p>A page.</p></body></html>")


def draw_one_in_ten(
    html: str, *, files: tuple[accessible_pdf.AttachedFile, ...] = (), at: datetime | None = None
) -> bytes:
    """In the place of `accessible_pdf.draw`."""
    if hashlib.sha256(html.encode()).digest()[0] % ONE_IN:
        return some_page()
    return _draw(html, files=files, at=at)


def sample_receipts() -> None:
    """From now on this process draws one in ten."""
    receipt.draw = draw_one_in_ten
