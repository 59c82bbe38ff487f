"""引き継ぎ: the dialog in which something is offered to the next person, who accepts it with a key of their own."""

from collections.abc import Iterable

from services.i18n import N_, _
from services.models.runbook import Runbook
from tui.screens.common.writing_dialog import WritingDialog
from widgets.changes.plan.form import ChoiceRow


class OfferDialog(WritingDialog):
    KEYS = N_("⏎ offers it · Tab to whom · Esc closes")

    def __init__(self, runbook: Runbook, first: str = "") -> None:
        """`first`: the person chosen at first; "" for whoever accepts."""
        self.to = ChoiceRow([("", _("whoever accepts")), *_people(runbook)], first, id="to")
        super().__init__()

    @property
    def receiver(self) -> str:
        return self.to.value or _("the next person")


def _people(runbook: Runbook) -> Iterable[tuple[str, str]]:
    names = dict.fromkeys(str(entry.person) for entry in runbook.roster)
    return ((name, name) for name in names)
