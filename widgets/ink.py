"""Lines as plain data, and the widget that turns them into strips.

A drawing function is pure: it returns lines of (text, role) spans, measured in cells. The widget gives
each role its style from a component class, so a theme or a style sheet can change it, and keeps the
strips until data, size or theme change.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.format import ELLIPSIS

Span = tuple[str, str]
"""(text, role); the role is a key of `ROLES`, "" or `#rrggbb`."""
Line = Sequence[Span]

ROLES: dict[str, str] = {
    "title": "color: $text; text-style: bold;",
    "strong": "color: $text; text-style: bold;",
    "muted": "color: $text-muted;",
    "faint": "color: $text-disabled;",
    "rule": "color: $foreground 25%;",
    "rule-focus": "color: $primary;",
    "title-focus": "color: $text-primary; text-style: bold;",
    "good": "color: $text-success;",
    "warn": "color: $text-warning;",
    "bad": "color: $text-error; text-style: bold;",
    "alert": "color: $text; background: $error 60%; text-style: bold;",
    "caution": "color: $text-warning; text-style: bold;",
    "limit": "color: $text-error;",
    "mark": "color: $text-warning;",
    "band": "color: $text-warning; background: $warning 8%;",
    "link": "color: $text-primary; text-style: underline;",
    "code": "color: $text-accent;",
    "heading": "color: $text-primary; text-style: bold;",
    "key": "color: $text-accent; text-style: bold;",
    "cursor": "background: $primary 35%; text-style: bold;",
    "cursor-blur": "background: $foreground 8%;",
    "head": "color: $text-muted;",
    "series-1": "color: $primary;",
    "series-2": "color: $accent;",
    "series-3": "color: $success;",
    "series-4": "color: $foreground 70%;",
    "series-5": "color: $text-secondary;",
    "series-6": "color: $text-error;",
}
"""Role -> its style; each is the component class `ink--<role>`."""

_ANSI: dict[str, str] = {
    "rule": "color: ansi_bright_black;",
    "faint": "color: ansi_bright_black;",
    "rule-focus": "color: ansi_bright_blue;",
    "title-focus": "color: ansi_bright_blue;",
    "link": "color: ansi_bright_blue;",
    "heading": "color: ansi_bright_blue;",
    "cursor": "color: $block-cursor-foreground; background: $block-cursor-background;",
    "cursor-blur": "background: ansi_default;",
    "band": "background: ansi_default;",
    "alert": "color: ansi_bright_white; background: ansi_red;",
    "series-1": "color: ansi_bright_blue;",
    "series-2": "color: ansi_magenta;",
    "series-3": "color: ansi_cyan;",
    "series-4": "color: ansi_default;",
    "series-5": "color: ansi_green;",
    "series-6": "color: ansi_yellow;",
}
"""What differs on the terminal's own 16 colours, which cannot be mixed."""

INK_CLASSES = {f"ink--{role}" for role in ROLES}
INK_CSS = "\n".join(
    [f"& > .ink--{role} {{ {css} }}" for role, css in ROLES.items()]
    + [f"&:ansi > .ink--{role} {{ {css} }}" for role, css in _ANSI.items()]
)
"""Goes into the DEFAULT_CSS of every widget that draws with ink."""

_CONTRAST = 0.2
"""Difference in brightness (0-1) below which a colour is hardly seen."""

SERIES_ROLES = tuple(role for role in ROLES if role.startswith("series-"))


def width_of(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _role in line)


def fit(line: Line, width: int, align: str = "left") -> list[Span]:
    """The line in exactly `width` cells: cropped with an ellipsis, or padded."""
    used = width_of(line)
    if used <= width:
        room = ("" if used == width else " " * (width - used), "")
        return [room, *line] if align == "right" else [*line, room]
    kept: list[Span] = []
    left = width - 1
    for text, role in line:
        size = cell_len(text)
        if size > left:
            kept.append((set_cell_size(text, max(0, left)) + (ELLIPSIS if width > 0 else ""), role))
            break
        kept.append((text, role))
        left -= size
    return kept


def spread(left: Line, right: Line, width: int, fill: Span = (" ", "")) -> list[Span]:
    """`left` and `right` at the two ends of `width` cells; `left` is cropped, `right` stays."""
    room = width - width_of(right)
    if room <= 0:
        return fit(right, width)
    used = width_of(left)
    if used > room - 1:
        return [*fit(left, room - 1), (" ", ""), *right]
    return [*left, (fill[0] * (room - used), fill[1]), *right]


def plain(lines: Iterable[Line]) -> list[str]:
    """The text alone, for tests and for terminals that only read."""
    return ["".join(text for text, _role in line) for line in lines]


class Ink:
    """A widget's roles as styles and its lines as strips; styles are looked up once per theme."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[str, Style] = {}

    def forget(self) -> None:
        """The theme changed."""
        self._styles.clear()

    def style(self, role: str) -> Style:
        """The style of a role; `#rrggbb` is a foreground of its own, "" the widget's own style."""
        found = self._styles.get(role)
        if found is None:
            found = self._styles[role] = self._look_up(role)
        return found

    def _look_up(self, role: str) -> Style:
        if not role:
            return self._widget.rich_style
        if role.startswith("#"):
            return self.style("") + Style(color=self._readable(role))
        return self._widget.get_component_rich_style(f"ink--{role}")

    def _readable(self, colour: str) -> str:
        """A colour from outside, moved away from the background where it would hardly be seen."""
        under = self.style("").bgcolor
        if under is None or under.is_default:
            return colour
        back, wanted = Color.from_rich_color(under), Color.parse(colour)
        if abs(back.brightness - wanted.brightness) >= _CONTRAST:
            return colour
        return wanted.blend(back.get_contrast_text(1.0), 0.5).hex6

    def strip(self, line: Line, width: int, base: str = "") -> Strip:
        """A line as a strip of exactly `width` cells; `base` is a role beneath all spans.

        On the terminal's own 16 colours a bright background leaves no colour readable but its own.
        """
        under = self.style(base)
        ansi = self._widget.app.native_ansi_color and base == "cursor"
        over = Style(color=under.color if ansi else None, bgcolor=under.bgcolor) if base else None
        segments = []
        for text, role in fit(line, width):
            if text:
                style = self.style(role) if role else under
                segments.append(Segment(text, style + over if over and role else style))
        return Strip(segments, width)

    def blank(self, width: int) -> Strip:
        """An empty line."""
        return Strip.blank(width, self.style(""))


class Inked(Widget):
    """Base of every widget that draws lines itself; `draw` is asked only when something changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = INK_CLASSES
    DEFAULT_CSS = f"""
    Inked {{ width: 1fr; height: 1fr; {INK_CSS} }}
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.ink = Ink(self)
        self._strips: list[Strip] | None = None
        self._drawn_size = (0, 0)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The widget's lines for this size; longer ones are cropped, missing ones are blank."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw anew; only lines that came out different are sent."""
        before, self._strips = self._strips, None
        width, height = self.size
        if before is None or self._drawn_size != (width, height) or not self.is_mounted:
            self.refresh()
            return
        after = self._lines(width, height)
        changed = [y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
        if changed:
            self.refresh(*[Region(0, y, width, 1) for y in changed])

    def render_line(self, y: int) -> Strip:
        """One of the strips kept."""
        width, height = self.size
        lines = self._lines(width, height)
        return lines[y] if 0 <= y < len(lines) else self.ink.blank(width)

    def notify_style_update(self) -> None:
        """The theme changed: strips hold old colours."""
        super().notify_style_update()
        self.ink.forget()
        self._strips = None

    def _lines(self, width: int, height: int) -> list[Strip]:
        if self._strips is None or self._drawn_size != (width, height):
            drawn = self.draw(width, height) if width > 0 and height > 0 else []
            strips = [self.ink.strip(line, width) for line in drawn[:height]]
            self._strips = strips + [self.ink.blank(width)] * (height - len(strips))
            self._drawn_size = (width, height)
        return self._strips
