import os
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.getters import app as app_getter

from services.i18n import N_, _
from tui.console import Console
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.columns import Column
from widgets.drawing.format import clock
from widgets.drawing.prose import Prose
from widgets.drawing.table import KeyedTable, Row
from widgets.frame.message_line import LineMessage, path_in


class PastMessagesScreen(Dialog[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", N_("Copy"))]
    DEFAULT_CSS = """
    PastMessagesScreen > #window {
        width: 96%; max-width: 120;
        & KeyedTable { height: auto; max-height: 12; }
        & VerticalScroll { height: auto; max-height: 6; border-top: solid $foreground 25%; }
    }
    """

    app = app_getter(Console)

    def __init__(self) -> None:
        super().__init__()
        self.messages: Sequence[LineMessage] = list(reversed(self.app.board.past))
        self.table = KeyedTable(
            (
                Column(_("Time"), max_width=12),
                Column("", min_width=1, max_width=1),
                Column(_("Message"), flex=1, min_width=20),
            )
        )
        self.whole = Prose()

    def compose(self) -> ComposeResult:
        with window(_("Messages"), _("y copies · Esc closes") if self.messages else _("Esc closes")):
            yield self.table
            with VerticalScroll(can_focus=False):
                yield self.whole

    def on_mount(self) -> None:
        self.table.set_rows([self._row(str(at), message) for at, message in enumerate(self.messages)])
        self.table.focus()
        self._moved()

    def _row(self, key: str, message: LineMessage) -> Row:
        at = "" if message.at is None else clock(message.at, self.app.zone, name=False)
        return Row(key, ([(at, "muted")], [message.mark], [(message.text, "")]))

    def _chosen(self) -> LineMessage | None:
        key = self.table.cursor_key
        return self.messages[int(key)] if key is not None else None

    @on(KeyedTable.Highlighted)
    def _moved(self) -> None:
        message = self._chosen()
        self.whole.show(Content(message.text if message else _("There were no messages yet.")))

    def action_copy(self) -> None:
        if (message := self._chosen()) is not None:
            self.app.copy_to_clipboard(os.path.expanduser(path_in(message.text)) or message.text)
