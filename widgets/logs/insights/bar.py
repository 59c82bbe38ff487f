from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from services.i18n import N_
from widgets.drawing.format import crop_middle
from widgets.drawing.lines import Line, LineWidget, Span, fit, width_of


@dataclass(frozen=True, slots=True)
class BarItem:
    id: str
    text: str  # Cleaned


@dataclass(frozen=True, slots=True)
class BarFacts:
    items: tuple[BarItem, ...] = ()
    price: Line = ()
    status: Line = ()
    right: Line = ()  # At the right end of the status


class QueryBar(LineWidget, can_focus=True):
    """Three lines; ← → move among the items, ⏎ opens one."""

    DEFAULT_CSS = """
    QueryBar { height: 3; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", N_("Open"), show=False),
        Binding("left", "move(-1)", N_("Left"), show=False),
        Binding("right", "move(1)", N_("Right"), show=False),
    ]

    facts: reactive[BarFacts] = reactive(BarFacts(), repaint=False, init=False)

    class Chosen(Message):
        def __init__(self, item: str) -> None:
            super().__init__()
            self.item = item

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.at = 0

    watch_facts = on_focus = on_blur = LineWidget.redraw

    def draw(self, width: int, height: int) -> Sequence[Line]:
        right = list(self.facts.right)
        room = width - width_of(right) - (1 if right else 0)
        status = [*fit(self.facts.status, max(0, room)), *([(" ", ""), *right] if right else [])]
        return [self._items(width), self.facts.price, status]

    def _items(self, width: int) -> Line:
        texts, separator = self._fitting(width)
        spans: list[Span] = []
        for place, text in enumerate(texts):
            at_cursor = self.has_focus and place == self.at
            spans += [(separator, "rule")] if place else []
            spans.append((text, "cursor" if at_cursor else "strong" if place < len(texts) - 2 else "heading"))
        return spans

    def _fitting(self, width: int) -> tuple[list[str], str]:
        texts = [item.text for item in self.facts.items]
        size = width_of([(text, "") for text in texts])
        between = max(0, len(texts) - 1)
        separator = " │ " if size + 3 * between <= width else "│"
        over = size + len(separator) * between - width
        if over > 0 and texts:
            longest = max(range(len(texts)), key=lambda place: cell_len(texts[place]))
            texts[longest] = crop_middle(texts[longest], max(8, cell_len(texts[longest]) - over))
        return texts, separator

    def action_move(self, items: int) -> None:
        self.at = max(0, min(self.at + items, len(self.facts.items) - 1))
        self.redraw()

    def action_open(self) -> None:
        if self.facts.items:
            self.post_message(self.Chosen(self.facts.items[min(self.at, len(self.facts.items) - 1)].id))

    def on_click(self, event: Click) -> None:
        if event.y != 0:
            return
        end = 1
        texts, separator = self._fitting(self.size.width)
        for place, text in enumerate(texts):
            end += cell_len(text) + len(separator)
            if event.x < end:
                self.at = place
                self.action_open()
                return
