"""Reads what is exported: a span of time of a group, whole, within the account's limit of requests."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial

from services.aws.client.errors import AwsError
from services.aws.logs.events import Logs
from services.clock import Clock
from services.logs.export.rendering import ExportedLine, is_cut
from services.logs.follow.limiter import LogLimiter
from services.logs.follow.source import LimitedSource, Page
from services.models.logs import LogLine
from services.models.problem import ProblemKind

WHOLE = 1_100_000  # Characters of a line that are exported: CloudWatch Logs takes events of up to 1 MB
TRIES = 6  # Attempts for one page while AWS throttles or cannot be reached
PAUSE = 1.0  # Seconds before the second attempt; doubled each time
_AGAIN = frozenset({ProblemKind.THROTTLED, ProblemKind.UNREACHABLE, ProblemKind.UNAVAILABLE})


class SpanReader:
    def __init__(self, source: Logs, limiter: LogLimiter, clock: Clock) -> None:
        self._source = source
        self._limiter = limiter
        self._clock = clock

    async def span(
        self, group: str, start_ms: int, end_ms: int, pattern: str = ""
    ) -> AsyncGenerator[Sequence[ExportedLine], None]:
        """Every event of `[start_ms, end_ms]` (epoch ms), in the order of CloudWatch's pages. Raises AwsError."""
        lane = self._limiter.open(f"export {group}")
        limited = LimitedSource(self._source, self._limiter, lane)
        ids: set[str] = set()
        token: str | None = None
        try:
            while True:
                before = token
                send = partial(self._source.page, group, start_ms, end_ms, pattern, token, longest=WHOLE)
                lines, token = await self._tried(partial(limited.request, send))
                fresh = [line for line in lines if line.id not in ids]
                # CloudWatch repeats an event only on neighbouring pages, perhaps with empty ones in between.
                ids = {line.id for line in lines} or ids
                yield [ExportedLine(group, line) for line in sorted(fresh, key=lambda line: line.at)]
                if not token or token == before:
                    return
        finally:
            self._limiter.close(lane)

    async def whole(self, group: str, lines: Sequence[LogLine]) -> list[ExportedLine]:
        """Lines of a pane, those that are held cut read anew; one that cannot be found stays cut. Raises AwsError."""
        return [
            ExportedLine(group, await self._whole(group, line) if is_cut(line.text) else line)
            for line in lines
        ]

    async def _whole(self, group: str, line: LogLine) -> LogLine:
        start = line.text.rpartition("…(+")[0]
        async with aclosing(self.span(group, line.at, line.at)) as batches:
            async for batch in batches:
                for _group, event in batch:
                    if event.stream == line.stream and event.text.startswith(start):
                        return event._replace(late=line.late)
        return line

    async def _tried(self, request: Callable[[], Awaitable[Page]]) -> Page:
        for number in range(TRIES - 1):
            try:
                return await request()
            except AwsError as error:
                if error.problem.kind not in _AGAIN:
                    raise
            await self._clock.sleep(PAUSE * 2.0**number)
        return await request()
