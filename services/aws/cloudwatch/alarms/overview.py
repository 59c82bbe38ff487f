from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from services.aws.cloudwatch.alarms.mute_rules import Muting
from services.aws.cloudwatch.alarms.parsing import ORDER, missing_alarm, ordered
from services.i18n import _
from services.models.alarms import Alarm, AlarmOverview


def by_name(alarms: Iterable[Alarm]) -> dict[str, Alarm]:
    named: dict[str, Alarm] = {}
    for alarm in alarms:
        other = named.get(alarm.id)
        if other is None or ORDER.index(alarm.state) <= ORDER.index(other.state):
            named[str(alarm.id)] = alarm
    return named


def marked(alarms: Mapping[str, Alarm], muting: Muting, expected: Collection[str]) -> dict[str, Alarm]:
    marks: dict[str, dict[str, object]] = {
        # An alarm named by the runbook counts even if it also drives a scaling policy.
        name: {"expected": True, "scaling": False}
        for name in expected
        if name in alarms
    }
    for mute in reversed(muting.mutes):
        for name in mute.alarms:
            if name in alarms:
                marks[name] = marks.get(name, {}) | {"muted_by": mute.rule, "muted_until": mute.until}
    return {**alarms, **{name: alarms[name].model_copy(update=mark) for name, mark in marks.items()}}


def overview_of(
    alarms: Mapping[str, Alarm],
    expected: Iterable[str],
    muting: Muting,
    remarks: Iterable[str] = (),
    *,
    outdated: Iterable[Alarm] = (),
    listed_at: datetime | None = None,
    unlisted: str = "",
) -> AlarmOverview:
    names = dict.fromkeys(expected)
    others = alarms.keys() - names.keys()
    missing = [missing_alarm(name, others) for name in names if name not in alarms]
    return AlarmOverview(
        alarms=ordered([*alarms.values(), *missing]),
        remarks=(*muting.remarks, *remarks),
        mutes_read=muting.is_complete,
        outdated=ordered(list(outdated)),
        listed_at=listed_at,
        unlisted=unlisted,
    )


def too_many(count: int) -> str:
    return _("There are more than {count} alarms: only the first are listed.", count=f"{count:,}")
