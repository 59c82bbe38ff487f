"""A run tries one fault at each source, chosen by a seed; `make faults-all` tries all."""

import os
import time
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.incidents.assess_answer import answer_of
from services.incidents.first_wave.reading import SECONDS, read_first_wave
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.incidents.weighing import assess
from services.inspections.base import InspectionContext
from services.models.alarms import Alarm, AlarmState
from services.models.causes import Assessment, Word
from services.models.first_wave import AlarmMoment, Source
from services.models.problem import ProblemKind
from tests.services.incidents.waves import OF_SYSTEM, live, moment, wave
from tests.services.inspections.running_world import context

pytestmark = [pytest.mark.slow, pytest.mark.scenario("alb-5xx", history=5400.0)]
ALL = os.environ.get("FAULTS") == "all"
SEED = 20261127
LATE = 20.0
"""Seconds that a read may take: what ends before has waited for nothing but the limit of its source."""
SURENESS = [Word.OPEN, Word.LIKELY, Word.STRONG]
FAULTS: dict[str, dict[str, Any]] = {
    "denied": {"preset": "denied"},
    "throttled": {"preset": "throttled"},
    "expired": {"preset": "expired"},
    "slow": {"delay": 20.0},
    "hangs": {"mode": "hang"},
    "reset": {"mode": "reset-before"},
    "answer lost": {"mode": "reset-after"},
    "a proxy's page": {"mode": "html"},
    "empty": {"mode": "empty"},
    "truncated": {"mode": "truncated"},
    "a redirect": {"mode": "redirect"},
    "502": {"mode": "502-after"},
    "500": {"code": "InternalFailure", "status": 500},
}


@dataclass(frozen=True)
class Undisturbed:
    console: InspectionContext
    alarm: AlarmMoment
    assessment: Assessment


@pytest.fixture
async def undisturbed(embedded):
    live(embedded)
    async with context(embedded) as console:
        alarm = await moment(console)
        yield Undisturbed(console, alarm, assess(await wave(console, alarm), console.runbook))


def cells():
    chosen = []
    for source in OF_SYSTEM:
        faults = list(FAULTS) if ALL else [Random(f"{SEED} {source}").choice(list(FAULTS))]
        chosen += [pytest.param(source, fault, id=f"{source} - {fault}") for fault in faults]
    return chosen


def sources_of(call):
    return {source for source in OF_SYSTEM if call in SOURCES[source].calls}


def assert_no_surer(evidence, usual):
    runbook = usual.console.runbook
    assessment = assess(evidence, runbook)
    before = usual.assessment
    assert SURENESS.index(assessment.word) <= SURENESS.index(before.word)
    if assessment.word is not Word.OPEN:
        assert assessment.leader.id == before.leader.id
    alarm = Alarm(id=usual.alarm.id, name=usual.alarm.id, state=AlarmState.OK)
    answer = answer_of(alarm, evidence, assessment, runbook, region="ap-northeast-1", yen=0.0)
    assert answer.status != 0, "what could not be read is never nothing wrong"


@pytest.mark.parametrize(("source", "fault"), cells())
async def test_a_source_that_fails(embedded, undisturbed, source, fault):
    call = SOURCES[source].calls[0]
    service, _colon, operation = call.partition(":")
    embedded.fault(service, operation, **FAULTS[fault])
    started, before = time.monotonic(), sum(embedded.counts().values())
    evidence = await wave(undisturbed.console, undisturbed.alarm, seconds=SECONDS)
    assert time.monotonic() - started < LATE
    unread = {reading.source: reading.problem for reading in evidence.readings if reading.problem is not None}
    assert source in unread
    assert sources_of(call) <= unread.keys()
    for problem in unread.values():
        assert problem.summary
        assert problem.kind is not ProblemKind.FAULT, problem
    if fault == "denied":
        problem = unread[source]
        assert problem.permission.endswith(operation), "the permission that is missing"
    assert all(reading.requests or reading.problem or reading.omitted for reading in evidence.readings)
    assert_no_surer(evidence, undisturbed)
    assert sum(embedded.counts().values()) - before <= REQUESTS + RETRIES * len(sources_of(call))


RETRIES = 3  # The SDK's own attempts after a throttled or failed request


async def test_all_of_aws_is_throttled_once_and_answers_then(embedded, undisturbed):
    for call in {call for spec in SOURCES.values() for call in spec.calls}:
        service, _colon, operation = call.partition(":")
        embedded.fault(service, operation, preset="throttled", times=1)
    evidence = await wave(undisturbed.console, undisturbed.alarm)
    assert [reading.problem for reading in evidence.readings if reading.problem] == []
    assert assess(evidence, undisturbed.console.runbook).word is undisturbed.assessment.word


async def test_a_service_whose_name_cannot_be_resolved(embedded, undisturbed, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", embedded.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", "http://ecs.example.invalid")
    console, clock = undisturbed.console, embedded.clock
    session = AwsSession(AwsSettings(region=console.region), clock=clock, meter=UsageMeter(clock))
    started = time.monotonic()
    evidence = await read_first_wave(undisturbed.alarm, console.runbook, session, clock)
    await session.close()
    assert time.monotonic() - started < LATE
    unread = {reading.source: reading.problem for reading in evidence.readings if reading.problem is not None}
    assert unread.keys() == {Source.SERVICE, Source.TARGETS, Source.TASKS, Source.DEPLOYMENTS, Source.NETWORK}
    assert all(problem.kind is ProblemKind.UNREACHABLE for problem in unread.values())
    assert_no_surer(evidence, undisturbed)
