"""The stages of a certificate application, as the applicant sees them on the account."""

from __future__ import annotations

from enum import StrEnum

from sulku_kernel.errors import IllegalTransitionError, InputError
from sulku_kernel.state_machine import StateMachine


class Stage(StrEnum):
    """Where an application stands."""

    RECEIVED = "received"
    WAITING_FOR_CSR = "waiting_for_csr"
    IN_REVIEW = "in_review"
    RETURNED_FOR_COMPLETION = "returned_for_completion"
    APPROVED = "approved"
    ISSUED = "issued"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


# The verb that leads into each stage.
VERBS = {
    Stage.RECEIVED: "RECEIVE",
    Stage.WAITING_FOR_CSR: "ASK_FOR_CSR",
    Stage.IN_REVIEW: "REVIEW",
    Stage.RETURNED_FOR_COMPLETION: "RETURN",
    Stage.APPROVED: "APPROVE",
    Stage.ISSUED: "ISSUE",
    Stage.DELIVERED: "DELIVER",
    Stage.REJECTED: "REJECT",
    Stage.WITHDRAWN: "WITHDRAW",
    Stage.EXPIRED: "EXPIRE",
}

# Stage → stages that may follow. An order is binding once the certificate is made: then only delivery follows.
_FOLLOWING: dict[Stage, tuple[Stage, ...]] = {
    Stage.RECEIVED: (Stage.WAITING_FOR_CSR, Stage.IN_REVIEW, Stage.REJECTED, Stage.WITHDRAWN, Stage.EXPIRED),
    Stage.WAITING_FOR_CSR: (Stage.IN_REVIEW, Stage.REJECTED, Stage.WITHDRAWN, Stage.EXPIRED),
    Stage.IN_REVIEW: (
        Stage.WAITING_FOR_CSR,
        Stage.RETURNED_FOR_COMPLETION,
        Stage.APPROVED,
        Stage.REJECTED,
        Stage.WITHDRAWN,
    ),
    Stage.RETURNED_FOR_COMPLETION: (
        Stage.WAITING_FOR_CSR,
        Stage.IN_REVIEW,
        Stage.REJECTED,
        Stage.WITHDRAWN,
        Stage.EXPIRED,
    ),
    Stage.APPROVED: (Stage.ISSUED, Stage.WITHDRAWN),
    Stage.ISSUED: (Stage.DELIVERED,),
    Stage.DELIVERED: (),
    Stage.REJECTED: (),
    Stage.WITHDRAWN: (),
    Stage.EXPIRED: (),
}

APPLICATION_MACHINE = StateMachine(
    name="application",
    initial={VERBS[Stage.RECEIVED]: Stage.RECEIVED},
    transitions={stage: {VERBS[target]: target for target in targets} for stage, targets in _FOLLOWING.items()},
)


def require_following(now: Stage, wanted: Stage) -> None:
    """Nothing, when `wanted` may follow. Raises IllegalTransitionError, with the stages that may."""
    possible = _FOLLOWING[now]
    if wanted not in possible:
        raise IllegalTransitionError(
            f"an application that is {now} cannot become {wanted}",
            next_step=f"Possible now: {', '.join(sorted(possible)) or 'nothing, it has ended'}.",
        )


# An application that waits for the applicant falls due after six months (the authority's terms of delivery).
WAITING_STAGES = (Stage.RECEIVED, Stage.WAITING_FOR_CSR, Stage.RETURNED_FOR_COMPLETION)
EXPIRES_AFTER_DAYS = 183

# Stages whose mail is useless without the reason.
NEEDS_NOTE = (Stage.RETURNED_FOR_COMPLETION, Stage.REJECTED)


def parse_stage(text: str) -> Stage:
    """A stage as a person types it: `in review`, `IN_REVIEW`, `in-review`. Raises InputError listing them."""
    try:
        return Stage(text.strip().lower().replace("-", "_").replace(" ", "_"))
    except ValueError:
        raise InputError(
            f"{text!r} is no stage of an application", next_step="One of: " + ", ".join(stage.value for stage in Stage)
        ) from None
