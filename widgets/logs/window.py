"""Draws the window of a log pane; where it stands, and what is marked in it, a subclass says.

Drawing goes through `render_lines`, past Textual's per-widget cache, and keeps one strip per line;
Textual's scrolling is not used, because it needs the height of everything and scrolls by animation.
"""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.drawing.diff import changed_regions
from widgets.logs.scroll import Scroller
from widgets.logs.separators import Rules
from widgets.logs.strips import Accent, LogFormat, Painter
from widgets.logs.styles import STYLES, UNCOLOURED
from widgets.logs.view import LogView


class LogWindow(Widget):
    """The lines of a view from where its scroller stands."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"log--{name}" for name in STYLES}

    def __init__(self, view: LogView, look: LogFormat, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.view = view
        self.painter = Painter(look, self._component)
        self.scroller = Scroller(view, self._height_of)
        self.rules = Rules(view, look.zone)
        self._now = now
        self._now_ms = 0
        self.message = ""
        """Said where there are no lines; set with `say`."""
        self._window: tuple[list[int], int] = ([], 0)
        """The scroller's window as it was drawn last."""
        self._strips: list[Strip] = []
        """What was drawn last."""
        self._drawn: list[int] = []
        """Store row of the line on each screen row, -1 for none."""

    @property
    def look(self) -> LogFormat:
        """How lines are drawn."""
        return self.painter.look

    def redraw(self) -> None:
        """Draw everything anew: the look, the query, the marks or the theme changed."""
        self.painter.query = self.view.query
        self.painter.forget()
        self.rules.forget()
        self.refresh()

    def refresh_changed(self) -> None:
        """Draw lines that came or grew older; nothing where the window looks as it does already."""
        if self.scroller.window() != self._window or len(self._strips) != self.size.height:
            self.refresh()
            return
        before = self._strips
        changed = changed_regions(before, self._window_strips())
        if changed:
            self.refresh(*changed)

    def say(self, message: str) -> None:
        """Say this where there are no lines."""
        if message != self.message:
            self.message = message
            self.refresh()

    def _component(self, name: str) -> Style:
        # Textual forgets the component styles of a widget that it removes, yet may draw it once more.
        if name in UNCOLOURED or not self.is_attached:
            return self.rich_style
        return self.get_component_rich_style(name)

    def notify_style_update(self) -> None:
        """The theme changed."""
        super().notify_style_update()
        self.painter.forget()

    def on_resize(self) -> None:
        """Nothing drawn fits any more."""
        self.painter.forget()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The window, each strip as wide as the widget."""
        width, height = self.size
        if self.painter.width != width:
            self.painter.width = width
            self.painter.forget()
        self.scroller.height = height
        strips = self._window_strips()[crop.y : crop.bottom]
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        if crop.width != width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def _window_strips(self) -> list[Strip]:
        height = self.size.height
        self._now_ms = int(self._now().timestamp() * 1000) if self.look.relative else 0
        rows, skip = self._window = self.scroller.window()
        strips: list[Strip] = []
        self._drawn = []
        for row in rows:
            block = self._block(row)
            strips += block
            self._drawn += [row] * len(block)
        strips, self._drawn = strips[skip : skip + height], self._drawn[skip : skip + height]
        if not rows and self.message:
            strips = [self.painter.blank()] * min(1, height - 1) + [self.painter.rule(self.message, "rule")]
        self._strips = strips + [self.painter.blank()] * (height - len(strips))
        return self._strips

    def _height_of(self, row: int) -> int:
        if not self.look.wrap:
            return 1 + len(self.rules.above(row))
        return len(self._block(row))

    def _block(self, row: int) -> list[Strip]:
        line = self.view.store.line(row)
        rules = [self.painter.rule(text, name) for text, name in self.rules.above(row)]
        return rules + self.painter.block(line, self._accent(row, line.at), self._now_ms)

    def _accent(self, row: int, at: int) -> Accent:
        """How the line at a store row is marked, and what stands before it."""
        raise NotImplementedError
