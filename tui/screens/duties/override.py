"""The dialog that overrides a finding's verdict: the finding, then the reason."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.journal.errors import AlreadyRecorded
from services.models.findings import Recorded
from tui.screens.common.already_recorded import was_first
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.findings.wording import verdict_spans


class OverrideScreen(WritingDialog):
    """Asks why the verdict is overridden; the original verdict stays in the journal beside the reason."""

    HEADING = N_("Override a finding")
    PROMPT = N_("Reason for the override")

    def __init__(self, subject: str, recorded: Recorded) -> None:
        super().__init__()
        self.subject = subject
        self.recorded = recorded

    def about(self) -> Iterable[Widget]:
        """Yield the finding's title, verdict and summary."""
        finding = self.recorded.finding
        spans = verdict_spans(finding)
        yield Prose(
            Content("\n").join(
                [
                    Content.assemble(
                        Content.styled(finding.title, ROLES["title"]),
                        "  ",
                        *((text, ROLES[role] if role else "") for text, role in spans),
                    ),
                    Content(finding.summary),
                ]
            ),
            classes="about",
        )

    def refused(self, text: str) -> str:
        return "" if text else _("A reason is required to override a finding.")

    async def write(self, text: str) -> str:
        """Record the override. Raises JournalError, NotTaken."""
        try:
            await self.app.ready.scheduler.runs.override(self.subject, self.recorded, text)
        except AlreadyRecorded as error:
            first = was_first(error.entry, self.app.zone, self.app.now(), self.app.ready.journal.shared_host)
            raise NotTaken(_("{first}; your reason was not recorded.").format(first=first)) from error
        return _("{title} was overridden").format(title=self.recorded.finding.title)
