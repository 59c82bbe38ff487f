import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
import pytest

from services.clock import ManualClock
from services.demo import names
from services.demo.account import REGION
from services.demo.cloudwatch.store import metric_key
from services.demo.effects import Connections, LevelFieldEffect, SilenceEffect
from services.demo.scenario import Scenario, Words, load
from services.demo.system.logs import app_lines, startup_lines
from services.demo.system.minute import simulate
from services.demo.world import World, before_closing
from tests.conftest import ORIGIN
from tests.services.demo.client import ask, sums
from tests.services.demo.logs.test_insights_handlers import ended

WORDS = Words(title="", watch="")


def jst(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+09:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "closing"),
    [
        ("2026-01-14T09:00", "2026-01-13T16:45"),
        ("2026-01-14T18:00", "2026-01-13T16:45"),
        ("2026-01-12T09:00", "2026-01-09T16:45"),  # Monday
        ("2026-01-11T03:00", "2026-01-09T16:45"),
    ],
)
def test_the_history_reaches_back_before_the_last_closing(at, closing):
    assert before_closing(jst(at)) == jst(closing)


@pytest.mark.parametrize("at", ["2026-01-14T09:00", "2026-01-19T09:00", "2026-01-18T03:00"])
@pytest.mark.parametrize("name", [names.APP_LOG, names.DATABASE_LOG])
@pytest.mark.slow
def test_a_month_of_logs_lies_before_the_world_without_a_gap(at, name):
    world = World(load("ordinary-day"), ManualClock(jst(at)))
    group = world.logs.groups[REGION, name]
    own = len(group.events)
    events = group.read(int(jst(at).timestamp() * 1000) - 31 * 86_400_000)
    assert events == sorted(events)
    assert len(events) > own
    assert max(after.at - before.at for before, after in pairwise(events)) < 900_000
    assert group.read(0) is events
    assert len({event.id for event in events}) == len(events)


def test_an_unconfigured_simulation_remembers_the_night():
    world = World(load("ordinary-day"), ManualClock(jst("2026-01-14T09:00")))
    events = world.logs.groups[REGION, names.WAF_LOG].events
    assert (
        jst("2026-01-13T16:45").timestamp() * 1000
        <= events[0].at
        < jst("2026-01-13T17:15").timestamp() * 1000
    )
    cpu = metric_key("AWS/ECS", "CPUUtilization", names.ECS_DIMENSIONS)
    oldest = world.metrics.buckets(cpu, 0, 1 << 40)[0].at
    assert oldest == jst("2026-01-13T07:00").timestamp()


def test_configured_bounds_limit_both():
    world = World(load("ordinary-day"), ManualClock(ORIGIN), history=timedelta(minutes=10))
    events = world.logs.groups[REGION, names.DATABASE_LOG].events
    assert events[0].at >= (ORIGIN - timedelta(minutes=10)).timestamp() * 1000


class TestEffects:
    def minute(self, *effects: Any, at: int = 36_000) -> Any:
        return simulate(Scenario(name="x", ja=WORDS, en=WORDS, effects=effects), 0.0, at, 2)

    @pytest.mark.parametrize(
        ("written", "levels"),
        [("absent", {None}), ("numeric", {30, 40, 50}), ("lower-case", {"info", "warn", "error"})],
    )
    def test_the_level_is_written_in_another_way(self, written, levels):
        minute = self.minute(LevelFieldEffect(kind="level-field", at=0, written=written))
        usual = self.minute()
        minute.target_errors = usual.target_errors = 2
        minute.client_errors = usual.client_errors = 2
        records = [orjson.loads(line.message) for line in app_lines(minute, ["s"])]
        plain = [orjson.loads(line.message) for line in app_lines(usual, ["s"])]
        assert {line.get("level") for line in records} == levels
        assert {line["level"] for line in plain} == {"INFO", "WARN", "ERROR"}
        drop = lambda lines: [{k: v for k, v in line.items() if k != "level"} for line in lines]  # noqa: E731
        assert drop(records) == drop(plain)
        begun = [orjson.loads(line.message) for line in startup_lines(0.0, "s", written)]
        assert {line.get("level") for line in begun} <= levels

    def test_connections_and_nothing_else(self):
        usual, more = self.minute(), self.minute(Connections(kind="connections", at=0, more=60))
        assert more.connections == usual.connections + 60
        assert (more.requests, more.cpu, more.blocked) == (usual.requests, usual.cpu, usual.blocked)

    def test_silence(self):
        silent = SilenceEffect(kind="silence", at=-300, namespace="AWS/RDS", metric="CPUUtilization")
        story = Scenario(name="x", ja=WORDS, en=WORDS, effects=(silent,))
        world = World(story, ManualClock(ORIGIN), history=timedelta(minutes=10))
        cpu, memory = (
            metric_key("AWS/RDS", metric, names.RDS_DIMENSIONS)
            for metric in ("CPUUtilization", "FreeableMemory")
        )
        assert len(world.metrics.buckets(cpu, 0, 1 << 40)) == 5
        assert len(world.metrics.buckets(memory, 0, 1 << 40)) == 10


@pytest.mark.scenario("attack", history=5700)
async def test_an_attack_is_the_same_in_the_log_and_in_the_metric(embedded):
    embedded.advance(180)
    end = int(embedded.clock.now().timestamp()) - 120
    asked = {"startTime": end - 3600, "endTime": end - 1, "logGroupName": names.WAF_LOG}
    response = await ended(
        embedded, "stats count(*) as n by httpRequest.clientIp as address | sort n desc", **asked
    )
    rows = [{pair["field"]: pair["value"] for pair in row} for row in response["results"]]
    assert rows[0] == {"address": "198.51.100.77", "n": "1200"}
    assert all(int(row["n"]) < 60 for row in rows[1:])
    hour = (end - 3600, end, 3600)
    blocked = await sums(embedded.url, "AWS/WAFV2", "BlockedRequests", names.WAF_DIMENSIONS, *hour)
    assert blocked == [response["statistics"]["recordsMatched"]]


@pytest.mark.scenario("slow-queries", history=3600)
async def test_slow_queries_are_found_by_the_runbooks_query(embedded):
    query = r"""fields @timestamp, @message
        | filter @message like /duration/
        | parse @message /duration: (?<duration>\d+\.\d+) ms/
        | filter duration > 1000 | sort duration desc | limit 20"""
    response = await ended(embedded, query, logGroupName=names.DATABASE_LOG)
    assert len(response["results"]) == 20
    assert response["statistics"]["recordsMatched"] > 600
    taken = [float(row[2]["value"]) for row in response["results"]]
    assert taken == sorted(taken, reverse=True)
    assert re.search(r"duration: \d+\.\d+ ms", response["results"][0][1]["value"])


@pytest.mark.scenario("no-level", history=1200)
async def test_a_missing_level_differs_from_no_errors(embedded):
    response = await ended(embedded, 'filter level = "ERROR"', back=900)
    assert response["results"] == []
    assert response["statistics"]["recordsScanned"] > 100
    fields = await ask(embedded.url, "logs", "GetLogGroupFields", logGroupName=names.APP_LOG)
    percents = {row["name"]: row["percent"] for row in fields["logGroupFields"]}
    assert "level" not in percents
    assert percents["statusCode"] == percents["message"] == 100
