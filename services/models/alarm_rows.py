from collections.abc import Sequence
from dataclasses import dataclass

from services.models.alarms import Alarm, AlarmKind, AlarmOverview, AlarmState

HEAD = 1  # Rows for the names of the columns


@dataclass(frozen=True, slots=True)
class AlarmRows:
    single: tuple[Alarm, ...] = ()  # Alarms with a row each, in the overview's order
    normal: tuple[Alarm, ...] = ()  # Normal alarms in one line together
    listed_normal: tuple[Alarm, ...] = ()  # Those of them with a row each below that line
    scaling: tuple[Alarm, ...] = ()  # Scaling alarms in one line together
    listed_scaling: tuple[Alarm, ...] = ()  # Scaling alarms with a row each below that line

    outdated: tuple[Alarm, ...] = ()  # Alarms that could not be read again, in one line together
    listed_outdated: tuple[Alarm, ...] = ()  # Those of them with a row each below that line
    unlisted: str = ""  # Why the list may lack alarms, in a line of its own

    @property
    def is_one_line(self) -> bool:
        listed = self.single or self.listed_normal or self.listed_scaling or self.outdated or self.unlisted
        return bool(self.normal) and not listed


def alarm_rows(
    overview: AlarmOverview,
    room: int,
    *,
    notes: int = 0,
    normal_listed: bool = False,
    scaling_listed: bool = False,
    outdated_listed: bool = False,
) -> AlarmRows:
    """The rows for a list that may be `room` rows high, `notes` of which go to words below the rows. Normal
    alarms are folded where the list would not fit; what is not normal never is."""
    watched, scaling, plain = overview.watched, overview.scaling, overview.plain
    needed = HEAD + len(watched) + notes + bool(scaling) + (len(scaling) if scaling_listed else 0)
    needed += bool(overview.outdated) + bool(overview.unlisted)
    folds = needed > room and (len(plain) > 1 or len(plain) == len(watched) == 1)
    return AlarmRows(
        single=_causes_first(overview.unusual if folds else watched),
        normal=plain if folds else (),
        listed_normal=plain if folds and normal_listed else (),
        scaling=scaling,
        listed_scaling=scaling if scaling_listed else (),
        outdated=overview.outdated,
        listed_outdated=overview.outdated if outdated_listed else (),
        unlisted=overview.unlisted,
    )


def _causes_first(alarms: Sequence[Alarm]) -> tuple[Alarm, ...]:
    firing = [alarm for alarm in alarms if alarm.state is AlarmState.ALARM]
    others = [alarm for alarm in alarms if alarm.state is not AlarmState.ALARM]
    return (*sorted(firing, key=lambda alarm: alarm.kind is AlarmKind.COMPOSITE), *others)
