from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.alarms.acknowledgements import present
from services.i18n import N_, _
from services.models.alarms import Alarm
from tui.screens.common.writing_dialog import WritingDialog
from widgets.alarms.acknowledgements import acknowledged_content, state_content
from widgets.drawing.prose import Prose


class AcknowledgeScreen(WritingDialog):
    HEADING = N_("Acknowledge")
    PROMPT = N_("Note for the next operator (optional)")
    may_wait = True

    def __init__(self, alarm: Alarm) -> None:
        super().__init__()
        self.alarm = alarm

    def about(self) -> Iterable[Widget]:
        now, zone = self.app.now(), self.app.zone
        parts = [state_content(self.alarm, zone, now)]
        acknowledgement = present([self.alarm], self.app.acknowledged, now).get(self.alarm.id)
        if acknowledgement is not None:
            parts.append(acknowledged_content(acknowledgement, zone, now))
        yield Prose(Content("\n").join(parts), classes="about")

    async def write(self, text: str) -> str:
        await self.app.ready.acknowledgements.acknowledge(self.alarm, text)
        return _("{name} is acknowledged", name=self.alarm.name)
