"""The first wave over HTTP: whole, within its bounds, and with each of its sources failing in each way."""

import asyncio
import sys
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.aws.client.prices import USD_PER_METRIC
from services.incidents.first_wave.reading import read_first_wave
from services.incidents.first_wave.sources import PHRASES, REQUESTS, SOURCES
from services.models.first_wave import IncidentEvidence, Measure, Source
from services.models.problem import ProblemKind
from tests.services.incidents.waves import OF_SYSTEM, live, moment, wave
from tests.services.inspections.running_world import context

pytestmark = pytest.mark.scenario("alb-5xx", history=5400.0)

DEPENDENT = {Source.SERVICE: {Source.TARGETS, Source.NETWORK}, Source.DATABASE: {Source.NETWORK}}
"""What cannot be read without another source."""
SHARED = {
    Source.TRAIL: {Source.TRAIL_GLOBAL},
    Source.TRAIL_GLOBAL: {Source.TRAIL},
    Source.APPLICATION_LOG: {Source.DATABASE_LOG},
    Source.DATABASE_LOG: {Source.APPLICATION_LOG},
}
"""Sources that are read by the same operation, so that a fault of it concerns both."""

ALL_SOURCES = [
    pytest.param(source, marks=() if source in (Source.METRICS, Source.TASKS) else pytest.mark.slow)
    for source in OF_SYSTEM
]
"""All sources are tried by `make faults`."""


@pytest.fixture
async def console(embedded):
    live(embedded)
    async with context(embedded) as console:
        yield console


@pytest.fixture
async def alarm(console):
    return await moment(console)


@dataclass
class RestOf:
    """What is left of `work` after its first step."""

    work: Coroutine[Any, Any, Any]
    step: Any

    def __await__(self):
        yield self.step
        return (yield from self.work.__await__())


async def rest_of(work, step):
    return await RestOf(work, step)


def begin_at_once(loop, work, **options):
    """Take the first step of "first wave" tasks inside `create_task`, as `asyncio.eager_task_factory` does (Python 3.12)."""
    if getattr(work, "__qualname__", "") == "_Reading._ask":
        work = rest_of(work, work.send(None))
    return asyncio.Task(work, loop=loop, **options)


def unread(evidence):
    return {reading.source for reading in evidence.readings if reading.problem is not None}


async def test_no_source_waits_for_another_that_it_does_not_need(embedded, console, alarm):
    embedded.fault(mode="hang")
    before = Counter(embedded.counts())
    independent = set(OF_SYSTEM) - {*DEPENDENT[Source.SERVICE], *DEPENDENT[Source.DATABASE]}
    first_requests = Counter(SOURCES[source].calls[0].replace(":", ".") for source in independent)
    reading = asyncio.create_task(wave(console, alarm, seconds=60.0))
    async with asyncio.timeout(60):
        while not first_requests <= Counter(embedded.counts()) - before:  # noqa: ASYNC110  counted by the server
            await asyncio.sleep(0.02)
    reading.cancel()
    await asyncio.wait([reading])


async def test_every_source_is_read_where_tasks_begin_eagerly(console, alarm):
    asyncio.get_running_loop().set_task_factory(begin_at_once)
    assert unread(await wave(console, alarm)) == set()


async def test_the_sources_that_failed_are_asked_again_and_no_other(embedded, console, alarm):
    embedded.fault("elbv2", "DescribeTargetHealth", preset="denied")
    embedded.fault("cloudtrail", "LookupEvents", preset="denied")
    before = await wave(console, alarm)
    failed = frozenset(unread(before))
    assert failed == {Source.TARGETS, Source.TRAIL, Source.TRAIL_GLOBAL}
    embedded.clear_faults()
    counts = Counter(embedded.counts())
    again = await read_first_wave(
        alarm, console.runbook, console.reader, console.clock, before=before, sources=failed
    )
    asked = Counter(embedded.counts()) - counts
    assert set(asked) <= {"elbv2.DescribeTargetHealth", "cloudtrail.LookupEvents"}
    assert unread(again) == set()
    assert again.targets
    same = again.model_copy(
        update={name: getattr(before, name) for name in ("targets", "writes", "readings", "ended")}
    )
    assert same == before


def test_every_field_of_the_evidence_belongs_to_a_source():
    names = {name for spec in SOURCES.values() for name in spec.fields}
    assert names == IncidentEvidence.model_fields.keys() - {
        "alarm",
        "answers",
        "began",
        "belongings",
        "ended",
        "readings",
    }


async def test_everything_about_an_incident_is_read_at_once(embedded, console, alarm):
    before = embedded.counts()
    evidence = await wave(console, alarm)
    sent = sum(embedded.counts().values()) - sum(before.values())
    assert sent == evidence.requests <= REQUESTS
    assert [reading.source for reading in evidence.readings] == list(Source)
    assert unread(evidence) == set()
    assert evidence.service
    assert (evidence.service.name, evidence.service.desired) == ("staff-api", 2)
    assert {target.state for target in evidence.targets} == {"healthy", "unhealthy"}
    assert evidence.deployments
    assert evidence.revisions
    assert evidence.scaling
    assert evidence.scaling.maximum >= 2
    assert evidence.database
    assert (evidence.database.id, evidence.database.port) == ("facility-prod-db", 5432)
    requests, errors = evidence.curve(Measure.REQUESTS), evidence.curve(Measure.ELB_5XX)
    assert requests
    assert errors
    assert len(requests.values) > 60 > len(errors.values) > 0
    assert requests.period == 60
    assert evidence.network
    assert evidence.network.allowed
    assert all(group in evidence.network.rule for group in evidence.service.security_groups)
    assert evidence.application_errors
    assert evidence.application_errors.is_whole
    assert all("ERROR" in line.text for line in evidence.application_errors.lines)
    assert evidence.application_errors.lines
    assert evidence.application_errors.span.start == alarm.since - timedelta(minutes=30)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks run at once from Python 3.12 on")
async def test_tasks_that_run_as_soon_as_they_are_created(console, alarm):
    if sys.version_info >= (3, 12):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    faults: list[BaseException] = []
    evidence = await wave(console, alarm, fault=faults.append)
    assert (faults, unread(evidence)) == ([], set())


@pytest.mark.scenario("bad-deploy", history=5400.0)
@pytest.mark.parametrize("minutes", range(2, 14, 3))
async def test_a_deployment_with_stopped_tasks_takes_no_more_requests(embedded, minutes):
    live(embedded, minutes)
    async with context(embedded) as console:
        alarm = await moment(console)
        before = sum(embedded.counts().values())
        evidence = await wave(console, alarm)
        assert sum(embedded.counts().values()) - before == evidence.requests <= REQUESTS
        assert unread(evidence) == set()
        assert len({task.definition for task in evidence.running_tasks}) > 0
        assert evidence.policies_read is bool(evidence.policies)


async def test_it_costs_less_than_a_yen(embedded, console, alarm):
    evidence = await wave(console, alarm)
    metrics = len(evidence.series) + len(evidence.week_ago)
    assert metrics == 2 * len(Measure)
    assert metrics * USD_PER_METRIC * 150 < 1


def test_the_requests_set_aside_are_all_that_there_are():
    assert sum(SOURCES[source].requests for source in OF_SYSTEM) == REQUESTS == 18
    assert set(SOURCES) == set(Source)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"preset": "denied"}, ProblemKind.ACCESS_DENIED),
        ({"preset": "throttled"}, ProblemKind.THROTTLED),
        ({"mode": "html"}, ProblemKind.INCOMPLETE),
    ],
    ids=["denied", "throttled", "without its keys"],
)
@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_a_source_that_fails_leaves_its_problem_and_all_others(
    embedded, console, alarm, source, fault, kind
):
    service, _colon, operation = SOURCES[source].calls[-1].partition(":")
    if source is Source.TASKS:
        operation = "ListTasks"  # no task has stopped, so none is described
    embedded.fault(service, operation, **fault)
    evidence = await wave(console, alarm)
    reading = evidence.reading(source)
    assert reading
    assert reading.problem
    assert reading.problem.kind is kind
    dependent = DEPENDENT.get(source, set())
    assert unread(evidence) == {source} | dependent | SHARED.get(source, set())
    assert all(each.problem is None or each.problem.kind is kind for each in evidence.readings)


@pytest.mark.parametrize("source", ALL_SOURCES)
async def test_a_hanging_source_is_given_up_and_the_rest_kept(embedded, console, alarm, source):
    await wave(console, alarm)
    service, _colon, operation = SOURCES[source].calls[0].partition(":")
    embedded.fault(service, operation, mode="hang")
    late = {source} | DEPENDENT.get(source, set()) | SHARED.get(source, set())
    # However slow the machine is, there is a limit that the rest keeps.
    for seconds in (1, 4, 16):
        evidence = await wave(console, alarm, seconds=seconds)
        if unread(evidence) == late:
            break
    assert unread(evidence) == late
    reading = evidence.reading(source)
    assert reading
    assert reading.problem
    # A busy machine says in the same sentence what it did not count.
    assert f"no response within {seconds} seconds" in reading.problem.summary
    assert reading.problem.kind is ProblemKind.UNREACHABLE


async def test_expired_credentials_fail_every_source_and_nothing_else(embedded, console, alarm):
    embedded.fault(preset="expired")
    evidence = await wave(console, alarm)
    sources = {source for source in OF_SYSTEM if not SOURCES[source].missing(console.runbook)}
    assert unread(evidence) == sources
    assert {each.problem.kind for each in evidence.readings if each.problem} == {ProblemKind.EXPIRED}


def bare(runbook):
    nothing: dict[str, Any] = {
        "ecs": None,
        "rds": None,
        "alb": None,
        "waf": None,
        "log_groups": (),
        "error_logs": None,
        "slow_queries": None,
    }
    return runbook.model_copy(update=nothing)


async def test_what_the_runbook_does_not_name_is_not_asked(embedded, console, alarm):
    before = embedded.counts()
    evidence = await read_first_wave(alarm, bare(console.runbook), console.reader, console.clock)
    requests = {name: count - before.get(name, 0) for name, count in embedded.counts().items()}
    own = {"cloudwatch.ListMetrics", "cloudwatch.GetMetricData", "logs.FilterLogEvents"}
    assert {name for name, count in requests.items() if count} == {"cloudtrail.LookupEvents", *own}
    omitted = {reading.source for reading in evidence.readings if reading.omitted}
    assert omitted == set(Source) - {Source.TRAIL, Source.TRAIL_GLOBAL, Source.OWN_METRICS, Source.OWN_LOG}
    assert unread(evidence) == set()


async def test_a_home_region_that_records_global_services_is_asked_once(console, alarm):
    evidence = await read_first_wave(
        alarm, bare(console.runbook), console.reader, console.clock, region="us-east-1"
    )
    reading = evidence.reading(Source.TRAIL_GLOBAL)
    assert reading
    assert reading.omitted
    assert evidence.requests == 4, "CloudTrail, and three of the load balancer, which is not the runbook's"


async def test_an_internal_error_in_one_source_is_reported_and_loses_no_other(console, alarm, monkeypatch):
    def broken(_row):
        raise ZeroDivisionError

    monkeypatch.setattr("services.aws.rds.reader.database_of", broken)
    faults: list[BaseException] = []
    evidence = await wave(console, alarm, fault=faults.append)
    assert [type(error) for error in faults] == [ZeroDivisionError]
    assert unread(evidence) == {Source.DATABASE, Source.NETWORK}
    reading = evidence.reading(Source.DATABASE)
    assert reading
    assert reading.problem
    assert reading.problem.kind is ProblemKind.FAULT


async def test_pages_beyond_the_budget_are_cut_and_said(embedded, console, alarm, monkeypatch):
    monkeypatch.setattr("services.incidents.first_wave.questions.LINES", 10_000)
    monkeypatch.setattr("services.aws.logs.events.PAGE", 20)
    before = sum(embedded.counts().values())
    evidence = await wave(console, alarm)
    assert sum(embedded.counts().values()) - before == evidence.requests == REQUESTS
    sample, reading = evidence.application_errors, evidence.reading(Source.APPLICATION_LOG)
    assert sample
    assert reading
    assert not sample.is_whole
    assert reading.cut
    assert len(sample.lines) >= 20


async def test_the_databases_own_words_are_found(console, alarm):
    sample = (await wave(console, alarm)).database_lines
    assert sample
    assert sample.lines
    assert all(any(phrase in line.text for phrase in PHRASES) for line in sample.lines)
    assert len(sample.pattern) <= 1024
