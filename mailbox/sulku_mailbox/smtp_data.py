"""Finds the end of the data and takes the dots out (RFC 5321, 4.5.2), on whole chunks instead of lines."""

from __future__ import annotations

from sulku_mailbox.anomaly import Anomaly

END = b"\r\n.\r\n"


class DataDecoder:
    """Fed with what the client sends after the 354; gives the mail's octets back.

    Only CRLF.CRLF ends the data. A bare LF or CR ends nothing and starts nothing: it stays as it came, and so does a
    dot behind it; so do NUL and lines of any length. Needs no more memory than the chunk it is fed with.
    """

    def __init__(self) -> None:
        # The data begins as if behind a CRLF, so that ".CRLF" alone is an empty mail; these two are not given back.
        self._held = b"\r\n"
        self._virtual = 2
        self._bare_lf = self._bare_cr = self._nul = False
        self.is_complete = False
        self.leftover = b""

    def feed(self, chunk: bytes) -> bytes:
        """The decoded octets that are certain now. What stands behind the end of the data is `leftover`."""
        data = self._held + chunk
        end = data.find(END)
        if end >= 0:
            self.is_complete = True
            self.leftover = data[end + len(END) :]
            data = data[: end + 2]
            self._held = b""
        else:
            held = _possible_end(data)
            self._held = data[len(data) - held :] if held else b""
            data = data[: len(data) - held]
        self._look_at(data)
        decoded = data.replace(b"\r\n.", b"\r\n")
        if self._virtual and decoded:
            decoded = decoded[self._virtual :]
            self._virtual = 0
        return decoded

    def _look_at(self, data: bytes) -> None:
        # A chunk never ends between CR and LF (the CR would be held back), so each may be looked at for itself.
        pairs = data.count(b"\r\n")
        self._bare_lf = self._bare_lf or data.count(b"\n") != pairs
        self._bare_cr = self._bare_cr or data.count(b"\r") != pairs
        self._nul = self._nul or b"\0" in data

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """What was odd so far."""
        found = ((self._bare_lf, Anomaly.BARE_LF), (self._bare_cr, Anomaly.BARE_CR), (self._nul, Anomaly.NUL))
        return tuple(anomaly for is_seen, anomaly in found if is_seen)


def _possible_end(data: bytes) -> int:
    """How many of the last octets could be the beginning of the end."""
    for length in range(min(len(END) - 1, len(data)), 0, -1):
        if data.endswith(END[:length]):
            return length
    return 0
