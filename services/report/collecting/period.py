"""Collects the summary of a month or a fiscal year from the journal and the runbook alone. Blocking I/O."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta

from services.calendar.calendar import Calendar
from services.changes.approval.entries import APPROVAL_KINDS
from services.changes.entries import CHANGE_KINDS
from services.journal.reader import JournalReader
from services.models.duties import Occurrence, OccurrenceState
from services.models.journal import EntryKind
from services.models.posts import UNSENT, PostState
from services.models.report import PeriodReport
from services.models.report_counts import DutyCount, InspectionCount, MonthCharges
from services.models.report_lines import Charges, DutyLine, FindingLine
from services.models.runbook import Runbook
from services.models.verdict import Verdict
from services.report.collecting.alarm_periods import spell_lines, totals
from services.report.collecting.day import head
from services.report.collecting.duty_lines import DutyLines, late_signature
from services.report.collecting.duty_states import DutyStatesAt, counts
from services.report.collecting.finding_lines import COSTS, bare, finding_lines
from services.report.collecting.incident_lines import incident_count, incident_lines
from services.report.collecting.other_lines import (
    approval_lines,
    change_lines,
    charges_by_day,
    post_lines,
    remark_lines,
    summed,
)
from services.report.collecting.source import ReportSource
from services.report.collecting.verdict import (
    VerdictReason,
    judged,
    of_changes,
    of_duties,
    of_emergencies,
    of_findings,
    of_incidents,
)
from services.report.periods import Period, PeriodSpan

_STATES = {
    OccurrenceState.MISSED: "missed",
    OccurrenceState.SKIPPED: "skipped",
    OccurrenceState.DUE: "open",
    OccurrenceState.LATE: "open",
    OccurrenceState.UPCOMING: "upcoming",
    OccurrenceState.NO_RECORD: "no_record",
}
_SIGNED = {OccurrenceState.LATE: "late", OccurrenceState.MISSED: "after_missed"}
_WORTH_A_LINE = (OccurrenceState.MISSED, OccurrenceState.SKIPPED, OccurrenceState.LATE)


def collect_period(
    reader: JournalReader, runbook: Runbook, calendar: Calendar, period: Period, now: datetime
) -> PeriodReport:
    """As of the period's end, or of `now` (aware) before that. Takes seconds: for a thread. Raises sqlite3.Error and OSError."""
    source = ReportSource(reader, runbook, calendar, period, now)
    duty_states = DutyStatesAt(source)
    duty_lines = DutyLines(source, duty_states)
    occurrences = [each for each in duty_states.between(period.first, period.last) if counts(each)]
    finding_entries = source.own(EntryKind.FINDING)
    findings = finding_lines(source, finding_entries)
    alarms = spell_lines(source, finding_entries)
    changes = change_lines(source.own(*CHANGE_KINDS), duty_states.runs, duty_states.pending_reverts())
    allowed = approval_lines(source.own(*APPROVAL_KINDS), duty_states.runs)
    exceptions = duty_lines.of(each for each in occurrences if _exceptional(each))
    missed = [line for line in exceptions if line.state in (OccurrenceState.MISSED, OccurrenceState.LATE)]
    unknown = duty_lines.of(each for each in occurrences if each.state is OccurrenceState.NO_RECORD)
    done = [VerdictReason(Verdict.NORMAL) for each in occurrences if each.state is OccurrenceState.DONE]
    incidents = incident_lines(source, duty_states.follow_ups_done())
    judgement = judged(
        [
            *of_emergencies(allowed),
            *of_incidents(incidents),
            *of_changes(changes),
            *of_findings(findings),
            *of_duties(missed),
            *of_duties(unknown[:1]),
            *done,
        ]
    )
    days = charges_by_day(source)
    posts = post_lines(source)
    first, last = source.bounds()
    return PeriodReport(
        **head(source),
        kind="month" if period.span is PeriodSpan.MONTH else "fiscal-year",
        first_seq=first,
        last_seq=last,
        **asdict(judgement),
        total=_count(occurrences, "", ""),
        duties=_by_duty(runbook, occurrences),
        exceptions=exceptions,
        inspections=_by_inspection(findings),
        findings=tuple(
            bare(line) for line in findings if not line.superseded and line.verdict is not Verdict.NORMAL
        ),
        alarms=alarms,
        alarm_counts=totals(source, alarms),
        changes=changes,
        allowed=allowed,
        incidents=incidents,
        incident_count=incident_count(incidents, source),
        costs=_costs(source, findings),
        drills=_drills(duty_states, duty_lines, occurrences),
        charges=summed(days.values()),
        months=_by_month(days),
        remarks=remark_lines(source),
        posts=sum(post.state is PostState.POSTED for post in posts),
        unposted=sum(post.state in UNSENT for post in posts),
        open_days=sum(
            calendar.open_days.is_open(period.first + timedelta(days=number))
            for number in range((period.last - period.first).days + 1)
        ),
    )


def _exceptional(occurrence: Occurrence) -> bool:
    return occurrence.state in _WORTH_A_LINE or (
        occurrence.state is OccurrenceState.DONE and late_signature(occurrence.signed)
    )


def _count(occurrences: Iterable[Occurrence], duty: str, title: str) -> DutyCount:
    counted: dict[str, int] = {}
    for occurrence in occurrences:
        name = _STATES.get(occurrence.state) or (
            _SIGNED.get(occurrence.signed.was, "in_time") if occurrence.signed else "in_time"
        )
        counted[name] = counted.get(name, 0) + 1
    return DutyCount(duty=duty, title=title, **counted)


def _by_duty(runbook: Runbook, occurrences: list[Occurrence]) -> tuple[DutyCount, ...]:
    """Counts per duty in the runbook's order; duties not in the runbook (reverts of changes) come last, grouped by title."""
    groups: dict[tuple[str, str], list[Occurrence]] = {}
    for occurrence in occurrences:
        groups.setdefault((occurrence.slot.duty, occurrence.slot.title), []).append(occurrence)
    order = {str(duty.id): number for number, duty in enumerate(runbook.duties)}
    keys = sorted(groups, key=lambda key: (order.get(key[0], len(order)), key[1]))
    return tuple(_count(groups[key], *key) for key in keys)


def _by_inspection(findings: Iterable[FindingLine]) -> tuple[InspectionCount, ...]:
    groups: dict[str, list[FindingLine]] = {}
    for line in findings:
        if not line.superseded:
            groups.setdefault(line.inspection, []).append(line)
    return tuple(
        InspectionCount(
            inspection=id,
            title=lines[-1].title,
            normal=sum(line.verdict is Verdict.NORMAL for line in lines),
            attention=sum(line.verdict is Verdict.ATTENTION for line in lines),
            abnormal=sum(line.verdict is Verdict.ABNORMAL for line in lines),
            unknown=sum(line.verdict is Verdict.UNKNOWN for line in lines),
            overruled=sum(line.overruled is not None for line in lines),
        )
        for id, lines in sorted(groups.items())
    )


def _costs(source: ReportSource, findings: Iterable[FindingLine]) -> tuple[FindingLine, ...]:
    """The cost findings: all of them for a month; for a year, the last one of each month."""
    lines = [line for line in findings if line.inspection == COSTS and not line.superseded]
    if source.period.span is PeriodSpan.MONTH:
        return tuple(lines)
    last: dict[str, FindingLine] = {}
    for line in lines:
        last[f"{source.day_of(line.at):%Y-%m}"] = line
    return tuple(last.values())


def _drills(
    duty_states: DutyStatesAt, duty_lines: DutyLines, occurrences: Iterable[Occurrence]
) -> tuple[DutyLine, ...]:
    return duty_lines.of(
        each for each in occurrences if _asks(duty_states, each.slot.duty) or duty_states.wrote(each.key)
    )


def _asks(duty_states: DutyStatesAt, id: str) -> bool:
    duty = duty_states.duty(id)
    return duty is not None and duty.is_manual


def _by_month(days: dict[date, Charges]) -> tuple[MonthCharges, ...]:
    groups: dict[str, list[Charges]] = {}
    for day, charges in days.items():
        groups.setdefault(f"{day:%Y-%m}", []).append(charges)
    return tuple(MonthCharges(month=month, charges=summed(of_month)) for month, of_month in groups.items())
