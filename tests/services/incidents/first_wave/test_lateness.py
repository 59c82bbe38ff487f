"""Who was late: AWS, which is given up after four seconds, or this process, which waits for what AWS has
answered. The event loop's time is made: it passes while nothing is to be done, and when a test says that the
process was away."""

import asyncio
import selectors
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from services.aws.client.reader import Answer
from services.clock import ManualClock
from services.incidents.first_wave.patience import MOST, Patience
from services.incidents.first_wave.reading import AGAIN, SECONDS, read_first_wave
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.models.base import RawId
from services.models.first_wave import AlarmMoment, Source
from services.runbook.loader import load_builtin

RUNBOOK = load_builtin("facility-prod")
NOW = datetime(2026, 1, 14, 1, 10, tzinfo=UTC)
ALARM = AlarmMoment(id=RawId("a"), name="a", since=NOW - timedelta(minutes=5))
TASK = "arn:aws:ecs:ap-northeast-1:123456789012:task/prod/0123456789abcdef"
ANSWERS: dict[str, Answer] = {
    "DescribeServices": {
        "services": [{"serviceName": "staff-api", "desiredCount": 1, "runningCount": 1, "pendingCount": 0}]
    },
    "ListTasks": {"taskArns": [TASK]},
    "DescribeTasks": {
        "tasks": [{"taskArn": TASK, "desiredStatus": "STOPPED", "stoppedReason": "gone", "containers": []}]
    },
    "ListServiceDeployments": {"serviceDeployments": []},
    "DescribeScalableTargets": {"ScalableTargets": []},
    "DescribeScalingActivities": {"ScalingActivities": []},
    "DescribeEvents": {"Events": []},
    "GetMetricData": {"MetricDataResults": []},
    "LookupEvents": {"Events": []},
    "FilterLogEvents": {"events": []},
}


class MadeTime(asyncio.SelectorEventLoop):
    """A loop that waits for nothing but lets its own time pass."""

    def __init__(self):
        self.made = 1000.0
        super().__init__(_Jumping(self))

    def time(self):
        return self.made

    def away(self, seconds):
        """The process does not get the processor for so long."""
        self.made += seconds


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        self._loop.made += timeout or 0.0
        return super().select(0)


def run(work):
    loop = MadeTime()
    try:
        return loop.run_until_complete(work(loop))
    finally:
        loop.close()


class Aws:
    """Answers each operation after some seconds, at most `times` times so late."""

    def __init__(self, late, times=99):
        self.counts: Counter[str] = Counter()
        self._late = late
        self._times = times

    async def read(self, service, operation, /, *, region=None, required=(), timeout=20.0, **params):
        self.counts[operation] += 1
        is_late = self.counts[operation] <= self._times
        await asyncio.sleep(self._late.get(operation, 0.2) if is_late else 0.2)
        return {"taskArns": []} if params.get("desiredStatus") == "RUNNING" else ANSWERS.get(operation, {})

    async def pages(self, service, operation, /, **params):
        yield await self.read(service, operation, **params)


def evidence_of(late, *, times=99, away=None):
    """(the evidence, seconds that it took, what was asked); `away`: from when on the process is away, and how long."""
    aws = Aws(late, times)

    async def work(loop):
        began = loop.time()
        for at, seconds in (away or {}).items():
            loop.call_at(began + at, loop.away, seconds)
        evidence = await read_first_wave(ALARM, RUNBOOK, aws, ManualClock(NOW), seconds=SECONDS)
        return evidence, loop.time() - began, aws

    return run(work)


def late_sources(evidence):
    return {
        reading.source: reading.problem.summary
        for reading in evidence.readings
        if reading.problem is not None and "no response" in reading.problem.summary
    }


HANG = {"DescribeEvents": 1e6}


@pytest.mark.parametrize(
    "away", [{}, {3.99: 30.0}, {0.1: 10.0, 0.3: 10.0}, {at / 20: 0.5 for at in range(1, 80)}]
)
def test_what_aws_answers_in_time_is_never_given_up(away):
    # Away in one piece, just before the limit, or for a moment again and again, as on a starved machine.
    evidence, _took, aws = evidence_of(dict.fromkeys(ANSWERS, 1.2), away=away)
    assert late_sources(evidence) == {}
    assert [task.reason for task in evidence.stopped_tasks] == ["gone"]
    assert aws.counts.total() == evidence.requests <= REQUESTS


@pytest.mark.parametrize(
    ("away", "words"),
    [
        ({}, "Events of the database: no response within 4 seconds."),
        ({1.0: 0.2}, "Events of the database: no response within 4 seconds."),
        ({1.0: 10.0}, "Events of the database: no response within 4 seconds, not counting 10 seconds in which this machine was too busy."),
    ],
)  # fmt: skip
def test_what_aws_does_not_answer_is_given_up_and_who_was_late_is_said(away, words):
    evidence, took, _aws = evidence_of(HANG, away=away)
    assert late_sources(evidence) == {Source.DATABASE_EVENTS: words}
    assert SECONDS <= took - sum(away.values()) <= SECONDS + 0.5


def test_there_is_an_end_to_it():
    evidence, took, _aws = evidence_of(HANG, away={at * 1.1: 1.0 for at in range(1, 200)})
    assert late_sources(evidence).keys() == {Source.DATABASE_EVENTS}
    assert took <= (SECONDS + MOST) * 1.2


@pytest.mark.parametrize("operation", ["DescribeServices", "ListTasks", "DescribeTasks"])
def test_stopped_tasks_are_read_again_at_once(operation):
    evidence, took, aws = evidence_of({operation: 1e6}, times=1)
    assert Source.TASKS not in late_sources(evidence)
    assert [task.reason for task in evidence.stopped_tasks] == ["gone"]
    assert took <= SECONDS + AGAIN
    assert aws.counts.total() == evidence.requests <= REQUESTS


def test_stopped_tasks_that_cannot_be_read_twice_are_said():
    evidence, took, aws = evidence_of({"ListTasks": 1e6})
    assert late_sources(evidence) == {Source.TASKS: "Tasks: no response within 4 seconds."}
    assert took <= SECONDS + AGAIN + 0.5
    assert aws.counts.total() == evidence.requests <= REQUESTS
    assert SOURCES[Source.TASKS].requests >= aws.counts["ListTasks"]


def test_a_limit_ends_only_what_is_within_it():
    async def work(loop):
        with Patience() as patience:
            limit = patience.limit(2.0)
            loop.call_later(1.0, loop.away, 5.0)
            with pytest.raises(TimeoutError):
                async with limit.within(0.5):
                    await asyncio.sleep(100)
            ended = loop.time() - 1000.0
            async with limit.within():
                await asyncio.sleep(0.1)
        return ended, patience.lag

    ended, lag = run(work)
    assert lag == pytest.approx(5.0, abs=0.1)
    assert 6.5 <= ended <= 6.7


def test_what_this_process_prepares_in_a_thread_is_not_counted():
    async def work(loop):
        with Patience() as patience:
            preparing = asyncio.create_task(patience.preparing(asyncio.sleep(20.0)))
            async with patience.limit(2.0).within():
                await asyncio.sleep(21.0)
            await preparing
            with pytest.raises(TimeoutError):
                async with patience.limit(2.0).within():
                    await asyncio.sleep(21.0)
        return patience.lag

    assert run(work) == pytest.approx(20.0, abs=0.2)
