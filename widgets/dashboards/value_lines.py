"""The judged values of a dashboard in a line or two, each beside its limit: for a screen with few rows."""

from collections.abc import Sequence

from textual.reactive import reactive

from services.i18n import _
from services.models.dashboards import DashboardView, Reading
from services.models.glyphs import NOT_JUDGED
from services.models.units import number, unit_of
from services.models.verdict import DISPLAY_ORDER, Limit, Verdict
from widgets.drawing.lines import Line, LineWidget, Span, width_of
from widgets.drawing.state_styles import VERDICT_STYLES

_GAP = 2


def judged_readings(view: DashboardView) -> tuple[Reading, ...]:
    """The worst reading of each limit, in the order of the dashboard."""
    worst: dict[str, Reading] = {}
    for data in view.data:
        for reading in data.readings:
            if reading.limit is None or reading.verdict is None:
                continue
            before = worst.get(reading.limit.id)
            if before is None or _rank(reading) < _rank(before):
                worst[reading.limit.id] = reading
    return tuple(worst.values())


def _rank(reading: Reading) -> int:
    return DISPLAY_ORDER.index(reading.verdict or Verdict.UNKNOWN)


def value_spans(reading: Reading, *, is_stale: bool = False) -> list[Span]:
    """`ECS CPU 38.7% < 70%`: name, value and limit; what is not normal has its mark."""
    limit = reading.limit
    if limit is None:
        return []
    verdict = Verdict.UNKNOWN if is_stale else reading.verdict or Verdict.UNKNOWN
    style = VERDICT_STYLES[verdict]
    is_normal = verdict is Verdict.NORMAL
    value = NOT_JUDGED if is_stale else number(reading.value, unit_of(None, limit))
    mark: list[Span] = [] if is_normal or is_stale else [(f"{style.mark} ", style.role)]
    return [
        *mark,
        (limit.title, "muted" if is_normal else ""),
        (f" {value}", "strong" if is_normal else style.role),
        (f" {_limit_text(limit)}", "muted"),
    ]


def _limit_text(limit: Limit) -> str:
    unit = unit_of(None, limit)
    below = f"< {number(limit.below, unit)}" if limit.below is not None else ""
    above = f"> {number(limit.above, unit)}" if limit.above is not None else ""
    return " ".join(text for text in (above, below) if text)


def value_lines(readings: Sequence[Reading], width: int, *, is_stale: bool = False) -> list[Line]:
    """The values, as many on a line as fit."""
    lines: list[list[Span]] = [[]]
    for reading in readings:
        spans = value_spans(reading, is_stale=is_stale)
        if lines[-1] and width_of(lines[-1]) + _GAP + width_of(spans) > width:
            lines.append([])
        lines[-1] += [(" " * _GAP, ""), *spans] if lines[-1] else spans
    return list(lines) if readings else [[(_("The dashboard has no value with a limit."), "muted")]]


class ValueLines(LineWidget):
    """The judged values."""

    DEFAULT_CSS = """
    ValueLines { height: 1fr; padding: 0 1; }
    """

    stale: reactive[bool] = reactive(False, repaint=False, init=False)
    """No new data arrives: a value is not the present one."""

    def __init__(self) -> None:
        super().__init__()
        self.readings: tuple[Reading, ...] = ()

    def feed(self, readings: tuple[Reading, ...]) -> bool:
        """Show these values; returns whether they differ from what is shown."""
        if readings == self.readings:
            return False
        self.readings = readings
        self.redraw()
        return True

    def watch_stale(self) -> None:
        """Hide values that are not the present ones."""
        self.redraw()

    def rows(self, width: int) -> int:
        """Rows that the values need in a panel of this width."""
        return len(value_lines(self.readings, max(1, width - 2)))

    def draw(self, width: int, height: int) -> list[Line]:
        """The values."""
        return value_lines(self.readings, width, is_stale=self.stale)
