from collections.abc import Iterable, Mapping
from dataclasses import replace

from textual.content import Content
from textual.widget import Widget

from services.i18n import N_, _
from services.journal.errors import JournalError
from services.logs.marks import MOST, SavedMark, mark_entry, marks_in
from services.logs.masking.of_runbook import masker_of
from services.models.date_text import zoned_time
from services.models.journal import EntryKind, EntryQuery
from services.models.text import clean
from tui.console import Console
from tui.screens.common.choose import Choice, ChooseScreen
from tui.screens.common.mode_screen import ScreenPlace
from tui.screens.journal.note import SubjectDialog, note_subjects
from tui.screens.logs.origins import Origins
from widgets.drawing.prose import Prose
from widgets.logs.pane.pane import LogPane
from widgets.logs.reading.marks import LineMark, digest_of
from widgets.logs.text.time import moment

_LINE = 160  # Characters of the line shown in the dialog


class MarkScreen(SubjectDialog):
    """Asks for the note of a marked line, which may be empty; returns True once the mark is recorded. Its
    subject is the incident whose timeline the mark belongs to, or none: the journal alone."""

    HEADING = N_("Mark a line")
    PROMPT = N_("Note (optional)")
    may_wait = True

    subject_words = N_("into the timeline of {name}")

    def __init__(self, mark: SavedMark) -> None:
        self.mark = mark
        likeliest = [place for place in note_subjects(self.app) if place.subject.startswith("incident:")]
        subjects = {place.subject for place in likeliest}
        others = [
            ScreenPlace(str(incident.target), incident.title, incident.id)
            for incident in self.app.incidents
            if incident.is_open and not incident.joined_to and incident.id not in subjects
        ]
        super().__init__([*likeliest, *others])

    def about(self) -> Iterable[Widget]:
        yield Prose(Content(clean(self.mark.text, _LINE)), classes="about")
        yield from super().about()

    async def write(self, text: str) -> str:
        services = self.app.ready
        self.mark = replace(self.mark, note=text)
        incident = self.subject.subject if self.subject is not None else ""
        new_entry = mark_entry(self.mark, masker_of(services.runbook), incident=incident)
        entry = await services.journal.append(new_entry)
        return _("Recorded as journal entry {seq}", seq=entry.seq)


async def toggle_mark(app: Console, pane: LogPane, origins: Origins) -> str:
    """Mark the line at the cursor, or take its mark away; both are recorded. Returns the group whose marks changed."""
    if pane.lines.cursor is None:
        pane.lines.move_cursor(-1)
    row, line = pane.lines.cursor, pane.lines.line_at_cursor()
    if row is None or line is None:
        return ""
    origin = origins(line.stream)
    if origin is None:
        app.inform(_("The log group of this line is not known here; mark it in its own pane."))
        return ""
    mark = SavedMark(origin.group, line.at, origin.stream, line.text, digest_of(line.text))
    if pane.marks.note_of(line.id) is not None:
        return origin.group if await _remove(app, pane, line.id, mark) else ""
    dialog = MarkScreen(mark)
    is_recorded = bool(await app.push_screen_wait(dialog))
    if is_recorded:
        place = pane.store.row_of(line.id)
        if place is not None:
            pane.marks.put(place, " ".join(dialog.mark.note.split()))
    return origin.group if is_recorded else ""


async def _remove(app: Console, pane: LogPane, line_id: int, mark: SavedMark) -> bool:
    try:
        await app.ready.journal.append(mark_entry(mark, masker_of(app.ready.runbook), removed=True))
    except JournalError as error:
        app.inform(f"{error.problem.summary} {error.problem.remedy}", severity="warning")
        return False
    pane.marks.remove(line_id)
    app.inform(_("The mark is removed."))
    return True


async def restore_marks(app: Console, pane: LogPane, groups: Mapping[str, str]) -> None:
    """Show the marks that the journal has of log groups: their exact names by what their streams begin with here."""
    marks: list[LineMark] = []
    for prefix, group in groups.items():
        query = EntryQuery(kinds=frozenset({EntryKind.LOG_MARK}), target=group)
        try:
            page = await app.ready.journal.page(query, limit=MOST)
        except JournalError:
            return  # the banner says it
        marks += [
            LineMark(mark.at, prefix + mark.stream, mark.text, mark.note, mark.digest)
            for mark in marks_in(page.entries)
        ]
    pane.marks.restore(marks)


def go_mark(app: Console, pane: LogPane, step: int) -> None:
    position = pane.lines.position
    row = pane.marks.after(position) if step > 0 else pane.marks.before(position)
    if row is None:
        app.inform(_("No line is marked here; m marks one."))
    elif row == pane.lines.cursor:
        app.inform(_("No other line is marked here."))
    pane.go_row(row)


async def choose_mark(app: Console, panes: Iterable[LogPane]) -> None:
    marks = sorted(((mark, pane) for pane in panes for mark in pane.marks.all), key=lambda entry: entry[0].at)
    if not marks:
        app.inform(_("No line is marked here; m marks one."))
        return
    zone, now = app.zone, app.now()
    choices = [
        Choice(
            str(place),
            f"{zoned_time(moment(mark.at), zone, now, seconds=True)}  "
            + (clean(mark.note, _LINE) or clean(mark.text, _LINE)),
            clean(pane.title, 40),
        )
        for place, (mark, pane) in enumerate(marks)
    ]
    place = await app.push_screen_wait(ChooseScreen(_("Marks"), choices, harmless=True))
    if place is not None:
        mark, pane = marks[int(place)]
        if pane.is_attached:
            pane.focus()
            pane.go_to(mark.at)
