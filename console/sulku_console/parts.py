"""What the console is built from. The composition root makes the parts; the console makes nothing for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa

from sulku_applications.links import ApplicationLinks
from sulku_kernel.clock import Clock
from sulku_kernel.language import Language
from sulku_kernel.saying import Saying
from sulku_kernel.storage import Storage
from sulku_kernel.transaction import Row
from sulku_revocation.alarms import Page
from sulku_revocation.domain.default_policy import DEFAULT_POLICY
from sulku_revocation.domain.policy import Policy
from sulku_revocation.domain.register_port import Register
from sulku_revocation.register import DatabaseRegister
from sulku_tickets.domain.escalation_policy import EscalationPolicy


def _in_english(saying: Saying, _: Language) -> str:
    return str(saying)


def _all_is_well() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class ConsoleParts:
    """`raw_mail` answers the original bytes of a mail by their SHA-256 (hex) and raises NotFoundError.

    `page` wakes on-call when somebody breaks glass. `link_keys` sign the links in pages, the newest last. `base_url` is
    how people reach the console; with https its cookies are bound to the host. `issuance_token` opens the API of
    compromised keys, which is closed without one. `unwell` gives, for
    `/health/ready`, the next step by the part of the desk that is unwell. `revocation_form`
    draws the form that customers fill in; without it none is handed out. `receipt` gives the
    name and the PDF of an order's receipt, `campaign_receipt` those of a campaign's for a holder (ids of both).
    `saying` puts what the desk found out into a language.
    `drill_mails` gives the mails that a drill would have sent, each as `to`, `subject` and `text`.
    """

    storage: Storage
    clock: Clock
    escalation_policy: Callable[[], EscalationPolicy]
    page: Page
    link_keys: Sequence[bytes]
    application_links: ApplicationLinks
    raw_mail: Callable[[str], bytes]
    organisation: str
    base_url: str
    revocation_policy: Policy = DEFAULT_POLICY
    register_factory: Callable[[sa.Connection], Register] = DatabaseRegister
    issuance_token: str = ""
    unwell: Callable[[], Mapping[str, str]] = _all_is_well
    revocation_form: Callable[[Language], bytes] | None = None
    receipt: Callable[[int], tuple[str, bytes]] | None = None
    campaign_receipt: Callable[[int, int], tuple[str, bytes]] | None = None
    saying: Callable[[Saying, Language], str] = _in_english
    drill_mails: Callable[[sa.Connection, Row], list[dict[str, str]]] | None = None

    @property
    def instance(self) -> str:
        """Which instance this is, for somebody who has the real one and a test one open: where it is reached."""
        return urlsplit(self.base_url).netloc

    @property
    def is_https(self) -> bool:
        """Whether people come over TLS."""
        return self.base_url.startswith("https://")
