"""Lays out the report of one day (運用報告書) as a document."""

from collections.abc import Iterable, Sequence

from services.i18n import _
from services.models.posts import UNSENT
from services.models.report import DayReport
from services.models.report_lines import AcknowledgementLine, DutyLine, FindingLine, PostLine, SpellLine
from services.models.stamps import lasting
from services.models.verdict import Verdict
from services.report.collecting.finding_lines import COSTS, counts
from services.report.rendering import wording
from services.report.rendering.document import (
    Block,
    Bullets,
    Document,
    Facts,
    Line,
    Paragraph,
    Section,
    table,
)
from services.report.rendering.parts import (
    change_section,
    charges_words,
    duty_remarks,
    duty_table,
    finding_blocks,
    head_facts,
    remark_section,
    verdict_blocks,
)
from services.report.rendering.wording import NOTHING, Dates

ALARMS = "alarms"
"""Id of the inspection that reports alarms."""


def day_document(report: DayReport, dates: Dates) -> Document:
    """The report as a document. Regular sections appear even if they are empty; rare ones only if they have content."""
    day = report.first
    title = _("Operations report, {day}").format(day=dates.day(day))
    opened = (
        _("city hall open") if report.is_open else _("city hall closed: {why}").format(why=report.closed_name)
    )
    facts = [
        (_("Day"), _("{day} ({opened})").format(day=dates.day(day), opened=opened)),
        *head_facts(report, dates),
    ]
    sections = [
        _duties(report, dates),
        *_earlier(report, dates),
        _findings(report, dates),
        _alarms(report, dates),
        change_section(report.changes, dates, day),
        *_costs(report, dates),
        *_posts(report, dates),
        _notes(report, dates),
        Section(
            _("AWS charges from this console"),
            (Paragraph(charges_words(report.charges, whole_day=True)),),
        ),
        _next(report, dates),
        remark_section(report.remarks, dates, report),
    ]
    return Document(
        title=title,
        tone=report.verdict,
        language=report.language,
        facts=Facts(tuple(facts)),
        summary=verdict_blocks(report),
        sections=tuple(sections),
        footer=f"{report.system_title} · {title}",
    )


def _duties(report: DayReport, dates: Dates) -> Section:
    if not report.duties:
        return Section(_("Duties"), (Paragraph(_("None on this day.")),))
    return Section(_("Duties"), _duty_blocks(report.duties, report, dates, moved=True))


def _earlier(report: DayReport, dates: Dates) -> list[Section]:
    sections = []
    if report.earlier:
        blocks = _duty_blocks(report.earlier, report, dates)
        sections.append(Section(_("Duties of earlier days, signed off on this day or still open"), blocks))
    if report.running:
        blocks = _duty_blocks(report.running, report, dates)
        sections.append(Section(_("Started earlier, still within their dates"), blocks))
    return sections


def _duty_blocks(
    lines: Sequence[DutyLine], report: DayReport, dates: Dates, *, moved: bool = False
) -> tuple[Block, ...]:
    day = report.first
    return (duty_table(lines, dates, day), *duty_remarks(lines, dates, day, moved=moved))


def _findings(report: DayReport, dates: Dates) -> Section:
    if not report.findings:
        return Section(_("Findings"), (Paragraph(_("Nothing was inspected.")),))
    columns = (_("Time"), _("Inspection"), _("Verdict"), _("Summary"), _("Duty"))
    rows = (_finding_row(line, report, dates) for line in report.findings)
    parts = tuple(
        Section(
            _("{inspection}, {time}").format(inspection=line.title, time=dates.at(line.at, report.first)),
            tuple(finding_blocks(line, dates, report.first)),
        )
        for line in report.findings
        if _worth_reading(line)
    )
    return Section(_("Findings"), (table(columns, rows),), parts)


def _worth_reading(line: FindingLine) -> bool:
    return not line.superseded and line.verdict is not Verdict.NORMAL and line.inspection != COSTS


def _finding_row(line: FindingLine, report: DayReport, dates: Dates) -> Line:
    verdict = wording.of_finding(line)
    if line.overruled is not None:
        verdict = _("{verdict}, overridden by {name}").format(verdict=verdict, name=line.overruled.by)
    if line.superseded:
        verdict = _("{verdict}, rerun").format(verdict=verdict)
    about = line.duty or _("on demand, {name}").format(name=line.by)
    counted = counts(line)
    tone = counted if counted is not Verdict.NORMAL else None
    return Line((dates.at(line.at, report.first), line.title, verdict, line.summary, about), tone)


def _alarms(report: DayReport, dates: Dates) -> Section:
    title = _("Alarms that fired")
    blocks: list[Block] = []
    if report.alarms:
        columns = (
            _("Alarm"),
            _("State"),
            _("Began"),
            _("Ended"),
            _("Duration"),
            _("Acknowledged"),
            _("Reason"),
        )
        rows = (_spell_row(line, report, dates) for line in report.alarms)
        blocks.append(table(columns, rows))
    elif any(line.inspection == ALARMS for line in report.findings):
        blocks.append(Paragraph(_("None in the inspected window.")))
    else:
        blocks.append(Paragraph(_("Not known: alarms were not inspected on this day."), Verdict.UNKNOWN))
    if report.acknowledgements:
        blocks.append(Bullets(tuple(_ack(ack, report, dates) for ack in report.acknowledgements)))
    return Section(title, tuple(blocks))


def _spell_row(line: SpellLine, report: DayReport, dates: Dates) -> Line:
    day = report.first
    began = dates.at(line.since, day)
    ended = dates.at(line.last_seen, day)
    lasted = lasting(line.seconds)
    reason = line.reason
    if line.seen_later:
        reason = _("(found by a later inspection) {reason}").format(reason=reason).rstrip()
    return Line(
        (
            f"{line.alarm} {line.title}".rstrip(),
            wording.alarm_state(line.state),
            began if line.began else _("before {time}").format(time=began),
            ended if line.ended else _("ongoing at {time}").format(time=ended),
            _("{time} or more").format(time=lasted) if line.at_least else lasted,
            _(", ").join(f"{ack.by} {dates.at(ack.at, day)}" for ack in line.acknowledged) or NOTHING,
            reason,
        ),
        Verdict.ABNORMAL if line.state == "alarm" else Verdict.ATTENTION,
    )


def _ack(ack: AcknowledgementLine, report: DayReport, dates: Dates) -> str:
    text = _("{time} {name} acknowledged {alarm} ({state})").format(
        time=dates.at(ack.at, report.first),
        name=ack.by,
        alarm=ack.alarm,
        state=wording.alarm_state(ack.state) or NOTHING,
    )
    note = " ".join(ack.note.split())
    return f"{text}: {note}" if note else text


def _costs(report: DayReport, dates: Dates) -> list[Section]:
    """The findings of the cost inspection; the figures are shown even if they are normal."""
    lines = [line for line in report.findings if line.inspection == COSTS and not line.superseded]
    blocks = tuple(block for line in lines for block in finding_blocks(line, dates, report.first))
    return [Section(_("Costs"), blocks)] if blocks else []


def _posts(report: DayReport, dates: Dates) -> list[Section]:
    if not report.posts:
        return []
    columns = (_("Time"), _("Channel"), _("Text"), _("By"), _("State"))
    rows = (_post_row(line, report, dates) for line in report.posts)
    return [Section(_("Posts to Slack"), (table(columns, rows),))]


def _post_row(line: PostLine, report: DayReport, dates: Dates) -> Line:
    state = wording.post_state(line.state)
    return Line(
        (
            dates.at(line.at, report.first),
            line.channel,
            line.text,
            line.by,
            f"{state}: {line.why}" if line.why else state,
        ),
        Verdict.ATTENTION if line.state in UNSENT else None,
    )


def _notes(report: DayReport, dates: Dates) -> Section:
    title = _("Notes and other records")
    if not report.notes:
        return Section(title, (Paragraph(_("None.")),))
    rows: Iterable[tuple[str, ...]] = (
        (dates.at(line.at, report.first), wording.entry_kind(line.kind), line.by, line.text, line.about)
        for line in report.notes
    )
    return Section(title, (table((_("Time"), _("Kind"), _("By"), _("Text"), _("About")), rows),))


def _next(report: DayReport, dates: Dates) -> Section:
    if report.next_day is None:
        return Section(_("Next open day"), (Paragraph(_("There is no open day nearby.")),))
    title = _("Due until the end of {day}").format(day=dates.day(report.next_day))
    if not report.next:
        return Section(title, (Paragraph(_("None.")),))
    rows = ((dates.due(line, report.first), line.title, line.section, line.remark) for line in report.next)
    return Section(title, (table((_("Due"), _("Duty"), _("Section of the runbook"), _("Remark")), rows),))
