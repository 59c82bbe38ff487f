"""Text from AWS and from people: nothing of it reaches a screen, a report or Slack as it is, and nothing fails by it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from services.incidents.announcements import Announcements
from services.incidents.assess_answer import answer_of
from services.incidents.capture import captured, capturing
from services.incidents.escalation import Situation, phone_text, slack_text
from services.incidents.timeline import timeline
from services.incidents.weighing import assess
from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.ecs import ContainerService, Deployment, ScalingActivity, ServiceEvent
from services.models.ecs_deployments import ServiceRevision
from services.models.feeds import FeedState
from services.models.first_wave import (
    AlarmMoment,
    IncidentEvidence,
    LogEntry,
    LogSample,
    RunningTask,
    Source,
    SourceReading,
    StoppedContainer,
    StoppedTask,
    TargetHealth,
)
from services.models.incidents import StepMark
from services.models.journal import JournalHealth
from services.models.metrics import TimeSpan
from services.models.problem import Problem, ProblemKind
from services.models.rds import DatabaseEvent
from services.models.text import UNSAFE
from services.report.collecting.incident import make_incident_report
from services.report.rendering import html, markdown
from services.report.rendering.incident.document import incident_document
from tests.services.incidents.incident_desk import ALARM, FIRED, NOW, RUNBOOK, alarm, desk

MARKUP = "[/red][link=http://x]a[/link] <script>alert(1)</script> <!channel> `x` | **b**"
CONTROL = "\x1b]0;t\x07\x1b[2J\r\n\x00\x9b31m\u202ereversed\u2066\u200b\ud800\udcff\ufeff"
LONG = "長" * 33_000
ZONE = ZoneInfo("Asia/Tokyo")
TEXTS = {"markup": MARKUP, "control": CONTROL, "long": LONG, "all": CONTROL + MARKUP + LONG}


@pytest.fixture(params=TEXTS.values(), ids=TEXTS)
def text(request):
    return request.param


def raw_id(text):
    """The text as a name: AWS sends UTF-8, which has no surrogates."""
    return RawId(text.encode("utf-8", "replace").decode())


def hostile(text):
    """Evidence in which every text is `text`."""
    at = FIRED - timedelta(minutes=2)
    problem = Problem(kind=ProblemKind.OTHER, summary=text, detail=text, remedy=text, at=NOW)
    readings = tuple(
        SourceReading(
            source=source, requests=1, problem=problem if source is Source.SCALING else None, cut=text
        )
        for source in Source
    )
    phrases = ("remaining connection slots", "ECONNREFUSED 5432", "timed out pay.example.jp")
    lines = tuple(LogEntry(at=at, stream=text, text=f"{phrase} {text}") for phrase in phrases * 4)
    sample = LogSample(
        group=RawId("/ecs/app"),
        pattern=text,
        span=TimeSpan(start=FIRED - timedelta(minutes=30), end=NOW),
        lines=lines,
    )
    revisions = tuple(
        ServiceRevision(id=raw_id(f"{text}{number}"), task_definition=raw_id(f"{text}:{number}"), created=at)
        for number in range(2)
    )
    return IncidentEvidence(
        alarm=AlarmMoment(id=RawId(ALARM), name=text, since=FIRED, reason=text),
        began=NOW,
        ended=NOW,
        readings=readings,
        service=ContainerService(
            id=raw_id(text),
            name=text,
            cluster=text,
            desired=2,
            deployments=(
                Deployment(id="1", status=text, rollout="FAILED", reason=text, created=at, task_definition=text),
            ),
            events=(ServiceEvent(at=at, message=f"unable to place a task {text}"),),
        ),
        targets=(
            TargetHealth(
                id=raw_id(text), name=text, state="unhealthy", reason="Target.Timeout", description=text, zone=text
            ),
        ),
        stopped_tasks=(
            StoppedTask(
                id=text,
                code="EssentialContainerExited",
                reason=text,
                containers=(StoppedContainer(name=text, exit_code=1, reason=text),),
                definition=text,
                stopping=at,
            ),
        ),
        running_tasks=(RunningTask(id=text, definition=text),),
        revisions=revisions,
        activities=(ScalingActivity(at=at, status="Failed", description=text, cause=text, not_scaled=(text,)),),
        database_events=(DatabaseEvent(at=at, message=f"DB instance restarted {text}"),),
        writes=(
            TrailEvent(
                id=raw_id(text),
                name=f"RevokeSecurityGroupIngress {text}",
                source=text,
                at=at,
                region=text,
                actor=Actor(kind=ActorKind.USER, name=text),
                resources=(text, text),
                error=text,
            ),
        ),
        application_errors=sample,
        database_lines=sample,
    )  # fmt: skip


def texts_of(value):
    """Every text that a screen may draw: names for requests (RawId) are none."""
    match value:
        case RawId():
            return
        case str():
            yield value
        case BaseModel():
            for part in value.__dict__.values():
                yield from texts_of(part)
        case tuple() | list():
            for part in value:
                yield from texts_of(part)
        case dict():
            for part in value.values():
                yield from texts_of(part)


def assert_safe(*values):
    for value in values:
        for text in texts_of(value):
            unsafe = UNSAFE.search(text.replace("\n", ""))
            assert unsafe is None, (unsafe, text[:200])


def test_what_is_weighed_is_safe(text):
    evidence = hostile(text)
    assessment = assess(evidence, RUNBOOK)
    # What is absent has a value only where its source was read whole.
    readings = tuple(reading.model_copy(update={"cut": ""}) for reading in evidence.readings)
    whole = assess(evidence.model_copy(update={"readings": readings}), RUNBOOK)
    present = [signal for signal in whole.signals if signal.value]
    assert len(present) > 10
    assert_safe(assessment, whole)
    fired = Alarm(id=RawId(ALARM), name=text, state=AlarmState.ALARM, since=FIRED, reason=text, expected=True)
    answer = answer_of(fired, evidence, assessment, RUNBOOK, region="ap-northeast-1", yen=0.0, private=True)
    assert_safe(answer)


@pytest.mark.slow
async def test_what_is_announced_told_and_reported_is_safe(text, tmp_path):
    path = tmp_path / "journal.db"
    async with desk(path) as console:
        await console.see(alarm())
        (incident,) = console.incidents.incidents
        await console.journal.append(capturing(incident, 1))
        evidence = hostile(text)
        await console.journal.append(captured(incident, 1, evidence))
        incidents = console.incidents
        await incidents.take(incident)
        await incidents.mark(incident, 0, StepMark.DONE, text, text)
        await incidents.decide(incident, text, text, text, assess(evidence, RUNBOOK))
        await incidents.contacted(incident, text, text, text)
        await incidents.note(incident, text)
        await incidents.hand_over(incident, text, text)
        await incidents.leave(incident.id, str(incident.target), text, NOW)
        await incidents.load()
        entries = await incidents.entries(incidents.incidents[0])
        assert_safe(*(entry.text for entry in entries))
        (whole,) = incidents.incidents
        assert_safe(whole, incidents.follow_ups)
        assert_safe(*timeline(whole, entries, evidence, assess(evidence, RUNBOOK).onset))
        assert_safe(*await announcements(incidents, text))
        situation = Situation(
            incident=whole, runbook=RUNBOOK, playbook=RUNBOOK.playbook_for(ALARM), zone=ZONE, now=NOW,
            by="tanaka", measured=str(whole.steps[0].note), cause=str(whole.decision and whole.decision.title),
        )  # fmt: skip
        assert_safe(slack_text(situation), phone_text(situation))
        await incidents.close(whole, text, text, text, [(text, NOW)])
        assert_safe(incidents.incidents)
    report = make_incident_report(path, RUNBOOK, whole, NOW + timedelta(hours=1), private=True)
    assert_safe(report)
    report.model_dump_json()
    document = incident_document(report)
    page = html.write(document)
    assert "<script>alert" not in page
    assert_safe(page, markdown.write(document))


async def announcements(incidents, text):
    """What a console without a screen prints."""
    announcements = Announcements(incidents, RUNBOOK)
    fired = Alarm(id=RawId(ALARM), name=text, state=AlarmState.ALARM, since=FIRED, reason=text, expected=True)
    problem = Problem(kind=ProblemKind.OTHER, summary=text, detail=text, at=NOW)
    lines = [*announcements.of_alarms(FeedState(AlarmOverview(alarms=(fired,)), NOW))]
    lines += announcements.of_alarms(FeedState(None, NOW, problem))
    lines += announcements.of_journal(JournalHealth(writable=False, problem=problem))
    lines += await announcements.of_incidents(incidents.incidents)
    assert len(lines) > 4
    assert not any("\n" in line for line in lines)
    return lines
