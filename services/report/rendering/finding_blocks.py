"""Lays out one finding with everything that a reader needs to judge it."""

from collections.abc import Iterable, Iterator
from datetime import date

from services.i18n import _, plural
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.report_lines import FindingLine
from services.models.verdict import Verdict
from services.report.collecting.finding_lines import counts
from services.report.rendering import wording
from services.report.rendering.dates import Dates
from services.report.rendering.document import Block, Bullets, Line, Paragraph, Table, table
from services.report.rendering.wording import NOTHING

ROWS = 10
"""Rows of evidence that a report prints from one table."""


def finding_blocks(line: FindingLine, dates: Dates, day: date | None) -> Iterator[Block]:
    yield Paragraph(f"{wording.of_finding(line)} — {line.summary}", counts(line))
    if line.overruled is not None:
        yield Paragraph(
            _("Overridden by {name} at {time}: {reason}").format(
                name=line.overruled.by, time=dates.at(line.overruled.at, day), reason=line.overruled.reason
            )
        )
    finding = line.finding
    if finding is None:
        return
    if finding.measures:
        yield measures(finding.measures, dates, day)
    yield from (_evidence(each, line.seq) for each in finding.evidence)
    if line.withheld:
        yield Paragraph(
            plural(
                "{count} row with log texts is omitted (--private prints it).",
                "{count} rows with log texts are omitted (--private prints them).",
                line.withheld,
            ).format(count=line.withheld)
        )
    details = [*_details(finding, dates, day)]
    if details:
        yield Bullets(tuple(details))


def _details(finding: Finding, dates: Dates, day: date | None) -> Iterator[str]:
    if finding.problem is not None:
        yield finding.problem.message
    yield from (_("To do: {advice}").format(advice=each) for each in finding.advice)
    if finding.window is not None:
        yield _("Window: {span}").format(span=dates.period(finding.window.start, finding.window.end, day))
    if finding.gap:
        yield finding.gap
    yield from finding.remarks


def measures(rows: Iterable[Measure], dates: Dates, day: date | None) -> Table:
    return table(
        (_("Item"), _("Measured"), _("Normal range"), _("Verdict"), _("Note")),
        (
            Line(
                (
                    each.title,
                    each.shown or NOTHING,
                    each.allowed or NOTHING,
                    wording.verdict(each.verdict),
                    _remark(each, dates, day),
                ),
                each.verdict if each.verdict is not Verdict.NORMAL else None,
            )
            for each in rows
        ),
        right=(1, 2),
    )


def _remark(measure: Measure, dates: Dates, day: date | None) -> str:
    """The measure's time and note; the time is omitted if the note already contains it."""
    at = dates.at(measure.at, day) if measure.at else ""
    return measure.note if at in measure.note else " ".join(part for part in (at, measure.note) if part)


def _evidence(evidence: Evidence, seq: int) -> Block:
    """The first rows; the rest are in the journal."""
    omitted = evidence.omitted + max(0, len(evidence.rows) - ROWS)
    title = evidence.title
    if omitted:
        more = _("{count} more rows: entry #{seq} of the journal").format(
            count=f"{omitted:,}", seq=f"{seq:,}"
        )
        title = _("{title} ({more})").format(title=title, more=more)
    rows = (Line(tuple(row.cells), row.verdict, wording.mark(row.verdict)) for row in evidence.rows[:ROWS])
    return table(evidence.columns, rows, title=title)
