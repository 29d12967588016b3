"""Mass revocations within a storm: approved before it blows, sent in waves and at a pace.

Twice the CA withholds its answer to an order of one until the supervisor has killed whoever sends: that these deaths fall
into the middle of the campaign is not left to chance, nor to how busy the machine is. Of a second one a holder's
certificates are under a legal hold, and a third one is approved by nobody but who decided it: these are never revoked.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from tests.fault.deciders import APPROVER, DECIDER
from tests.fault.faulty_ca import append
from tests.fault.world import HOLDERS, FaultWorld

from sulku_desk.instance import Instance
from sulku_kernel.actor import Actor
from sulku_kernel.errors import NotAllowedError
from sulku_kernel.transaction import begin
from sulku_revocation import campaigns
from sulku_revocation.campaign_listing import Lister
from sulku_revocation.campaign_results import Sought, read_results
from sulku_revocation.domain.reason_code import ReasonCode

EACH = 3
TOLD_HOLDERS = 10
WITH_ONE_HELD = (TOLD_HOLDERS, TOLD_HOLDERS + 1)
HELD = WITH_ONE_HELD[0]
OF_NOBODY = (TOLD_HOLDERS + 2,)
LISTED = (TOLD_HOLDERS + len(WITH_ONE_HELD) - 1) * EACH  # what is revoked in the end
CERTIFICATES = HOLDERS * EACH  # those of the other holders stand on no list
PLAN = campaigns.Plan(sizes=(TOLD_HOLDERS, TOLD_HOLDERS), per_minute=600)
LONGER_THAN_ANY_STORM = timedelta(days=90)


def approve_campaigns(world: FaultWorld, instance: Instance, first: int) -> None:
    """Over certificates from number `first` on. Those that are to be revoked stand in the ledger `campaign`."""
    people = _People(world, instance)
    listed = _serials(world, first, range(TOLD_HOLDERS))
    people.approve(people.decided("Weak keys", listed), APPROVER)
    beside_the_held = _serials(world, first, WITH_ONE_HELD)
    held = _serials(world, first, (HELD,))
    campaign_id = people.decided("Old keys", beside_the_held)
    people.hold(campaign_id, held)
    people.approve(campaign_id, APPROVER)
    of_nobody = people.decided("Strong keys", _serials(world, first, OF_NOBODY))
    with suppress(NotAllowedError):
        people.approve(of_nobody, DECIDER)
    for serial in sorted({*listed, *beside_the_held} - {*held}):
        append(world, "campaign", {"serial": serial})


def _serials(world: FaultWorld, first: int, holders: Sequence[int]) -> list[str]:
    return [one.serial for one in world.certificates[first : first + CERTIFICATES] if one.holder in holders]


class _People:
    """Who decides on campaigns and approves them."""

    def __init__(self, world: FaultWorld, instance: Instance) -> None:
        self._store, self._clock = instance.storage.desk, world.clock

    def decided(self, name: str, serials: Sequence[str]) -> int:
        with begin(self._store, self._clock, DECIDER) as tx:
            campaign_id = int(campaigns.create_campaign(tx, campaigns.NewCampaign(name, ocsp_per_mille=200))["id"])
        listed = "\n".join(f"0x{serial}" for serial in serials)
        Lister(self._store, self._clock, DECIDER, campaign_id).from_file("list.txt", listed.encode())
        with begin(self._store, self._clock, DECIDER) as tx:
            campaigns.freeze(tx, campaign_id)
            campaigns.plan(tx, campaign_id, PLAN)
            campaigns.decide_campaign(tx, campaign_id, reason=ReasonCode.SUPERSEDED, because="The keys are weak.")
        return campaign_id

    def hold(self, campaign_id: int, serials: Sequence[str]) -> None:
        with begin(self._store, self._clock, DECIDER) as tx:
            order = campaigns.LegalHold("A court", "T 26/1", tx.now + LONGER_THAN_ANY_STORM)
            lines = read_results(tx.connection, campaign_id, Sought(), limit=CERTIFICATES)
            campaigns.hold(tx, campaign_id, order, lines=[one["id"] for one in lines if one["serial"] in serials])

    def approve(self, campaign_id: int, who: Actor) -> None:
        with begin(self._store, self._clock, who) as tx:
            shown = campaigns.get_campaign(tx.connection, campaign_id)
            assert shown is not None
            campaigns.approve_campaign(tx, campaign_id, shown_digest=shown["approval_digest"])
