import asyncio
from collections import Counter

import pytest

from services.aws.belongings import LOOKS
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.clock import ManualClock
from services.demo.ec2 import _SURROUNDINGS, ENDPOINT, MAIN_TABLE, TABLE, VPC
from services.incidents.differences import difference
from services.incidents.evidence import packed, unpacked
from services.incidents.first_wave.belongings import EVERY, FAILED, START, SystemBelongings
from services.incidents.first_wave.reading import FirstWaveReader
from services.incidents.first_wave.sources import REQUESTS
from services.models.alarms import AlarmOverview
from services.models.belongings import Owned
from services.models.first_wave import AlarmMoment
from tests.services.incidents.waves import live, moment
from tests.services.inspections.running_world import context

pytestmark = pytest.mark.scenario("alb-5xx", history=5400.0)
CALLS = {look.call.replace(":", ".") for look in LOOKS}


class Desk:
    def __init__(self, embedded, runbook, fault=pytest.fail):
        self.embedded, self.runbook = embedded, runbook
        self.clock = ManualClock(embedded.clock.now())
        settings = AwsSettings(region=runbook.system.region, endpoint_url=embedded.url)
        self.session = AwsSession(settings, clock=embedded.clock, meter=UsageMeter(embedded.clock))
        self.own = SystemBelongings(runbook, self.session, self.clock, fault)

    async def refreshed(self):
        await self.own.refresh()
        own = self.own.newest()
        assert own is not None
        return own

    def sent(self):
        return Counter({name: count for name, count in self.embedded.counts().items() if name in CALLS})


@pytest.fixture
async def runbook(embedded):
    async with context(embedded) as console:
        return console.runbook


@pytest.fixture
async def desk(embedded, runbook):
    desk = Desk(embedded, runbook)
    yield desk
    await desk.session.close()


def ids(own, kind):
    part = own.part(kind)
    return set(map(str, part.ids))


def unread(own):
    return [part.kind for part in own.parts if part.unread]


async def test_everything_is_read_once_an_hour(desk):
    own = await desk.refreshed()
    assert ids(own, Owned.VPC) == {VPC}
    assert ids(own, Owned.ROUTE_TABLE) >= {MAIN_TABLE, TABLE}
    assert ids(own, Owned.ENDPOINT) == {ENDPOINT}
    assert len(ids(own, Owned.SECURITY_GROUP)) == 3
    assert len(ids(own, Owned.ROLE)) == 2
    assert unread(own) == [Owned.KEY]
    assert own.definitions
    assert all(ids(own, kind) for kind in Owned if kind is not Owned.KEY)
    first = desk.sent()
    assert first.keys() == CALLS
    assert set(first.values()) == {1}
    desk.clock.advance(EVERY - 1)
    await desk.own.refresh()
    assert desk.sent() == first
    desk.clock.advance(1)
    await desk.own.refresh()
    again = desk.sent() - first
    assert again.pop("ecs.DescribeTaskDefinition", 0) == 0, "a task definition never changes"
    assert set(again.values()) == {1}
    assert again.keys() == CALLS - {"ecs.DescribeTaskDefinition"}


async def test_what_was_deleted_is_remembered_for_a_day(desk, monkeypatch):
    await desk.own.refresh()
    another = [{"VpcEndpointId": "vpce-0ffffffffffffffff", "VpcId": VPC}]
    monkeypatch.setitem(_SURROUNDINGS, "VpcEndpoints", another)
    for _hour in range(24):
        desk.clock.advance(EVERY)
        own = await desk.refreshed()
        assert ids(own, Owned.ENDPOINT) == {ENDPOINT, "vpce-0ffffffffffffffff"}
    desk.clock.advance(EVERY)
    assert ids(await desk.refreshed(), Owned.ENDPOINT) == {"vpce-0ffffffffffffffff"}


@pytest.mark.parametrize(
    ("call", "kinds"),
    [
        ("ecs:DescribeServices", {*Owned} - {Owned.DATABASE, Owned.KEY}),
        ("ecs:DescribeTaskDefinition", {Owned.SECRET, Owned.ROLE}),
        ("elbv2:DescribeLoadBalancers", {*Owned} - {Owned.DATABASE, Owned.KEY, Owned.ROLE, Owned.SECRET, Owned.SERVICE}),
        ("ec2:DescribeRouteTables", {Owned.ROUTE_TABLE, Owned.GATEWAY}),
        ("ec2:DescribeVpcEndpoints", {Owned.ENDPOINT, Owned.SECURITY_GROUP}),
    ],
)  # fmt: skip
async def test_what_is_denied_is_unseen_and_asked_again(desk, call, kinds):
    service, _colon, operation = call.partition(":")
    desk.embedded.fault(service, operation, preset="denied")
    own = await desk.refreshed()
    assert {*unread(own)} - {Owned.KEY} == kinds
    desk.embedded.clear_faults()
    assert unread(await desk.refreshed()) == [Owned.KEY]


async def test_the_last_good_value_is_kept(desk):
    before = await desk.refreshed()
    desk.embedded.fault("ec2", "DescribeVpcEndpoints", preset="throttled")
    desk.clock.advance(EVERY)
    part = (await desk.refreshed()).part(Owned.ENDPOINT)
    assert part.ids == before.parts[list(Owned).index(Owned.ENDPOINT)].ids
    assert part.unread
    desk.embedded.clear_faults()
    part = (await desk.refreshed()).part(Owned.ENDPOINT)
    assert part.unread == ""


async def test_an_internal_error_is_reported_and_said(embedded, runbook, monkeypatch):
    def broken(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("services.incidents.first_wave.belongings.EcsReader.definition", broken)
    faults: list[BaseException] = []
    desk = Desk(embedded, runbook, faults.append)
    part = (await desk.refreshed()).part(Owned.ROLE)
    await desk.session.close()
    assert [type(error) for error in faults] == [ZeroDivisionError]
    assert (part.ids, bool(part.unread)) == ((), True)


async def test_a_runbook_without_targets_asks_nothing(embedded, runbook):
    bare = runbook.model_copy(update={"ecs": None, "rds": None, "alb": None})
    desk = Desk(embedded, bare)
    before = desk.sent()
    await desk.own.refresh()
    await desk.session.close()
    assert desk.own.newest() is None
    assert desk.sent() == before


async def test_the_console_reads_it_after_its_start(desk):
    keeping = asyncio.create_task(desk.own.keep())
    while not desk.clock.sleepers:  # noqa: ASYNC110  a state of the clock
        await asyncio.sleep(0)
    assert not desk.sent()
    desk.embedded.fault("ec2", "DescribeSubnets", mode="html")
    for seconds, requests in ((START, 8), (FAILED, 9)):
        desk.clock.advance(seconds)
        async with asyncio.timeout(60):
            while not desk.clock.sleepers:  # noqa: ASYNC110  a state of the clock
                await asyncio.sleep(0.01)
        assert desk.sent().total() == requests
        desk.embedded.clear_faults()
    keeping.cancel()
    await asyncio.wait([keeping])
    assert desk.sent().keys() == CALLS


# ---- with a first wave


async def about(embedded, name="alb-5xx-error-rate", minutes=6):
    """(the evidence with its belongings, requests of both, the reader and its alarm)"""
    live(embedded, minutes)
    async with context(embedded) as console:
        alarm: AlarmMoment = await moment(console, name)
        waves = FirstWaveReader(
            console.runbook,
            console.reader,
            console.clock,
            str(console.runbook.system.region),
            AlarmOverview,
            pytest.fail,
        )
        before = Counter(embedded.counts())
        first = await waves.about(alarm)
        sent = Counter(embedded.counts()) - before
        second = await waves.about(alarm)
        return first, sent, second, Counter(embedded.counts()) - before - sent


async def test_a_wave_reads_it_once_and_keeps_its_requests(embedded):
    first, sent, second, again = await about(embedded)
    assert first.requests <= REQUESTS
    assert sent.total() - first.requests == len(LOOKS)
    assert again.total() == second.requests <= REQUESTS
    assert first.belongings == second.belongings
    assert unpacked(packed(first, incident="i")) == first
    old = packed(first.model_copy(update={"belongings": None}), incident="i")
    assert unpacked(old).belongings is None


@pytest.mark.scenario("bad-deploy", history=5400.0)
async def test_a_deployment_tells_what_it_changed(embedded):
    evidence, sent, _second, again = await about(embedded, minutes=11)
    assert sent["ecs.DescribeTaskDefinition"] == 2
    assert not again["ecs.DescribeTaskDefinition"]
    change = difference(evidence)
    assert change.variables == {"FEATURE_CALENDAR", "DB_POOL_SIZE", "DB_USER"}
    assert len(change.images) == 2
    assert not change.security_groups
    assert difference(unpacked(packed(evidence, incident="i"))) == change
