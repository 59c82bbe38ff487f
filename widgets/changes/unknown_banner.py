from collections.abc import Sequence

from textual.geometry import Size

from services.i18n import _, sentences
from services.models.change_runs import Run, StepState
from widgets.changes.run.view import unknown_words
from widgets.drawing.lines import Line, LineWidget
from widgets.drawing.spans import hanging

_MOST = 2  # Maximum number of changes named; the table has all of them


class UnknownBanner(LineWidget):
    """Call `show`; hidden while no outcome is unknown."""

    DEFAULT_CSS = """
    UnknownBanner { height: auto; display: none; background: $error-muted; color: $text; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs: tuple[Run, ...] = ()

    def show(self, runs: Sequence[Run]) -> None:
        unknown = tuple(run for run in runs if run.state is StepState.UNKNOWN)
        if unknown != self._runs:
            self._runs = unknown
            self.display = bool(unknown)
            self._strips = None
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.draw(width, 0))

    def draw(self, width: int, height: int) -> list[Line]:
        return unknown_lines(self._runs, width) if width > 0 else []


def unknown_lines(runs: Sequence[Run], width: int) -> list[Line]:
    lines: list[Line] = []
    for run in runs[:_MOST]:
        what = f"{run.plan.target.title}  {run.plan.title}"
        head = _("OUTCOME UNKNOWN: {what}", what=what)
        lines += hanging([("? ", "title")], head, width, "title")
        text = next((step.text for step in run.steps if step.state is StepState.UNKNOWN), "")
        if text:
            lines += hanging([("  ", "")], text, width)
    if runs:
        more = len(runs) - _MOST
        others = _("and {count} more.", count=more) if more > 0 else ""
        ask = _("C checks AWS now; if that is inconclusive you will be asked.")
        lines += hanging([("→ ", "title")], sentences(others, unknown_words(), ask), width)
    return lines
