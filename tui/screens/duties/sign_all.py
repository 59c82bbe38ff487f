"""Signing several duties in one go, where every finding is normal."""

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widget import Widget

from services.duties.service import NotNow
from services.i18n import _, plural
from services.inspections.running import entries as drafts
from services.journal.errors import AlreadyRecorded
from services.models.duties import Occurrence
from services.models.findings import Recorded
from tui.screens.common.guard import TypeAheadGuard
from tui.screens.duties.sign import accepting_words
from tui.screens.common.writing_dialog import WritingDialog
from widgets.duties.wording import when, zone_name
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose


class SignAllScreen(WritingDialog):
    """One note for all; who was signed by a colleague meanwhile stays as it is."""

    AUTO_FOCUS = ""

    def __init__(self, occurrences: Sequence[Occurrence]) -> None:
        super().__init__()
        self._meant: list[tuple[Occurrence, tuple[Recorded, ...]]] = []
        self._lines: list[Content] = []
        zone, now = self.app.zone, self.app.now()
        for each in occurrences:
            found = self.app.ready.rounds.of(each.slot)
            if found is None:
                continue
            self._meant.append((each, found.recorded))
            due = f"{when(each.slot, zone, now.astimezone(zone).date())} {zone_name(zone, now)}"
            self._lines.append(
                Content.assemble(Content.styled(each.slot.title, ROLES["title"]), "  ", (due, ROLES["muted"]))
            )
            self._lines += [Content.assemble("  ", line) for line in accepting_words(found)]
        self.guard = TypeAheadGuard(self, self._begin)
        self.field.can_focus = False

    def heading(self) -> str:
        """The window's title."""
        return _("Sign all normal")

    def placeholder(self) -> str:
        """The note may be left out."""
        return _("Note for all (optional)")

    def about(self) -> Iterable[Widget]:
        """Every duty with its findings."""
        yield Prose(Content("\n").join(self._lines), classes="about")

    def on_mount(self) -> None:
        """What was typed ahead does not sign."""
        super().on_mount()
        self.guard.hold()

    def hears(self) -> bool:
        """Not what was typed ahead."""
        return self.guard.is_open

    def _begin(self) -> None:
        self.field.can_focus = True
        self.field.focus()

    async def write(self, text: str) -> str:
        """Sign each. Raises JournalError; what is signed by then stays signed."""
        signed = 0
        for occurrence, seen in self._meant:
            try:
                await self.app.ready.duties.sign(occurrence, text, more={"findings": drafts.signed(seen)})
            except (AlreadyRecorded, NotNow):
                continue
            signed += 1
        words = plural("{count} duty is signed off", "{count} duties are signed off", signed)
        return words.format(count=signed)
