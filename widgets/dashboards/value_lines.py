"""The judged values of a dashboard in a line or two, each beside its limit: for a screen with few rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.reactive import reactive

from services.i18n import _
from services.models.alarm_readings import Doubt, doubt_of
from services.models.dashboards import DashboardView, Reading, WidgetData
from services.models.glyphs import NOT_JUDGED
from services.models.units import number, unit_of
from services.models.verdict import DISPLAY_ORDER, Limit, Verdict
from widgets.drawing.doubts import doubt_text
from widgets.drawing.format import NOTHING, wrap
from widgets.drawing.lines import Line, LineWidget, Span, width_of
from widgets.drawing.state_styles import VERDICT_STYLES

_GAP = 2
_PROBLEM_ROWS = 3


@dataclass(frozen=True, slots=True)
class JudgedValue:
    """A reading that has a limit."""

    reading: Reading
    doubt: Doubt | None = None
    """Why it has no value; None if it has one, or AWS has none."""
    widget: str = ""
    """Key of its widget."""


def judged_values(view: DashboardView) -> tuple[JudgedValue, ...]:
    """The worst reading of each limit, in the order of the dashboard."""
    worst: dict[str, JudgedValue] = {}
    for data in view.data:
        for index, reading in enumerate(data.readings):
            if reading.limit is None or reading.verdict is None:
                continue
            before = worst.get(reading.limit.id)
            if before is None or _rank(reading) < _rank(before.reading):
                worst[reading.limit.id] = JudgedValue(reading, _doubt(data, index), data.key)
    return tuple(worst.values())


def oldest_of(view: DashboardView) -> datetime | None:
    """When the oldest of the values was read from which the worst ones are chosen; None if all are the present ones.

    What has a limit and is not itself shown is read seldomer (`services.dashboards.pacing`).
    """
    judged = (data for data in view.data if any(reading.limit is not None for reading in data.readings))
    return min((data.as_of for data in judged if data.as_of is not None), default=None)


def _doubt(data: WidgetData, index: int) -> Doubt | None:
    if data.as_of is not None and not data.problem:
        return Doubt.OVERDUE
    if data.is_outdated:
        return Doubt.DENIED if data.is_denied else Doubt.FAILED
    has_none = data.readings[index].value is None and index < len(data.series)
    return doubt_of(data.series[index].status) if has_none else None


def _rank(reading: Reading) -> int:
    return DISPLAY_ORDER.index(reading.verdict or Verdict.UNKNOWN)


def value_spans(value: JudgedValue, *, is_doubtful: bool = False) -> list[Span]:
    """`ECS CPU 38.7% < 70%`: name, value and limit; what is not normal has its mark, what has no value its reason.

    With `is_doubtful` a dash stands for each value: the reason stands once before all of them.
    """
    reading, limit = value.reading, value.reading.limit
    if limit is None:
        return []
    style = VERDICT_STYLES[reading.verdict or Verdict.UNKNOWN]
    end: Span = (f" {_limit_text(limit)}", "muted")
    if is_doubtful:
        return [(limit.title, "muted"), (f" {NOTHING}", "warn"), end]
    if reading.value is None or value.doubt is not None:
        why = doubt_text(value.doubt) if value.doubt is not None else f"{style.mark} {_('no value')}"
        return [(limit.title, ""), (f" {why}", style.role), end]
    shown = number(reading.value, unit_of(None, limit))
    if reading.verdict is Verdict.NORMAL:
        return [(limit.title, "muted"), (f" {shown}", "strong"), end]
    return [(f"{style.mark} ", style.role), (limit.title, ""), (f" {shown}", style.role), end]


def _limit_text(limit: Limit) -> str:
    unit = unit_of(None, limit)
    below = f"< {number(limit.below, unit)}" if limit.below is not None else ""
    above = f"> {number(limit.above, unit)}" if limit.above is not None else ""
    return " ".join(text for text in (above, below) if text)


def problem_of(view: DashboardView) -> str:
    """Why the dashboard's widgets have no data, in words; "" if they have."""
    problem = next((data.problem for data in view.data if data.problem and not data.readings), "")
    return problem or (_("not read yet") if any(data.is_unread for data in view.data) else "")


def value_lines(
    values: Sequence[JudgedValue],
    width: int,
    *,
    doubt: Doubt | None = None,
    problem: str = "",
    oldest: str = "",
) -> list[Line]:
    """The values, as many on a line as fit; with `doubt`, or one that all share, why none of them is the present one.

    `problem`: why there are none. `oldest`: the time of the oldest of those that they were chosen from, if that is past.
    """
    if not values and problem:
        text = f"{NOT_JUDGED} " + _("no data: {why}").format(why=problem)
        return [[(line, "warn")] for line in wrap(text, width)[:_PROBLEM_ROWS]]
    if not values:
        return [[(_("The dashboard has no value with a limit."), "muted")]]
    shared = {value.doubt for value in values}
    if doubt is None and len(values) > 1 and len(shared) == 1:
        doubt = shared.pop()
    parts = [value_spans(value, is_doubtful=doubt is not None) for value in values]
    if doubt is not None:
        parts.insert(0, [(doubt_text(doubt), "warn")])
    elif oldest:
        parts.append([(_("the oldest of all values is from {time}").format(time=oldest), "warn")])
    lines: list[list[Span]] = [[]]
    for spans in parts:
        if lines[-1] and width_of(lines[-1]) + _GAP + width_of(spans) > width:
            lines.append([])
        lines[-1] += [(" " * _GAP, ""), *spans] if lines[-1] else spans
    return list(lines)


class ValueLines(LineWidget):
    DEFAULT_CSS = """
    ValueLines { height: 1fr; padding: 0 1; }
    """

    doubt: reactive[Doubt | None] = reactive(None, repaint=False, init=False)
    """Why the values are not the present ones; None if they are."""

    def __init__(self) -> None:
        super().__init__()
        self.values: tuple[JudgedValue, ...] = ()
        self.problem = ""
        self.oldest = ""

    def feed(self, values: tuple[JudgedValue, ...], problem: str, oldest: str = "") -> bool:
        """Show these values, or why there are none; returns whether they differ from what is shown."""
        if (values, problem, oldest) == (self.values, self.problem, self.oldest):
            return False
        self.values, self.problem, self.oldest = values, problem, oldest
        self.redraw()
        return True

    watch_doubt = LineWidget.redraw

    def rows(self, width: int) -> int:
        """Rows that the values need in a panel of this width."""
        return len(self.draw(max(1, width - 2), 0))

    def draw(self, width: int, height: int) -> list[Line]:
        return value_lines(self.values, width, doubt=self.doubt, problem=self.problem, oldest=self.oldest)
