from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from services.i18n import _
from services.models.durations import lasting
from services.models.report import DayReport, PeriodReport, Report
from services.models.report_counts import DutyCount, InspectionCount
from services.models.report_lines import FindingLine
from services.models.verdict import DISPLAY_ORDER, Verdict
from services.report.collecting.finding_lines import counts, is_partly_judged
from services.report.rendering import report_wording as wording
from services.report.rendering.approvals import approval_section, emergency_section
from services.report.rendering.dates import Dates
from services.report.rendering.day_document import day_document
from services.report.rendering.document import (
    Block,
    Document,
    DocumentFacts,
    DocumentLine,
    Paragraph,
    Section,
    Table,
    table,
)
from services.report.rendering.incident.listing import incident_section
from services.report.rendering.overview import alarms_known, period_overview, summary
from services.report.rendering.parts import (
    change_section,
    charges_words,
    duty_remarks,
    duty_table,
    head_facts,
    reasons,
    remark_section,
)
from services.report.rendering.report_wording import NOTHING


def _duties(report: PeriodReport, dates: Dates) -> Section:
    columns = (
        _("Duty"), _("Total"), _("On time"), _("Signed off late"), _("After missed"), _("Missed"), _("Skipped"),
        _("Not signed off"), _("Upcoming"), _("No record"),
    )  # fmt: skip
    every = report.total.model_copy(update={"title": _("Total")})
    rows = [_count_row(count) for count in (*report.duties, every)]
    parts: tuple[Section, ...] = ()
    if report.exceptions:
        lines = report.exceptions
        blocks = (duty_table(lines, dates, None), *duty_remarks(lines, dates, None))
        parts = (Section(_("Late, missed or skipped"), blocks),)
    return Section(_("Duties"), (table(columns, rows, right=range(1, 10)),), parts)


def _count_row(count: DutyCount) -> DocumentLine:
    figures = (
        count.total, count.in_time, count.late, count.after_missed, count.missed, count.skipped, count.open,
        count.upcoming, count.no_record,
    )  # fmt: skip
    return DocumentLine(
        (count.title, *(str(each) for each in figures)),
        Verdict.ATTENTION if count.missed or count.late or count.after_missed else None,
    )


def _findings(report: PeriodReport, dates: Dates) -> Section:
    if not report.inspections:
        return Section(_("Findings"), (Paragraph(_("Nothing was inspected.")),))
    columns = (
        _("Inspection"), _("Abnormal"), _("Attention"), _("Not judged"), _("Normal"), _("Partly not judged"),
        _("Overridden"),
    )  # fmt: skip
    rows = [_inspection_row(each, report.findings) for each in report.inspections]
    parts: tuple[Section, ...] = ()
    if report.findings:
        listing = table(
            (_("Time"), _("Inspection"), _("Verdict"), _("Summary"), _("Overridden")),
            (
                DocumentLine(
                    (
                        dates.at(line.at),
                        line.title,
                        wording.of_finding(line),
                        line.summary,
                        f"{line.overruled.by}: {line.overruled.reason}" if line.overruled else NOTHING,
                    ),
                    counts(line),
                )
                for line in report.findings
            ),
        )
        parts = (Section(_("What was not normal"), (listing,)),)
    return Section(_("Findings"), (table(columns, rows, right=range(1, 7)),), parts)


def _inspection_row(count: InspectionCount, findings: Iterable[FindingLine]) -> DocumentLine:
    lines = [line for line in findings if line.inspection == count.inspection]
    verdicts = Counter(map(counts, lines))
    figures = (
        *(verdicts[verdict] for verdict in DISPLAY_ORDER[:-1]),
        count.normal,
        sum(map(is_partly_judged, lines)),
        count.overruled,
    )
    return DocumentLine((count.title, *map(str, figures)))


def _alarms(report: PeriodReport) -> Section:
    title = _("Alarms that fired or had no data")
    if not report.alarm_counts:
        text = _("None in the inspected window.") if alarms_known(report) else _("Nothing was inspected.")
        return Section(title, (Paragraph(text),))
    rows = (
        (
            f"{each.alarm} {each.title}".rstrip(),
            wording.alarm_state(each.state),
            str(each.count),
            _("{time} or more", time=lasting(each.seconds)) if each.at_least else lasting(each.seconds),
            lasting(each.longest_seconds),
        )
        for each in report.alarm_counts
    )
    columns = (_("Alarm"), _("State"), _("Times"), _("Total time"), _("Longest"))
    return Section(title, (table(columns, rows, right=(2, 3, 4)),))


def _costs(report: PeriodReport, dates: Dates) -> Section:
    if not report.costs:
        return Section(_("Costs"), (Paragraph(_("Costs were not inspected.")),))
    rows = (
        DocumentLine((dates.at(line.at), wording.of_finding(line), line.summary), counts(line))
        for line in report.costs
    )
    verdicts = table((_("Time"), _("Verdict"), _("Summary")), rows)
    figures = _figures(report.costs, dates)
    return Section(_("Costs"), (verdicts, figures) if figures else (verdicts,))


def _figures(lines: Sequence[FindingLine], dates: Dates) -> Table | None:
    inspected = [line for line in lines if line.finding is not None]
    names: dict[str, None] = {}
    values: list[dict[str, str]] = []
    for line in inspected:
        measures = line.finding.measures if line.finding else ()
        names |= dict.fromkeys(str(each.title) for each in measures)
        values.append({str(each.title): each.shown for each in measures})
    if not names:
        return None
    columns = (_("Item"), *(dates.short(line.at.astimezone(dates.zone).date()) for line in inspected))
    rows = ((name, *(each.get(name, "") or NOTHING for each in values)) for name in names)
    return table(columns, rows, right=range(1, len(columns)))


def _drills(report: PeriodReport, dates: Dates) -> Section:
    title = _("Drills and checklists, with their evidence")
    if not report.drills:
        return Section(title, (Paragraph(_("None in this period.")),))
    lines = report.drills
    return Section(title, (duty_table(lines, dates, None), *duty_remarks(lines, dates, None)))


def _charges(report: PeriodReport, dates: Dates) -> Section:
    title = _("AWS charges from this console")
    blocks: list[Block] = [Paragraph(charges_words(report.charges, whole_day=False))]
    if report.charges.dearest_day is not None:
        blocks.append(
            Paragraph(
                _(
                    "Most expensive day: {day} ({yen}; limit ¥{allowed:g} a day).",
                    day=dates.short(report.charges.dearest_day),
                    yen=wording.yen(report.charges.dearest_yen),
                    allowed=report.charges.allowed_yen,
                )
            )
        )
    if len(report.months) > 1:
        rows: Iterable[tuple[str, ...]] = (
            (
                dates.month(date.fromisoformat(f"{each.month}-01")),
                f"{each.charges.calls:,}",
                wording.yen(each.charges.yen),
                str(each.charges.days),
            )
            for each in report.months
        )
        columns = (_("Month"), _("Requests"), _("Price"), _("Days"))
        blocks.append(table(columns, rows, right=(1, 2, 3)))
    return Section(title, tuple(blocks))


def _posts(report: PeriodReport) -> list[Section]:
    if not report.posts and not report.unposted:
        return []
    text = _("sent: {sent}, not sent or unclear: {unsent}", sent=report.posts, unsent=report.unposted)
    return [Section(_("Posts to Slack"), (Paragraph(text),))]


def document(report: Report, *, wareki: bool = False) -> Document:
    dates = Dates(ZoneInfo(report.timezone), report.first, report.last, wareki)
    if isinstance(report, DayReport):
        return day_document(report, dates)
    name = dates.month(report.first) if report.kind == "month" else dates.fiscal(report.first)
    title = _("Operations report, {day}", day=name)
    opened = _("open days: {count}", count=report.open_days)
    return Document(
        title=title,
        tone=report.verdict,
        language=report.language,
        verdict=wording.overall(report),
        facts=DocumentFacts(
            (
                (_("Days"), _("{days} ({open_days})", days=dates.days(), open_days=opened)),
                *head_facts(report, dates),
            )
        ),
        summary=summary(report, period_overview(report)),
        sections=(
            *emergency_section(report.allowed, dates, None),
            *reasons(report),
            *incident_section(report.incidents, report.incident_count, dates),
            _duties(report, dates),
            _findings(report, dates),
            _alarms(report),
            change_section(report.changes, dates, None),
            *approval_section(report.allowed, dates, None),
            _costs(report, dates),
            _drills(report, dates),
            _charges(report, dates),
            *_posts(report),
            remark_section(report.remarks, dates, report),
        ),
        seals=tuple(report.approvals),
        footer=f"{report.system_title} · {title}",
    )
