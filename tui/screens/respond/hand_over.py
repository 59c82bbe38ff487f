"""引き継ぎ: offering an incident to the next person, who accepts it with a key of their own."""

from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.i18n import _
from services.incidents.service import Incidents
from services.models.incidents import Incident
from services.models.runbook import Runbook
from tui.screens.common.offer_dialog import OfferDialog
from widgets.drawing.prose import Prose


class HandOverScreen(OfferDialog):
    def __init__(self, incident: Incident, incidents: Incidents, runbook: Runbook, state: str = "") -> None:
        """`state`: how it stands, for the next person."""
        super().__init__(runbook)
        self._incident, self._incidents, self._state = incident, incidents, state

    def heading(self) -> str:
        return _("Hand over")

    def placeholder(self) -> str:
        return _("What the next person must know: what is open, what was promised")

    def about(self) -> Iterable[Widget]:
        words = _("The next person accepts with H; until then the responder stays the same.")
        yield Prose(
            Content.assemble(
                (self._incident.title, "bold"),
                "\n",
                (f"{self._state}\n" if self._state else "", ""),
                (words, "$text-muted"),
            ),
            classes="about",
        )
        yield self.to

    async def write(self, text: str) -> str:
        """Record the offer. Raises JournalError."""
        await self._incidents.hand_over(self._incident, self.to.value, text)
        return _("Offered to {who}; nothing changes until somebody accepts.").format(who=self.receiver)
