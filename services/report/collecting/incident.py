"""Collects the report of one incident from the journal, the runbook and, of an open one, what AWS shows. Blocking I/O."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from services import i18n
from services.calendar.calendar import Calendar
from services.changes.entries import CHANGE_KINDS
from services.i18n import _
from services.incidents.assess_answer import assessed_cause, assessed_signal
from services.incidents.catalogue import causes_by_id
from services.incidents.course import KINDS, incidents_in
from services.incidents.course_text import course_text
from services.incidents.evidence import UnreadableEvidence, unpacked
from services.incidents.facts import Facts
from services.incidents.first_wave.sources import SOURCES
from services.incidents.impact import counted, impact_text
from services.incidents.readings import Weighing
from services.incidents.reason import reason_of
from services.incidents.service import NOTE_KINDS
from services.incidents.timeline import BEFORE, timeline
from services.incidents.weighing import assess
from services.journal.export import rows
from services.journal.reader import JournalReader, entry_of
from services.logs.masking.mask import Masker
from services.models.assess_answer import AssessedOnset, AssessedSignal
from services.models.causes import Assessment, Signal
from services.models.change_runs import Run
from services.models.date_text import time_text
from services.models.first_wave import IncidentEvidence, Measure
from services.models.incident_report import EvidenceLine, ImpactLine, IncidentReport, QuotedLine, StepReport
from services.models.incidents import OUTAGE, Incident, StepMark, TriggerKind
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.measures import LOW_IS_BAD, MEASURES, REPORTED
from services.models.outages import OutageKind
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook
from services.models.step_records import playbook_of, step_records
from services.models.units import number
from services.report.collecting.duty_states import DutyStatesAt
from services.report.collecting.incident_lines import incident_line
from services.report.collecting.other_lines import change_lines
from services.report.collecting.source import ReportSource
from services.report.periods import Period, PeriodSpan
from services.runbook.undecided import draft_text

QUOTED = 40  # Most lines that are quoted of each log


Weighed = tuple[Facts, Assessment]  # The newest evidence, and how it is weighed with the weights of today


def recorded_incidents(journal: Path) -> tuple[Incident, ...]:
    """Opens the journal read-only. Raises sqlite3.Error, OSError, and UnusableJournal for a file that is no journal."""
    with closing(JournalReader.open(journal)) as reader:
        return incidents_in(entry_of(row) for row in rows(reader, EntryQuery(kinds=KINDS), whole=False))


def make_incident_report(
    journal: Path,
    runbook: Runbook,
    incident: Incident,
    now: datetime,
    *,
    private: bool = False,
    stale: str = "",
    live: IncidentEvidence | None = None,
) -> IncidentReport:
    """The report of an incident of `recorded_incidents` as of `now`; `private` quotes logs, `live` was read just now.

    `stale` says why `journal`, a copy of a shared one, may lack newer entries; "" if it does not. Opens the journal read-only. Raises sqlite3.Error, OSError, and UnusableJournal for a file that is no journal.
    """
    calendar = Calendar(runbook)
    days = Period(
        PeriodSpan.DAY,
        calendar.day_of(incident.since),
        max(calendar.day_of(now), calendar.day_of(incident.since)),
    )
    with closing(JournalReader.open(journal)) as reader, reader.snapshot():
        source = ReportSource(reader, runbook, calendar, days, now, private)
        report = source.masker.without_secrets(_collected(source, incident, live))
        return report.model_copy(update={"stale": stale})


def _collected(source: ReportSource, incident: Incident, live: IncidentEvidence | None) -> IncidentReport:
    runbook = source.runbook
    entries = source.entries(*NOTE_KINDS, subject=incident.id)
    playbook = playbook_of(incident, runbook.playbooks)
    weighed, problem = _weighed(source, incident, live)
    evidence = weighed[0].evidence if weighed is not None else None
    onset = weighed[1].onset if weighed is not None else None
    until = incident.over_at or source.now
    start = min(incident.since, onset.at) if onset is not None else incident.since
    states = DutyStatesAt(source)
    changed = source.entries(
        *CHANGE_KINDS, EntryKind.SEEN, since=start - BEFORE, before=_last_moment(incident)
    )
    during = [entry for entry in changed if entry.at >= start]
    fields = _evidence_fields(incident, *weighed, source, live) if weighed is not None else {}
    if incident.trigger is TriggerKind.FINDING:
        fields["impact"] = incident.reason
    return IncidentReport(
        system=runbook.system.id,
        system_title=runbook.system.title,
        timezone=runbook.system.timezone,
        language=i18n.language(),
        made_at=source.now,
        journal=source.reader.id,
        last_seq=max((entry.seq for entry in entries), default=incident.seq),
        incident=incident_line(incident, states.follow_ups_done()),
        onset=AssessedOnset(**onset.model_dump()) if onset is not None else None,
        until=until,
        decided_scores=_decided_scores(entries),
        steps=tuple(_steps(incident, playbook, states.runs)),
        changes=change_lines(during, states.runs, states.pending_reverts()),
        timeline=timeline(incident, entries, evidence, onset, changed),
        evidence_problem=problem,
        course=course_text(incident, lambda at: time_text(at, source.calendar.zone, source.now)),
        runbook_draft=draft_text(runbook),
        **fields,
    )


def _last_moment(incident: Incident) -> datetime | None:
    return incident.closed_at + timedelta(seconds=1) if incident.closed_at is not None else None


def _weighed(
    source: ReportSource, incident: Incident, live: IncidentEvidence | None
) -> tuple[Weighed | None, str]:
    """The newest evidence, or None and why it cannot be read; None and "" if none was recorded."""
    # A finding's evidence are answers, which the timeline has: no causes are weighed by them.
    if not incident.evidence or incident.trigger is TriggerKind.FINDING:
        return None, ""
    entry = source.reader.entry(incident.evidence[-1])
    try:
        recorded = unpacked(entry.data if entry is not None else {})
    except UnreadableEvidence as error:
        return None, str(error)
    whole = Weighing(source.runbook).present(incident, live, recorded) or recorded
    return (
        Facts(whole, source.runbook),
        assess(whole, source.runbook, playbook_of(incident, source.runbook.playbooks)),
    ), ""


def _evidence_fields(
    incident: Incident,
    facts: Facts,
    assessment: Assessment,
    source: ReportSource,
    live: IncidentEvidence | None,
) -> dict[str, Any]:
    private = source.private
    specs = causes_by_id(facts.runbook)
    lines = tuple(_quoted(facts, source.masker))
    return {
        "impact": impact_text(incident, facts, source.calendar.zone, source.now, live),
        "measured_until": facts.evidence.answered,
        "figures": tuple(_figures(incident, facts)),
        "word": assessment.word,
        "why": assessment.why,
        "reason": reason_of(assessment),
        "causes": tuple(
            assessed_cause(
                cause, specs, assessment.word if cause is assessment.leader else None, assessment.present
            )
            for cause in assessment.causes
        ),
        "signals": tuple(_signal(signal, source) for signal in assessment.signals),
        "evidence": tuple(_sources(facts.evidence)),
        "log_lines": lines if private else (),
        "withheld": 0 if private else len(lines),
    }


def _figures(incident: Incident, facts: Facts) -> Iterator[ImpactLine]:
    low_is_bad = LOW_IS_BAD | (
        {Measure.REQUESTS} if incident.target == f"{OUTAGE}{OutageKind.TRAFFIC}" else set()
    )
    _whole, first, last = counted(incident, facts) or (facts, facts.start, facts.start)
    ended = facts.evidence.ended
    last = last if incident.over_at is not None and incident.over_at <= ended else ended
    for measure in REPORTED:
        text = MEASURES[measure]
        since = [(at, value) for at, value in facts.points(measure) if first <= at <= last]
        if not since:
            continue
        worst = min if measure in low_is_bad else max
        at, value = worst(since, key=lambda point: point[1])
        yield ImpactLine(
            measure=measure.value,
            title=_(text.title),
            usual=number(usual, text.unit) if (usual := _usual(facts, measure)) is not None else "",
            worst=number(value, text.unit),
            at=at,
        )


def _usual(facts: Facts, measure: Measure) -> float | None:
    """The median before T0; a count that AWS published only since is usually 0."""
    before = facts.before(measure)
    if before:
        return median(before)
    return 0.0 if measure in (Measure.ELB_5XX, Measure.TARGET_5XX) else None


def _signal(signal: Signal, source: ReportSource) -> AssessedSignal:
    answer = assessed_signal(signal, private=source.private)
    return answer.model_copy(update={"value": source.masker.mask(answer.value)})


def _quoted(facts: Facts, masker: Masker) -> Iterator[QuotedLine]:
    evidence = facts.evidence
    for sample in (evidence.database_lines, evidence.application_errors, evidence.own_log):
        for line in list(facts.lines(sample))[-QUOTED:] if sample is not None else ():
            yield QuotedLine(
                at=line.at, group=sample.group if sample is not None else "", text=masker.mask(line.text)
            )


def _sources(whole: IncidentEvidence) -> Iterator[EvidenceLine]:
    for reading in whole.readings:
        why = reading.problem.summary if reading.problem is not None else reading.omitted or reading.cut
        yield EvidenceLine(
            source=reading.source, title=_(SOURCES[reading.source].title), requests=reading.requests, why=why
        )


def _decided_scores(entries: Iterable[Entry]) -> dict[str, int]:
    scores: dict[str, int] = {}
    for entry in entries:
        if entry.kind is EntryKind.INCIDENT_DECIDED:
            recorded = entry.data.get("scores")
            scores = {
                str(cause): score
                for cause, score in (recorded.items() if isinstance(recorded, dict) else ())
                if isinstance(score, int) and not isinstance(score, bool)
            }
    return scores


def _steps(incident: Incident, playbook: Playbook | None, runs: Iterable[Run]) -> Iterator[StepReport]:
    steps = playbook.steps if playbook is not None else ()
    marks = {record.index: record for record in step_records(incident, playbook, runs)}
    for index in sorted({*range(len(steps)), *marks}):
        step = steps[index] if index < len(steps) else None
        record = marks.get(index)
        is_marked = record is not None and record.mark is not StepMark.TODO
        state = record.mark if record is not None else StepMark.TODO
        yield StepReport(
            number=index + 1,
            text=step.text if step is not None else "",
            kind=step.kind if step is not None else None,
            mark=StepMark.TODO if state in (StepMark.RUNNING, StepMark.UNKNOWN) else state,
            state=state,
            at=record.at if record is not None and is_marked else None,
            by=record.by if record is not None and is_marked else "",
            note=record.note if record is not None else "",
        )
