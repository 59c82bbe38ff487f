from collections.abc import Iterable

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from services.models import glyphs
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line, LineWidget, Span, spread, width_of


class PanelHead(LineWidget):
    DEFAULT_CSS = """
    PanelHead { height: 1; width: 1fr; }
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.facts: tuple[Span, ...] = ()
        self.age: tuple[Span, ...] = ()
        self.focused = False

    def update(
        self,
        *,
        title: str | None = None,
        facts: Iterable[Span] | None = None,
        age: Iterable[Span] | None = None,
        focused: bool | None = None,
    ) -> None:
        self.title = self.title if title is None else title
        self.facts = self.facts if facts is None else tuple(facts)
        self.age = self.age if age is None else tuple(age)
        self.focused = self.focused if focused is None else focused
        self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        rule = "rule-focus" if self.focused else "rule"
        dash = "━" if self.focused else "─"
        title: Span = (f" {self.title} ", "title-focus" if self.focused else "title")
        facts = [*self.facts, (" ", "")] if self.facts else []
        right: list[Span] = [(" ", ""), *self.age, (" ", ""), (dash, rule)] if self.age else [(dash, rule)]
        if width_of([title]) + width_of(right) + 2 > width:
            right = [(dash, rule)]
        return [spread([(dash, rule), title, *facts], right, width, fill=(dash, rule))]


class PanelNotice(LineWidget):
    """Shown while data is old or absent: why, and what to do."""

    DEFAULT_CSS = """
    PanelNotice { height: 1; width: 1fr; display: none; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words: tuple[str, ...] = ()
        self.role = "warn"

    def show(self, words: tuple[str, ...], role: str) -> None:
        if (words, role) == (self.words, self.role):
            return
        self.words, self.role = words, role
        self.display = bool(words)
        self._strips = None
        self.refresh(layout=True)

    def rows(self, width: int) -> int:
        return min(4, len(self.draw(width - 2, 0)))

    def draw(self, width: int, height: int) -> list[Line]:
        lines: list[Line] = []
        for mark, sentence in zip((f"{glyphs.ATTENTION} ", "→ ", "  "), self.words, strict=False):
            for row, text in enumerate(wrap(sentence, width - 2)):
                lines.append(
                    [
                        (mark if row == 0 else "  ", self.role),
                        (text, self.role if mark == f"{glyphs.ATTENTION} " else ""),
                    ]
                )
        return lines


class PanelEmpty(LineWidget):
    """Shown instead of the body when there is nothing to draw; never looks like "all is well"."""

    DEFAULT_CSS = """
    PanelEmpty { display: none; height: 3; padding: 1 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.role = "muted"

    def show(self, words: str, role: str) -> None:
        if (words, role) != (self.words, self.role):
            self.words, self.role = words, role
            self.redraw()

    def draw(self, width: int, height: int) -> list[Line]:
        return [[(line, self.role)] for line in wrap(self.words, width)] if self.words else []


class FrameLayout(Layout):
    """Head and notice at their own heights, the rest for the body, regardless of heights in style sheets.
    Heights in `fr` would make a panel of height `auto` fill its container."""

    name = "frame"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        placements: list[WidgetPlacement] = []
        top = 0
        for order, child in enumerate(children):
            if isinstance(child, PanelHead):
                height = 1
            elif isinstance(child, PanelNotice):
                height = child.rows(size.width)
            else:
                height = max(0, size.height - top)
            region = Region(0, top, size.width, height)
            placements.append(WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, child, order))
            top += height
        return placements
