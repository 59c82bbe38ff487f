"""What changed between two alarm boards, and how to say it once."""

from services.i18n import _
from services.models.alarms import Alarm, AlarmBoard, AlarmState
from services.models.duties import DutyView

WORDS = {
    AlarmState.ALARM: lambda: _("ALARM"),
    AlarmState.OK: lambda: _("OK"),
    AlarmState.INSUFFICIENT: lambda: _("no data"),
    AlarmState.MISSING: lambda: _("missing"),
}


def changes(before: AlarmBoard, after: AlarmBoard) -> tuple[Alarm, ...]:
    """Watched alarms whose state differs from the last read; firing ones first."""
    old = {alarm.id: alarm.state for alarm in before.watched}
    changed = [alarm for alarm in after.watched if old.get(alarm.id, alarm.state) is not alarm.state]
    return tuple(sorted(changed, key=lambda alarm: alarm.state is not AlarmState.ALARM))


def sentence(changed: tuple[Alarm, ...]) -> str:
    """`alb-5xx-error-rate ALARM, ecs-cpu-high OK`, at most three."""
    words = [f"{alarm.name} {WORDS[alarm.state]()}" for alarm in changed[:3]]
    if len(changed) > 3:
        words.append(_("{count} more").format(count=len(changed) - 3))
    return ", ".join(words)


def duty_changes(before: DutyView | None, after: DutyView) -> str:
    """What has come due or late since the last look, in words; "" for nothing new."""
    return ""
