"""An account with log groups in memory, in virtual time: pages of a fixed number of lines, and a strict limit."""

import asyncio
from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from services.aws.client.errors import AwsError
from services.clock import ManualClock
from services.logs.follow.follower import LogFollower, TailBatch
from services.logs.follow.limiter import LogLimiter
from services.models.logs import LogLine
from services.models.problem import ProblemKind
from tests.services.aws.canned import failure

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
MINUTE = 60_000


class Account:
    """Log groups; `write` makes events visible at once. Refuses more than `limit` requests in any second."""

    def __init__(self, page: int = 3_200, limit: int = 5) -> None:
        self.clock = ManualClock(NOW)
        self.page_size = page
        self.limit = limit
        self.groups: dict[str, list[tuple[int, str, int]]] = {}  # (time, id, ingestion time) in order
        self.reads: Counter[str] = Counter()  # Lines returned, by group
        self.requests: deque[float] = deque()  # When requests were served, by the clock
        self.refused = 0
        self.errors: list[AwsError] = []

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def write(self, group: str, events: Iterable[tuple[int, str]]) -> None:
        rows = [(at, identity, self.now) for at, identity in events]
        lines = self.groups.setdefault(group, [])
        if len(rows) > 50:
            lines += rows
            lines.sort()
        else:
            for row in rows:
                insort(lines, row)

    async def page(
        self,
        group: str,
        start_ms: int,
        end_ms: int | None = None,
        pattern: str = "",
        token: str | None = None,
    ) -> tuple[tuple[LogLine, ...], str | None]:
        if self.errors:
            raise self.errors.pop(0)
        now = self.clock.elapsed()
        recent = [at for at in self.requests if at > now - 1.0]
        if len(recent) >= self.limit:
            self.refused += 1
            raise failure(ProblemKind.THROTTLED)
        self.requests.append(now)
        lines = self.groups.setdefault(group, [])
        first = bisect_left(lines, (start_ms,))
        if token:
            at, identity = token.split("|", 1)
            first = max(first, bisect_left(lines, (int(at), identity + "\0")))
        last = len(lines) if end_ms is None else bisect_left(lines, (end_ms + 1,))
        rows = lines[first : min(last, first + self.page_size)]
        self.reads[group] += len(rows)
        more = f"{rows[-1][0]}|{rows[-1][1]}" if rows and first + self.page_size < last else None
        return tuple(LogLine(identity, at, ingested, "s", _TEXT) for at, identity, ingested in rows), more


_TEXT = "x" * 300


class Followed:
    def __init__(self, account: Account, limiter: LogLimiter, group: str, **more: object) -> None:
        self.group = group
        self.follow = LogFollower(account, group, clock=account.clock, limiter=limiter, **more)  # type: ignore[arg-type]  # options of the test
        self.ids: Counter[str] = Counter()
        self.late: set[str] = set()
        self.last: TailBatch | None = None
        self.problems = 0
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with aclosing(self.follow.batches()) as batches:
            async for batch in batches:
                self.ids.update([line.id for line in batch.lines])
                self.late.update([line.id for line in batch.lines if line.late])
                self.problems += batch.problem is not None
                self.last = batch

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def settle() -> None:
    """Until every task waits for the clock: nothing is ready to run. All is in memory, so nothing comes from outside."""
    ready: Sequence[object] = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # no public way to see it
    await asyncio.sleep(0)
    while ready:  # noqa: ASYNC110  nothing tells when nothing is ready
        await asyncio.sleep(0)


async def pass_time(account: Account, seconds: float, step: float = 0.25) -> None:
    for _step in range(round(seconds / step)):
        account.clock.advance(step)
        await settle()
