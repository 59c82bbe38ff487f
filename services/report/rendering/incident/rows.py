from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from services.i18n import N_, _
from services.models.incident_report import IncidentReport
from services.models.incidents import StepMark, TimelineKind, TimelineRow
from services.models.state_words import STEPS, TIMELINE_KINDS
from services.models.verdict import Verdict
from services.report.rendering.dates import Dates
from services.report.rendering.document import Line
from services.report.rendering.parts import change_rows
from services.report.rendering.wording import NOTHING

RESPONSE, TIMELINE, CAUSES, EVIDENCE, LOGS = "response", "timeline", "causes", "evidence", "logs"
"""Keys of the annexes."""


@dataclass(frozen=True, slots=True)
class RowTable:
    title: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    """Percent of the page that each column takes."""
    annex: str
    is_major: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(map(_, self.heads))


FIGURES = RowTable(
    "", (N_("Measured"), N_("Usual"), N_("Worst since T0"), N_("Time")), (40, 20, 20, 20), EVIDENCE
)
TABLES = {
    "contacted": RowTable(
        N_("Who was told"), (N_("Time"), N_("Contact"), N_("By what"), N_("By"), N_("Note")), (12, 26, 14, 14, 34), RESPONSE
    ),
    "steps": RowTable(
        N_("Steps"), (N_("No."), N_("Step"), N_("State"), N_("Time"), N_("By"), N_("Note")), (5, 41, 14, 10, 10, 20), RESPONSE, True
    ),
    "changes": RowTable(
        N_("Changes made"), (N_("Time"), N_("Change"), N_("Before → after"), N_("By"), N_("Approval"), N_("Result")),
        (10, 26, 21, 9, 14, 20), RESPONSE,
    ),
    "timeline": RowTable(
        N_("Timeline"), (N_("Time"), N_("Kind"), N_("What happened"), N_("By")), (14, 10, 64, 12), TIMELINE, True
    ),
    "follow_ups": RowTable(
        N_("Follow-ups"), (N_("Due by"), N_("Left to do"), N_("Left by"), N_("Done")), (14, 56, 14, 16), RESPONSE
    ),
}  # fmt: skip
"""By the method of IncidentRows that yields the rows, in the order of the page."""


def points_text(points: Iterable[tuple[str, int]], report: IncidentReport) -> str:
    titles = {signal.id: signal.title for signal in report.signals}
    return _("; ").join(f"{titles.get(id, id)} {count:+d}" for id, count in points if count) or NOTHING


class IncidentRows:
    def __init__(self, report: IncidentReport, dates: Dates, day: date) -> None:
        self.report = report
        self.dates = dates
        self.day = day

    def of(self, name: str) -> list[Line]:
        return list(getattr(self, name)())

    def figures(self) -> Iterator[Line]:
        for line in self.report.figures:
            yield Line((line.title, line.usual or NOTHING, line.worst, self.dates.at(line.at, self.day)))

    def contacted(self) -> Iterator[Line]:
        for contact in self.report.incident.contacted:
            time = self.dates.at(contact.at, self.day)
            yield Line((time, contact.role, contact.channel or NOTHING, contact.by, contact.note))

    def steps(self) -> Iterator[Line]:
        is_over = not self.report.incident.is_open
        for step in self.report.steps:
            glyph, word = STEPS[StepMark(step.state)]
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
        for line in self.report.changes:
            yield from change_rows(line, self.dates, self.day)

    def timeline(self) -> Iterator[Line]:
        for row in self.report.timeline:
            text = f"{row.text} {_('(reported late)')}" if row.late else row.text
            yield Line((self.dates.at(row.at, self.day), self._kind(row), text, row.by))

    def _kind(self, row: TimelineRow) -> str:
        """What AWS did shortly after T0 is not called just before."""
        onset = self.report.onset
        if row.kind is TimelineKind.JUST_BEFORE and onset is not None and row.at > onset.at:
            return _("after T0")
        return _(TIMELINE_KINDS[row.kind][1])

    def follow_ups(self) -> Iterator[Line]:
        for line in self.report.incident.follow_ups:
            due = self.dates.short(line.due.astimezone(self.dates.zone).date())
            done_at = self.dates.at(line.done_at, self.day) if line.done_at is not None else NOTHING
            yield Line((due, line.text, line.by, done_at))
