from collections.abc import Iterable, Iterator
from datetime import timedelta, tzinfo

from services.i18n import _
from services.incidents.entries import follow_up_of
from services.models.date_text import day_text
from services.models.duties import ScheduledOccurrence
from services.models.incidents import FollowUp
from services.models.journal import Entry, EntryKind
from services.models.runbook import Runbook

FOLLOW_UP = "follow-up@"
"""How the key of its occurrence begins; its id follows."""
DAY = timedelta(days=1)


def follow_up_slots(follow_ups: Iterable[FollowUp], zone: tzinfo) -> tuple[ScheduledOccurrence, ...]:
    return tuple(_slot(each, zone) for each in follow_ups)


def follow_ups_in(entries: Iterable[Entry]) -> Iterator[FollowUp]:
    for entry in entries:
        if entry.kind is EntryKind.FOLLOW_UP:
            follow_up = follow_up_of(entry)
            if follow_up is not None:
                yield follow_up


def offered_follow_up(runbook: Runbook, inspection: str) -> str:
    """What the runbook suggests about this inspection's finding: the first action that leads to it; "" if none does."""
    actions = (
        str(cause.action)
        for playbook in runbook.playbooks
        for cause in playbook.causes
        if cause.look == inspection
    )
    return next(actions, "")


def _slot(follow_up: FollowUp, zone: tzinfo) -> ScheduledOccurrence:
    day = follow_up.due.astimezone(zone).date()
    remark = _("Left by {name} on {day}.").format(
        name=follow_up.by, day=day_text(follow_up.at.astimezone(zone).date(), day)
    )
    return ScheduledOccurrence(
        key=f"{FOLLOW_UP}{follow_up.id}",
        duty="",
        title=follow_up.text,
        nominal=(day,),
        day=day,
        until=day,
        due_at=follow_up.due,
        late_at=follow_up.due + DAY,
        missed_at=None,
        timed=False,
        remark=remark,
    )
