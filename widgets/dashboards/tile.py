from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_, _
from services.models import dashboards as model
from services.models import glyphs
from services.models.base import RawId
from services.models.units import number, unit_of
from services.models.verdict import DISPLAY_ORDER, Verdict
from widgets.charts.data import Curve, curves_of
from widgets.drawing.format import stamp, wrap
from widgets.drawing.lines import Line, LineWidget, Span, fit, spread, width_of
from widgets.drawing.state_styles import VERDICT_STYLES, unsure
from widgets.frame.panel import Now

AnyWidget = model.MetricWidget | model.TextWidget | model.AlarmWidget | model.LogWidget | model.UnknownWidget


class Tile(LineWidget, can_focus=True):
    DEFAULT_CSS = """
    Tile { width: auto; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "maximize_tile", N_("Open"), show=True)]

    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    stale: reactive[bool] = reactive(False, repaint=False, init=False)
    """No new data arrives: normal values are no longer drawn as normal."""
    listed: reactive[frozenset[RawId]] = reactive(frozenset, repaint=False, init=False)
    """ARNs of the alarms that the list of alarms shows anyway."""

    @dataclass
    class Enlarge(Message):
        tile: "Tile"

    def __init__(self, widget: AnyWidget, data: model.WidgetData, zone: tzinfo, now: Now) -> None:
        super().__init__()
        self.now = now
        self.is_in_view: Callable[[], bool] = lambda: True  # Whether some of it can be seen; set by its grid
        self.set_reactive(Tile.zone, zone)
        self.widget = widget
        self.data = data

    def feed(self, widget: AnyWidget, data: model.WidgetData) -> bool:
        if widget == self.widget and data == self.data:
            return False
        self.widget, self.data = widget, data
        self.redraw()
        return True

    def redraw(self) -> None:
        if not self.is_in_view():
            self.forget_lines()
        super().redraw()

    watch_zone = watch_listed = watch_stale = on_focus = on_blur = redraw

    def action_maximize_tile(self) -> None:
        self.post_message(self.Enlarge(self))

    def on_click(self, event: Click) -> None:
        if event.chain == 2:
            self.action_maximize_tile()

    def body(self, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError

    def fold(self, width: int) -> Line:
        return [(self.title(), "title"), (" ", "")]

    def draw(self, width: int, height: int) -> list[Line]:
        if height == 1:
            mark: Span = ("▌ " if self.has_focus else "  ", "rule-focus")
            lines: list[Line] = [fit([mark, *self.fold(width - 2)], width)]
        else:
            lines = self.parts(width, height)
        return [unsure(line) for line in lines] if self.stale or self.data.as_of is not None else lines

    def parts(self, width: int, height: int) -> list[Line]:
        lines: list[Line] = [self._head(width)]
        for remark in self.widget.remarks[: max(1, height // 4)]:
            lines += [
                [(f"{glyphs.ATTENTION} ", "warn"), (text, "muted")] for text in wrap(remark, width - 2)[:2]
            ]
        if self.data.is_unread:
            return [*lines, [(_("not read yet"), "muted")]]
        if self.data.problem:
            words = [[(text, "warn")] for text in wrap(_("no data: {why}", why=self.data.problem), width)]
            lines += words[: max(1, height - len(lines))]
            if not self.data.series and not self.data.alarms:
                return lines
        room = height - len(lines)
        return lines + list(self.body(width, room) if room > 0 else [])

    def title(self) -> str:
        return self.widget.title or _("untitled")

    def value_spans(self) -> list[Span]:
        """Label and value of the worst reading; without verdicts the value of a single curve."""
        worst = self._worst()
        if worst is None:
            return self._newest()
        label: list[Span] = [(f"{worst.label} ", "muted")] if len(self.data.readings) > 1 else []
        return [*label, (number(worst.value, unit_of(None, worst.limit)), "strong")]

    def verdict_spans(self) -> list[Span]:
        """The worst verdict, and how many readings are not judged if that is another one."""
        worst = self._worst()
        if worst is None:
            return []
        style = VERDICT_STYLES[worst.verdict or Verdict.UNKNOWN]
        spans: list[Span] = [(style.text, style.role)]
        unknown_count = sum(reading.verdict is Verdict.UNKNOWN for reading in self.data.readings)
        if unknown_count and worst.verdict is not Verdict.UNKNOWN:
            unknown = VERDICT_STYLES[Verdict.UNKNOWN]
            spans.append((f" {unknown.mark}{unknown_count}", unknown.role))
        return spans

    def _worst(self) -> model.Reading | None:
        readings = [reading for reading in self.data.readings if reading.verdict is not None]
        return min(
            readings, key=lambda reading: DISPLAY_ORDER.index(reading.verdict or Verdict.NORMAL), default=None
        )

    def _newest(self) -> list[Span]:
        curves = self.curves()
        if len(curves) != 1 or not curves[0].values or self.data.is_outdated:
            return []
        return [(number(curves[0].last, curves[0].unit), "strong")]

    def curves(self) -> tuple[Curve, ...]:
        if not isinstance(self.widget, model.MetricWidget):
            return ()
        return curves_of({trace.query.id: trace for trace in self.widget.traces}, self.data)

    def _age_spans(self) -> list[Span]:
        if self.data.as_of is None:
            return []
        return [(_("as of {time}", time=stamp(self.data.as_of, self.zone, self.now(), name=False)), "warn")]

    def _head(self, width: int) -> Line:
        has_focus = self.has_focus
        dash: Span = ("━" if has_focus else "─", "rule-focus" if has_focus else "rule")
        title: Span = (self.title(), "title-focus" if has_focus else "title")
        value, verdict = self._age_spans() or self.value_spans(), self.verdict_spans()
        room = width - 4 - width_of([title]) - width_of(verdict)
        if value and width_of(value) + 1 > room:
            value = value[-1:] if width_of(value[-1:]) + 1 <= room else []
        right = [*value, (" ", ""), *verdict] if value and verdict else value or verdict
        if right and width_of(right) + 8 > width:
            right = right[:1]
        right = [(" ", ""), *right] if right else []
        return spread([title, (" ", "")], right, width, fill=dash)
