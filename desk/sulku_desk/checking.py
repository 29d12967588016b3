"""Signed audit checkpoints and the verification of everything against them."""

from __future__ import annotations

import sqlalchemy as sa

from sulku_desk.instance import Instance
from sulku_desk.projections import PROJECTIONS
from sulku_kernel import audit, checkpoints
from sulku_kernel.audit import AuditReport
from sulku_kernel.checkpoints import Checkpoint
from sulku_kernel.events import chain_head


def sign_checkpoint(instance: Instance) -> int:
    """Sign where the chain ends now and keep it in the second place; 0 when nothing was added since the last one."""
    with instance.storage.desk.reading() as connection:
        head = connection.execute(sa.select(chain_head)).one_or_none()
    if head is None:
        return 0
    folder = instance.settings.checkpoints_folder
    last = checkpoints.last_checkpoint(folder, instance.audit_key.public_key())
    if last is not None and last.seq >= head.seq:
        return 0
    checkpoint = Checkpoint(head.seq, head.digest, instance.clock.now())
    checkpoints.write_checkpoint(folder, checkpoint, instance.audit_key)
    return 1


def verify_audit(instance: Instance) -> AuditReport:
    """Verify the chain, the projections and the checkpoints."""
    signed, faults = checkpoints.read_checkpoints(instance.settings.checkpoints_folder, instance.audit_key.public_key())
    with instance.storage.desk.snapshot() as connection:
        report = audit.verify(connection, PROJECTIONS, signed)
    for fault in faults:
        report.add(fault)
    return report
