from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.calendar.calendar import Calendar
from services.changes.ecs_scaling.state import ScalingState
from services.i18n import _
from services.models.base import Clean
from services.models.date_text import zoned_time
from services.models.runbook import Ecs, Runbook

SCALE_DOWN = "scale-down"
"""The runbook's duty that reverts the limit; the other duties of its series raise it."""
SOON = timedelta(days=7)  # How long before it begins a busy time is announced
LONGEST = timedelta(days=45)  # Maximum length of a busy time


@dataclass(frozen=True, slots=True)
class Season:
    title: Clean  # The duty that begins it
    since: datetime
    until: datetime  # When the limit is reverted (UTC)

    def has_begun(self, now: datetime) -> bool:
        return self.since <= now


def season(runbook: Runbook, calendar: Calendar, now: datetime) -> Season | None:
    series = next((duty.series for duty in runbook.duties if duty.id == SCALE_DOWN), "")
    ups = [duty.id for duty in runbook.duties if series and duty.series == series and duty.id != SCALE_DOWN]
    seasons = [_first(calendar, id, now) for id in ups]
    return min(filter(None, seasons), key=lambda season: season.since, default=None)


def _first(calendar: Calendar, id: str, now: datetime) -> Season | None:
    since = now - LONGEST
    while (up := calendar.next_slot(id, since)) is not None:
        down = calendar.next_slot(SCALE_DOWN, up.due_at)
        if down is None:
            return None
        if down.due_at > now:
            return Season(up.title, up.due_at, down.due_at)
        since = up.due_at
    return None


def season_remarks(busy: Season | None, state: ScalingState, ecs: Ecs, zone: tzinfo) -> Iterator[str]:
    """What the calendar proposes: the busy maximum in a busy time, with its return; else that one begins soon."""
    if busy is None or ecs.busy_max is None or state.target is None:
        return
    since, until = zoned_time(busy.since, zone), zoned_time(busy.until, zone)
    if busy.since > state.at + SOON:
        return
    if not busy.has_begun(state.at):
        text = _("Next by the calendar: {duty} on {since}, reverted on {until}.")
        yield text.format(duty=busy.title, since=since, until=until)
    elif state.target.maximum < ecs.busy_max:
        text = _("The calendar asks for a maximum of {maximum} until {until}: {duty}.")
        yield text.format(maximum=ecs.busy_max, until=until, duty=busy.title)
    else:
        text = _("By the calendar, the maximum stays raised until {until}: {duty}.")
        yield text.format(until=until, duty=busy.title)
