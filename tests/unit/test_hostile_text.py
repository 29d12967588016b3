"""One megabyte written to burn a processor is read in bounded time: the test's time limit is the bound."""

from __future__ import annotations

import pytest
from tests.corpus.test_corpus import NOW
from tests.unit.hostile_seeds import SEEDS

from sulku_mailbox.domain.mail import Attachment, Envelope, Mail, Via
from sulku_revocation.testing import FakeRegister
from sulku_revocation.understanding import understand

MEGABYTE = 1_000_000


def understand_it(mail: Mail) -> None:
    envelope = Envelope("a@b.example", (), NOW, Via.SMTP)
    understand(mail, envelope, FakeRegister(), own_addresses=frozenset(), now=NOW)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_megabyte_of_it_is_read_in_bounded_time(seed: str) -> None:
    text = SEEDS[seed] * (MEGABYTE // len(SEEDS[seed]))
    understand_it(Mail("", len(text), text[:1000], "a@b.example", "", text=text, new_text=text))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", ["pem", "pem_blocks", "labelled", "words", "organisation_lines"])
def test_a_megabyte_attached_is_read_in_bounded_time(seed: str) -> None:
    content = (SEEDS[seed] * (MEGABYTE // len(SEEDS[seed]))).encode()
    named = Attachment("x.txt", "text/plain", content, "", "2")
    opaque = Attachment("x.der", "", b"\x30\x83\x0f\x42\x3b" + content, "", "3")
    understand_it(Mail("", 0, "", "a@b.example", "", attachments=(named, opaque)))
