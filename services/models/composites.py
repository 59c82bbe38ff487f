import re

from services.models.alarms import Alarm, AlarmOverview, AlarmState

_NAMED = re.compile(
    r"""(?<=[(,])\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s,()"']+))\s*(?=[),])"""
)
"""A name alone in parentheses, or in a list of AT_LEAST; what else may stand there is no alarm's name."""


def parts_of(alarm: Alarm, overview: AlarmOverview) -> tuple[Alarm, ...]:
    """The alarms that the rule names by name or ARN, firing ones first; those that do not exist are absent."""
    names = (match["double"] or match["single"] or match["bare"] for match in _NAMED.finditer(alarm.rule))
    places = {name: place for place, name in enumerate(dict.fromkeys(names)) if name}
    parts = {
        places.get(each.id, places.get(each.arn, 0)): each
        for each in overview.alarms
        if each.id in places or each.arn in places
    }
    ordered = [part for _place, part in sorted(parts.items(), key=lambda item: item[0])]
    return tuple(sorted(ordered, key=lambda part: part.state is not AlarmState.ALARM))
