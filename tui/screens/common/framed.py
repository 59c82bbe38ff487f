from typing import TYPE_CHECKING, Any

from textual.events import Mount, Resize
from textual.screen import Screen
from textual.widget import Widget

from widgets.frame.message_line import MessageLine

if TYPE_CHECKING:
    from tui.console import Console

    Base = Screen[Any]
else:
    # Textual looks for styles in the first base that is a widget, which must be the screen's own.
    Base = object


class Framed(Base):
    """Adds the message line to a screen, whatever the screen is composed of. Of Textual's private methods it
    overrides `_extend_compose`, and adds to `_on_mount` and `_on_resize`."""

    def _extend_compose(self, widgets: list[Widget]) -> None:
        super()._extend_compose(widgets)
        self.footer_message = MessageLine()
        self.footer_message.fit_height(self.app.size.height)
        widgets.append(self.footer_message)

    # Textual calls these handlers of each base, so they do not call the next.

    def _on_mount(self, event: Mount) -> None:
        self.watch(self.app, "message", self._message_changed)

    async def _on_resize(self, event: Resize) -> None:
        self.footer_message.fit_height(event.size.height)

    def _message_changed(self) -> None:
        app: Console = self.app  # type: ignore[assignment]
        self.footer_message.message = app.message
