import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmState, AlarmTransition
from services.models.date_text import time_text, zoned_time
from services.models.units import PLAIN, alarm_unit, number
from widgets.drawing.format import NOTHING, wrap
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.state_styles import ALARM_STYLES

_KINDS = {
    "configuration": N_("configuration changed"),
    "action": N_("action"),
    "contributor": N_("a series changed its state"),
    "unreadable": N_("cannot be read"),
}
_ACTIONS = (
    (re.compile(r"^Successfully executed action\s+(\S+)"), N_("notified {target}"), "muted"),
    (re.compile(r"^Failed to execute action\s+(\S+)"), N_("could not notify {target}"), "bad"),
)
_CONFIGURATIONS = (
    (re.compile(r"\bcreated\b"), N_("alarm created")),
    (re.compile(r"\bdeleted\b"), N_("alarm deleted")),
    (re.compile(r"\bupdated\b"), N_("configuration changed")),
)
_REASON_TIME = re.compile(r"\((\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)\)")
"""CloudWatch's (dd/mm/yy hh:mm:ss) in the reason of a state, in UTC without saying so."""
_ISO_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")
_MOST_POINTS = 6
_AT_ONCE = timedelta(minutes=1)  # An action this long after a change belongs to it


def history_lines(
    history: Sequence[AlarmTransition], alarm: Alarm | None, zone: tzinfo, now: datetime, width: int
) -> list[Line]:
    if not history:
        return [[(text, "muted")] for text in wrap(_("No change in the 30 days that AWS keeps."), width)]
    return [line for entry in grouped(history) for line in entry_lines(entry, alarm, zone, now, width)]


Entry = tuple[AlarmTransition, ...]  # A change, and the actions that it ran


def grouped(history: Sequence[AlarmTransition]) -> list[Entry]:
    """The history, newest first, with each action beside the change of state that ran it."""
    entries: list[list[AlarmTransition]] = []
    actions: list[AlarmTransition] = []
    for transition in history:
        if transition.kind == "action":
            actions.append(transition)
            continue
        own = [each for each in actions if transition.after and each.at - transition.at <= _AT_ONCE]
        entries += [[each] for each in actions if each not in own]
        entries.append([transition, *own])
        actions = []
    return [tuple(entry) for entry in (*entries, *([each] for each in actions))]


def entry_lines(entry: Entry, alarm: Alarm | None, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    transition, *actions = entry
    parts = [[(time_text(transition.at, zone, now) + "  ", "muted"), *_change(transition)]]
    parts += [[span] for span in _points(transition, alarm)]
    parts += [[(transition.series, "")]] if transition.series else []
    parts += [_event(action) for action in actions]
    return _set(parts, width)


def original_lines(
    alarm: Alarm | None, history: Sequence[AlarmTransition], zone: tzinfo, width: int
) -> list[Line]:
    texts = [alarm.reason] if alarm is not None and alarm.reason else []
    texts += [f"{each.summary}\n{each.reason}".strip() for each in history]
    lines: list[Line] = []
    for text in filter(None, texts):
        lines += [[(line, "muted")] for line in wrap(local_times(text, zone), width)]
        lines.append([])
    return lines or [[(_("AWS says nothing more."), "muted")]]


def local_times(text: str, zone: tzinfo) -> str:
    """The text with the times that CloudWatch writes in UTC converted to `zone`."""

    def of_reason(match: re.Match[str]) -> str:
        day, month, year, hour, minute, second = map(int, match.groups())
        try:
            at = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            return match[0]
        return f"({_local(at, zone)})"

    def of_iso(match: re.Match[str]) -> str:
        try:
            return _local(datetime.fromisoformat(match[0]), zone)
        except ValueError:
            return match[0]

    return _ISO_TIME.sub(of_iso, _REASON_TIME.sub(of_reason, text))


def _local(at: datetime, zone: tzinfo) -> str:
    return zoned_time(at, zone, seconds=True)


def _change(change: AlarmTransition) -> list[Span]:
    if change.after is None:
        return _event(change)
    after = ALARM_STYLES[change.after]
    before: list[Span] = []
    if change.before is not None:
        style = ALARM_STYLES[change.before]
        before = [(style.text, "muted"), (" → ", "muted")]
    strong = change.after in (AlarmState.ALARM, AlarmState.INSUFFICIENT)
    return [*before, (after.text, after.role if strong else "good")]


def _event(change: AlarmTransition) -> list[Span]:
    if change.kind == "action":
        for pattern, words, role in _ACTIONS:
            if match := pattern.match(change.summary):
                return [(_(words, target=_target(match[1])), role)]
    if change.kind == "configuration":
        for pattern, words in _CONFIGURATIONS:
            if pattern.search(change.summary):
                return [(_(words), "")]
    return [(_(_KINDS[change.kind]) if change.kind in _KINDS else change.kind, "")]


def _target(arn: str) -> str:
    """`SNS ops-alerts`: service and name of an action's ARN."""
    parts = arn.rstrip(".,;").split(":", 5)
    if len(parts) < 6:
        return arn
    return f"{parts[2].upper()} {parts[5].rpartition('/')[2].rpartition(':')[2]}"


def _points(change: AlarmTransition, alarm: Alarm | None) -> list[Span]:
    """The values that decided a state, oldest first."""
    if not change.points:
        return []
    unit = alarm_unit(alarm) if alarm is not None else PLAIN
    values = [number(value, unit) if value is not None else NOTHING for value in change.points]
    return [(_(", ").join(values[-_MOST_POINTS:]), "muted")]


def _set(parts: Sequence[Sequence[Span]], width: int) -> list[Line]:
    lines: list[list[Span]] = []
    for part in parts:
        indent = "  " if lines else ""
        if lines and width_of(lines[-1]) + 2 + width_of(part) <= width:
            lines[-1] += [("  ", ""), *part]
        elif width_of(part) + len(indent) <= width or len(part) > 1:
            lines.append([(indent, ""), *part])
        else:
            text, role = part[0]
            lines += [[("  " + line, role)] for line in wrap(text, max(8, width - 2))]
    return list(lines)
