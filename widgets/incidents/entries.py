from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from services.i18n import N_
from services.models.evidence import EvidencePlace
from widgets.drawing.lines import Line, LineWidget, Span, fit, spread, width_of
from widgets.drawing.timers import is_going

_LEAST_BESIDE = 24  # Cells beside the title from which what does not fit is cut, not left out
GUTTER = 2  # Cells of the cursor's bar


@dataclass(frozen=True, slots=True)
class IncidentEntry:
    key: str
    lines: tuple[Line, ...]
    can_choose: bool = True  # Whether the cursor stops at it
    place: EvidencePlace | None = None  # Where Enter leads; None: nowhere, or the screen knows by the key


class EntryPanel(LineWidget, can_focus=True):
    """Draws the entries that `make` returns for a width; call `update` when they may have changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", N_("Open"), show=True),
        Binding("up,k", "step(-1)", N_("Up"), show=False),
        Binding("down,j", "step(1)", N_("Down"), show=False),
        Binding("pageup", "page(-1)", N_("Page up"), show=False),
        Binding("pagedown", "page(1)", N_("Page down"), show=False),
        Binding("home", "edge(0)", N_("First"), show=False),
        Binding("end", "edge(-1)", N_("Last"), show=False),
    ]

    @dataclass
    class Opened(Message):
        panel: "EntryPanel"
        entry: IncidentEntry

    @dataclass
    class Moved(Message):
        panel: "EntryPanel"
        key: str

    def __init__(
        self,
        title: str,
        make: Callable[[int], Sequence[IncidentEntry]],
        *,
        beside: Callable[[], Sequence[Span]] = list,
        from_end: bool = False,
        id: str | None = None,
    ) -> None:
        """`beside` returns what stands at the right of the title; `from_end`: the last entry is shown first."""
        super().__init__(id=id)
        self.title = title
        self.cursor_key: str | None = None  # The entry that keys act on; None for none
        self._last_key: str | None = None
        """The last entry when it was drawn; with `from_end` a cursor on it goes on to newer ones."""
        self._from_end = from_end
        self._make = make
        self._beside = beside
        self._top = 0
        self._room = 0  # Rows below the head when it was drawn
        self._follows = True  # Whether the window follows the cursor; without one the arrows scroll
        self._is_chosen = False
        """Whether the cursor was put where it is; otherwise it is on the first entry, and the panel shows its top."""

    # -- for the screen

    def update(self) -> None:
        if not is_going(self):
            self.redraw()

    def restart(self) -> None:
        self._top, self.cursor_key, self._is_chosen = 0, None, False
        self.update()

    def move_to(self, key: str) -> None:
        self.cursor_key, self._follows, self._is_chosen = key, True, True
        self.update()

    def rows(self, width: int) -> int:
        return 1 + sum(len(entry.lines) for entry in self.entries(width))

    def entries(self, width: int | None = None) -> Sequence[IncidentEntry]:
        return self._make(max(4, (self.size.width if width is None else width) - GUTTER))

    def at_cursor(self) -> IncidentEntry | None:
        return next((entry for entry in self.entries() if entry.key == self.cursor_key), None)

    # -- drawing

    def draw(self, width: int, height: int) -> list[Line]:
        entries = self.entries(width)
        self._place_cursor(entries)
        lines: list[Line] = []
        top = bottom = 0
        for entry in entries:
            at_cursor = entry.key == self.cursor_key
            if at_cursor:
                top, bottom = len(lines), len(lines) + len(entry.lines)
            bar = ("▌ " if self.has_focus else "▏ ") if at_cursor else "  "
            lines += [[(bar, "rule-focus"), *line] for line in entry.lines]
        room = max(0, height - 1)
        self._scroll(top, bottom, room, len(lines))
        return [self._head(width, room, len(lines)), *lines[self._top : self._top + room]]

    def _place_cursor(self, entries: Sequence[IncidentEntry]) -> None:
        keys = [entry.key for entry in entries if entry.can_choose]
        if not keys:
            return
        if self._from_end and self.cursor_key in (None, self._last_key):
            self.cursor_key = keys[-1]
        self._last_key = keys[-1]
        if self.cursor_key is None or not (self._is_chosen or self._from_end):
            self.cursor_key = keys[0]

    def _scroll(self, top: int, bottom: int, room: int, total: int) -> None:
        """Scroll so that the cursor's entry is in sight, whose lines are those from `top` to before `bottom`."""
        if not (self._is_chosen or self._from_end or self.has_focus):
            # What stands above the first entry that can be chosen tells what the panel is about.
            self._top = 0
            return
        if self._follows and bottom:
            if room != self._room:
                # As if it had always been this high: a screen gives other heights while it is laid out.
                self._top = min(self._top, max(0, bottom - room))
            self._top = min(self._top, top)
            # The beginning of an entry that does not fit is what tells which one it is.
            self._top = min(max(self._top, bottom - room), top if bottom - top > room else total)
        self._top = max(0, min(self._top, total - room))
        self._room = room

    def _head(self, width: int, room: int, total: int) -> Line:
        rule, dash = ("rule-focus", "━") if self.has_focus else ("rule", "─")
        title: Span = (f" {self.title} ", "title-focus" if self.has_focus else "title")
        beside = list(self._beside())
        if total > room > 0:
            beside += [("  " if beside else "", ""), (f"{self._top + room}/{total}", "muted")]
        start: list[Span] = [(dash, rule), title]
        right: list[Span] = [(" ", ""), *beside, (" ", ""), (dash, rule)] if beside else [(dash, rule)]
        room = width - width_of(start) - 2
        if width_of(right) > room:
            right = fit(right, room) if room >= _LEAST_BESIDE else [(dash, rule)]
        return spread(start, right, width, fill=(dash, rule))

    def on_focus(self) -> None:
        self.update()

    def on_blur(self) -> None:
        self.update()

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return True if action != "open" else any(entry.can_choose for entry in self.entries())

    def action_open(self) -> None:
        entry = self.at_cursor()
        if entry is not None:
            self.post_message(self.Opened(self, entry))

    def action_step(self, by: int) -> None:
        entries = [entry for entry in self.entries() if entry.can_choose]
        keys = [entry.key for entry in entries]
        at = keys.index(self.cursor_key) if self.cursor_key in keys else (-1 if by > 0 else len(keys))
        if 0 <= at + by < len(keys):
            self._choose(keys[at + by])
        else:
            self._follows = False
            self._top += by
            self.update()

    def action_page(self, by: int) -> None:
        self._follows = False
        self._top += by * max(1, self.size.height - 2)
        self.update()

    def action_edge(self, index: int) -> None:
        keys = [entry.key for entry in self.entries() if entry.can_choose]
        self._follows, self._top = False, 0 if index == 0 else 1 << 16
        if keys:
            self._choose(keys[index])
        else:
            self.update()

    def _choose(self, key: str) -> None:
        is_other = key != self.cursor_key
        self.move_to(key)
        if is_other:
            self.post_message(self.Moved(self, key))
        self.refresh_bindings()
