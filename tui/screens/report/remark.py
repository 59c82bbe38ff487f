"""The dialog that adds a remark to a report; the report's data do not change."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.models.journal import EntryKind, NewEntry
from services.report.periods import Period
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose


class RemarkScreen(WritingDialog):
    """Asks for a remark, which may have several lines."""

    HEADING = N_("Add note")
    PROMPT = N_("Note to add to the report")
    may_wait = True

    def __init__(self, period: Period) -> None:
        super().__init__()
        self.period = period

    def about(self) -> Iterable[Widget]:
        """Yield the name of the report."""
        words = _("Operations report {name}").format(name=self.period.name)
        yield Prose(Content.styled(words, ROLES["title"]), classes="about")

    def refused(self, text: str) -> str:
        return "" if text else _("Nothing has been written yet.")

    async def write(self, text: str) -> str:
        """Record the remark. Raises JournalError."""
        new_entry = NewEntry(
            kind=EntryKind.REMARK,
            subject=self.period.subject,
            text=" ".join(text.split()),
            data={"text": text},
        )
        await self.app.ready.journal.append(new_entry)
        return _("The note was added to the report")
