from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key

from services.i18n import N_, _
from services.models.fleet import Standing
from tui import messages
from tui.commands import bindings
from tui.screens.common.mode_screen import ModeScreen
from widgets.drawing.block import DetailBlock
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line
from widgets.drawing.table import KeyedTable
from widgets.fleet.rows import LETTERS, columns, rows, said_of
from widgets.fleet.standing import STANDING_STYLES
from widgets.frame.parts import PanelHead


class SystemsScreen(ModeScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("systems")]
    MARKS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("a b c", N_("Show the system in whose row the letter stands")),
        ("[ ]", N_("The system on screen")),
        ("?", N_("Not readable, or not read in time: nothing is known of it")),
        ("·", N_("Not read yet, or without a journal: nothing is known of its duties")),
    )
    DEFAULT_CSS = """
    SystemsScreen {
        & > KeyedTable { height: 1fr; }
        & > #said { height: auto; max-height: 12; padding: 0 2; margin: 1 0 0 0; }
    }
    SystemsScreen.-short > #said { max-height: 6; margin: 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.head = PanelHead(_("Systems"))
        self.table = KeyedTable(columns(), margin=1)
        self.block = DetailBlock("", self._lines, id="said")

    def body(self) -> ComposeResult:
        yield self.head
        yield self.table
        yield self.block

    async def opened(self) -> None:
        self.table.focus()
        self._show()
        self.table.move_to(self._own)

    def _frame_changed(self) -> None:
        super()._frame_changed()
        if self.table.is_attached:
            self._show()

    def _systems_changed(self) -> None:
        super()._systems_changed()
        if self.table.is_attached:
            self._show()

    @property
    def _own(self) -> str:
        return str(self.services.runbook.system.id)

    def _show(self) -> None:
        now = self.app.now()
        # What is said about the system under the cursor stands right below the table.
        self.table.styles.max_height = len(self.app.systems) + 1
        self.table.set_rows(rows(self.app.systems, self._own, now))
        standings = [system.standing(now) for system in self.app.systems]
        unusual = [each for each in standings if each is not Standing.NORMAL]
        facts = [
            (
                f"{' ' if place else ''} {STANDING_STYLES[each].text} {unusual.count(each)}",
                STANDING_STYLES[each].role,
            )
            for place, each in enumerate(dict.fromkeys(sorted(unusual, key=list(Standing).index)))
        ]
        hint = [("a b c … ⏎", "key"), (" " + _("show a system"), "muted")]
        normal = [(f" {STANDING_STYLES[Standing.NORMAL].text}", "good")]
        self.head.update(facts=facts or normal, age=hint)
        self.block.update()

    @on(KeyedTable.Highlighted)
    @on(KeyedTable.Gone)
    def _moved(self) -> None:
        self.block.update()

    def _lines(self, width: int) -> list[Line]:
        system = next((each for each in self.app.systems if each.key == self.table.cursor_key), None)
        if system is None:
            return []
        head: Line = [(system.title, "strong"), (f"  {system.key}  {system.account}", "muted")]
        return [
            head,
            *([(line, "")] for text in said_of(system, self.app.now()) for line in wrap(text, max(1, width))),
        ]

    @on(messages.ReadAgain)
    def _read_again(self) -> None:
        self.post_message(messages.ReadSystems())

    def on_key(self, event: Key) -> None:
        letter = event.character or ""
        if letter and letter in LETTERS:
            place = LETTERS.index(letter)
            if place < len(self.app.systems):
                event.stop()
                event.prevent_default()
                self._open(self.app.systems[place].key)

    @on(KeyedTable.Selected)
    def _selected(self, event: KeyedTable.Selected) -> None:
        self._open(event.key)

    def _open(self, key: str) -> None:
        if key == self._own:
            self.app.switch_mode("watch")
        else:
            self.post_message(messages.ShowSystem(key, "watch"))
