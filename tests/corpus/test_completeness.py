"""The corpus holds every shape that mails to a revocation desk have, several of each, in three languages."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.corpus.test_corpus import CASES

NAME = re.compile(r"([mx]\d\d)[a-z]?-([a-z]{2})-[a-z0-9-]+")
SHAPES = {
    "m01": "text from a registered address, a compromise asserted",
    "m02": "a serial number in decimal only",
    "m03": "a serial number with blanks, broken over two lines",
    "m04": "a long serial number with zeros or 0x before it",
    "m05": "HTML only, the number in a table",
    "m06": "the form as a PDF, the mail empty",
    "m07": "a scan or a photograph",
    "m08": "the certificate attached",
    "m09": "a chain attached, or a CA's own certificate",
    "m10": "a host name only",
    "m11": "common name and OID of a signature certificate",
    "m12": "two serial numbers, one of them mistyped",
    "m13": "another CA's certificate",
    "m14": "forwarded by a supplier",
    "m15": "a reply that quotes old serial numbers",
    "m16": "a change of mind",
    "m17": "the same once more, or nearly so",
    "m18": "a private key",
    "m19": "a locked archive and its password",
    "m20": "a researcher's report, with and without proof",
    "m21": "a vague suspicion",
    "m22": "signed with S/MIME, well and badly",
    "m23": "encrypted with a key that we do not have",
    "m24": "planned for later",
    "m25": "not needed any more; the organisation has changed",
    "m26": "a question about an application",
    "m27": "written by a machine",
    "m28": "a forger, a stranger in haste, spam",
    "x01": "a lost card",
    "x02": "a subject and nothing else",
    "x03": "Latin-1 that is not declared",
    "x17": "winmail.dat",
    "x18": "Windows-1252 that is not declared",
    "x19": "UTF-16",
    "x20": "no Content-Type",
    "x21": "a certificate under a name of S/MIME",
    "x24": "line breaks in an encoded subject",
    "x30": "a court order",
    "x31": "a legal threat",
    "x34": "another language",
}


def test_every_name_tells_its_shape_and_its_language() -> None:
    assert [name for name in CASES if not NAME.fullmatch(name)] == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_there(shape: str) -> None:
    languages = [found[2] for name in CASES if (found := NAME.fullmatch(name)) and found[1] == shape]
    assert len(languages) >= (2 if shape.startswith("m") else 1), SHAPES[shape]


def test_each_of_the_three_languages_has_many() -> None:
    languages = Counter(found[2] for name in CASES if (found := NAME.fullmatch(name)))
    assert all(languages[language] >= 30 for language in ("fi", "sv", "en")), languages
