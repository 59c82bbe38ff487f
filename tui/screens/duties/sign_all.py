"""The dialog that signs off several duties at once, all of whose findings are normal."""

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widget import Widget

from services.duties.service import NotNow
from services.i18n import N_, _, plural
from services.inspections.running import entries
from services.journal.errors import AlreadyRecorded
from services.models.duties import Occurrence
from services.models.findings import Recorded
from tui.screens.common.writing_dialog import WritingDialog
from tui.screens.duties.wording import accepting_words
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose
from widgets.duties.wording import when, zone_name


class SignAllScreen(WritingDialog):
    """Signs all of them off with one note; duties that somebody signed off meanwhile are passed over."""

    HEADING = N_("Sign off all normal")
    PROMPT = N_("Note for all (optional)")

    def __init__(self, occurrences: Sequence[Occurrence], others: Sequence[Occurrence] = ()) -> None:
        """`others` are due as well and are not signed off here."""
        super().__init__()
        self._signable: list[tuple[Occurrence, tuple[Recorded, ...]]] = []
        self._lines: list[Content] = []
        zone, now = self.app.zone, self.app.now()
        for occurrence in occurrences:
            findings = self.app.ready.scheduler.of(occurrence.slot)
            if findings is None:
                continue
            self._signable.append((occurrence, findings.recorded))
            due = f"{when(occurrence.slot, zone, now.astimezone(zone).date())} {zone_name(zone, now)}"
            self._lines.append(
                Content.assemble(
                    Content.styled(occurrence.slot.title, ROLES["title"]), "  ", (due, ROLES["muted"])
                )
            )
            self._lines += [
                Content.assemble("  ", line)
                for line in accepting_words(findings, self.app.overview, zone, now)
            ]
        if others:
            titles = _(", ").join(each.slot.title for each in others)
            words = _("Not included, because not inspected yet or not normal: {titles}")
            self._lines.append(Content.styled(words.format(titles=titles), ROLES["caution"]))

    def about(self) -> Iterable[Widget]:
        """Yield every duty with its findings."""
        yield Prose(Content("\n").join(self._lines), classes="about")

    async def write(self, text: str) -> str:
        """Sign off one after the other. Raises JournalError; sign-offs made by then stay."""
        count = 0
        for occurrence, accepted in self._signable:
            try:
                await self.app.ready.duties.sign(
                    occurrence, text, more={"findings": entries.signed(accepted)}
                )
            except (AlreadyRecorded, NotNow):
                continue
            count += 1
        words = plural("{count} duty is signed off", "{count} duties are signed off", count)
        return words.format(count=count)
