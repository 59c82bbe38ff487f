"""Lines as plain data, and the widget that turns them into strips. A drawing function is pure: it returns
lines of (text, role) spans, measured in cells. The widget resolves each role to a style of the theme, on its
own background, and caches the strips until data, size or theme change."""

from collections.abc import Sequence
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.style import Style as VisualStyle
from textual.widget import Widget

from widgets.drawing.diff import changed_regions
from widgets.drawing.spans import Line as Line
from widgets.drawing.spans import Span as Span
from widgets.drawing.spans import fit as fit
from widgets.drawing.spans import plain as plain
from widgets.drawing.spans import spread as spread
from widgets.drawing.spans import width_of as width_of

ROLES: dict[str, str] = {
    "title": "bold $foreground",
    "strong": "bold $foreground",
    "muted": "$text-muted",
    "faint": "$text-disabled",
    "struck": "strike $text-disabled",
    "rule": "$border",
    "rule-focus": "$primary",
    "title-focus": "bold $text-primary",
    "good": "$text-success",
    "warn": "$text-warning",
    "bad": "bold $text-error",
    "alert": "bold $foreground on $error-muted",
    "caution": "bold $text-warning",
    "limit": "$text-error",
    "mark": "$text-warning",
    "band": "$text-warning on $warning-muted",
    "link": "underline $text-primary",
    "code": "$text-accent",
    "heading": "$text-primary",
    "key": "bold $text-accent",
    "cursor": "bold $foreground on $primary-muted",
    "cursor-blur": "on $boost",
    "head": "$text-muted",
    "series-1": "$primary",
    "series-2": "$accent",
    "series-3": "$success",
    "series-4": "$text-muted",
    "series-5": "$secondary",
    "series-6": "$warning",
}
"""The style of each role, in Textual's notation and with the theme's colours. Component classes would do the
same in CSS, but cost a tenth of a second at start: Textual computes each of them for each widget, used or
not, whenever a class of an ancestor changes."""

_ANSI: dict[str, str] = {
    "title": "bold $text",
    "strong": "bold $text",
    "muted": "$text-muted",
    "faint": "ansi_bright_black",
    "struck": "strike ansi_bright_black",
    "head": "$text-muted",
    "rule": "ansi_bright_black",
    "rule-focus": "ansi_bright_blue",
    "heading": "bold $text-primary",
    "cursor": "bold $block-cursor-foreground on $block-cursor-background",
    "cursor-blur": "on ansi_default",
    "band": "$text-warning on ansi_default",
    "alert": "bold ansi_bright_white on ansi_red",
    "series-1": "ansi_bright_blue",
    "series-2": "ansi_magenta",
    "series-3": "ansi_cyan",
    "series-4": "ansi_default",
    "series-5": "ansi_green",
    "series-6": "ansi_yellow",
}
"""Styles that differ on a terminal with 16 colours, which cannot be blended."""

_NO_COLOR: dict[str, str] = {
    "bad": "bold $foreground",
    "alert": "bold reverse $foreground",
    "caution": "bold $foreground",
    "warn": "$foreground",
    "band": "bold $foreground on $warning-muted",
    "limit": "$foreground",
}
"""Styles that differ under NO_COLOR, where red and yellow would be greys that are darker than ordinary text."""

_QUIET = ("muted", "faint", "head", "rule", "struck")
"""Roles that would be hard to read on the cursor's row, where they have the row's own colour."""

_CONTRAST = 0.3  # Difference in brightness (0-1) below which thin lines and words are hardly visible

SERIES_ROLES = tuple(role for role in ROLES if role.startswith("series-"))


class LineStyles:
    """Turns roles into styles and lines into strips for one widget; caches the styles of the theme."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[str, Style] = {}

    def forget(self) -> None:
        self._styles.clear()

    def style(self, role: str) -> Style:
        """The style of a role; `#rrggbb` is a foreground colour, "" the widget's own style."""
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = self._look_up(role)
        return style

    def _look_up(self, role: str) -> Style:
        if not role:
            return self._widget.rich_style
        if role.startswith("#"):
            return self.style("") + Style(color=self._readable(role))
        app = self._widget.app
        differing = _NO_COLOR if app.no_color else _ANSI if app.native_ansi_color else {}
        words = differing.get(role, ROLES[role])
        return (self._widget.visual_style + VisualStyle.parse(words)).rich_style

    def _readable(self, colour: str) -> str:
        """A colour from outside, contrasted with the background where it would hardly be visible."""
        under = self.style("").bgcolor
        if under is None or under.is_default:
            return colour
        back, front = Color.from_rich_color(under), Color.parse(colour)
        if abs(back.brightness - front.brightness) >= _CONTRAST:
            return colour
        return front.blend(back.get_contrast_text(1.0), 0.5).hex6

    def strip(self, line: Line, width: int, base: str = "") -> Strip:
        """A line as a strip of exactly `width` cells; `base` is a role beneath all spans. Among the
        terminal's 16 colours only its own foreground is readable on a bright background."""
        under = self.style(base)
        ansi = self._widget.app.native_ansi_color and base == "cursor"
        over = Style(color=under.color if ansi else None, bgcolor=under.bgcolor) if base else None
        spans: list[tuple[str, Style]] = []
        for text, role in fit(line, width):
            if text:
                style = self.style(role) if role and not (base == "cursor" and role in _QUIET) else under
                _append(spans, text, style + over if over and role else style)
        return Strip([Segment(text, style) for text, style in spans], width)

    def blank(self, width: int) -> Strip:
        return Strip.blank(width, self.style(""))


def _append(spans: list[tuple[str, Style]], text: str, style: Style) -> None:
    """Append `text`, to the last span if that looks the same: every span costs 40 bytes on the wire."""
    if spans:
        before, last = spans[-1]
        if style is last or style == last or (text.isspace() and _blank_alike(style, last)):
            spans[-1] = (before + text, last)
            return
        if before.isspace() and _blank_alike(last, style):
            spans[-1] = (before + text, style)
            return
    spans.append((text, style))


@lru_cache(1024)
def _blank_alike(one: Style, other: Style) -> bool:
    return one.bgcolor == other.bgcolor and not any(
        style.underline or style.reverse or style.strike or style.underline2 for style in (one, other)
    )


class LineWidget(Widget):
    """Base of every widget that draws lines itself; `draw` is called only when something changed."""

    DEFAULT_CSS = """
    LineWidget { width: 1fr; height: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.line_styles = LineStyles(self)
        self._strips: list[Strip] | None = None
        self._drawn_size = (0, 0)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        raise NotImplementedError

    def redraw(self) -> None:
        before, self._strips = self._strips, None
        width, height = self.size
        if before is None or self._drawn_size != (width, height) or not self.is_mounted:
            self.refresh()
            return
        after = self._lines(width, height)
        regions = changed_regions(before, after)
        if regions:
            self.refresh(*regions)

    def forget_lines(self) -> None:
        self._strips = None

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        lines = self._lines(width, height)
        return lines[y] if 0 <= y < len(lines) else self.line_styles.blank(width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.line_styles.forget()
        self._strips = None

    def _lines(self, width: int, height: int) -> list[Strip]:
        if self._strips is None or self._drawn_size != (width, height):
            lines = self.draw(width, height) if width > 0 and height > 0 else []
            strips = [self.line_styles.strip(line, width) for line in lines[:height]]
            self._strips = strips + [self.line_styles.blank(width)] * (height - len(strips))
            self._drawn_size = (width, height)
        return self._strips


_OVER = "@"


@lru_cache(256)
def over(role: str, base: str) -> str:
    """The name of the role `role` on the background of `base`; `role` itself if `base` is ""."""
    return f"{role}{_OVER}{base}" if base else role


class CellStyles(LineStyles):
    """Resolves the names that `over` returns."""

    def _look_up(self, role: str) -> Style:
        front, on, base = role.partition(_OVER)
        if not on:
            return super()._look_up(role)
        under = self.style(base)
        if self._own_colours_only(base):
            return under
        return self.style(front) + Style(bgcolor=under.bgcolor)

    def _own_colours_only(self, base: str) -> bool:
        """Whether `base` is a bright one of 16 colours, on which only its own foreground is readable."""
        return base == "cursor" and self._widget.app.native_ansi_color
