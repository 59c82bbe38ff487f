from collections.abc import Iterable
from datetime import date, datetime

from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _, plural
from services.incidents.follow_ups import offered_follow_up
from services.journal.errors import JournalError
from services.models.findings import Recorded
from services.models.verdict import Verdict
from tui.console import Console
from tui.screens.common.follow_ups import example_of, read_follow_ups
from tui.screens.common.writing_dialog import WritingDialog
from widgets.drawing.lines import ROLES
from widgets.drawing.prose import Prose


class FollowUpScreen(WritingDialog):
    HEADING = N_("Leave a follow-up")

    def __init__(self, subject: str, recorded: Recorded) -> None:
        super().__init__()
        self._offered = offered_for(self.app, (recorded,))
        self._subject = subject
        self._finding = recorded.finding

    def placeholder(self) -> str:
        return example_of(self.app.now().astimezone(self.app.zone).date())

    def about(self) -> Iterable[Widget]:
        lines = [Content.styled(self._finding.title, ROLES["title"]), Content(self._finding.summary)]
        if self._offered:
            words = _("A day alone leaves “{text}”.", text=self._offered)
            lines.append(Content.styled(words, ROLES["muted"]))
        yield Prose(Content("\n").join(lines), classes="about")

    def refused(self, text: str) -> str:
        rows, wrong = self._rows(text)
        return wrong or ("" if rows else _("Write a day and what is to be done."))

    async def write(self, text: str) -> str:
        rows, _wrong = self._rows(text)
        for task, due in rows:
            await self.app.ready.incidents.leave(self._subject, self._finding.inspection, task, due)
        return left_words(len(rows))

    def _rows(self, text: str) -> tuple[tuple[tuple[str, datetime], ...], str]:
        return read_follow_ups(text, today_of(self.app), self.app.zone, self._offered)


def today_of(app: Console) -> date:
    return app.now().astimezone(app.zone).date()


def offered_for(app: Console, recorded: Iterable[Recorded]) -> str:
    """Return what the runbook suggests for the first of these findings that is not normal; "" if nothing."""
    texts = (
        offered_follow_up(app.ready.runbook, str(each.finding.inspection))
        for each in recorded
        if each.finding.verdict in (Verdict.ATTENTION, Verdict.ABNORMAL)
    )
    return next(filter(None, texts), "")


async def leave(app: Console, subject: str, target: str, rows: Iterable[tuple[str, datetime]]) -> str:
    """Record what a sign-off leaves; returns what to add to its message, also if the journal refused."""
    rows = tuple(rows)
    try:
        for text, due in rows:
            await app.ready.incidents.leave(subject, target, text, due)
    except JournalError as error:
        return _("the follow-up was NOT recorded: {why}", why=error.problem.message)
    return left_words(len(rows)) if rows else ""


def left_words(count: int) -> str:
    words = plural(
        "{count} follow-up is a duty of its day", "{count} follow-ups are duties of their day", count
    )
    return words.format(count=count)
