"""A scroll bar of one column beside the lines of a log pane."""

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from widgets.logs.store.view import LogView


class Gauge(Widget):
    """A thumb at the window's position; none when everything is in the window."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Gauge { width: 1; height: 1fr; background: $surface; color: $primary; }
    """

    thumb: reactive[tuple[int, int]] = reactive((0, 0))
    """First row and height of the thumb; height 0 for none."""

    def show(self, view: LogView, rows: list[int]) -> None:
        """Move the thumb; `rows` are the store rows in the window."""
        height = self.size.height
        total = view.visible.count()
        above = view.visible.rank(rows[0]) if rows else 0
        below = total - above - len(rows)
        if height < 2 or above + below <= 0:
            self.thumb = (0, 0)
            return
        size = max(1, height * len(rows) // total)
        share = above / (above + below)
        self.thumb = (round((height - size) * share), size)

    def render(self) -> RenderResult:
        """The column."""
        start, size = self.thumb
        rows = ["\u2588" if start <= row < start + size else " " for row in range(self.size.height)]
        return Content("\n".join(rows))
