"""What is seen behind a dialog: the header and the alarm strip as they are, the rest of the screen below in
grey. Textual's tint needs colours that can be blended, and covers the whole screen. Here each row below the
strip is written in the theme's role for what is not in use, which is legible in any number of colours."""

from asyncio import TimerHandle
from typing import TYPE_CHECKING, Any, Self

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.terminal.whole_characters import WholeCharacters
from widgets.drawing.lines import LineStyles
from widgets.drawing.timers import detached_timer
from widgets.frame.message_line import LOW, MOST_ROWS

if TYPE_CHECKING:
    Base = Screen[Any]
else:
    # Textual looks for styles in the first base that is a widget, which must be the screen's own.
    Base = object

FRAME_ROWS = 2  # The header and the alarm strip, of every screen
UPDATE_EVERY = 10.0
"""Seconds after which a change below the strip is shown: nobody reads it, and a log that runs costs the line."""


class FrameSpace(Widget):
    """Keeps the dialog's content out of the header and the alarm strip; invisible, so that they show through."""

    DEFAULT_CSS = """
    FrameSpace { dock: top; height: 2; visibility: hidden; }
    """


class Dimmed(Base):
    """Draws the screen below behind a dialog. Overrides Textual's `_extend_compose`; reads its cache of
    lines."""

    _behind_rows: dict[int, Strip] | None = None
    _behind_grey: Style | None = None
    _behind_changed: tuple[Region, ...] = ()
    _behind_timer: TimerHandle | None = None

    def _extend_compose(self, widgets: list[Widget]) -> None:
        super()._extend_compose(widgets)
        widgets.insert(0, FrameSpace())

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """As Textual's; regions are what has changed on a screen below. Of that only the frame and the rows
        of the message line are shown at once: a message that has gone must not stay there in grey."""
        if not regions:
            return super().refresh(repaint=repaint, layout=layout, recompose=recompose)
        for screen in self.app.screen_stack:
            if screen is not self and isinstance(screen, Dimmed):
                screen._set_dirty(*regions)  # a dialog between this one and the screen that has changed
        width, height = self.size
        self._behind_changed += tuple(region for region in regions if region.bottom > FRAME_ROWS)
        if self._behind_changed and self._behind_timer is None:
            self._behind_timer = detached_timer(UPDATE_EVERY, self.call_later, self._show_behind_changed)
        message_rows = MOST_ROWS if height > LOW else 1
        live_rows = (Region(0, 0, width, FRAME_ROWS), Region(0, height - message_rows, width, message_rows))
        alive = [part for region in regions for each in live_rows if (part := region.intersection(each))]
        return super().refresh(*alive, repaint=repaint) if alive else self

    def _show_behind_changed(self) -> None:
        changed, self._behind_changed, self._behind_timer = self._behind_changed, (), None
        super().refresh(*changed)

    def on_unmount(self) -> None:
        """Cancel what would be drawn later; Textual calls this handler of each base, so it does not call the next."""
        if self._behind_timer is not None:
            self._behind_timer.cancel()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._behind_grey = None

    def render_lines(self, crop: Region) -> list[Strip]:
        self._behind_rows = None
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the screen below, grey unless it belongs to the frame."""
        if self._behind_rows is None:
            self._behind_rows = self._behind_rows_to_draw()
        row = self._behind_rows.get(y)
        if row is None:
            return Strip.blank(self.size.width, self._behind_style())
        if y < FRAME_ROWS:
            return row
        return Strip([Segment(row.text, self._behind_style())], row.cell_length)

    def _behind_rows_to_draw(self) -> dict[int, Strip]:
        stack = self.app.screen_stack
        at = stack.index(self) if self in stack else 0
        compositor = stack[at - 1]._compositor if at else None
        if not isinstance(compositor, WholeCharacters):
            return {}
        cache = self._styles_cache
        return compositor.rows(
            [y for y in range(self.size.height) if y in cache._dirty_lines or y not in cache._cache]
        )

    def _behind_style(self) -> Style:
        if self._behind_grey is None:
            # Of the lowest screen, whose background is opaque.
            self._behind_grey = LineStyles(self.app.screen_stack[0]).style("faint")
            if self.app.no_color:
                self._behind_grey += Style(dim=True)
        return self._behind_grey
