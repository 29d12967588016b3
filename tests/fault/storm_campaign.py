"""A mass revocation within a storm: approved before it blows, sent in waves and at a pace.

Twice the CA withholds its answer to an order of it until the supervisor has killed whoever sends: that these deaths fall
into the middle of the campaign is not left to chance, nor to how busy the machine is.
"""

from __future__ import annotations

from tests.fault.faulty_ca import append
from tests.fault.world import HOLDERS, FaultWorld

from sulku_kernel.actor import Actor
from sulku_kernel.transaction import begin
from sulku_revocation import campaigns
from sulku_revocation.campaign_listing import Lister
from sulku_revocation.domain.reason_code import ReasonCode

TOLD_HOLDERS, EACH = 10, 3
LISTED = TOLD_HOLDERS * EACH
CERTIFICATES = HOLDERS * EACH  # those of the other holders stand on no list
PLAN = campaigns.Plan(sizes=(TOLD_HOLDERS, TOLD_HOLDERS), per_minute=600)
DECIDER = Actor.user("decider", frozenset({"operator", "approver"}))
APPROVER = Actor.user("approver", frozenset({"approver"}))


def approve_campaign(world: FaultWorld, first: int) -> None:
    """Over certificates from number `first` on: three of each of ten holders, which stand in the ledger `campaign`."""
    chosen = [one.serial for one in world.certificates[first : first + CERTIFICATES] if one.holder < TOLD_HOLDERS]
    instance = world.open()
    store, clock = instance.storage.desk, world.clock
    try:
        with begin(store, clock, DECIDER) as tx:
            new = campaigns.NewCampaign("Weak keys", ocsp_per_mille=200)
            campaign_id = campaigns.create_campaign(tx, new)["id"]
        listed = "\n".join(f"0x{serial}" for serial in chosen)
        Lister(store, clock, DECIDER, campaign_id).from_file("list.txt", listed.encode())
        with begin(store, clock, DECIDER) as tx:
            campaigns.freeze(tx, campaign_id)
            campaigns.plan(tx, campaign_id, PLAN)
            decided = campaigns.decide_campaign(
                tx, campaign_id, reason=ReasonCode.SUPERSEDED, because="The keys are weak."
            )
        with begin(store, clock, APPROVER) as tx:
            campaigns.approve_campaign(tx, campaign_id, shown_digest=decided["approval_digest"])
    finally:
        instance.close()
    for serial in chosen:
        append(world, "campaign", {"serial": serial})
