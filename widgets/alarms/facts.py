"""The facts of an alarm and its history as lines. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from rich.cells import cell_len

from services.i18n import N_, _
from services.models import glyphs
from services.models.alarms import Alarm, AlarmState, AlarmTransition, Contributor
from services.models.units import alarm_unit, number
from widgets.alarms.wording import asides, how_long, measured, packed, state_spans, warnings
from widgets.drawing.format import ELLIPSIS, NOTHING, duration, stamp, wrap
from widgets.drawing.lines import Line, Span, width_of
from widgets.drawing.state_styles import ALARM_STYLES, unsure

_WHY = 3
"""Maximum number of lines for a reason in the history."""
_KINDS = {
    "configuration": N_("configuration changed"),
    "action": N_("action"),
    "contributor": N_("a series changed its state"),
    "unreadable": N_("cannot be read"),
}


def fact_lines(alarm: Alarm, zone: tzinfo, now: datetime, width: int, *, stale: bool = False) -> list[Line]:
    """State, reason, measured points, condition, description; `stale`: the state is outdated."""
    spans = unsure(state_spans(alarm)) if stale else state_spans(alarm)
    state: list[Span] = [*spans, (" " + _("for {time}").format(time=how_long(alarm, now)), "")]
    since: list[Span] = []
    if alarm.since:
        since = [(_("since {time}").format(time=stamp(alarm.since, zone, now)), "muted")]
    lines: list[Line] = [[(alarm.name, "strong")], *_side_by_side(state, since, width)]
    lines += packed([*warnings(alarm, zone, now), *asides(alarm, zone, now)], width)
    if alarm.threshold is not None:
        value, threshold = measured(alarm)
        limit: list[Span] = [(_("threshold") + " ", "head"), *threshold]
        lines += _side_by_side([(_("at change") + "  ", "head"), *value], limit, width)
        lines += _points(alarm, width)
        lines += _labelled(_("condition"), condition(alarm), width)
    if alarm.rule:
        lines += _labelled(_("rule"), alarm.rule, width)
    lines += _labelled(_("reason"), alarm.reason, width)
    lines += _labelled(_("description"), alarm.description, width)
    return lines


def series_lines(series: Sequence[Contributor], zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """The firing series of an alarm: name, since when, reason."""
    if not series:
        return [[(text, "muted")] for text in wrap(_("none of its series is firing"), width)]
    lines: list[Line] = []
    for contributor in series:
        style = ALARM_STYLES[AlarmState.ALARM]
        pieces = wrap(contributor.name, max(8, width - 2))
        lines += [
            [(f"{style.mark} " if at == 0 else "  ", style.role), (text, "strong")]
            for at, text in enumerate(pieces)
        ]
        if contributor.since is not None:
            lines.append(
                [("  " + _("since {time}").format(time=stamp(contributor.since, zone, now)), "muted")]
            )
        lines += [[("  " + text, "muted")] for text in wrap(contributor.reason, max(8, width - 2)) if text]
    return lines


def condition(alarm: Alarm) -> str:
    """`> 5% in 3 of 5 periods of 1m; missing data: missing`."""
    words = _("{comparison} {threshold} in {hits} of {periods} periods of {period}; missing data: {missing}")
    return words.format(
        comparison=alarm.comparison,
        threshold=number(alarm.threshold, alarm_unit(alarm)),
        hits=alarm.datapoints_to_alarm,
        periods=alarm.evaluation_periods,
        period=duration(alarm.period),
        missing=alarm.treat_missing,
    )


def breaches(alarm: Alarm, value: float | None) -> bool:
    """Whether a datapoint is on the wrong side of the threshold."""
    if value is None or alarm.threshold is None:
        return False
    return {
        ">": value > alarm.threshold,
        ">=": value >= alarm.threshold,
        "<": value < alarm.threshold,
        "<=": value <= alarm.threshold,
    }.get(alarm.comparison, False)


def _points(alarm: Alarm, width: int) -> list[Line]:
    """The datapoints that were evaluated, oldest first; those beyond the threshold are marked."""
    if not alarm.recent:
        return []
    unit = alarm_unit(alarm)
    lines: list[list[Span]] = [[(_("points"), "head")]]
    for value in alarm.recent[-12:]:
        hit = breaches(alarm, value)
        text = number(value, unit) if value is not None else NOTHING
        if width_of(lines[-1]) + 3 + cell_len(text) > width:
            lines.append([])
        lines[-1] += [
            ("  ", ""),
            (glyphs.ABNORMAL if hit else glyphs.NO_RECORD, "bad" if hit else "muted"),
            (text, "bad" if hit else ""),
        ]
    return list(lines)


def _side_by_side(left: list[Span], right: list[Span], width: int) -> list[Line]:
    """Both on one line if they fit, else one below the other."""
    if not right:
        return [left]
    if width_of(left) + 2 + width_of(right) <= width:
        return [[*left, ("  ", ""), *right]]
    return [left, [("  ", ""), *right]]


def _labelled(label: str, text: str, width: int) -> list[Line]:
    if not text:
        return []
    return [
        [(label + "  ", "head") if row == 0 else ("  ", ""), (line, "")]
        for row, line in enumerate(_wrap_after(text, label, width))
    ]


def _wrap_after(text: str, label: str, width: int) -> Iterable[str]:
    first, *rest = wrap(text, max(8, width - cell_len(label) - 2))
    yield first
    if rest:
        yield from wrap(text[len(first) :].lstrip(), width - 2)


def history_lines(history: Sequence[AlarmTransition], zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """The history, newest first: the time, and the change of state or definition."""
    if not history:
        return [[(text, "muted")] for text in wrap(_("no change in the 30 days AWS keeps"), width)]
    lines: list[Line] = []
    for transition in history:
        head: Line = [(stamp(transition.at, zone, now) + "  ", "muted"), *_change(transition)]
        if transition.series:
            lines.append(head)
            lines += [[("  " + text, "")] for text in wrap(transition.series, max(8, width - 2))]
            lines += [
                [("  " + text, "muted")] for text in wrap(transition.summary, max(8, width - 2)) if text
            ]
            continue
        lines += _with_reason(
            head, transition.summary if transition.after is None else transition.reason, width
        )
    return lines


def _with_reason(head: Line, reason: str, width: int) -> list[Line]:
    """The head with the reason beside it if it fits, else below it."""
    if width_of(head) + 2 + cell_len(reason) <= width:
        return [[*head, (f"  {reason}", "muted")]]
    why = wrap(reason, width - 3)
    if len(why) > _WHY:
        why = [*why[: _WHY - 1], why[_WHY - 1] + ELLIPSIS]
    return [head, *([("  " + text, "muted")] for text in why)]


def _change(change: AlarmTransition) -> list[Span]:
    if change.after is None:
        words = _(_KINDS[change.kind]) if change.kind in _KINDS else change.kind
        return [(words, "")]
    after = ALARM_STYLES[change.after]
    before: list[Span] = []
    if change.before is not None:
        style = ALARM_STYLES[change.before]
        before = [(style.text, "muted"), (" → ", "muted")]
    strong = change.after in (AlarmState.ALARM, AlarmState.INSUFFICIENT)
    return [*before, (after.text, after.role if strong else "good")]
