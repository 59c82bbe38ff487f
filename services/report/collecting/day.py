"""Collects a day's report from the journal and the runbook alone, so it can be reproduced for any day. Blocking I/O."""

from collections.abc import Container, Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from services import i18n
from services.calendar.calendar import Calendar
from services.i18n import _
from services.journal.reader import JournalReader
from services.models.date_text import dated_time
from services.models.journal import EntryKind
from services.models.report import DayReport
from services.models.report_lines import AbnormalLine, DutyLine, SpellLine
from services.models.runbook import Runbook
from services.report.collecting import still_abnormal
from services.report.collecting.alarm_periods import spell_lines, without
from services.report.collecting.duty_lines import DutyLines
from services.report.collecting.duty_states import DutyStatesAt
from services.report.collecting.finding_lines import finding_lines
from services.report.collecting.incident_lines import incident_lines
from services.report.collecting.other_lines import (
    ack_lines,
    approval_lines,
    change_lines,
    charges_by_day,
    note_lines,
    post_lines,
    remark_lines,
    summed,
)
from services.report.collecting.source import DAY, ReportSource
from services.report.collecting.verdict import (
    judged,
    of_changes,
    of_duties,
    of_emergencies,
    of_findings,
    of_incidents,
)
from services.report.periods import of_day
from services.runbook.undecided import draft_text


def collect_day(
    reader: JournalReader,
    runbook: Runbook,
    calendar: Calendar,
    day: date,
    now: datetime,
    *,
    private: bool = False,
) -> DayReport:
    """The report of `day` (local) as of its end, or of `now` (aware) if the day is not over. `private`
    includes log texts. Raises sqlite3.Error and OSError. Takes up to a second: call it in a thread."""
    source = ReportSource(reader, runbook, calendar, of_day(day), now, private)
    duty_states = DutyStatesAt(source)
    duty_lines = DutyLines(source, duty_states)
    entries = source.own()
    acks = ack_lines(entries)
    alarms = spell_lines(source, (each for each in entries if each.kind is EntryKind.FINDING), acks)
    duties = duty_lines.of(duty_states.between(day, day))
    still_open = duty_lines.of(duty_states.still_open(day))
    earlier = (*duty_lines.signed_now(line.key for line in duties), *still_open)
    findings = finding_lines(source, entries)
    changes = change_lines(entries, duty_states.runs, duty_states.pending_reverts())
    allowed = approval_lines(entries, duty_states.runs)
    incidents = incident_lines(source, duty_states.follow_ups_done())
    judgement = judged(
        [
            *of_emergencies(allowed),
            *of_incidents(incidents),
            *of_changes(changes),
            *of_findings(findings),
            *of_duties((*duties, *still_open)),
        ]
    )
    first, last = source.bounds()
    open_days = calendar.open_days
    following = open_days.next_open(day + DAY)
    return DayReport(
        **head(source),
        authors=authors(runbook, duties),
        first_seq=first,
        last_seq=last,
        **asdict(judgement),
        is_open=open_days.is_open(day),
        closed_name=open_days.closed_name(day),
        duties=duties,
        earlier=tuple(sorted(earlier, key=lambda line: line.due_at)),
        running=duty_lines.of(duty_states.running(day)),
        findings=findings,
        alarms=alarms,
        abnormal=_abnormal(source, alarms, duty_states.follow_ups_done()),
        acknowledgements=without(acks, alarms),
        changes=changes,
        allowed=allowed,
        incidents=incidents,
        notes=note_lines(entries, duty_states.runs),
        posts=post_lines(source),
        charges=summed(charges_by_day(source).values()),
        remarks=remark_lines(source),
        next_day=following,
        next=duty_lines.of(duty_states.between(day + DAY, following)) if following else (),
    )


def _abnormal(
    source: ReportSource, alarms: Iterable[SpellLine], done: Container[str]
) -> tuple[AbnormalLine, ...]:
    since = source.as_of - still_abnormal.BACK
    entries = source.entries(*still_abnormal.KINDS, since=since, before=source.entries_until)
    spells = still_abnormal.of_spells(alarms, lambda at: dated_time(at, source.calendar.zone, source.as_of))
    return (*spells, *still_abnormal.of_findings(entries, done))


def authors(runbook: Runbook, lines: Iterable[DutyLine]) -> tuple[str, ...]:
    reviews = {duty.id for duty in runbook.duties if duty.reviews_report}
    signed = [(line.duty in reviews, line.signed.by) for line in lines if line.signed is not None]
    names = [name for is_review, name in signed if is_review] or [name for _review, name in signed]
    return tuple(dict.fromkeys(names))


def approvals(runbook: Runbook) -> tuple[str, ...]:
    given = runbook.report.approvals
    return given if given is not None else (_("Head"), _("Deputy"), _("Operator"))


def head(source: ReportSource) -> dict[str, Any]:
    system, period = source.runbook.system, source.period
    return {
        "subject": period.subject,
        "system": system.id,
        "system_title": system.title,
        "timezone": system.timezone,
        "language": i18n.language(),
        "first": period.first,
        "last": period.last,
        "made_at": source.now,
        "as_of": source.as_of,
        "complete": source.now >= source.end,
        "journal": source.reader.id,
        "approvals": approvals(source.runbook),
        "runbook_draft": draft_text(source.runbook),
    }
