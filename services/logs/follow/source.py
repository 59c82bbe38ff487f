from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from services.aws.client.errors import AwsError
from services.logs.follow.limiter import Lane, LogLimiter
from services.models.logs import LogLine
from services.models.problem import ProblemKind

Page = tuple[tuple[LogLine, ...], str | None]  # Events, and the token of the next page


class LogSource(Protocol):
    async def page(
        self,
        group: str,
        start_ms: int,
        end_ms: int | None = None,
        pattern: str = "",
        token: str | None = None,
    ) -> Page:
        """One page of events and the next token. Raises AwsError."""
        ...


class LimitedSource:
    """A source that waits for the account's limit; one lane's."""

    def __init__(self, source: LogSource, limiter: LogLimiter, lane: Lane) -> None:
        self._source = source
        self._limiter = limiter
        self._lane = lane

    async def page(
        self,
        group: str,
        start_ms: int,
        end_ms: int | None = None,
        pattern: str = "",
        token: str | None = None,
    ) -> Page:
        """One page as soon as a request may be sent. Raises AwsError."""
        return await self.request(partial(self._source.page, group, start_ms, end_ms, pattern, token))

    async def request(self, send: Callable[[], Awaitable[Page]]) -> Page:
        """What `send` reads, as soon as a request may be sent. Raises AwsError."""
        await self._limiter.turn(self._lane)
        page = await self._read(send)
        self._limiter.read(len(page[0]), size_of(page[0]))
        return page

    async def sweep(
        self, group: str, start_ms: int, end_ms: int | None, pattern: str, token: str | None
    ) -> Page:
        """One page of a sweep, for which `sweep_pause` was 0. Raises AwsError."""
        self._limiter.sweep_sent()
        page = await self._read(partial(self._source.page, group, start_ms, end_ms, pattern, token))
        self._limiter.swept(self._lane, len(page[0]), size_of(page[0]))
        return page

    async def _read(self, send: Callable[[], Awaitable[Page]]) -> Page:
        try:
            return await send()
        except AwsError as error:
            if error.problem.kind is ProblemKind.THROTTLED:
                self._limiter.throttled(self._lane)
            raise


def size_of(lines: tuple[LogLine, ...]) -> int:
    return sum([len(line.text) for line in lines])
