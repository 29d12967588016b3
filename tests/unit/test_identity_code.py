"""Personal identity codes are masked; serial numbers that look like them are not."""

from __future__ import annotations

import pytest

from sulku_kernel.identity_code import mask_identity_codes


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Hakija 131052-308T, kiitos.", "Hakija 131052-****, kiitos."),
        ("(131052-308t)", "(131052-****)"),
        ("131052Y308T", "131052Y****"),
        ("131052-308U", "131052-308U"),
        ("311152-308T", "311152-308T"),
        ("0100131052-308T", "0100131052-308T"),
        ("01:131052-308T", "01:131052-308T"),
        ("131052A308T", "131052A****"),
        ("0bf4131052A308Teab0", "0bf4131052A308Teab0"),
        ("2911403-6", "2911403-6"),
        ("hetu:131052-308T", "hetu:131052-****"),
        ("Henkilötunnus:131052A308T.", "Henkilötunnus:131052A****."),
        ("a8:131052A308T", "a8:131052A308T"),
        ("131052\u2013308T", "131052\u2013****"),
        ("131052\u2011308T ja 131052 - 308T", "131052\u2011**** ja 131052 - ****"),
        ("131052 308T", "131052 308T"),
    ],
)
def test_only_a_whole_and_valid_code_is_masked(text: str, masked: str) -> None:
    assert mask_identity_codes(text) == masked
