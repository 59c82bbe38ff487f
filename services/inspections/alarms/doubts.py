"""Whether the alarm history covers a window: what in it is unreadable, and what is missing from it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from services.i18n import _, plural
from services.models.alarms import Alarm, AlarmState, AlarmTransition
from services.models.metrics import TimeSpan

SETTLED = timedelta(minutes=5)
"""A change younger than this may not be in the history yet."""
APART = timedelta(minutes=1)
"""Maximum difference between the time of a change in an alarm and in its history."""
_NAMED = 5


def doubts(alarms: Sequence[Alarm], changes: Sequence[AlarmTransition], span: TimeSpan) -> Iterator[str]:
    """Why the history of `span` is unreliable, in sentences.

    `alarms` are in their current state; `changes` exclude those of scaling alarms.
    """
    unreadable = sum(change.kind == "unreadable" for change in changes)
    if unreadable:
        text = plural(
            "{count} entry of the alarm history cannot be read.",
            "{count} entries of the alarm history cannot be read.",
            unreadable,
        )
        yield text.format(count=f"{unreadable:,}")
    own = _by_alarm(changes)
    behind = [alarm for alarm in alarms if not _has_newest(alarm, own[alarm.id], span)]
    if behind:
        yield _("The alarm history lacks the newest change of {alarms}.").format(alarms=_names(behind))
    broken = [alarm for alarm in alarms if _broken(own[alarm.id])]
    if broken:
        yield _("The alarm history lacks some changes of {alarms}.").format(alarms=_names(broken))


def without_history(
    alarms: Iterable[Alarm], changes: Sequence[AlarmTransition], span: TimeSpan
) -> frozenset[str]:
    """The ids of the alarms whose own history does not cover `span`."""
    own = _by_alarm(changes)
    return frozenset(
        alarm.id
        for alarm in alarms
        if any(change.kind == "unreadable" for change in own[alarm.id])
        or not _has_newest(alarm, own[alarm.id], span)
        or _broken(own[alarm.id])
    )


def _by_alarm(changes: Sequence[AlarmTransition]) -> defaultdict[str, list[AlarmTransition]]:
    """The changes of each alarm, oldest first."""
    own: defaultdict[str, list[AlarmTransition]] = defaultdict(list)
    # AWS lists the newest change first, also among those of the same moment.
    oldest_first = list(changes)
    oldest_first.reverse()
    for change in sorted(oldest_first, key=lambda change: change.at):
        own[change.id].append(change)
    return own


def _names(alarms: Sequence[Alarm]) -> str:
    names = _(", ").join(str(alarm.name) for alarm in alarms[:_NAMED])
    return names + (" …" if len(alarms) > _NAMED else "")


def _broken(own: Sequence[AlarmTransition]) -> bool:
    """Whether a change starts in a state other than the one in which the previous change ended.

    A change from INSUFFICIENT_DATA may belong to an alarm that was created again under the same name.
    """
    states = [change for change in own if change.kind == "state"]
    return any(
        later.before is not AlarmState.INSUFFICIENT and later.before is not earlier.after
        for earlier, later in pairwise(states)
    )


def _has_newest(alarm: Alarm, own: Sequence[AlarmTransition], span: TimeSpan) -> bool:
    """Whether the history contains the alarm's newest change, if in the window; a new alarm starts without data."""
    at = alarm.since
    if at is None or alarm.state not in (AlarmState.OK, AlarmState.ALARM):
        return True
    if not span.start + APART <= at <= span.end - SETTLED:
        return True
    return any(change.kind == "state" and change.at >= at - APART for change in own)
