from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from services.aws.client.meter import UsageMeter
from services.i18n import _
from tui.screens.common.dialog import Dialog, window
from widgets.drawing.format import pad
from widgets.drawing.prose import Prose


class UsageScreen(Dialog[None]):
    def __init__(self, meter: UsageMeter) -> None:
        super().__init__()
        self.usage = meter.snapshot()

    def compose(self) -> ComposeResult:
        with window(_("AWS usage today"), kind=VerticalScroll):
            head = _row(_("API"), _("Requests"), _("Cost"))
            rows = [_row(row.name, f"{row.calls:,}", f"¥{row.yen:.3f}") for row in self.usage.rows]
            total = _row(_("Total"), f"{self.usage.calls:,}", f"¥{self.usage.yen:.3f}")
            yield Static(
                Content("\n").join(
                    [Content.styled(head, "$text-muted"), *map(Content, rows), Content.styled(total, "bold")]
                )
            )
            yield Prose(Content.styled(self.usage.basis, "$text-muted"))
            words = _("This console since its start; the report totals all consoles.")
            yield Prose(Content.styled(words, "$text-muted"))


def _row(name: str, calls: str, cost: str) -> str:
    return f"{pad(name, 44)}{pad(calls, 9, 'right')}{pad(cost, 12, 'right')}"
