"""Every text about an incident that leaves the console: the only part that knows how each is made."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from services import i18n
from services.calendar.calendar import Calendar
from services.incidents import escalation
from services.incidents.catalogue import causes_by_id
from services.incidents.facts import Facts
from services.incidents.hand_over.open_points import DayAtHand, open_points
from services.incidents.impact import impact_text
from services.incidents.readings import Weighing
from services.models.alarms import Alarm
from services.models.base import RawId
from services.models.first_wave import IncidentEvidence
from services.models.metrics import MetricQuery
from services.models.step_records import playbook_of
from services.report.collecting.incident import make_incident_report, recorded_incidents
from services.report.collecting.incident_lines import incident_line
from services.report.incident_formats import incident_text
from services.report.make import make
from services.report.periods import read_period
from services.report.rendering.markdown import to_markdown
from services.slack.note_wording import AlarmNow
from services.slack.notes import NoteContext, about_alarm
from tests.services.incidents.outgoing.recording import (
    METRICS,
    STATES,
    Recorded,
    Text,
    evidence_of,
    storage_plan,
)
from tests.services.incidents.outgoing.states import JST, LEVELS, MINUTE, Begin, History


def situation(world: Recorded) -> escalation.Situation:
    """As the screen of the incident builds it, read within the last minute while the incident is open."""
    h, incident, evidence = world.history, world.incident, world.captured
    assert incident is not None
    weighing, read_at, live = (
        Weighing(world.runbook),
        h.now - timedelta(seconds=h.read_seconds),
        newest(world),
    )
    evidence = weighing.present(incident, live, evidence)
    names = {id: str(spec.title) for id, spec in causes_by_id(world.runbook).items()}
    cause, word, reason = escalation.cause_of(incident, weighing.of(incident, evidence), names)
    return escalation.Situation(
        incident=incident, runbook=world.runbook, playbook=playbook_of(incident, world.runbook.playbooks), now=h.now,
        zone=JST, measured=measured(h), cause=cause, word=word, reason=reason, by=h.caller, seen_at=read_at,
        impact=impact_text(incident, Facts(evidence, world.runbook), JST, h.now, live) if evidence is not None else "",
        whole=next((each for each in world.incidents if each.id == incident.joined_to), None), evidence=evidence,
        parts=tuple(each for each in world.incidents if each.id in incident.joined and each.over_at is None),
        plan=storage_plan(h) if h.last("ask", at=h.now) else None,
    )  # fmt: skip


def newest(world: Recorded) -> IncidentEvidence | None:
    """What the console has read within the last minute of an incident that is open."""
    h, is_read = world.history, world.captured is not None
    at = h.now - timedelta(seconds=h.read_seconds)
    return evidence_of(h, at) if world.incident and world.incident.is_open and is_read else None


def alarm_of(h: History) -> Alarm:
    act = h.last("alarm", "ok", "insufficient", at=h.now)
    kind, since = (act.kind, act.at) if act else ("alarm", h.since)
    own = METRICS.get(h.target)
    query = own and MetricQuery(id=RawId("m"), namespace=RawId(own[1]), metric=RawId(own[2]))
    return Alarm(
        id=RawId(h.target),
        name=h.target,
        state=STATES[kind],
        since=since,
        threshold=LEVELS[h.target][2] if h.target in LEVELS else None,
        comparison=">=",
        queries=(query,) if query else (),
        expected=True,
    )


def measured(h: History) -> str:
    """The alarm's value now beside its limit, as the screen shows it."""
    if h.target not in LEVELS:
        return ""
    value = h.value(h.now.replace(second=0, microsecond=0) - MINUTE)
    return escalation.measured_text(alarm_of(h), f"{value:g}{LEVELS[h.target][3]}")


def alarm_note(world: Recorded) -> str:
    h = world.history
    minute = h.now.replace(second=0, microsecond=0)
    current = AlarmNow(h.value(minute - MINUTE), minute) if h.target in LEVELS else None
    desk = NoteContext(world.runbook, Calendar(world.runbook), "ap-northeast-1", h.now, h.caller)
    return str(about_alarm(alarm_of(h), desk, current=current, incident=world.incident).text)


def texts(world: Recorded) -> Iterator[Text]:
    """Every text about the incident that leaves the console at the history's end, in the active language."""
    h, incident = world.history, world.incident
    yield from world.announcements
    if incident is None:
        return
    now, view = h.now, situation(world)
    yield Text("phone", now, escalation.phone_lines(view))
    yield Text("slack", now, escalation.slack_text(view))
    yield Text("offer", now, escalation.hand_over_text(view))
    if h.begin is Begin.ALARM:
        yield Text("slack-alarm", now, alarm_note(world))
    day = DayAtHand(
        now, JST, world.incidents, world.runbook.playbooks, follow_ups=world.follow_ups,
        causes={str(incident.id): i18n._("{text}.").format(text=view.cause)} if view.cause and view.word else {},
    )  # fmt: skip
    yield Text("hand-over", now, "\n".join(point.text for point in open_points(day)))
    report = make_incident_report(world.path, world.runbook, incident, now, live=newest(world))
    yield Text("report", now, incident_text(report, "md"))
    yield Text("mcp-show", now, json.dumps(report.model_dump(mode="json", by_alias=True)))
    lines = [incident_line(each, {}).model_dump(mode="json") for each in recorded_incidents(world.path)]
    yield Text("mcp-list", now, json.dumps(lines))
    begun = h.since.astimezone(JST).date()
    for name in dict.fromkeys(
        (f"{begun}", f"{now.astimezone(JST).date()}", f"{begun:%Y-%m}", fiscal_year(begun))
    ):
        period = read_period(name)
        assert period is not None, name
        text = to_markdown(make(world.path, world.runbook, period, now))
        yield Text(f"report-{period.span.value}", min(now, end_of(period.last)), text)


def fiscal_year(day: date) -> str:
    return f"FY{day.year if day.month > 3 else day.year - 1}"


def end_of(day: date) -> datetime:
    """The last moment of a day, of which its report speaks."""
    return datetime.combine(day, time.max, JST)
