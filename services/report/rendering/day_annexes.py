"""The annexes (別紙) of a day's report: the full tables and the evidence to which its first page refers by number."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

from services.i18n import _, plural
from services.incidents.hand_over.open_points import abnormal_texts
from services.models.durations import lasting
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.posts import UNSENT
from services.models.report import DayReport
from services.models.report_lines import AcknowledgementLine, FindingLine, PostLine, SpellLine
from services.models.verdict import Verdict
from services.report.collecting.finding_lines import COSTS, counts
from services.report.rendering import report_wording as wording
from services.report.rendering.approvals import approval_section
from services.report.rendering.dates import Dates
from services.report.rendering.document import Block, Bullets, DocumentLine, Paragraph, Section, Table, table
from services.report.rendering.incident.listing import incident_annex
from services.report.rendering.page import Annexes
from services.report.rendering.parts import (
    change_section,
    charges_words,
    duty_remarks,
    duty_table,
    period_tone,
    remark_section,
)
from services.report.rendering.report_wording import NOTHING


def named(line: SpellLine) -> str:
    return f"{line.alarm} {line.title}".rstrip()


def began(line: SpellLine, dates: Dates, day: date) -> str:
    time = dates.at(line.since, day)
    return time if line.began else _("before {time}", time=time)


def ended(line: SpellLine, dates: Dates, day: date) -> str:
    time = dates.at(line.last_seen, day)
    return time if line.ended else _("ongoing at {time}", time=time)


def lasted(line: SpellLine) -> str:
    duration = lasting(line.seconds)
    return _("{time} or more", time=duration) if line.at_least else duration


def acknowledged_by(line: SpellLine, dates: Dates, day: date) -> str:
    return _(", ").join(f"{ack.by} {dates.at(ack.at, day)}" for ack in line.acknowledged) or NOTHING


def acknowledgement_words(ack: AcknowledgementLine, dates: Dates, day: date) -> str:
    text = _("{time} {name} acknowledged {alarm} ({state})").format(
        time=dates.at(ack.at, day),
        name=ack.by,
        alarm=ack.alarm,
        state=wording.alarm_state(ack.state) or NOTHING,
    )
    note = " ".join(ack.note.split())
    return f"{text}: {note}" if note else text


ROWS = 10  # Rows of evidence that a report prints from one table


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
    yield from (_("To do: {advice}", advice=each) for each in finding.advice)
    if finding.window is not None:
        yield _("Window: {span}", span=dates.period(finding.window.start, finding.window.end, day))
    if finding.gap:
        yield finding.gap
    yield from finding.remarks


def measures(rows: Iterable[Measure], dates: Dates, day: date | None) -> Table:
    return table(
        (_("Item"), _("Measured"), _("Normal range"), _("Verdict"), _("Note")),
        (
            DocumentLine(
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
    at = dates.at(measure.at, day) if measure.at else ""
    return measure.note if at in measure.note else " ".join(part for part in (at, measure.note) if part)


def _evidence(evidence: Evidence, seq: int) -> Block:
    omitted = evidence.omitted + max(0, len(evidence.rows) - ROWS)
    title = evidence.title
    if omitted:
        more = _("{count} more rows: entry #{seq} of the journal", count=f"{omitted:,}", seq=f"{seq:,}")
        title = _("{title} ({more})", title=title, more=more)
    rows = (
        DocumentLine(tuple(row.cells), row.verdict, wording.mark(row.verdict)) for row in evidence.rows[:ROWS]
    )
    return table(evidence.columns, rows, title=title)


DUTIES, ALARMS, CHANGES, MESSAGES, CONSOLE = "duties", "alarms", "changes", "messages", "console"
INCIDENTS, ABNORMAL = "incidents", "abnormal"
"""Keys of the annexes that there is one of; a finding's is the number of its entry."""


def annexes(report: DayReport, dates: Dates) -> Annexes:
    parts = [
        *_incidents(report, dates),
        *_duties(report, dates),
        *_findings(report, dates),
        *_alarms(report, dates),
        *_abnormal(report, dates),
        *_changes(report, dates),
        *_messages(report, dates),
        *_console(report, dates),
    ]
    numbers = {key: number for number, (key, _section) in enumerate(parts, 1)}
    firsts = _firsts(report)
    numbers |= {key: numbers[first] for key, first in firsts.items() if first in numbers}
    sections = (
        Section(
            _("Annex {number}: {title}", number=numbers[key], title=section.title),
            section.blocks,
            section.parts,
        )
        for key, section in parts
    )
    return Annexes(tuple(sections), numbers)


Part = tuple[str, Section]  # The key of an annex and the annex


def finding_key(line: FindingLine) -> str:
    return f"finding:{line.seq}"


def is_detailed(line: FindingLine) -> bool:
    return not line.superseded and (line.verdict is not Verdict.NORMAL or line.inspection == COSTS)


def _firsts(report: DayReport) -> dict[str, str]:
    """Findings that say the same as an earlier one of the day: their keys, and the earlier one's key."""
    first_keys: dict[tuple[str, str], str] = {}
    repeated = {}
    for line in filter(is_detailed, report.findings):
        first = first_keys.setdefault((line.inspection, line.summary), finding_key(line))
        if first != finding_key(line):
            repeated[finding_key(line)] = first
    return repeated


def _incidents(report: DayReport, dates: Dates) -> Iterator[Part]:
    if report.incidents:
        yield INCIDENTS, incident_annex(report.incidents, dates, report.first)


def _abnormal(report: DayReport, dates: Dates) -> Iterator[Part]:
    when = partial(dates.at, day=report.first)
    rows = [
        DocumentLine((wording.verdict(line.verdict), *abnormal_texts(line, when)), line.verdict)
        for line in report.abnormal
    ]
    if rows:
        columns = (_("Verdict"), _("What"), _("Accepted by"))
        yield ABNORMAL, Section(_("Still abnormal"), (table(columns, rows),))


def _duties(report: DayReport, dates: Dates) -> Iterator[Part]:
    groups = (
        (_("Of this day"), report.duties),
        (_("Of earlier days, signed off on this day or still open"), report.earlier),
        (_("Started earlier, still within their dates"), report.running),
    )
    parts = tuple(
        Section(
            title,
            (
                duty_table(lines, dates, report.first),
                *duty_remarks(lines, dates, report.first, moved=lines is report.duties),
            ),
        )
        for title, lines in groups
        if lines
    )
    if parts:
        yield DUTIES, Section(_("Duties"), (), parts)


def _findings(report: DayReport, dates: Dates) -> Iterator[Part]:
    firsts = _firsts(report)
    for line in report.findings:
        if is_detailed(line) and finding_key(line) not in firsts:
            about = line.duty or _("on demand, {name}", name=line.by)
            title = _("{inspection}, {time} ({duty})").format(
                inspection=line.title, time=dates.at(line.at, report.first), duty=about
            )
            yield finding_key(line), Section(title, tuple(finding_blocks(line, dates, report.first)))


def _alarms(report: DayReport, dates: Dates) -> Iterator[Part]:
    blocks: list[Block] = []
    if report.alarms:
        columns = (
            _("Alarm"),
            _("State"),
            _("Began"),
            _("Ended"),
            _("Duration"),
            _("Acknowledged"),
            _("AWS's own text"),
        )
        blocks.append(table(columns, (_spell(line, report, dates) for line in report.alarms)))
    if report.acknowledgements:
        items = (acknowledgement_words(ack, dates, report.first) for ack in report.acknowledgements)
        blocks.append(Bullets(tuple(items)))
    if blocks:
        yield ALARMS, Section(_("Alarms that fired or had no data"), tuple(blocks))


def _spell(line: SpellLine, report: DayReport, dates: Dates) -> DocumentLine:
    day, reason = report.first, line.reason
    if line.seen_later:
        reason = _("(found by a later inspection) {reason}", reason=reason).rstrip()
    return DocumentLine(
        (
            named(line),
            wording.of_period(line),
            began(line, dates, day),
            ended(line, dates, day),
            lasted(line),
            acknowledged_by(line, dates, day),
            reason,
        ),
        period_tone(line),
    )


def _changes(report: DayReport, dates: Dates) -> Iterator[Part]:
    if report.changes or report.allowed:
        section = change_section(report.changes, dates, report.first)
        allowed = tuple(approval_section(report.allowed, dates, report.first))
        yield CHANGES, Section(section.title, section.blocks, (*section.parts, *allowed))


def _messages(report: DayReport, dates: Dates) -> Iterator[Part]:
    parts = []
    if report.notes:
        rows: Iterable[tuple[str, ...]] = (
            (dates.at(line.at, report.first), wording.entry_kind(line.kind), line.by, line.text, line.about)
            for line in report.notes
        )
        columns = (_("Time"), _("Kind"), _("By"), _("Text"), _("About"))
        parts.append(Section(_("Notes and other records"), (table(columns, rows),)))
    if report.posts:
        columns = (_("Time"), _("Channel"), _("Text"), _("By"), _("State"))
        posts = (_post(line, report, dates) for line in report.posts)
        parts.append(Section(_("Posts to Slack"), (table(columns, posts),)))
    if report.remarks:
        parts.append(remark_section(report.remarks, dates, report))
    if parts:
        yield MESSAGES, Section(_("Notes and posts"), (), tuple(parts))


def _post(line: PostLine, report: DayReport, dates: Dates) -> DocumentLine:
    state = wording.post_state(line.state)
    return DocumentLine(
        (
            dates.at(line.at, report.first),
            line.channel,
            line.text,
            line.by,
            f"{state}: {line.why}" if line.why else state,
        ),
        Verdict.ATTENTION if line.state in UNSENT else None,
    )


def _console(report: DayReport, dates: Dates) -> Iterator[Part]:
    blocks: list[Block] = [Paragraph(charges_words(report.charges, whole_day=True))]
    if report.next:
        rows = (
            (dates.due(line, report.first), line.title, line.section, line.remark) for line in report.next
        )
        columns = (_("Due"), _("Duty"), _("Section of the runbook"), _("Note"))
        title = _("Due until the end of {day}", day=dates.short(report.next_day or report.first))
        blocks.append(table(columns, rows, title=title))
    yield CONSOLE, Section(_("Next duties, and AWS charges from this console"), tuple(blocks))
