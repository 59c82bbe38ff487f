"""Checks the whole journal in a thread, and says in words what was found."""

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from services.i18n import _
from services.journal.journal import Journal
from services.models.journal import Verification
from tui.screens.common.dialog import Dialog
from widgets.drawing.block import Block
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line
from widgets.journal.verification_lines import verification_lines


class JournalVerifyScreen(Dialog[None]):
    """Opens at once; the answer comes when it is there."""

    DEFAULT_CSS = """
    JournalVerifyScreen #window { max-width: 84; scrollbar-size-vertical: 1; }
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal
        self.found: Verification | None = None
        self.block = Block(_("Hash chain"), self._lines)

    def compose(self) -> ComposeResult:
        """The answer, or that it is being worked on."""
        with VerticalScroll(id="window") as window:
            window.border_title = Content(_("Verify the journal"))
            window.border_subtitle = Content(_("Esc closes"))
            yield self.block

    def on_mount(self) -> None:
        """Begin."""
        self.query_one("#window").focus()
        self.check()

    @work(group="verify", exclusive=True)
    async def check(self) -> None:
        """Read every entry once."""
        self.found = await self.journal.verify()
        self.block.update()

    def _lines(self, width: int) -> list[Line]:
        if self.found is not None:
            return verification_lines(self.found, width) + _untold(self.found, width)
        words = _("Checking {count} entries…").format(count=f"{self.journal.health.entries:,}")
        return [[(text, "muted")] for text in wrap(words, width)]


def _untold(found: Verification, width: int) -> list[Line]:
    """Which log outside had no say, where another one had."""
    if not (found.anchors and found.anchor_note):
        return []
    words = _("Not compared: {reason}").format(reason=found.anchor_note)
    parts = wrap(words, max(8, width - 2))
    return [[("? " if index == 0 else "  ", "warn"), (part, "")] for index, part in enumerate(parts)]
