from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.events import Resize
from textual.widget import Widget

from services.i18n import _
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog
from widgets.drawing.columns import Column
from widgets.drawing.table import KeyedTable, Row
from widgets.drawing.whole_row import WholeRow

_TALLEST = 20  # Rows of the list
_FRAME = 2  # Rows of the window's border
_LEAST = 6  # Rows that stay for the list, whatever is said below it
_NARROW = 40  # Cells of a text that needs no share of the width
_SHORT = 8  # Cells of a note that needs no share of the width


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    text: str
    note: str = ""


class ChooseScreen(GuardedDialog[str | None]):
    """Returns the chosen key, None if it was closed. Keys typed ahead choose nothing. What the columns cut
    off of the choice at the cursor stands in full below the list."""

    DEFAULT_CSS = """
    ChooseScreen {
        & #window { max-width: 132; }
        & KeyedTable { height: auto; }
    }
    """

    def __init__(
        self, title: str, choices: Sequence[Choice], *, at: str = "", harmless: bool = False
    ) -> None:
        """The cursor begins `at` this key, else on the first line; `harmless` as for TypeAheadGuard."""
        super().__init__(harmless=harmless)
        self._title = title
        # Short notes, such as scores, leave their room to the texts, and short texts to the notes.
        longest = max((cell_len(choice.text) for choice in choices), default=0)
        texts = Column("", flex=2, min_width=20) if longest > _NARROW else Column("", max_width=_NARROW)
        longest = max((cell_len(choice.note) for choice in choices), default=0)
        notes = (
            Column("", flex=1, min_width=8, rank=1) if longest > _SHORT else Column("", min_width=0, rank=1)
        )
        self.table = KeyedTable((texts, notes))
        self.whole = WholeRow()
        self._choices = choices
        self._at = at

    def compose(self) -> ComposeResult:
        with window(self._title, _("⏎ selects · Esc closes")):
            yield self.table
            yield self.whole

    def on_mount(self) -> None:
        self.table.set_rows(
            [Row(each.key, ([(each.text, "")], [(each.note, "muted")])) for each in self._choices]
        )
        self.table.move_to(self._at)
        super().on_mount()

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        room = self.size.height - _FRAME - self.footer_message.outer_size.height
        below = self.whole.fit(self.table, max(0, room - _LEAST))
        self.table.styles.max_height = min(_TALLEST, room - below)

    @on(KeyedTable.Highlighted)
    def _show_cut_off(self) -> None:
        self.whole.show_row(self.table)

    def first(self) -> Widget:
        return self.table

    @on(KeyedTable.Selected)
    def _chosen(self, event: KeyedTable.Selected) -> None:
        event.stop()
        self.dismiss(event.key)
