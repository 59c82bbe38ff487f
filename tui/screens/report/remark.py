"""A person's remark for a report; the report's data stay as they are."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.i18n import _
from services.models.journal import NewEntry, EntryKind
from services.report.periods import Period
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose


class RemarkScreen(WritingDialog):
    """One line or several."""

    def __init__(self, period: Period) -> None:
        super().__init__()
        self.period = period

    def heading(self) -> str:
        """The window's title."""
        return _("Remark")

    def placeholder(self) -> str:
        """Shown while nothing is written."""
        return _("Remark to add to the report")

    def about(self) -> Iterable[Widget]:
        """Which report."""
        words = _("Operations report {name}").format(name=self.period.name)
        yield Prose(Content.styled(words, ROLES["title"]), classes="about")

    def refused(self, text: str) -> str:
        """An empty remark says nothing."""
        return "" if text else _("Nothing has been written yet.")

    async def write(self, text: str) -> str:
        """Record it. Raises JournalError."""
        draft = NewEntry(
            kind=EntryKind.REMARK, subject=self.period.subject, text=" ".join(text.split()), data={"text": text}
        )
        await self.app.ready.journal.append(draft)
        return _("The remark was added to the report")
