"""Today's requests to AWS by operation, and their cost."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from services.aws.client.meter import UsageMeter
from services.i18n import _
from tui.screens.common.dialog import Dialog
from widgets.drawing.format import pad
from widgets.drawing.prose import Prose


class UsageScreen(Dialog[None]):
    """The requests by operation, most frequent first."""

    def __init__(self, meter: UsageMeter) -> None:
        super().__init__()
        self.usage = meter.snapshot()

    def compose(self) -> ComposeResult:
        """The table and its total."""
        with VerticalScroll(id="window") as window:
            window.border_title = Content(_("AWS usage today"))
            rows = [
                Content.assemble(pad(row.name, 48), f"{row.calls:>6,}", f" ¥{row.yen:>8.3f}")
                for row in self.usage.rows
            ]
            total = Content.assemble(
                (pad(_("Total"), 48), "bold"), (f"{self.usage.calls:>6,} ¥{self.usage.yen:>8.3f}", "bold")
            )
            yield Static(Content("\n").join([*rows, total]))
            yield Prose(Content.styled(self.usage.basis, "$text-muted"))
            words = _("This console since its start; the report totals all consoles.")
            yield Prose(Content.styled(words, "$text-muted"))
