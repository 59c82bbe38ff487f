"""A word that must be read before anything else is typed: why something asked for is not done."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key

from services.i18n import _
from tui.screens.common.dialog import Dialog
from widgets.drawing.prose import Prose


class NoticeScreen(Dialog[None]):
    """Closed by enter or escape; other keys are dropped, for they were meant for what did not open."""

    DEFAULT_CSS = """
    NoticeScreen > #window { max-width: 72; padding: 1 2; border: round $warning; }
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """The word, and how to go on."""
        with Vertical(id="window") as window:
            window.border_title = Content(self._title)
            window.border_subtitle = Content(_("Esc closes"))
            yield Prose(Content(self._text))

    def on_key(self, event: Key) -> None:
        """Nothing but the two keys."""
        if event.key == "enter":
            self.dismiss()
        if event.key != "escape":
            event.stop()
            event.prevent_default()
