"""Acknowledge an alarm's present state: who has seen it, and what the next operator should know."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.alarms.acknowledgements import present
from services.i18n import _
from services.models.alarms import Alarm
from tui.screens.common.guard import TypeAheadGuard
from tui.screens.common.writing_dialog import WritingDialog
from widgets.alarms.acknowledgements import acknowledged_content, state_content
from widgets.drawing.prose import Prose


class AcknowledgeScreen(WritingDialog):
    """Acknowledges the state that the alarm had when the key was pressed."""

    def __init__(self, alarm: Alarm) -> None:
        super().__init__()
        self.alarm = alarm
        self.guard = TypeAheadGuard(self)

    def heading(self) -> str:
        """The window's title."""
        return _("Acknowledge")

    def placeholder(self) -> str:
        """The note may be left out."""
        return _("Note for the next operator (optional)")

    def about(self) -> Iterable[Widget]:
        """Which alarm in which state, and who acknowledged it before."""
        now, zone = self.app.now(), self.app.zone
        parts = [state_content(self.alarm, zone, now)]
        seen = present([self.alarm], self.app.acknowledged, now).get(self.alarm.id)
        if seen is not None:
            parts.append(acknowledged_content(seen, zone, now))
        yield Prose(Content("\n").join(parts), classes="about")

    def on_mount(self) -> None:
        """Enter counts only once the alarm's name could be read."""
        super().on_mount()
        self.guard.hold()

    def hears(self) -> bool:
        """Not what was typed ahead."""
        return self.guard.is_open

    async def write(self, text: str) -> str:
        """The acknowledgement. Raises JournalError."""
        await self.app.ready.acknowledgements.acknowledge(self.alarm, text)
        return _("{name} is acknowledged").format(name=self.alarm.name)
