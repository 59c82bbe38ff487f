"""Journals with incidents, written as a console writes them."""

from datetime import timedelta

from services.incidents import entries as incident_entries
from services.incidents.capture import captured
from services.incidents.course import incident_of
from services.models.base import RawId
from services.models.first_wave import (
    AlarmMoment,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Measure,
    Source,
    SourceReading,
)
from services.models.incidents import Incident, StepMark, TriggerKind, TurnKind
from services.models.metrics import Series, TimeSpan
from tests.services.duties.duty_world import jst
from tests.services.report.ledger import RUNBOOK, Ledger

DAY = "2026-01-06"
ALARM = "alb-5xx-error-rate"
SINCE = jst(f"{DAY} 10:03")
SECRET = "ERROR 市民番号 1234 の照会に失敗"
PLAYBOOK = RUNBOOK.playbook_for(ALARM)
MINUTE = timedelta(minutes=1)


def open_incident(
    ledger: Ledger, at: str = "10:04", target: str = ALARM, since=SINCE, after: str = ""
) -> Incident:
    draft = incident_entries.opened(
        target, "ALB 5xx error rate", since, trigger=TriggerKind.ALARM, playbook="alb-5xx", after=after
    )
    entry = ledger.write(f"{DAY} {at}", draft)
    incident = incident_of([entry])
    assert incident is not None
    return incident


def evidence() -> IncidentEvidence:
    """Ten per cent of requests fail since 10:00; the log's lines have personal data."""
    start = jst(f"{DAY} 07:04")
    times = tuple(int((start + number * MINUTE).timestamp()) for number in range(180))
    bad = int(jst(f"{DAY} 10:00").timestamp())
    errors = tuple(at for at in times if at >= bad)
    series = (
        Series(id=Measure.REQUESTS, label="r", times=times, values=(600.0,) * 180, period=60),
        Series(id=Measure.TARGET_5XX, label="e", times=errors, values=(60.0,) * len(errors), period=60),
        Series(id=Measure.LATENCY, label="l", times=times, values=(0.2,) * 179 + (1.5,), period=60),
    )
    lines = (LogEntry(at=jst(f"{DAY} 10:01"), stream="s", text=SECRET),)
    sample = LogSample(
        group=RawId("/ecs/staff-api"),
        pattern="ERROR",
        span=TimeSpan(start=start, end=jst(f"{DAY} 10:04")),
        lines=lines,
    )
    return IncidentEvidence(
        alarm=AlarmMoment(id=RawId(ALARM), name=ALARM, since=SINCE, threshold=5.0),
        began=jst(f"{DAY} 10:04"),
        ended=jst(f"{DAY} 10:04"),
        readings=tuple(SourceReading(source=source, requests=1) for source in Source),
        series=series,
        application_errors=sample,
    )


def responded(ledger: Ledger, skipped_step: int | None = None) -> Incident:
    """An incident from its first minute to its end, with evidence."""
    incident = open_incident(ledger)
    ledger.write(f"{DAY} 10:05", captured(incident, 1, evidence()), "night")
    ledger.write(f"{DAY} 10:07", incident_entries.taken(incident), "tanaka")
    ledger.write(
        f"{DAY} 10:08", incident_entries.stepped(incident, 0, StepMark.DONE, "Read the log", ""), "tanaka"
    )
    decision = incident_entries.decided(
        incident, "application-error", "アプリケーションのエラー", "スタックトレース", None
    )
    data = {
        **decision.data,
        "scores": {"application-error": 21, "bad-deployment": 9},
        "word": "likely",
        "leader": "application-error",
    }
    ledger.write(f"{DAY} 10:12", decision.model_copy(update={"data": data}), "tanaka")
    ledger.write(f"{DAY} 10:14", incident_entries.contacted(incident, "開発チーム", "電話", ""), "tanaka")
    if skipped_step is not None:
        skipped = incident_entries.stepped(incident, skipped_step, StepMark.SKIPPED, "wait", "")
        ledger.write(f"{DAY} 10:20", skipped, "tanaka")
    recovered = incident_entries.turned(incident, TurnKind.RECOVERED, jst(f"{DAY} 10:33"))
    ledger.write(f"{DAY} 10:34", recovered, "tanaka")
    draft = incident_entries.closed(
        incident, "application-error", "アプリケーションのエラー", "前の版に戻した"
    )
    ledger.write(f"{DAY} 10:50", draft, "tanaka")
    due = jst("2026-01-13 17:00")
    ledger.write(
        f"{DAY} 10:50",
        incident_entries.follow_up("f1", incident.id, ALARM, "インデックス追加を検討", due),
        "tanaka",
    )
    return incident
