"""Every projection: the tables whose rows the event chain explains."""

from __future__ import annotations

from sulku_applications.models import APPLICATIONS
from sulku_kernel.transaction import Projection
from sulku_revocation.campaign_models import CAMPAIGN_LINES, CAMPAIGNS
from sulku_revocation.hold_models import LEGAL_HOLDS
from sulku_revocation.key_models import KEYS
from sulku_revocation.request_models import ORDERS, REQUESTS
from sulku_tickets.models import ESCALATIONS, OPERATORS, TICKETS

PROJECTIONS: tuple[Projection, ...] = (
    TICKETS,
    ESCALATIONS,
    OPERATORS,
    REQUESTS,
    ORDERS,
    APPLICATIONS,
    KEYS,
    LEGAL_HOLDS,
    CAMPAIGNS,
    CAMPAIGN_LINES,
)
