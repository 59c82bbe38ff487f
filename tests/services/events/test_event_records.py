"""Where events of AWS appear: in an incident's timeline, and the stopped tasks in the day's report."""

import json
from datetime import timedelta
from pathlib import Path

from services.events.entries import burst_entry, event_entry, unreadable_entry
from services.events.incident_rows import MOST, seen_rows
from services.events.messages import seen_event
from services.incidents.timeline import timeline
from services.models.base import RawId
from services.models.incidents import TimelineKind
from services.models.journal import Entry, NewEntry, Person
from services.models.seen_events import SeenType
from services.report.rendering.markdown import to_markdown
from tests.services.events import bodies
from tests.services.events.bodies import ACCOUNT
from tests.services.report.ledger import Ledger
from tests.widgets.incident_data import incident
from widgets.journal.wording import kind_spans

DAY = "2026-01-06"
INCIDENT = incident().model_copy(update={"target": RawId("alb-5xx")})


def draft(body: str, minutes: float = 1) -> NewEntry:
    """The entry of an event some minutes after the incident's alarm."""
    event = {**json.loads(body), "time": (INCIDENT.since + timedelta(minutes=minutes)).isoformat()}
    return event_entry(seen_event(json.dumps(event), ACCOUNT))


def recorded(seq: int, new: NewEntry) -> Entry:
    return Entry(
        seq=seq,
        at=INCIDENT.since + timedelta(minutes=30),
        kind=new.kind,
        subject=new.subject,
        target=new.target,
        text=new.text,
        person=Person(user="op", host="h"),
        body=json.dumps(new.data),
        previous="",
        hash="",
    )


def test_a_timeline_shows_its_own_alarm_and_what_the_system_reports() -> None:
    drafts = (
        draft(bodies.task(), minutes=-2),
        draft(bodies.alarm("a-1", name="alb-5xx"), minutes=1),
        draft(bodies.alarm("a-2", name="rds-cpu"), minutes=2),
        draft(bodies.database(), minutes=3),
        draft(bodies.deployment(), minutes=-600),
        unreadable_entry("m", "x", "no JSON"),
    )
    entries = [recorded(seq, each) for seq, each in enumerate(drafts, start=1)]
    rows = [row for row in timeline(INCIDENT, (), changes=entries) if row.seq]
    assert [(row.seq, row.kind) for row in rows] == [
        (1, TimelineKind.JUST_BEFORE),
        (2, TimelineKind.ALARM),
        (4, TimelineKind.JUST_BEFORE),
    ]
    assert rows[0].at == INCIDENT.since - timedelta(minutes=2), "AWS's own time, not when it was recorded"


def test_a_timeline_is_not_filled_by_events() -> None:
    entries = [recorded(seq, draft(bodies.task(f"t-{seq}"), minutes=seq / 100)) for seq in range(1, 300)]
    rows = [row for row in timeline(INCIDENT, (), changes=entries) if row.seq]
    assert [row.seq for row in rows] == list(range(300 - MOST, 300))


def test_a_days_report_counts_its_stopped_tasks_in_one_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "j.db")
    ledger.began(f"{DAY} 00:00")
    for number, body in enumerate(
        (bodies.task("t-1"), bodies.task("t-2"), bodies.alarm(), bodies.database())
    ):
        new = draft(body)
        ledger.entry(
            f"{DAY} 10:0{number}",
            new.kind,
            subject=new.subject,
            target=new.target,
            text=new.text,
            data=new.data,
        )
    burst = burst_entry({SeenType.TASK: 40, SeenType.ALARM: 7}, {"api": 47}, {})
    ledger.entry(f"{DAY} 10:09", burst.kind, text=burst.text, data=burst.data)
    report = ledger.report(DAY, "2026-02-02 10:00")
    (line,) = report.notes
    assert (line.kind, line.text) == ("seen", "42 tasks were stopped: api 2")
    assert "42 tasks were stopped: api 2" in to_markdown(report)


def test_a_day_without_stopped_tasks_says_nothing_of_events(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "j.db")
    ledger.began(f"{DAY} 00:00")
    new = draft(bodies.alarm())
    ledger.entry(
        f"{DAY} 10:00", new.kind, subject=new.subject, target=new.target, text=new.text, data=new.data
    )
    assert ledger.report(DAY, "2026-02-02 10:00").notes == ()


def test_the_mark_of_an_event_says_what_has_happened() -> None:
    marks = {
        body: kind_spans(recorded(1, draft(body)))[0]
        for body in (bodies.alarm(), bodies.alarm(state="OK"), bodies.task(), bodies.database())
    }
    assert list(marks.values()) == [("■ ", "bad"), ("● ", "good"), ("▲ ", "caution"), ("  ", "key")]
    damaged = recorded(1, draft(bodies.alarm())).model_copy(update={"body": '{"event": [3]}'})
    assert kind_spans(damaged)[1][0] == "event of AWS"


def test_a_recorded_time_beyond_the_calendar_in_utc_is_when_it_was_recorded() -> None:
    entry = recorded(1, draft(bodies.task()))
    body = entry.body.replace(str(entry.data["event"]["at"]), "9999-12-31T23:59:59-14:00")
    (row,) = seen_rows(INCIDENT, [entry.model_copy(update={"body": body})], INCIDENT.since)
    assert row.at == entry.at
