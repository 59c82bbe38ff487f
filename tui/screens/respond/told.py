from collections.abc import Iterable

from textual.content import Content
from textual.widget import Widget

from services.i18n import _
from services.incidents.escalation import Recipient, Renewed, Situation, phone_lines, recipients, role_to_tell
from services.incidents.live import EVERY
from services.incidents.service import Incidents
from services.models.incidents import Incident
from tui.screens.common.writing_dialog import WritingDialog
from widgets.changes.plan.form import ChoiceRow
from widgets.drawing.prose import Prose
from widgets.drawing.ticker import every_second


def channels() -> tuple[str, ...]:
    return (_("phone"), "Slack", _("mail"), _("in person"))


class ToldScreen(WritingDialog):
    DEFAULT_CSS = """
    ToldScreen {
        & #window { max-width: 100; }
        & #aloud { height: auto; margin: 0 2 1 2; text-style: bold; color: $foreground; }
        & .label { height: 1; color: $text-muted; }
        & NoteField { max-height: 4; }
    }
    """

    def __init__(
        self,
        incident: Incident,
        incidents: Incidents,
        situation: Situation,
        role: str = "",
        renewed: Renewed | None = None,
    ) -> None:
        """`role`: whom to tell first; "" for whom the playbook names next. `renewed` returns how it stands at that moment."""
        day = situation.now.astimezone(situation.zone).date()
        first = role or role_to_tell(situation.incident, situation.playbook)
        self.everyone = recipients(situation.runbook, situation.playbook, day, first, situation.by)
        self.whom = ChoiceRow(
            [(each.role, f"{each.role} {each.reach or _('(UNDECIDED)')}") for each in self.everyone],
            preselected(first, self.everyone),
            id="whom",
        )
        self.by_what = ChoiceRow([(each, each) for each in channels()], channels()[0], id="by-what")
        self.aloud = Prose(Content(phone_lines(situation)), id="aloud")
        super().__init__()
        self._incident, self._incidents, self._renewed = incident, incidents, renewed

    def on_mount(self) -> None:
        """What is read aloud is true when it is read: the alarm may recover meanwhile."""
        if self._renewed is not None:
            self.watch(self.app, "incidents", self.renew)
            every_second(self.aloud, self.renew, seconds=int(EVERY))

    def renew(self) -> None:
        self.run_worker(self._renew(), group="situation", exclusive=True)

    async def _renew(self) -> None:
        situation = await self._renewed() if self._renewed is not None else None
        if situation is not None:
            self.aloud.update(Content(phone_lines(situation)))

    def heading(self) -> str:
        return _("Tell somebody: read this aloud")

    def placeholder(self) -> str:
        return _("What they said (optional)")

    def keys(self) -> str:
        return _("⏎ records that they were told · Tab whom, by what · Esc closes")

    def about(self) -> Iterable[Widget]:
        yield self.aloud
        yield self.whom
        yield self.by_what

    def refused(self, text: str) -> str:
        return "" if self.whom.value else _("The runbook names nobody to tell.")

    async def write(self, text: str) -> str:
        await self._incidents.contacted(self._incident, self.whom.value, self.by_what.value, text)
        return _("Recorded: {who} was told by {channel}", who=self.whom.value, channel=self.by_what.value)


def preselected(role: str, everyone: tuple[Recipient, ...]) -> str:
    roles = [each.role for each in everyone]
    return role if role in roles else roles[0] if roles else ""
