"""What was odd about the way a mail came in. Kept with the delivery; it never refuses a mail by itself."""

from __future__ import annotations

from enum import StrEnum


class Anomaly(StrEnum):
    """The closed list of words in `StoredDelivery.anomalies`."""

    BARE_LF = "bare_lf"
    BARE_CR = "bare_cr"
    NUL = "nul"
    ODD_SENDER = "odd_sender"
    NO_ENVELOPE = "no_envelope"

    @property
    def breaks_authentication(self) -> bool:
        """Whether two servers may have read the mail's lines differently.

        Such a mail never counts as authenticated: a relay in front could have signed or checked other lines than we
        see (SMTP smuggling, CVE-2023-51764).
        """
        return self in {Anomaly.BARE_LF, Anomaly.BARE_CR, Anomaly.NUL}
