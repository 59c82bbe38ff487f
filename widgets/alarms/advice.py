from dataclasses import dataclass
from datetime import datetime

from services.i18n import _
from services.models.alarms import Alarm, AlarmState
from services.models.runbook_playbooks import Playbook
from widgets.alarms.alarm_wording import how_long
from widgets.drawing.lines import Span


@dataclass(frozen=True, slots=True)
class AlarmAdvice:
    title: str = ""  # What the alarm is about
    playbook: Playbook | None = None


NO_ADVICE = AlarmAdvice()


def advice_spans(alarm: Alarm, advice: AlarmAdvice, now: datetime) -> list[Span]:
    """`ALB 5xx error rate`, `for 3m`, `→ Read the error log`: each a span of its own, to be set in lines."""
    title = advice.title or alarm.description.split("\n")[0]
    spans: list[Span] = [(title, "")] if title else []
    spans.append((_("for {time}", time=how_long(alarm, now)), "muted"))
    playbook = advice.playbook
    if playbook is None:
        return spans
    if is_escalation_due(alarm, playbook, now):
        words = _("ESCALATE NOW to {who}", who=playbook.escalate_to or "?")
        spans.append((f" {words} ", "alert"))
    if playbook.steps:
        spans.append((f"→ {playbook.steps[0].text}", "strong"))
    return spans


def is_escalation_due(alarm: Alarm, playbook: Playbook, now: datetime) -> bool:
    if alarm.state is not AlarmState.ALARM or alarm.since is None or playbook.escalate_minutes is None:
        return False
    return (now - alarm.since).total_seconds() >= playbook.escalate_minutes * 60
