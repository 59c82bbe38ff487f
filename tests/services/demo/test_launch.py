"""The embedded AWS as a process: it starts quickly, shares its clock, is quiet, and ends with its parent."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest

from services.demo.incidents.drawing import draw
from services.demo.launch import DemoError, ready, spawn, stop_child
from tests.demo_process import start
from tests.services.demo.client import ask


async def ended(pid: int) -> bool:
    """Wait until no such process is left, ten seconds at most."""
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.mark.slow
async def test_it_starts_shares_its_clock_and_stops():
    origin = datetime(2026, 1, 14, 1, 0, tzinfo=UTC)
    demo = await start("alb-5xx", 60.0, origin=origin, ahead=240.0)
    try:
        assert demo.settings("r") == {"region": "r", "endpoint_url": demo.url}
        assert timedelta(0) <= demo.clock.now() - origin < timedelta(minutes=20)
        alarms = await ask(demo.url, "cloudwatch", "DescribeAlarms", StateValue="ALARM")
        assert "alb-5xx-error-rate" in {alarm["AlarmName"] for alarm in alarms["MetricAlarms"]}
        assert os.environ["AWS_CONFIG_FILE"] == os.devnull
    finally:
        await demo.stop()
    assert demo.child.returncode == 0


@pytest.mark.slow
async def test_a_seed_draws_the_cause_and_only_the_control_path_tells_it():
    child = spawn("alb-5xx", seed=3)
    demo = await ready(child)
    try:
        truth = await asyncio.to_thread(lambda: json.load(urlopen(f"{demo.url}/_toban/truth")))
    finally:
        await demo.stop()
    assert truth["causes"] == list(draw("alb-5xx", 3).causes)
    with pytest.raises(DemoError, match="has no causes to draw"):
        await ready(spawn("ordinary-day", seed=3))


@pytest.mark.slow
async def test_one_beside_another_shares_its_clock_and_has_names_of_its_own():
    first = await start(speed=60.0, origin=datetime(2026, 1, 14, 1, 0, tzinfo=UTC))
    second = await ready(
        spawn("no-data", 60.0, system="library 210987654321 図書館 予約", beside=first.clock)
    )
    try:
        clocks = [(demo.clock.origin, demo.clock.since, demo.clock.speed) for demo in (first, second)]
        assert clocks[0] == clocks[1]
        alarms = await ask(second.url, "cloudwatch", "DescribeAlarms")
        names = {alarm["AlarmArn"].split(":")[4] for alarm in alarms["MetricAlarms"]}
        assert names == {"210987654321"}
        texts = json.dumps(alarms, default=str)
        assert "library-prod-cluster" in texts
        databases = await ask(second.url, "rds", "DescribeDBInstances")
        assert databases["DBInstances"][0]["DBInstanceIdentifier"] == "library-prod-db"
        texts += json.dumps([databases, await ask(second.url, "ecs", "ListClusters")], default=str)
        dashboard = await ask(second.url, "cloudwatch", "GetDashboard", DashboardName="library-prod-main")
        assert (
            "# 図書館 予約" in json.loads(dashboard["DashboardBody"])["widgets"][0]["properties"]["markdown"]
        )
        texts += json.dumps(dashboard, default=str, ensure_ascii=False)
        assert "facility" not in texts
        assert "役所設備" not in texts
        assert "123456789012" not in texts
    finally:
        await second.stop()
        await first.stop()


async def test_an_unknown_scenario_is_reported():
    with pytest.raises(DemoError, match="no scenario 'nonsense'"):
        await start("nonsense")


@pytest.mark.slow
async def test_once_ready_it_has_written_one_line():
    child = spawn()
    demo = await ready(child)
    await ask(demo.url, "cloudwatch", "DescribeAlarms")
    assert child.stdin is not None
    child.stdin.close()
    assert child.stdout is not None
    assert child.stderr is not None
    assert await asyncio.to_thread(child.stdout.read) == b""
    assert await asyncio.to_thread(child.stderr.read) == b""
    stop_child(child)


async def test_it_ends_with_its_parent():
    script = (
        "import asyncio, os\n"
        "from tests.demo_process import start\n"
        "demo = asyncio.run(start())\n"
        "print(demo.child.pid, flush=True)\n"
        "os._exit(1)\n"
    )
    parent = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert await ended(int(parent.stdout))


def test_launching_loads_neither_moto_nor_botocore():
    script = "import sys, services.demo.launch as l; l.scenarios(); print([m for m in sys.modules if m.split('.')[0] in ('moto', 'botocore', 'pydantic')])"
    done: Any = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
