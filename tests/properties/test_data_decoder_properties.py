"""However the octets of DATA are cut into chunks, the same mail comes out, and it is what RFC 5321 says."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sulku_mailbox.anomaly import Anomaly
from sulku_mailbox.smtp_data import DataDecoder

# Octets that matter, often; others, seldom.
streams = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"\r\n.\r\n", b"\0", b"x", b"text", b"\xe4"]), max_size=24
).map(b"".join)


def simply(stream: bytes) -> tuple[bytes, bytes | None]:
    """RFC 5321, 4.5.2, word by word: the mail so far, and what stands behind its end when it has one."""
    lines = stream.split(b"\r\n")
    for number, line in enumerate(lines[:-1]):
        if line == b".":
            return _text(lines[:number]), b"\r\n".join(lines[number + 1 :])
    return _text(lines[:-1]), None


def _text(lines: list[bytes]) -> bytes:
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)


def decode(chunks: list[bytes]) -> tuple[bytes, bytes | None, tuple[Anomaly, ...]]:
    decoder = DataDecoder()
    decoded = b""
    for number, chunk in enumerate(chunks):
        decoded += decoder.feed(chunk)
        if decoder.is_complete:
            return decoded, decoder.leftover + b"".join(chunks[number + 1 :]), decoder.anomalies
    return decoded, None, decoder.anomalies


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[start:end] for start, end in pairwise(edges)]


@given(streams, st.lists(st.integers(0, 100), max_size=40))
@example(b".\r\n", [1, 2])
@example(b"a\r\n.\r\n.\r\n", list(range(20)))
@example(b"..\r\n.\r\n", [1])
@settings(max_examples=400, deadline=None)
def test_any_cutting_gives_the_mail_of_the_simple_reading(stream: bytes, places: list[int]) -> None:
    stream += b"\r\n.\r\nNOOP\r\n"
    mail, rest = simply(stream)
    decoded, leftover, _ = decode(cut(stream, places))
    assert (decoded, leftover) == (mail, rest)


@given(streams, st.lists(st.integers(0, 100), max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_cutting_finds_the_same_oddities(stream: bytes, places: list[int]) -> None:
    stream += b"\r\n.\r\n"
    decoded, _, anomalies = decode(cut(stream, places))
    kept = decoded.replace(b"\r\n", b"")
    assert (Anomaly.BARE_LF in anomalies) == (b"\n" in kept)
    assert (Anomaly.BARE_CR in anomalies) == (b"\r" in kept)
    assert (Anomaly.NUL in anomalies) == (b"\0" in kept)


@given(streams)
@settings(max_examples=200, deadline=None)
def test_what_is_given_back_before_the_end_is_never_taken_back(stream: bytes) -> None:
    whole, _, _ = decode([stream + b"\r\n.\r\n"])
    early = DataDecoder().feed(stream)
    assert whole.startswith(early)
