"""The dialog that verifies the whole journal and shows the result in words."""

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from services.i18n import _
from services.journal.journal import Journal
from services.models.verification import Verification
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.block import Block
from widgets.drawing.format import wrap
from widgets.drawing.lines import Line
from widgets.journal.verification_lines import verification_lines


class JournalVerifyScreen(Dialog[None]):
    """Opens at once, as reading the whole journal takes time; the result follows."""

    DEFAULT_CSS = """
    JournalVerifyScreen #window { max-width: 84; scrollbar-size-vertical: 1; }
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal
        self.verification: Verification | None = None
        self.block = Block(_("Hash chain"), self._lines)

    def compose(self) -> ComposeResult:
        """Yield the result, or a line that says the check is running."""
        with window(_("Verify the journal"), _("Esc closes"), kind=VerticalScroll):
            yield self.block

    def on_mount(self) -> None:
        self.query_one("#window").focus()
        self.check()

    @work(group="verify", exclusive=True)
    async def check(self) -> None:
        """Verify every entry, and show the result."""
        self.verification = await self.journal.verify()
        self.block.update()

    def _lines(self, width: int) -> list[Line]:
        if self.verification is not None:
            return verification_lines(self.verification, width) + _not_compared(self.verification, width)
        words = _("Checking {count} entries…").format(count=f"{self.journal.health.entries:,}")
        return [[(text, "muted")] for text in wrap(words, width)]


def _not_compared(verification: Verification, width: int) -> list[Line]:
    """Return a line that names the external log that was not compared, if another one was."""
    if not (verification.anchors and verification.anchor_note):
        return []
    words = _("Not compared: {reason}").format(reason=verification.anchor_note)
    parts = wrap(words, max(8, width - 2))
    return [[("? " if index == 0 else "  ", "warn"), (part, "")] for index, part in enumerate(parts)]
