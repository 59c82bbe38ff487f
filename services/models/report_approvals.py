from datetime import datetime
from enum import StrEnum

from services.models.approvals import ConsentWay, Means
from services.models.base import Clean, Model
from services.models.change_runs import StepState
from services.models.changes import Row
from services.models.watches import WatchState


class Decided(StrEnum):
    """What a person decided about a plan."""

    APPROVED = "approved"
    DECLINED = "declined"
    EMERGENCY = "emergency"


class ApprovalLine(Model):
    """An approval of a plan, its refusal, or an emergency that overrode the lack of one."""

    seq: int
    """Number of its journal entry."""
    at: datetime
    """When it was recorded."""
    by: Clean
    """The user who recorded it: who approved, who declined, or the operator."""
    decided: Decided
    """What was decided: approved, declined, or overridden by an emergency."""
    way: ConsentWay | None = None
    """How it was allowed; None: it was declined."""
    plan: Clean
    """The plan's id."""
    title: Clean = ""
    """The plan's title; "" if the journal does not say."""
    target: Clean = ""
    """The resource that the plan changes, by its usual name where the journal says."""
    role: Clean = ""
    """The role that has to approve; "" if none has to."""
    who: Clean = ""
    """Who approved it elsewhere; "" for the other ways."""
    means: Means | None = None
    """By what means it was obtained elsewhere."""
    consented_at: datetime | None = None
    """When it was obtained elsewhere; None for the other ways."""
    reference: Clean = ""
    """Where it is written down elsewhere; "" if not given."""
    reason: Clean = ""
    """Why it was declined, or is an emergency."""
    freeze: Clean = ""
    """The change freeze that an emergency overrode; "" for none."""
    bypasses_approval: bool = False
    """Whether an emergency also went past `role`: nobody approved the plan."""
    is_used: bool = False
    """Whether the plan was confirmed."""


class EndLine(Model):
    """The end to which a change was followed after AWS had accepted it."""

    state: WatchState
    """Whether AWS showed the end that the plan promised."""
    text: Clean
    """What AWS showed, in words."""
    at: datetime | None = None
    """When it was recorded."""


class StepLine(Model):
    """One request of a change."""

    title: Clean
    """What the request does."""
    rows: tuple[Row, ...]
    """The values it changes, before and after."""
    state: StepState
    """Outcome of the request."""
    at: datetime | None = None
    """When that state was recorded; None: nothing was recorded."""
    text: Clean = ""
    """What happened, in words."""
    verified: bool | None = None
    """Whether AWS, read afterwards, shows the change; None: it was not read."""
