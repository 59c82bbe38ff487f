"""引き継ぎ: offering an incident to the next person, who accepts it with a key of their own."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.i18n import _
from services.incidents.service import Incidents
from services.models.incidents import Incident
from services.models.runbook import Runbook
from tui.screens.common.type_ahead_guard import TypeAheadGuard
from tui.screens.common.writing_dialog import WritingDialog
from widgets.changes.plan.form import ChoiceRow
from widgets.drawing.prose import Prose


class HandOverScreen(WritingDialog):
    """Returns True once the offer is recorded."""

    def __init__(self, incident: Incident, incidents: Incidents, runbook: Runbook) -> None:
        people = dict.fromkeys(str(entry.person) for entry in runbook.roster)
        self.to = ChoiceRow([("", _("whoever accepts")), *((name, name) for name in people)], "", id="to")
        super().__init__()
        self._incident, self._incidents = incident, incidents
        self.guard = TypeAheadGuard(self)

    def heading(self) -> str:
        """The window's title."""
        return _("Hand over")

    def placeholder(self) -> str:
        """The prompt for the note."""
        return _("What the next person must know: what is open, what was promised")

    def keys(self) -> str:
        """The key hints."""
        return _("⏎ offers it · Tab to whom · Esc closes")

    def about(self) -> Iterable[Widget]:
        """The incident, and to whom it is offered."""
        words = _("The next person accepts with H; until then you respond.")
        yield Prose(
            Content.assemble((self._incident.title, "bold"), "\n", (words, "$text-muted")), classes="about"
        )
        yield self.to

    def on_mount(self) -> None:
        """Accept Enter only once the dialog could be read."""
        super().on_mount()
        self.guard.hold()

    def accepts_enter(self) -> bool:
        """Whether keys are accepted; those typed ahead are not."""
        return self.guard.is_open

    async def write(self, text: str) -> str:
        """Record the offer. Raises JournalError."""
        await self._incidents.hand_over(self._incident, self.to.value, text)
        return _("Offered to {who}; it is yours until somebody accepts.").format(
            who=self.to.value or _("the next person")
        )
