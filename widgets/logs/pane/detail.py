"""It takes the focus: its keys act on the field at the cursor, and trees fold."""

from collections.abc import Callable, Iterable
from datetime import date, tzinfo
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from services.i18n import N_
from widgets.drawing.format import wrap
from widgets.logs.form.field_rows import FieldRow, Path, folded, rows_of
from widgets.logs.form.line_form import LineForm
from widgets.logs.store.store import StoredLine

_NAME_WIDTH = 16  # Cells of the names at most; longer ones push their values
_STYLES = {0: "$text-error", 1: "$foreground bold", 2: "$foreground", 3: "$text-muted"}
_OPEN, _CLOSED = "-", "+"
_BESIDE = 7  # Cells of a row that are neither name nor value: padding, the mark, the gap, the scroll bar


class FieldList(OptionList):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "cursor_up", N_("Up"), show=False),
        Binding("j", "cursor_down", N_("Down"), show=False),
        Binding("b", "page_up", N_("Page up"), show=False),
        Binding("space", "page_down", N_("Page down"), show=False),
        Binding("enter", "act('menu')", N_("Open"), show=True),
        Binding("slash", "act('search')", N_("Search"), show=True),
        Binding("f", "act('filter')", N_("Filter"), show=True),
        Binding("y", "act('copy')", N_("Copy"), show=True),
        Binding("right", "fold(False)", N_("Right"), show=False),
        Binding("left", "fold(True)", N_("Left"), show=False),
        Binding("left_square_bracket", "other_line(-1)", N_("Previous"), show=False),
        Binding("right_square_bracket", "other_line(1)", N_("Next"), show=False),
    ]

    class Acted(Message):
        def __init__(self, fields: "FieldList", action: str, row: FieldRow) -> None:
            super().__init__()
            self.fields = fields
            self.action = action
            self.row = row

    class OtherLine(Message):
        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    def __init__(self) -> None:
        super().__init__()
        self.form: LineForm | None = None
        self.rows: list[FieldRow] = []
        self._every: list[FieldRow] = []
        self._folded_away: frozenset[Path] = frozenset()  # What is folded away, also in the next line
        self._drawn_for = 0

    def show(self, form: LineForm | None, rows: list[FieldRow]) -> None:
        self.form, self._every = form, rows
        self._fill()

    def _fill(self) -> None:
        row, self._drawn_for = self.row, self._room
        self.rows = folded(self._every, self._folded_away)
        width = min(_NAME_WIDTH, max((cell_len(row.name) + 2 * row.depth for row in self.rows), default=0))
        self.clear_options()
        self.add_options(_options(self.rows, width, self._room - width, self._folded_away))
        places = [place for place, other in enumerate(self.rows) if row is not None and other.key == row.key]
        self.highlighted = places[0] if places else 0

    @property
    def _room(self) -> int:
        return max(24, self.size.width - _BESIDE)

    def on_resize(self) -> None:
        if self.rows and self._drawn_for != self._room:
            self._fill()

    @property
    def row(self) -> FieldRow | None:
        place = self.highlighted
        return self.rows[place] if place is not None and place < len(self.rows) else None

    def action_act(self, action: str) -> None:
        if self.row is not None:
            self.post_message(self.Acted(self, action, self.row))

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_act("menu")

    def action_fold(self, close: bool) -> None:
        row = self.row
        if row is None:
            return
        path = row.path
        if close and not (row.folds and path not in self._folded_away):
            path = path if not row.name else path[:-1]
            self._move_to(path)
        elif row.folds:
            self._folded_away = self._folded_away | {path} if close else self._folded_away - {path}
            self._fill()

    def _move_to(self, path: Path) -> None:
        places = [place for place, row in enumerate(self.rows) if path and row.path == path and row.name]
        if places:
            self.highlighted = places[0]

    def action_other_line(self, steps: int) -> None:
        self.post_message(self.OtherLine(steps))


def _options(rows: Iterable[FieldRow], width: int, room: int, closed: frozenset[Path]) -> Iterable[Option]:
    for row in rows:
        mark = "  "
        if row.folds:
            mark = f"{_CLOSED if row.path in closed else _OPEN} "
        name = "  " * row.depth + mark + row.name
        name += " " * max(0, width + 2 - cell_len(name)) + "  "
        head, *further = wrap(row.text, max(8, room - max(0, cell_len(name) - width - 4)))
        value = "\n".join([head, *(" " * (width + 4) + line for line in further)])
        yield Option(Content.assemble((name, "$text-accent"), (value, _STYLES[row.rank])))


class LogDetail(Vertical):
    """Hidden until it is opened; then shows the line at the cursor."""

    DEFAULT_CSS = """
    LogDetail {
        height: 45%; min-height: 5; display: none; background: $panel;
        border-top: solid $accent;
        & FieldList {
            height: 1fr; border: none; padding: 0; background: $panel; scrollbar-size-vertical: 1;
            &:focus { border: none; background-tint: $foreground 0%; }
            & > .option-list--option { padding: 0 1; }
            & > .option-list--option-highlighted { background: $boost; color: $foreground; text-style: none; }
            &:focus > .option-list--option-highlighted { background: $primary-muted; }
        }
    }
    """

    def __init__(self, leave: Callable[[], object]) -> None:
        super().__init__()
        self.fields = FieldList()
        self._leave = leave
        self._content: tuple[StoredLine, tzinfo, object] | None = None
        self.can_focus = False

    def compose(self) -> ComposeResult:
        yield self.fields

    def show(self, line: StoredLine, zone: tzinfo, today: date, form: LineForm | None = None) -> None:
        """Show `line`; does nothing if it is shown already."""
        self.display = True
        if self._content == (line, zone, form):
            return
        self._content = (line, zone, form)
        self.fields.show(form, rows_of(form, line, zone, today))

    def close(self) -> None:
        if self.fields.has_focus:
            self._leave()
        self.display = False
        self._content = None
