from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen

from services.i18n import N_, _
from tui.console import Console
from tui.screens.common.dialog import window
from tui.screens.common.type_ahead_guard import GuardedDialog
from widgets.drawing.prose import Prose


class ConfirmScreen(GuardedDialog[bool]):
    """Returns True once ⏎ was pressed; Esc changes nothing. Keys typed ahead confirm nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "confirm", N_("Confirm"))]
    DEFAULT_CSS = """
    ConfirmScreen > #window { max-width: 72; padding: 1 2; }
    """

    def __init__(self, title: str, about: Content, keys: str) -> None:
        """`about` says what will happen; `keys` names the keys: `⏎ sends · Esc closes`."""
        super().__init__()
        self._title, self._about, self._keys = title, about, keys

    def compose(self) -> ComposeResult:
        with window(self._title, self._keys):
            yield Prose(self._about)

    def action_confirm(self) -> None:
        """Go on, unless the key was pressed before the question could be read."""
        if self.guard.is_open:
            self.dismiss(True)


def confirm(app: Console, title: str, about: Content, verb: str, then: Callable[[], object]) -> None:
    def answered(yes: bool | None) -> None:
        if yes:
            then()

    keys = _("⏎ {verb} · Esc closes", verb=verb)
    screen: Screen[bool] = ConfirmScreen(title, about, keys)
    app.push_screen(screen, answered)
