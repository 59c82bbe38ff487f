"""The annexes (別紙) of an incident's report: the whole timeline, the weighed causes, the evidence, and lines of logs."""

from datetime import date

from services.i18n import N_, _, plural
from services.models import glyphs
from services.models.assess_answer import AssessedCause, AssessedSignal
from services.models.causes import SignalState
from services.models.incident_report import IncidentReport
from services.models.verdict import Verdict
from services.report.rendering.dates import Dates
from services.report.rendering.document import Block, Line, Paragraph, Section, table
from services.report.rendering.first_page import Annexes
from services.report.rendering.incident.rows import (
    CAUSES,
    EVIDENCE,
    FIGURES,
    LOGS,
    RESPONSE,
    TABLES,
    TIMELINE,
    IncidentRows,
    points_text,
)
from services.report.rendering.wording import NOTHING

_SIGNALS = {
    SignalState.PRESENT: (glyphs.ATTENTION, N_("present")),
    SignalState.ABSENT: (glyphs.OFF, N_("absent")),
    SignalState.UNSEEN: (glyphs.NOT_JUDGED, N_("unseen")),
}


def annexes(report: IncidentReport, dates: Dates, day: date) -> Annexes:
    """All annexes that have contents."""
    rows = IncidentRows(report, dates, day)
    parts = {
        RESPONSE: _response(rows),
        TIMELINE: _timeline(rows),
        CAUSES: _causes(report, dates, day),
        EVIDENCE: _evidence(rows),
        LOGS: _logs(report, dates, day),
    }
    sections = {key: section for key, section in parts.items() if section.blocks}
    numbers = {key: number for number, key in enumerate(sections, 1)}
    numbered = (
        Section(_("Annex {number}: {title}").format(number=numbers[key], title=section.title), section.blocks)
        for key, section in sections.items()
    )
    return Annexes(tuple(numbered), numbers)


def _response(rows: IncidentRows) -> Section:
    summary = rows.report.incident.summary
    blocks = [
        table(each.columns, lines, title=_(each.title))
        for name, each in TABLES.items()
        if each.annex == RESPONSE and (lines := rows.of(name))
    ]
    return Section(_("Response"), (*blocks, *([Paragraph(summary)] if summary else [])))


def _timeline(rows: IncidentRows) -> Section:
    lines = rows.of("timeline")
    blocks: list[Block] = [table(TABLES["timeline"].columns, lines)] if lines else []
    if any(row.late for row in rows.report.timeline):
        words = _("CloudTrail reports about five minutes late: later events may be missing.")
        blocks.append(Paragraph(words))
    return Section(_("Timeline"), tuple(blocks))


def _causes(report: IncidentReport, dates: Dates, day: date) -> Section:
    columns = (_("Cause"), _("When decided"), _("Score"), _("For"), _("Against"), _("Unseen"))
    causes = [_cause(cause, report) for cause in report.causes]
    facts = [
        _signal(signal, dates, day) for signal in report.signals if signal.state is not SignalState.ABSENT
    ]
    blocks: list[Block] = []
    if causes:
        blocks.append(table(columns, causes, right=(1, 2)))
    if facts:
        heads = (_("Signal"), _("State"), _("Value"), _("Threshold"), _("Since"))
        blocks.append(table(heads, facts))
    return Section(_("Weighed causes"), tuple(blocks))


def _cause(cause: AssessedCause, report: IncidentReport) -> Line:
    then = report.decided_scores.get(cause.id)
    title = f"{cause.title}: {cause.impossible}" if cause.impossible else cause.title
    return Line(
        (
            title,
            str(then) if then is not None else NOTHING,
            str(cause.score),
            points_text(((weight.signal, weight.counts) for weight in cause.supporting), report),
            points_text(((weight.signal, weight.counts) for weight in cause.opposing), report),
            points_text(((weight.signal, weight.weight) for weight in cause.unseen), report),
        )
    )


def _signal(signal: AssessedSignal, dates: Dates, day: date) -> Line:
    glyph, word = _SIGNALS[signal.state]
    return Line(
        (
            signal.title,
            f"{glyph} {_(word)}",
            signal.value or signal.why or NOTHING,
            signal.limit or NOTHING,
            dates.at(signal.time, day) if signal.time is not None else NOTHING,
        )
    )


def _evidence(rows: IncidentRows) -> Section:
    report = rows.report
    blocks: list[Block] = []
    if report.figures:
        blocks.append(table(FIGURES.columns, rows.figures()))
    if report.evidence:
        sources = (
            Line(
                (line.title, str(line.requests), line.why or _("whole")),
                Verdict.UNKNOWN if line.why else None,
            )
            for line in report.evidence
        )
        blocks.append(table((_("Read from"), _("Requests"), _("How it was read")), sources, right=(1,)))
    if report.withheld:
        words = plural(
            "{count} line of logs is withheld; --private includes it.",
            "{count} lines of logs are withheld; --private includes them.",
            report.withheld,
        )
        blocks.append(Paragraph(words.format(count=report.withheld)))
    return Section(_("Evidence"), tuple(blocks))


def _logs(report: IncidentReport, dates: Dates, day: date) -> Section:
    rows = [(dates.at(line.at, day), str(line.group), line.text) for line in report.log_lines]
    columns = (_("Time"), _("Log group"), _("Text"))
    return Section(_("Lines of the logs"), (table(columns, rows),) if rows else ())
