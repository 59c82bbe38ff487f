"""Computes when a pending maintenance action is really applied, and whether a person can still apply it
earlier. ForcedApplyDate alone is not decisive: CurrentApplyDate counts, or without it the earlier of
ForcedApplyDate and the first window after AutoAppliedAfterDate (PendingMaintenanceAction, Amazon RDS API
reference)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.calendar.maintenance_windows import WEEK, Window
from services.models.rds import OptIn, PendingAction
from services.models.verdict import Verdict

LEAST = timedelta(minutes=1)


class ActionUrgency(StrEnum):
    OPTIONAL = "optional"  # Nobody has requested the action and AWS gives no date
    ASKED = "asked"  # A person has requested the action; it is applied as planned
    FAR = "far"  # There is enough time
    LAST_WINDOW = "last-window"
    """The next window is the last one that leaves the lead time, or any time at all."""
    LATE = "late"  # Less time is left than the lead time
    FORCED = "forced"  # The action is applied before the next window


VERDICTS = {
    ActionUrgency.OPTIONAL: Verdict.NORMAL,
    ActionUrgency.FAR: Verdict.NORMAL,
    ActionUrgency.ASKED: Verdict.ATTENTION,
    ActionUrgency.LAST_WINDOW: Verdict.ATTENTION,
    ActionUrgency.LATE: Verdict.ABNORMAL,
    ActionUrgency.FORCED: Verdict.ABNORMAL,
}


@dataclass(frozen=True, slots=True)
class Due:
    action: PendingAction
    at: datetime | None  # When the action is applied (UTC); None: unknown
    urgency: ActionUrgency
    in_window: bool = False  # `at` is in a maintenance window
    manual_window: datetime | None = None
    """Start of the window in which a person should apply the action (UTC); None if there is none in time."""

    @property
    def verdict(self) -> Verdict:
        return VERDICTS[self.urgency]

    def leaves(self, lead: timedelta) -> bool:
        """Whether there is a window in which a person can apply the action `lead` before `at`."""
        return self.manual_window is not None and self.at is not None and self.manual_window <= self.at - lead


def due(action: PendingAction, window: Window | None, now: datetime, lead: timedelta) -> Due:
    """The action with its date. `lead`: how long before that date a person should have applied it."""
    at = bites(action, window, now)
    in_window = at is not None and window is not None and at in window
    # A window that begins at the same moment is too late, even with a shorter lead time.
    lead = max(lead, LEAST)
    if action.opt_in is not OptIn.NONE:
        return Due(action, at, ActionUrgency.ASKED, in_window)
    if at is None:
        return Due(action, None, ActionUrgency.OPTIONAL)
    coming = window.chance(now) if window else None
    return Due(
        action, at, _urgency(at, coming, in_window, now, lead), in_window, _manual_window(at, coming, lead)
    )


def bites(action: PendingAction, window: Window | None, now: datetime) -> datetime | None:
    """When the action is applied if nobody acts (UTC); None: no date yet."""
    if action.opt_in is OptIn.IMMEDIATE:
        return now
    if action.current is not None:
        return action.current
    dates = [action.forced] if action.forced else []
    if action.auto_after:
        not_before = max(action.auto_after, now)
        dates.append(window.chance(not_before) if window else action.auto_after)
    if action.opt_in is OptIn.NEXT_WINDOW and window:
        dates.append(window.chance(now))
    return min(dates, default=None)


def _urgency(
    at: datetime, coming: datetime | None, in_window: bool, now: datetime, lead: timedelta
) -> ActionUrgency:
    if coming is not None and at < coming and not in_window:
        return ActionUrgency.FORCED
    if now > at - lead:
        return ActionUrgency.LATE
    # The window after next is a week later; without a window, a week is the time to act.
    following = (coming or now) + WEEK
    return ActionUrgency.LAST_WINDOW if following > at - lead else ActionUrgency.FAR


def _manual_window(at: datetime, coming: datetime | None, lead: timedelta) -> datetime | None:
    if coming is None or coming >= at:
        return None
    weeks = (at - lead - coming) // WEEK
    return coming + max(0, weeks) * WEEK
