from collections.abc import Iterable, Mapping
from datetime import date, tzinfo
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _, sentences
from services.incidents.service import Incidents
from services.journal.errors import JournalError
from services.models import glyphs
from services.models.incidents import Incident
from tui.screens.common.follow_ups import example_of, read_follow_ups
from tui.screens.common.writing_dialog import NotTaken, WritingDialog
from widgets.changes.plan.form import ChoiceRow
from widgets.drawing.prose import Prose
from widgets.inputs.note_field import NoteField

OWN = "own"  # The choice of a cause in one's own words: the summary says it


class _CauseRow(ChoiceRow):
    """Enter closes the incident from here, too, as the frame says."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.submit", N_("Confirm"), show=False)]


class CloseScreen(WritingDialog):
    DEFAULT_CSS = """
    CloseScreen {
        & #window { max-width: 100; }
        & NoteField { max-height: 5; }
        & .label { height: 1; color: $text-muted; }
    }
    """

    def __init__(
        self,
        incident: Incident,
        incidents: Incidents,
        causes: Mapping[str, str],
        zone: tzinfo,
        *,
        is_firing: bool = False,
    ) -> None:
        """`causes`: titles by id, the one to be offered first; `is_firing`: whether its alarm fires still."""
        self._titles = {**causes, OWN: _("as the summary says")}
        self.cause = _CauseRow(tuple(self._titles.items()), next(iter(self._titles)), id="cause")
        super().__init__()
        self.follow_ups = NoteField(example_of(self.app.now().astimezone(zone).date()))
        self._incident, self._incidents, self._zone = incident, incidents, zone
        self._is_firing = is_firing

    def heading(self) -> str:
        return _("Close the incident: {title}", title=self._incident.title)

    def placeholder(self) -> str:
        return _("What happened and what was done")

    def keys(self) -> str:
        return _("⏎ closes · Tab cause, follow-ups · ^j new line · Esc leaves it open")

    def about(self) -> Iterable[Widget]:
        if self._is_firing:
            words = _("The alarm is still firing; no incident opens until it is ok and fires again.")
            yield Prose(Content.styled(f"{glyphs.ATTENTION} {words}", "$text-warning"), classes="about")
        yield Prose(Content(_("Cause")), classes="label")
        yield self.cause
        yield Prose(Content(_("Left to be done, each becomes a dated duty")), classes="label")
        yield self.follow_ups
        yield Prose(Content(_("Summary")), classes="label")

    def action_submit(self) -> None:
        self.submitted(NoteField.Submitted(self.field.written, monotonic()))

    def unsaved(self) -> str:
        return self.field.written + self.follow_ups.written

    def refused(self, text: str) -> str:
        if not self.field.written:
            return _("Write in one sentence what happened.")
        _rows, wrong = read_follow_ups(self.follow_ups.text, self._today(), self._zone)
        return wrong

    async def write(self, text: str) -> str:
        rows, wrong = read_follow_ups(self.follow_ups.text, self._today(), self._zone)
        if wrong:
            raise NotTaken(wrong)
        summary, id = self.field.text.strip(), self.cause.value
        title = summary.splitlines()[0] if id == OWN else self._titles[id]
        await self.app.ready.response.readings.note(self._incident, is_last=True)
        try:
            await self._incidents.close(self._incident, "" if id == OWN else id, title, summary, rows)
        except JournalError as error:
            # Its follow-ups may be recorded; it is closed last.
            hint = _("It is not closed; your text is still here. ⏎ tries again.")
            raise NotTaken(sentences(error.problem.message, hint)) from error
        return _("{title} is closed.", title=self._incident.title)

    def _today(self) -> date:
        return self.app.now().astimezone(self._zone).date()
