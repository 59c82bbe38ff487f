"""One column beside the lines that says where the window lies."""

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from widgets.log_view import LogView


class Gauge(Widget):
    """A thumb on a track; nothing when everything is in the window."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Gauge { width: 1; height: 1fr; background: $surface; color: $primary-darken-1; }
    """

    thumb: reactive[tuple[int, int]] = reactive((0, 0))
    """First row and height of the thumb; height 0 for none."""

    def show(self, view: LogView, drawn: list[int]) -> None:
        """`drawn`: the store row on each screen row."""
        height = self.size.height
        total = view.shown.count()
        if not drawn or height < 2 or total <= len(drawn):
            self.thumb = (0, 0)
            return
        size = max(1, height * len(drawn) // total)
        above = view.shown.rank(drawn[0])
        below = total - view.shown.rank(drawn[-1]) - 1
        share = above / (above + below) if above + below else 1.0
        self.thumb = (round((height - size) * share), size)

    def render(self) -> RenderResult:
        """The column."""
        start, size = self.thumb
        rows = ["\u2588" if start <= row < start + size else " " for row in range(self.size.height)]
        return Content("\n".join(rows))
