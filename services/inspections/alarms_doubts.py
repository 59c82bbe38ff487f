"""Whether the history of the alarms tells all of a window: what in it cannot be read, and what is not in it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from services.i18n import _, plural
from services.models.alarms import Alarm, AlarmState, AlarmTransition
from services.models.metrics import TimeSpan

SETTLED = timedelta(minutes=5)
"""A change younger than this may not be in the history yet."""
APART = timedelta(minutes=1)
"""How far the time of a change may differ between an alarm and its history."""
_NAMED = 5


def doubts(alarms: Iterable[Alarm], changes: Sequence[AlarmTransition], span: TimeSpan) -> Iterator[str]:
    """Why the history of `span` cannot be relied on, in sentences; `alarms` as they are now; `changes` without those of scaling alarms."""
    unreadable = sum(change.kind == "unreadable" for change in changes)
    if unreadable:
        text = plural(
            "{count} entry of the alarm history cannot be read.",
            "{count} entries of the alarm history cannot be read.",
            unreadable,
        )
        yield text.format(count=f"{unreadable:,}")
    silent = [str(alarm.name) for alarm in alarms if not _told(alarm, changes, span)]
    if silent:
        names = _(", ").join(silent[:_NAMED]) + (" …" if len(silent) > _NAMED else "")
        yield _("The alarm history does not tell of the newest change of {alarms}.").format(alarms=names)


def _told(alarm: Alarm, changes: Sequence[AlarmTransition], span: TimeSpan) -> bool:
    """An alarm that changed within the window has that change in its history; a new one begins without data."""
    at = alarm.since
    if at is None or alarm.state not in (AlarmState.OK, AlarmState.ALARM):
        return True
    if not span.start + APART <= at <= span.end - SETTLED:
        return True
    return any(each.id == alarm.id and each.kind == "state" and each.at >= at - APART for each in changes)
