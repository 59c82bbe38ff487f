import asyncio
from collections import Counter
from contextlib import aclosing, suppress

import pytest

from services.aws.client.meter import UsageMeter
from services.aws.client.session import AwsSession
from services.aws.client.settings import AwsSettings
from services.aws.logs.events import Logs
from services.demo.launch import ready, spawn
from services.logs.follow.follower import LogFollower
from services.logs.follow.limiter import LogLimiter
from tests.tui.seeding import client, make_group, put_lines

SPEED = 10
ALLOWED = 2  # Requests a second of the account; each console believes that it may send five
GROUPS = tuple(f"/shared/{number}" for number in range(6))
TURNS, LINES = 12, 50
LIMIT = 180.0


class Console:
    def __init__(self, aws):
        self.limiter = LogLimiter(aws.clock)
        self.names: Counter[str] = Counter()
        self._session = AwsSession(
            AwsSettings(**aws.settings("ap-northeast-1")), clock=aws.clock, meter=UsageMeter(aws.clock)
        )
        start = int(aws.clock.now().timestamp() * 1000) - 60_000
        logs = Logs(self._session)
        self._tasks = [
            asyncio.create_task(
                self._follow(LogFollower(logs, group, clock=aws.clock, limiter=self.limiter, start_ms=start))
            )
            for group in GROUPS
        ]

    async def _follow(self, follower):
        async with aclosing(follower.batches()) as batches:
            async for batch in batches:
                self.names.update(line.text for line in batch.lines)

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()


@pytest.mark.slow
async def test_two_consoles_share_what_the_account_may_send(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    aws = await ready(spawn("empty", SPEED, quotas={"logs.FilterLogEvents": ALLOWED * SPEED}))
    consoles: list[Console] = []
    written: Counter[str] = Counter()
    try:
        async with client("logs", aws.url) as logs:
            for group in GROUPS:
                await make_group(logs, group, "a")
            consoles += [Console(aws), Console(aws)]
            for turn in range(TURNS):
                for group in GROUPS:
                    now = int(aws.clock.now().timestamp() * 1000)
                    names = [f"{group} {turn} {number}" for number in range(LINES)]
                    await put_lines(logs, group, "a", [(now, name) for name in names])
                    written.update(names)
                await asyncio.sleep(1.0)  # ten seconds of the world: two rounds
            with suppress(TimeoutError):
                async with asyncio.timeout(LIMIT):
                    while any(len(console.names) < len(written) for console in consoles):  # noqa: ASYNC110  the tails have no event to wait on
                        await asyncio.sleep(0.2)
        for console in consoles:
            assert console.names == written
        served = [console.limiter.served for console in consoles]
        assert min(served) > 0.5 * max(served), served
        print(f"{served} requests of the consoles")
    finally:
        for console in consoles:
            await console.close()
        await aws.stop()
