"""One console in a process of its own that stops itself (SIGSTOP) at a chosen moment of a change. `python -m
tests.faults.stopped_child <url> <journal> <clock> <origin> <since> <case> <moment> <host> <skew>`: plans the
change, applies it, and prints the states of its steps once somebody has continued the process. It acts on the
machine `host`, whose wall clock is wrong by `skew` seconds; "" is this machine."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.changes import ages
from services.clock import SpedClock
from tests.faults.change_cases import CASES, Case, Console, services_of
from tests.faults.change_stops import Stop, stopped


class SharedClock(SpedClock):
    def __init__(self, ahead: Path, origin: datetime, since: float, skew: float = 0.0) -> None:
        super().__init__(origin, since, 1.0)
        self.ahead = ahead
        self.skew = skew

    def seconds_ahead(self) -> float:
        return float(self.ahead.read_text())

    def wall(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds_ahead())

    def now(self) -> datetime:
        return datetime.fromtimestamp(
            super().now().timestamp() + self.seconds_ahead() + self.skew, self.origin.tzinfo
        )

    def elapsed(self) -> float:
        return super().elapsed() + self.seconds_ahead()

    def awake(self) -> float:
        return super().awake() + self.seconds_ahead()


class Aws:
    def __init__(self, url: str, clock: SharedClock) -> None:
        self.url, self.clock = url, clock

    def settings(self) -> dict[str, str]:
        return {"region": "ap-northeast-1", "endpoint_url": self.url}


@asynccontextmanager
async def console(aws: Any, journal: Path) -> AsyncIterator[Console]:
    services = services_of(aws, journal)
    await services.journal.open()
    try:
        yield Console(services, aws)
    finally:
        await services.close()


async def change(aws: Any, journal: Path, case: Case, moment: str) -> str:
    async with console(aws, journal) as one:
        for parameters in case.earlier:
            await one.confirm(await one.engine.plan(case.kind, case.target, parameters))
        plan = await one.plan_of(case)
        assert not plan.refusals, plan.refusals
        await one.ready(plan)
        with stopped(Stop(moment, 0, stop_here), one, pytest.MonkeyPatch()):
            run = await one.engine.apply(plan, plan.confirm)
        return f"{plan.id} " + "+".join(step.state for step in run.steps)


async def stop_here() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def main() -> None:
    url, journal, ahead, origin, since, id, moment, host, skew = sys.argv[1:]
    case = next(each for each in CASES if each.id == id)
    aws = Aws(url, SharedClock(Path(ahead), datetime.fromisoformat(origin), float(since), float(skew)))
    if host:
        ages.machine = lambda: host
    print(asyncio.run(change(aws, Path(journal), case, moment)), flush=True)


if __name__ == "__main__":
    main()
