from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key

from services.i18n import _
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.prose import Prose


class NoticeScreen(Dialog[None]):
    """Closed by enter or escape; other keys are dropped, because they were meant for the screen that did not open."""

    DEFAULT_CSS = """
    NoticeScreen > #window { max-width: 72; padding: 1 2; border: round $warning; }
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with window(self._title, _("Esc closes")):
            yield Prose(Content(self._text))

    def on_key(self, event: Key) -> None:
        if event.key == "enter":
            self.dismiss()
        if event.key != "escape":
            event.stop()
            event.prevent_default()
