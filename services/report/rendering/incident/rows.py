"""Rows of the tables in an incident's report: its page shows the first of them, its annexes all. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date

from services.i18n import N_, _
from services.models import glyphs
from services.models.incident_report import IncidentReport
from services.models.incidents import StepMark, TimelineKind, TimelineRow
from services.models.verdict import Verdict
from services.report.rendering.dates import Dates
from services.report.rendering.document import Line
from services.report.rendering.parts import change_rows
from services.report.rendering.wording import NOTHING

_KINDS = {
    TimelineKind.ALARM: N_("alarm"),
    TimelineKind.JUST_BEFORE: N_("just before"),
    TimelineKind.EVIDENCE: N_("evidence"),
    TimelineKind.PERSON: N_("response"),
    TimelineKind.CHANGE: N_("change"),
    TimelineKind.NOTE: N_("note"),
    TimelineKind.RECOVERY: N_("recovery"),
}
_MARKS = {
    StepMark.TODO: (glyphs.WAITING, N_("to be done")),
    StepMark.DONE: (glyphs.DONE, N_("carried out")),
    StepMark.SKIPPED: (glyphs.OFF, N_("skipped")),
}


def points_text(points: Iterable[tuple[str, int]], report: IncidentReport) -> str:
    """`503 dominates +8; …`: the signals that count, with their points; NOTHING without any."""
    titles = {signal.id: signal.title for signal in report.signals}
    return _("; ").join(f"{titles.get(id, id)} {count:+d}" for id, count in points if count) or NOTHING


class IncidentRows:
    """The rows, with times as the report writes them."""

    def __init__(self, report: IncidentReport, dates: Dates, day: date) -> None:
        self.report = report
        self.dates = dates
        self.day = day

    def figures(self) -> Iterator[Line]:
        """(measured, usual, worst, time)."""
        for line in self.report.figures:
            yield Line((line.title, line.usual or NOTHING, line.worst, self.dates.at(line.at, self.day)))

    def contacted(self) -> Iterator[Line]:
        """(time, told, by what, by, note)."""
        for contact in self.report.incident.contacted:
            time = self.dates.at(contact.at, self.day)
            yield Line((time, contact.role, contact.channel or NOTHING, contact.by, contact.note))

    def steps(self) -> Iterator[Line]:
        """(number, step, state, time, by, note); one that a closed incident left open is marked."""
        is_over = not self.report.incident.is_open
        for step in self.report.steps:
            glyph, word = _MARKS[step.mark]
            cells = (
                str(step.number),
                step.text or NOTHING,
                f"{glyph} {_(word)}",
                self.dates.at(step.at, self.day) if step.at is not None else NOTHING,
                step.by or NOTHING,
                step.note,
            )
            yield Line(cells, Verdict.ATTENTION if step.mark is StepMark.TODO and is_over else None)

    def changes(self) -> Iterator[Line]:
        """(time, change, before → after, by, approval, result)."""
        for line in self.report.changes:
            yield from change_rows(line, self.dates, self.day)

    def timeline(self) -> Iterator[Line]:
        """(time, kind, what, by)."""
        for row in self.report.timeline:
            text = f"{row.text} {_('(reported late)')}" if row.late else row.text
            yield Line((self.dates.at(row.at, self.day), self._kind(row), text, row.by))

    def _kind(self, row: TimelineRow) -> str:
        """What AWS did shortly after T0 is not called just before."""
        onset = self.report.onset
        if row.kind is TimelineKind.JUST_BEFORE and onset is not None and row.at > onset.at:
            return _("after T0")
        return _(_KINDS[row.kind])

    def follow_ups(self) -> Iterator[Line]:
        """(due, what, left by, done)."""
        for line in self.report.incident.follow_ups:
            due = self.dates.short(line.due.astimezone(self.dates.zone).date())
            done_at = self.dates.at(line.done_at, self.day) if line.done_at is not None else NOTHING
            yield Line((due, line.text, line.by, done_at))


def figure_columns() -> tuple[str, ...]:
    """The headings of `IncidentRows.figures`."""
    return _("Measured"), _("Usual"), _("Worst since T0"), _("Time")


def contact_columns() -> tuple[str, ...]:
    """The headings of `IncidentRows.contacted`."""
    return _("Time"), _("Contact"), _("By what"), _("By"), _("Note")


def step_columns() -> tuple[str, ...]:
    """The headings of `IncidentRows.steps`."""
    return _("No."), _("Step"), _("State"), _("Time"), _("By"), _("Note")


def change_columns() -> tuple[str, ...]:
    """The headings of `IncidentRows.changes`."""
    return _("Time"), _("Change"), _("Before → after"), _("By"), _("Approval"), _("Result")


def timeline_columns() -> tuple[str, ...]:
    """The headings of `IncidentRows.timeline`."""
    return _("Time"), _("Kind"), _("What happened"), _("By")


def follow_up_columns() -> tuple[str, ...]:
    """The headings of `IncidentRows.follow_ups`."""
    return _("Due by"), _("Left to do"), _("Left by"), _("Done")
