"""Dated duties for what incidents and sign-offs left to be done. Pure."""

from collections.abc import Iterable
from datetime import timedelta, tzinfo

from services.i18n import _
from services.models.date_text import day_text
from services.models.duties import ScheduledOccurrence
from services.models.incidents import FollowUp

DAY = timedelta(days=1)


def follow_up_slots(follow_ups: Iterable[FollowUp], zone: tzinfo) -> tuple[ScheduledOccurrence, ...]:
    """One occurrence for each, due on its day; signing it off ends it."""
    return tuple(_slot(each, zone) for each in follow_ups)


def _slot(left: FollowUp, zone: tzinfo) -> ScheduledOccurrence:
    day = left.due.astimezone(zone).date()
    remark = _("Left by {name} on {day}.").format(
        name=left.by, day=day_text(left.at.astimezone(zone).date(), day)
    )
    return ScheduledOccurrence(
        key=f"follow-up@{left.id}",
        duty="",
        title=left.text,
        nominal=(day,),
        day=day,
        until=day,
        due_at=left.due,
        late_at=left.due + DAY,
        missed_at=None,
        timed=False,
        remark=remark,
    )
