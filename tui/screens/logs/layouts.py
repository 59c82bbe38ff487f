from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.getters import app as app_getter
from textual.widgets import Input

from services.i18n import N_, _, plural
from services.models.text import clean
from tui.console import Console
from tui.screens.common.dialog import Dialog, window
from tui.screens.logs.covers.covering import short_name
from tui.screens.logs.memory import LONGEST, LayoutPane, LogMemory, SavedLayout
from tui.screens.logs.pane_set import PaneSet
from widgets.drawing.columns import Column
from widgets.drawing.prose import Prose
from widgets.drawing.table import KeyedTable, Row

_LONGEST = 60  # Characters of a name at most


class LayoutScreen(Dialog[SavedLayout]):
    """Saves the present layout under the typed name, or returns the one under the cursor."""

    app = app_getter(Console)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete", "discard", N_("Discard"), priority=True)]
    DEFAULT_CSS = """
    LayoutScreen {
        #window { max-width: 100; }
        KeyedTable { height: auto; max-height: 14; }
        Input { border: none; height: 1; padding: 0 1; background: $panel; &:focus { border: none; } }
        #note { color: $text-muted; height: auto; }
    }
    """

    def __init__(self, memory: LogMemory, present: SavedLayout) -> None:
        super().__init__()
        self.memory = memory
        self.present = present
        self.table = KeyedTable(
            (Column(_("Name"), min_width=8, max_width=30), Column(_("Log groups"), flex=1, min_width=20))
        )
        self.table.can_focus = False

    def compose(self) -> ComposeResult:
        with window(_("Layouts"), _("⏎ opens, or saves what is typed · Del discards · Esc closes")):
            yield Input(placeholder=_("Name under which to save the present layout"), max_length=_LONGEST)
            yield self.table
            yield Prose(id="note")

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        layouts = self.memory.layouts
        self.table.set_rows(
            [
                Row(name, ([(clean(name), "")], [(groups_of(layout), "muted")]))
                for name, layout in layouts.items()
            ]
        )
        count = plural("{count} saved layout", "{count} saved layouts", len(layouts))
        self.query_one("#note", Prose).show(Content(count.format(count=len(layouts))))

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        name = clean(event.value.strip())
        if name:
            self.memory.save_layout(name, self.present)
            self.app.inform(_("The layout is saved as {name}.", name=name))
            self.dismiss(None)
        else:
            self._open(self.table.cursor_key)

    @on(KeyedTable.Selected)
    def selected(self, event: KeyedTable.Selected) -> None:
        self._open(event.key)

    def _open(self, name: str | None) -> None:
        self.dismiss(self.memory.layouts.get(name) if name is not None else None)

    def action_discard(self) -> None:
        if self.table.cursor_key is not None and not self.query_one(Input).value:
            self.memory.delete_layout(self.table.cursor_key)
            self._show()

    def key_down(self) -> None:
        self.table.action_move(1)

    def key_up(self) -> None:
        self.table.action_move(-1)


def groups_of(layout: SavedLayout) -> str:
    return _(", ").join(short_name(pane.group) for pane in layout.panes)


def present_layout(screen: PaneSet, memory: LogMemory) -> SavedLayout:
    return SavedLayout(
        panes=tuple(
            LayoutPane(
                group=tail.group,
                pattern=tail.pattern[:LONGEST],
                columns=memory.columns(tail.group) or (),
                share=screen.area.share_of(pane),
            )
            for pane, tail in screen.tails.items()
        )
    )


async def open_layout(screen: PaneSet, layout: SavedLayout, memory: LogMemory) -> None:
    former = list(screen.tails)
    for pane in former[1:]:
        await screen.remove_pane(pane)
    for number, saved in enumerate(layout.panes):
        if saved.columns:
            memory.remember_columns(saved.group, saved.columns)
        if number == 0 and former:
            screen.follow(former[0], saved.group, saved.pattern)
            pane = former[0]
        else:
            added = await screen.add_pane(saved.group, pattern=saved.pattern)
            if added is None:
                return
            pane = added
        screen.area.set_share(pane, saved.share)
