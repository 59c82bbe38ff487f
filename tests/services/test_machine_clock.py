"""Whatever this machine's clock says, what AWS answers is seen in time, and nothing old looks fresh."""

import asyncio
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.credentials import RefreshableCredentials

from services.aws.client.codes import refuses_time
from services.aws.client.errors import ClockSkew, nothing_done
from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession, AwsSettings
from services.aws.client.traffic import SIGNING_TIME, TrafficObserver
from services.aws.client.write_grants import WriteGrant
from services.clock import ManualClock
from services.demo.cloudwatch.alarms.states import State
from services.fleet.fleet import Fleet
from services.inspections.base import InspectionRequest
from services.inspections.wiring import connect
from services.journal.place import JournalPlace
from services.models.aws_calls import aws_call
from services.models.feeds import Freshness
from services.models.fleet import Standing
from services.models.problem import Problem, ProblemKind
from services.models.verdict import Verdict
from services.runbook.loader import load_builtin
from tests.conftest import REGION
from tests.faults.waiting import until
from tests.services.machine import machine_of
from tests.tools.systems import beside, entry_of
from widgets.fleet.strip import fleet_line

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
STEPS = tuple(
    sign * size for size in (MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, DAY, 3 * DAY) for sign in (1, -1)
)
INTERVAL = 60.0
ALARM = "alb-5xx-error-rate"


@contextmanager
def servers(embedded, count):
    with ExitStack() as stack:
        yield {
            f"system-{number}": embedded if not number else stack.enter_context(beside(embedded))
            for number in range(count)
        }


class Watched:
    """A console on some systems, on a machine whose clock is set."""

    def __init__(self, embedded, fleet, machine):
        self.embedded, self.fleet, self.machine = embedded, fleet, machine
        self.is_firing = False
        self.fired_for = 0.0

    async def settle(self):
        """Until no read is under way that is due by now."""
        feeds = [system.begun.alarms for system in self.fleet.systems if system.begun is not None]
        await until(
            lambda: all(not feed._is_reading and feed._due > self.embedded.clock.elapsed() for feed in feeds)
        )
        for _turn in range(20):
            await asyncio.sleep(0)

    async def live(self, seconds, *, asleep=False):
        """Time passes, in which the alarm stays as it is, and is looked at."""
        clock = self.embedded.clock
        if asleep:
            clock.suspend(seconds - 1)
            seconds = 1
        self.embedded.advance(seconds)
        self.set()
        self.fired_for += seconds
        await self.settle()
        self.check()

    def set(self):
        world = self.embedded.world
        alarm = world.alarms.get(ALARM)
        assert alarm is not None
        for other in world.alarms.alarms.values():
            state = State.ALARM if self.is_firing and other is alarm else State.OK
            world.alarms.set_state(other, state, "as the test wants it")

    def fire(self):
        self.is_firing, self.fired_for = True, 0.0
        self.set()

    def check(self):
        """No value that is older than two intervals, and no other than AWS's, looks fresh for longer than that."""
        now = self.machine.now()
        for system in self.fleet.systems:
            state = system.state
            assert state.alarms is not None
            if self.is_firing and self.fired_for > 2 * INTERVAL:
                assert state.standing(now) is Standing.FIRING, state.alarms.problem
                assert state.alarms.freshness(now) is Freshness.FRESH, state.alarms.problem


async def seen(watched, *, late=False, asleep=0.0):
    """An alarm begins to fire and ends; a busy machine wakes up late, one that slept after a while."""
    watched.fire()
    if asleep:
        await watched.live(asleep, asleep=True)
    while watched.fired_for <= asleep + 3 * INTERVAL:
        await watched.live(INTERVAL - 5 if late else 20.0)
    now = watched.machine.now()
    strip = "".join(text for text, _role in fleet_line(watched.fleet.states_now, "", now, 2000))
    assert strip.count("■") == len(watched.fleet.systems)
    assert "?" not in strip
    watched.is_firing = False
    for _wake in range(8):
        await watched.live(20.0)
    assert all(not system.state.firing for system in watched.fleet.systems)


@asynccontextmanager
async def console(systems, machine, folder):
    """A console on these systems, all of which were read."""
    embedded = next(iter(systems.values()))
    fleet = Fleet([entry_of(id, server.url, folder) for id, server in systems.items()], machine)
    watched = Watched(embedded, fleet, machine)
    watched.set()
    fleet.begin()
    try:
        await until(lambda: all(system.state.overview for system in fleet.systems))
        await watched.settle()
        yield watched
    finally:
        await fleet.close()


@pytest.mark.parametrize(("step", "runs"), [(10 * MINUTE, True), (10 * MINUTE, False), (-DAY, True)])
async def test_an_alarm_is_seen_though_the_clock_is_wrong(embedded, tmp_path, monkeypatch, step, runs):
    machine = machine_of(monkeypatch, embedded, seconds=0.0 if runs else step)
    async with console({"facility": embedded}, machine, tmp_path) as watched:
        if runs:
            machine.step(step)
        await seen(watched)
        (system,) = watched.fleet.systems
        session = system.begun.session
        assert session.signs_by_aws
        assert session.skew_seconds == pytest.approx(-step, abs=1)
        machine.step(-step)
        await seen(watched)
        assert not session.signs_by_aws, "somebody has set the clock"


@pytest.mark.slow
@pytest.mark.parametrize("how", [{}, {"late": True}, {"asleep": 10 * MINUTE}], ids=["idle", "busy", "asleep"])
@pytest.mark.parametrize("count", [1, 3, 20])
async def test_every_step_of_a_running_machine(embedded, tmp_path, monkeypatch, count, how):
    with servers(embedded, count) as systems:
        machine = machine_of(monkeypatch, *systems.values())
        async with console(systems, machine, tmp_path) as watched:
            for step in STEPS:
                machine.step(step)
                await seen(watched, **how)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 3, 20])
async def test_every_step_before_the_start(embedded, tmp_path, monkeypatch, count):
    with servers(embedded, count) as systems:
        for step in STEPS:
            machine = machine_of(monkeypatch, *systems.values(), seconds=step)
            async with console(systems, machine, tmp_path / str(step)) as watched:
                await seen(watched)


# ---- signatures

METRIC = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization"}
QUERY = {"Id": "m", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Average"}}
READS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "json": ("cloudwatch", "DescribeAlarms", {}),
    "charged": ("cloudwatch", "GetMetricData", {"MetricDataQueries": [QUERY], "StartTime": 0, "EndTime": 60}),
    "query": ("rds", "DescribeDBInstances", {}),
    "rest": ("wafv2", "ListWebACLs", {"Scope": "REGIONAL"}),
    "identity": ("sts", "GetCallerIdentity", {}),
}


@pytest.mark.parametrize("seconds", [-600.0, 600.0, 3 * DAY])
@pytest.mark.parametrize("name", READS)
async def test_signatures_are_corrected_once_aws_refused_one(embedded, monkeypatch, seconds, name):
    machine = machine_of(monkeypatch, embedded, seconds=seconds)
    service, operation, params = READS[name]
    session = AwsSession(
        AwsSettings(region=REGION, endpoint_url=embedded.url),
        clock=machine,
        meter=(meter := UsageMeter(machine)),
    )
    try:
        await asyncio.gather(*(session.read(service, operation, **params) for _read in range(3)))
        assert session.signs_by_aws
        count = meter.calls_today
        await session.read(service, operation, **params)
        assert meter.calls_today == count + 1, "the next is not refused"
    finally:
        await session.close()


async def test_a_write_that_was_refused_is_not_sent_again_and_the_next_is_signed_well(embedded, monkeypatch):
    machine = machine_of(monkeypatch, embedded, seconds=600.0)
    session = AwsSession(
        AwsSettings(region=REGION, endpoint_url=embedded.url), clock=machine, meter=UsageMeter(machine)
    )
    try:
        with pytest.raises(ClockSkew) as refused:
            await session.write(WriteGrant(RAISE))
        assert nothing_done(refused.value)
        assert embedded.counts() == {"application-autoscaling.RegisterScalableTarget": 1}
        await session.write(WriteGrant(RAISE))
    finally:
        await session.close()


RAISE = aws_call(
    "application-autoscaling",
    "RegisterScalableTarget",
    REGION,
    {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/facility-prod-cluster/staff-api",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MaxCapacity": 10,
    },
)
NOW = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
EXPIRED = (
    "Signature expired: 20260114T011000Z is now earlier than 20260114T005500Z (20260114T010000Z - 5 min.)"
)


@pytest.mark.parametrize(
    ("url", "code", "message", "dated", "corrects"),
    [
        (
            "https://monitoring.ap-northeast-1.amazonaws.com/",
            "InvalidSignatureException",
            EXPIRED,
            True,
            True,
        ),
        ("https://monitoring.ap-northeast-1.amazonaws.com/", "SignatureDoesNotMatch", EXPIRED, False, True),
        ("https://s3.amazonaws.com/", "RequestTimeTooSkewed", "", True, True),
        ("https://ec2.amazonaws.com/", "RequestExpired", "Request has expired.", True, True),
        ("http://localhost:4566/", "RequestTimeTooSkewed", "", True, True),
        ("http://proxy.example.com/", "RequestTimeTooSkewed", "", True, False),
        ("https://s3.amazonaws.com/", "RequestTimeTooSkewed", "", False, False),
        ("https://s3.amazonaws.com/", "SignatureDoesNotMatch", "the key is wrong", True, False),
        ("https://s3.amazonaws.com/", "AccessDenied", "", True, False),
        ("http://localhost:4566/", "AccessDeniedException", EXPIRED, True, False),
    ],
)
def test_only_a_refusal_of_the_time_from_aws_itself_corrects(url, code, message, dated, corrects):
    clock = ManualClock(NOW + timedelta(minutes=10))
    wire = TrafficObserver(UsageMeter(clock), clock)
    request: Any = SimpleNamespace(url=url, context={})
    wire._created(request)
    headers = {"date": format_datetime(NOW, usegmt=True)} if dated else {}
    wire._received(
        {"headers": headers}, {"Error": {"Code": code, "Message": message}}, context=request.context
    )
    assert wire.signs_by_aws is corrects
    clock.step(HOUR)
    clock.suspend(60)
    assert (wire.signing_time() == NOW + timedelta(seconds=60)) is corrects


def test_an_expiry_that_expired_credentials_have_too_corrects_nothing():
    assert not refuses_time("RequestExpired", "Request has expired.", 20.0)
    assert not refuses_time("RequestExpired", "Request has expired.", None)


def test_credentials_last_by_the_time_that_signs():
    expires = NOW + timedelta(hours=1)
    credentials = RefreshableCredentials("a", "b", "c", expires, refresh_using=dict, method="sso")
    credentials._frozen_credentials = credentials._normalize
    SIGNING_TIME.set(lambda: NOW)
    assert not credentials.refresh_needed()
    SIGNING_TIME.set(lambda: expires)
    assert credentials.refresh_needed()


# ---- inspections


@pytest.mark.parametrize("seconds", [600.0, -600.0, DAY])
async def test_an_inspection_covers_the_time_until_aws_now(embedded, tmp_path, monkeypatch, seconds):
    machine = machine_of(monkeypatch, embedded, seconds=seconds)
    reading = connect(
        load_builtin("facility-prod"),
        AwsSettings(region=REGION, endpoint_url=embedded.url),
        machine,
        journal=JournalPlace("facility", tmp_path / "j.db"),
    )
    now = machine.now()
    counts = []
    try:
        request = InspectionRequest(since=now - timedelta(minutes=15), until=now)
        findings = []
        for _run in range(2):
            findings.append(await reading.inspection_runner.run("error-logs", request))
            counts.append(embedded.counts()["logs.StartQuery"])
    finally:
        await reading.close()
    for finding in findings:
        assert finding.window.end == pytest.approx(embedded.clock.now(), abs=timedelta(seconds=1))
        assert finding.window.start <= finding.window.end - timedelta(minutes=15)
        assert finding.problem is None
    assert counts[1] == 2 * counts[0], "what costs is sent once for each run"
    assert findings[0].cost == findings[1].cost


async def test_what_cost_something_is_neither_repeated_nor_judged_where_its_window_was_wrong(
    embedded, tmp_path, monkeypatch
):
    machine = machine_of(monkeypatch, embedded, seconds=600.0)
    reading = connect(
        load_builtin("facility-prod"),
        AwsSettings(region=REGION, endpoint_url=embedded.url),
        machine,
        journal=JournalPlace("facility", tmp_path / "j.db"),
    )

    async def unreached():
        raise ClockSkew(Problem(kind=ProblemKind.CLOCK, summary="", at=machine.now()))

    monkeypatch.setattr(reading.inspection_runner, "_prove", unreached)
    request = InspectionRequest(since=machine.now() - timedelta(minutes=15), until=machine.now())
    try:
        first = await reading.inspection_runner.run("error-logs", request)
        count = embedded.counts()["logs.StartQuery"]
        second = await reading.inspection_runner.run("error-logs", request)
    finally:
        await reading.close()
    assert (first.verdict, first.problem.kind) == (Verdict.UNKNOWN, ProblemKind.CLOCK)
    assert "NTP" in first.problem.remedy
    assert second.problem is None
    assert embedded.counts()["logs.StartQuery"] == 2 * count
