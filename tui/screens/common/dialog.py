from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Mount
from textual.getters import app as app_getter
from textual.screen import ModalScreen
from textual.widget import Widget

from services.i18n import N_
from tui.console import Console
from tui.runtime.removal import dismiss_below
from tui.screens.common.dimmed import Dimmed
from tui.screens.common.framed import Framed

T = TypeVar("T")


def window(title: str, keys: str = "", kind: type[Widget] = Vertical) -> Widget:
    box = kind(id="window")
    box.border_title = Content(title)
    if keys:
        box.border_subtitle = Content(keys)
    return box


class Dialog(Dimmed, Framed, ModalScreen[T]):
    """A window over the screen; escape closes it without doing anything."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", N_("Close"))]
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & > #window {
            width: 90%; max-width: 96; height: auto; max-height: 100%;
            border: round $primary; background: $surface; padding: 0 1;
            border-title-color: $primary; border-title-style: bold;
            border-subtitle-color: $text-muted;
        }
        &:ansi > #window { border: round ansi_bright_blue; border-title-color: ansi_bright_blue; }
    }
    """

    app = app_getter(Console)
    names_system: ClassVar[bool] = True
    """Whether the title names the system; not where the window does so in its first row."""
    _below = ""

    # Textual calls this handler of each base, so it does not call the next.

    def _on_mount(self, event: Mount) -> None:
        if not self.names_system or not (app := self.app).systems or app.services is None:
            return
        window = self.query_one_optional("#window", Widget)
        if window is not None and window.border_title:
            title = f"{window.border_title} · {app.services.runbook.system.title}"
            window.border_title = Content(title)

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.app.screen is self else dismiss_below(self, result)

    def show_below(self, window: Widget, words: str) -> None:
        if words != self._below:
            self._below = words
            window.border_subtitle = Content(words)

    def holds_back(self) -> bool:
        """Whether the console must not quit yet, after telling the operator why; a second attempt may succeed."""
        return False
