from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmState
from services.models.date_text import dated_time
from services.models.durations import lasting
from services.models.metrics import Series
from services.models.units import alarm_unit, number

FILL = N_("(fill in)")  # Marks what a person has to fill in
FRESH = timedelta(minutes=10)  # Age from which the present value is written with its time
_STATES = {
    AlarmState.ALARM: N_("firing since {time} ({duration})"),
    AlarmState.INSUFFICIENT: N_("too little data since {time} ({duration})"),
    AlarmState.OK: N_("ok again since {time}"),
}
_AT_CHANGE = {
    AlarmState.ALARM: N_("{value} when it fired"),
    AlarmState.INSUFFICIENT: N_("{value} at the change"),
    AlarmState.OK: N_("{value} when it was ok again"),
}


@dataclass(frozen=True, slots=True)
class AlarmNow:
    value: float
    at: datetime  # End of the value's period (UTC)


def newest(series: tuple[Series, ...] | None) -> AlarmNow | None:
    """The newest value of a curve; None if there is no value, or no single curve."""
    if series is None or len(series) != 1 or series[0].last is None:
        return None
    curve = series[0]
    end = curve.times[-1] + curve.period
    return AlarmNow(value=curve.values[-1], at=datetime.fromtimestamp(end, UTC))


def state(alarm: Alarm, zone: tzinfo, now: datetime) -> str:
    if alarm.state is AlarmState.MISSING:
        return _("the runbook expects this alarm, but AWS does not have it")
    if alarm.since is None:
        return ""
    return _(_STATES[alarm.state]).format(
        time=dated_time(alarm.since, zone, now), duration=lasting((now - alarm.since).total_seconds())
    )


def measured(alarm: Alarm, current: AlarmNow | None, zone: tzinfo, now: datetime) -> str:
    """The value now, the value at the change, and the limit; "" for an alarm without a value of its own."""
    if alarm.state is AlarmState.MISSING or alarm.threshold is None:
        return ""
    return _("; ").join(_values(alarm, current, zone, now))


def _values(alarm: Alarm, current: AlarmNow | None, zone: tzinfo, now: datetime) -> Iterator[str]:
    unit = alarm_unit(alarm)
    if not alarm.several:
        yield _("now {value}", value=_present(alarm, current, zone, now))
    before = next((each for each in reversed(alarm.recent) if each is not None), None)
    if before is not None:
        yield _(_AT_CHANGE[alarm.state], value=number(before, unit))
    limit = f"{alarm.sign} {number(alarm.threshold, unit)}".strip()
    yield _("the alarm fires at {limit}", limit=limit)


def _present(alarm: Alarm, current: AlarmNow | None, zone: tzinfo, now: datetime) -> str:
    if current is None:
        return _("no data") if alarm.state is AlarmState.INSUFFICIENT else _(FILL)
    text = number(current.value, alarm_unit(alarm))
    if now - current.at < FRESH:
        return text
    return _("{value} (at {time})", value=text, time=dated_time(current.at, zone, now))
