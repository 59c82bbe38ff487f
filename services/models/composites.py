"""Which alarms a composite alarm's rule names. Pure."""

import re

from services.models.alarms import Alarm, AlarmOverview, AlarmState

_NAMED = re.compile(
    r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s)"']+))\s*\)"""
)


def parts_of(alarm: Alarm, overview: AlarmOverview) -> tuple[Alarm, ...]:
    """The alarms that the rule names by name or ARN, firing ones first; those that do not exist are absent."""
    names = dict.fromkeys(
        match["double"] or match["single"] or match["bare"] or "" for match in _NAMED.finditer(alarm.rule)
    )
    parts = [each for name in names for each in overview.alarms if name in (each.id, each.arn) and name]
    return tuple(sorted(parts, key=lambda part: part.state is not AlarmState.ALARM))
