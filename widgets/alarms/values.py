from datetime import datetime

from services.i18n import _
from services.models.alarm_readings import AlarmReadings
from services.models.alarms import Alarm, AlarmState
from services.models.curve_spans import less_is_worse
from services.models.units import alarm_unit, number
from widgets.charts.sparkline import spark_spans
from widgets.drawing.doubts import doubt_text
from widgets.drawing.format import NOTHING
from widgets.drawing.lines import Span


def calls(alarm: Alarm) -> bool:
    return alarm.state is AlarmState.ALARM and not alarm.scaling


def now_spans(alarm: Alarm, readings: AlarmReadings, at: datetime, role: str = "") -> list[Span]:
    present = readings.now(alarm, at)
    if present.doubt is not None:
        return [(doubt_text(present.doubt), "warn")]
    if present.value is None:
        return [(_("no value"), "muted")] if alarm.queries else [(NOTHING, "faint")]
    return [(number(present.value, alarm_unit(alarm)), "bad" if breaches(alarm, present.value) else role)]


def limit_text(alarm: Alarm) -> str:
    """`≥ 70%`: when it fires; a dash for an alarm without a threshold."""
    if alarm.threshold is None:
        return _("band") if alarm.comparison == "outside" else NOTHING
    return f"{alarm.sign} {number(alarm.threshold, alarm_unit(alarm))}"


def hour_spans(alarm: Alarm, readings: AlarmReadings, at: datetime, role: str) -> list[Span]:
    """The sparkline of the last hour; nothing while it cannot be read, so that an old shape is not taken for it."""
    series = readings.series(alarm)
    if series is None or readings.now(alarm, at).doubtful:
        return []
    return spark_spans(
        series.times,
        series.values,
        end=int(at.timestamp()),
        limit=alarm.threshold,
        least=less_is_worse(alarm),
        breaches=lambda value: breaches(alarm, value),
        role=role,
    )


def breaches(alarm: Alarm, value: float | None) -> bool:
    if value is None or alarm.threshold is None:
        return False
    return {
        ">": value > alarm.threshold,
        ">=": value >= alarm.threshold,
        "<": value < alarm.threshold,
        "<=": value <= alarm.threshold,
    }.get(alarm.comparison, False)
