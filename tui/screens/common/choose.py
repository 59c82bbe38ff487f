"""A dialog with a short list to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from services.i18n import _
from tui.screens.common.type_ahead_guard import GuardedDialog
from widgets.drawing.columns import Column
from widgets.drawing.table import KeyedTable, Row

_SHORT = 8
"""Cells of a note that needs no share of the width."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the list."""

    key: str
    text: str
    note: str = ""


class ChooseScreen(GuardedDialog[str | None]):
    """Returns the chosen key, None if it was closed. Keys typed ahead choose nothing."""

    DEFAULT_CSS = """
    ChooseScreen {
        & #window { max-width: 132; }
        & KeyedTable { height: auto; max-height: 20; }
    }
    """

    def __init__(
        self, title: str, choices: Sequence[Choice], *, at: str = "", harmless: bool = False
    ) -> None:
        """The cursor begins `at` this key, else on the first line; `harmless` as for TypeAheadGuard."""
        super().__init__(harmless=harmless)
        self._title = title
        # Short notes, such as scores, leave their room to the texts.
        widest = max((cell_len(choice.note) for choice in choices), default=0)
        notes = (
            Column("", flex=1, min_width=8, rank=1) if widest > _SHORT else Column("", min_width=0, rank=1)
        )
        self.table = KeyedTable((Column("", flex=2, min_width=20), notes))
        self._choices = choices
        self._at = at

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(id="window") as window:
            window.border_title = Content(self._title)
            window.border_subtitle = Content(_("⏎ selects · Esc closes"))
            yield self.table

    def on_mount(self) -> None:
        """Fill the list."""
        self.table.set_rows(
            [Row(each.key, ([(each.text, "")], [(each.note, "muted")])) for each in self._choices]
        )
        self.table.move_to(self._at)
        super().on_mount()

    def first(self) -> Widget:
        """The list."""
        return self.table

    @on(KeyedTable.Selected)
    def _chosen(self, event: KeyedTable.Selected) -> None:
        event.stop()
        self.dismiss(event.key)
