from collections.abc import Iterable

from textual.widget import Widget

from services.i18n import _
from services.models import glyphs
from services.models.changes import LiveState
from services.models.text import LINE_LIMIT, clean
from widgets.changes.lines import odd_characters, pairs
from widgets.drawing.lines import Line, LineWidget, Span
from widgets.drawing.spans import hanging
from widgets.frame.panel import Panel

_PADDING = 2  # Cells to the left and right of the lines


class _Facts(LineWidget):
    def __init__(self) -> None:
        super().__init__()
        self.state: LiveState | None = None

    def draw(self, width: int, height: int) -> list[Line]:
        return state_lines(self.state, width) if self.state is not None else []


class LiveStatePanel(Panel[LiveState]):
    DEFAULT_CSS = """
    LiveStatePanel { min-height: 4; }
    LiveStatePanel _Facts { padding: 0 1; }
    """

    def compose_body(self) -> Iterable[Widget]:
        self.lines = _Facts()
        yield self.lines

    def show(self, value: LiveState) -> None:
        self.lines.state = value
        self.lines.redraw()

    def natural_height(self) -> int:
        """One row for each line of the state; the body has no width of its own yet when the first one arrives."""
        value, width = self.state.value, self.size.width - _PADDING
        return len(state_lines(value, width)) if value is not None and width > 0 else super().natural_height()

    def facts(self, value: LiveState) -> list[Span]:
        return [(value.target.title, "strong")]


def state_lines(state: LiveState, width: int) -> list[Line]:
    lines: list[Line] = []
    for remark in state.remarks:
        lines += hanging([(f"{glyphs.ATTENTION} ", "warn")], remark, width, "warn")
    raw = str(state.target.id)
    rows = [(fact.name, f"{fact.value}  {fact.note}".rstrip(), "") for fact in state.facts]
    odd = odd_characters(raw)
    rows.append((_("Target"), clean(raw, LINE_LIMIT), "muted"))
    return [*lines, *pairs([*rows, *([("", f"{glyphs.ATTENTION} {odd}", "warn")] if odd else [])], width)]
