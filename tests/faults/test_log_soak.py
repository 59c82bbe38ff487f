"""Every event exactly once, counted against the list of the process that wrote them: under load, late, and with faults.

`make logs` runs it in full: four groups at 1,000 events a second each for two minutes, a burst of 50,000 in each, events
late by up to two hours, throttling and expired credentials in the middle, five requests a second of the account.
"""

import asyncio
import json
import os
import resource
import sys
import urllib.request
from asyncio.subprocess import PIPE
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.logs.events import Logs
from services.demo.launch import DemoProcess, ready, spawn
from services.logs.follow.follower import LogFollower, TailBatch
from services.logs.follow.limiter import LogLimiter

ROOT = Path(__file__).parents[2]
GROUPS = tuple(f"/soak/{name}" for name in "abcd")
FULL = os.environ.get("LOGS") == "full"
RATE, SECONDS, BURST, SPEED = (1_000, 120, 50_000, 1) if FULL else (100, 12, 3_000, 30)
LONGEST = 900.0 if FULL else 240.0
"""Seconds after which everything must have come, on any machine."""
LATEST_MARKED = 60
"""Seconds of lateness from which an event must be marked."""


class Received:
    """What one tail delivered."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.names: Counter[str] = Counter()
        self.late: set[str] = set()
        self.problems: Counter[str] = Counter()
        self.lags: list[float] = []
        self.last: TailBatch | None = None

    async def follow(self, follower: LogFollower) -> None:
        async with aclosing(follower.batches()) as batches:
            async for batch in batches:
                for line in batch.lines:
                    name = line.text.split(" ", 1)[0]
                    self.names[name] += 1
                    if line.late:
                        self.late.add(name)
                if batch.problem is not None:
                    self.problems[batch.problem.kind] += 1
                elif batch.stats.lag is not None:
                    self.lags.append(batch.stats.lag)
                self.last = batch


def ask(aws: DemoProcess, method: str, path: str, **body: object) -> dict[str, float]:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{aws.url}/_toban/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return dict(json.load(answer))


async def cause_trouble(aws: DemoProcess) -> None:
    """Throttle some requests, then let the credentials expire for some."""
    for preset, times in (("throttled", 6), ("expired", 2), ("throttled", 3)):
        await asyncio.sleep(SECONDS / 4)
        rule = {"service": "logs", "operation": "FilterLogEvents", "preset": preset, "times": times}
        await asyncio.to_thread(ask, aws, "POST", "faults", **rule)


def written(path: Path) -> dict[str, dict[str, int]]:
    """Lateness by event, by group."""
    lists: dict[str, dict[str, int]] = {group: {} for group in GROUPS}
    for row in path.read_text().splitlines():
        group, name, late = row.split("\t")
        lists[group][name] = int(late)
    return lists


@pytest.mark.slow
async def test_every_event_exactly_once_under_load_and_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    aws = await ready(spawn("empty", SPEED, quotas={"logs.FilterLogEvents": 5 * SPEED}))
    session = AwsSession(
        AwsSettings(**aws.settings("ap-northeast-1")), clock=aws.clock, meter=UsageMeter(aws.clock)
    )
    names = tmp_path / "written"
    command = [
        sys.executable,
        "-m",
        "tests.faults.log_writer",
        aws.url,
        str(names),
        "1",
        str(RATE),
        str(SECONDS),
        str(BURST),
        f"{aws.clock.origin.timestamp()} {aws.clock.since} {aws.clock.speed}",
    ]
    writer = await asyncio.create_subprocess_exec(*command, *GROUPS, cwd=ROOT, stdout=PIPE)
    tasks: list[asyncio.Task[None]] = []
    try:
        assert writer.stdout is not None
        assert await writer.stdout.readline() == b"ready\n"
        limiter = LogLimiter(aws.clock, requests=5)
        tails = [Received(group) for group in GROUPS]
        for tail in tails:
            follower = LogFollower(
                Logs(session),
                tail.group,
                clock=aws.clock,
                limiter=limiter,
                start_ms=int(aws.clock.now().timestamp() * 1000) - 60_000,
            )
            tasks.append(asyncio.create_task(tail.follow(follower)))
        trouble = asyncio.create_task(cause_trouble(aws))
        tasks.append(trouble)
        count = int(await writer.stdout.readline())
        await trouble
        async with asyncio.timeout(LONGEST):
            while sum(len(tail.names) for tail in tails) < count:  # noqa: ASYNC110  the tails have no event to wait on
                await asyncio.sleep(0.5)
        # The rounds and sweeps of another half minute bring nothing twice.
        polls = [tail.last.stats.polls for tail in tails if tail.last]
        while any(  # noqa: ASYNC110
            tail.last and tail.last.stats.polls < before + 5
            for tail, before in zip(tails, polls, strict=True)
        ):
            await asyncio.sleep(0.5)
        lists = written(names)
        for tail in tails:
            assert tail.names == Counter(lists[tail.group].keys())
            marked = {name for name, late in lists[tail.group].items() if late >= LATEST_MARKED}
            assert marked <= tail.late
            assert tail.last is not None
            assert tail.last.problem is None
        kinds = Counter[str]()
        for tail in tails:
            kinds += tail.problems
        assert kinds["expired"], "the credentials expired in the middle"
        requests = (await asyncio.to_thread(ask, aws, "GET", "counts"))["logs.FilterLogEvents"]
        print(
            f"{count:,} events; {requests:,.0f} requests; problems {dict(kinds)};"
            f" {sum(len(tail.late) for tail in tails):,} late; "
            f"lag at the end {[tail.lags[-1:] for tail in tails]}, greatest {max(max(tail.lags) for tail in tails):.1f} s;"
            f" most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
        )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if writer.returncode is None:
            writer.kill()
        await writer.wait()
        await session.close()
        await aws.stop()
