from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

from services.aws.client.meter import UsageMeter
from services.aws.client.reader import Answer
from services.aws.client.session import AwsSession, AwsSettings
from services.aws.cloudwatch.alarms.watch import AlarmWatch
from services.demo.cloudwatch.alarms.records import DemoAlarm
from services.demo.cloudwatch.alarms.states import State
from services.models.alarms import AlarmOverview
from services.models.problem import ProblemKind
from services.models.runbook import Runbook
from tests.conftest import REGION, Embedded
from tests.services.aws.canned import failure
from tests.services.aws.cloudwatch.test_alarms import book

SNS = "arn:aws:sns:ap-northeast-1:123456789012:ops-alerts"
ACCOUNT = "123456789012"


def add(embedded: Embedded, *names: str, state: State = State.OK, **settings: Any) -> list[DemoAlarm]:
    """Alarms which no evaluation changes."""
    at = embedded.clock.now()
    added = []
    for number, name in enumerate(names):
        definition = {
            "AlarmName": name,
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [SNS],
            "InsufficientDataActions": [],
            "AlarmDescription": "CPU has been above 70 % for three minutes.",
            "Namespace": "AWS/ECS",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "ServiceName", "Value": name}],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 3,
            "Threshold": 70.0,
            "ComparisonOperator": "GreaterThanThreshold",
            **settings,
        }
        # Defined in the future: the embedded AWS does not evaluate it.
        future = at + timedelta(days=3650)
        since = at - timedelta(minutes=number)
        alarm = DemoAlarm("MetricAlarm", name, REGION, ACCOUNT, definition, future, since, since, state)
        alarm.reason = "Threshold Crossed: 1 out of the last 3 datapoints [12.5 (14/01/26 00:50:00)]."
        embedded.world.alarms.alarms[REGION, name] = alarm
        added.append(alarm)
    return added


def names(count: int) -> list[str]:
    return [f"{'abcdefgh'[number % 8]}-service-{number:05}-cpu-high" for number in range(count)]


def alarm_of(embedded: Embedded, name: str) -> DemoAlarm:
    alarm = embedded.world.alarms.get(name)
    assert alarm is not None
    return alarm


def turn(embedded: Embedded, name: str, state: State) -> None:
    alarm = alarm_of(embedded, name)
    alarm.state, alarm.transitioned = state, embedded.clock.now()


@asynccontextmanager
async def session_of(embedded: Embedded) -> AsyncIterator[AwsSession]:
    settings = AwsSettings(region=REGION, endpoint_url=embedded.url)
    session = AwsSession(settings, clock=embedded.clock, meter=UsageMeter(embedded.clock))
    try:
        yield session
    finally:
        await session.close()


class Refusing:
    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self.refuses: Callable[[dict[str, Any]], bool] = lambda _params: False  # Which parameters
        self.refused = 0  # How many requests failed

    def read(self, service: str, operation: str, /, **params: Any) -> Any:
        return self._session.read(service, operation, **params)

    async def pages(self, service: str, operation: str, /, **params: Any) -> AsyncIterator[Answer]:
        if self.refuses(params):
            self.refused += 1
            raise failure(ProblemKind.THROTTLED)
        async for page in self._session.pages(service, operation, **params):
            yield page


class Watched:
    def __init__(self, embedded: Embedded, session: AwsSession, runbook: Runbook) -> None:
        self.embedded = embedded
        self.session = Refusing(session)
        self.watch = AlarmWatch(self.session, runbook, embedded.clock)
        self.watch.read_on = self._read_on
        self._goes_on = False

    def _read_on(self) -> None:
        self._goes_on = True

    async def once(self) -> AlarmOverview:
        self._goes_on = False
        return await self.watch.read()

    async def whole(self) -> AlarmOverview:
        overview = await self.once()
        while self._goes_on:
            overview = await self.once()
        return overview

    async def minutes(self, count: int) -> AlarmOverview:
        for _minute in range(count):
            self.embedded.clock.advance(60)
            overview = await self.whole()
        return overview


@asynccontextmanager
async def watched(embedded: Embedded, *expected: str) -> AsyncIterator[Watched]:
    async with session_of(embedded) as session:
        yield Watched(embedded, session, book(*expected))


@contextmanager
def requests(embedded: Embedded) -> Iterator[Counter[str]]:
    before, counted = embedded.counts(), Counter[str]()
    yield counted
    after = embedded.counts()
    counted.update(
        {
            name.partition(".")[2]: count - before.get(name, 0)
            for name, count in after.items()
            if count > before.get(name, 0)
        }
    )
