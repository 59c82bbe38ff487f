"""Runs one query of Logs Insights to its end, with its partial rows on the way. Queries are charged by bytes
scanned, so one that nobody waits for is stopped: when the reader leaves, cancels or fails, when it runs too
long, and when the console ends (`QueryRunner.close`)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace

from services.aws.client.errors import AwsError, Throttled
from services.aws.logs.insights import PAUSES, pauses
from services.aws.logs.queries import PEEK, InsightsQueries, one_table
from services.background.detached import detached
from services.logs.insights.texts import sent_text
from services.models.insights import QueryState
from services.models.insights_queries import InsightsQuery, QueryProgress
from services.models.problem import ProblemKind

HOUSE_FULL = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0)
"""Seconds between attempts while the account is at its limit of concurrent queries; then the error is raised."""
LONGEST = 900.0  # Seconds that a query may run; AWS itself allows an hour
ENDING = 6.0  # Seconds that the end of the console waits until its queries are stopped

_ANSWER_LOST = frozenset({ProblemKind.UNREACHABLE, ProblemKind.INCOMPLETE, ProblemKind.UNAVAILABLE})
"""After these errors it is unknown whether AWS accepted the request."""

Sleep = Callable[[float], Awaitable[None]]
Charge = Callable[[QueryProgress], None]  # Told once of each query, with the last that is known of it


class QueryRunner:
    def __init__(self, queries: InsightsQueries, *, sleep: Sleep = asyncio.sleep) -> None:
        self._queries = queries
        self._sleep = sleep
        self.running: set[str] = set()  # The ids of queries that may still run
        self._stopping: set[asyncio.Task[None]] = set()

    async def run(
        self, query: InsightsQuery, *, longest: float = LONGEST, charge: Charge | None = None
    ) -> AsyncGenerator[QueryProgress, None]:
        """Start `query` and yield its state at every poll; the last one is final, with all rows if it
        completed. Rows are partial until then and must not be judged. Close the generator to stop the query.
        `charge` is called once, at the end, however it comes. Raises AwsError (Invalid with `compile_error`:
        a malformed query)."""
        last = QueryProgress(state=QueryState.SCHEDULED)
        id = ""
        try:
            yield last
            id = await self._started(query)
            async for last in self._states(id, longest):
                if not last.complete:
                    yield last
            final = last
            async for last in self._pages(id, final):
                yield last
        except AwsError as error:
            if not id and charge is not None and error.problem.kind in _ANSWER_LOST:
                # The query may be running, and its scanned bytes will remain unknown.
                charge(last)
            raise
        finally:
            # A query in state "Unknown" may still be running.
            if id and (last.going or last.given_up or last.state is QueryState.UNKNOWN):
                await self._stop_now(id)
            self.running.discard(id)
            if id and charge is not None:
                charge(last)

    async def _started(self, query: InsightsQuery) -> str:
        """The id of the started query; it is stopped if the caller is cancelled before AWS has answered."""
        text = sent_text(query.text, query.language)
        for pause in HOUSE_FULL:
            # LimitExceededException: too many concurrent queries; the SDK's retries give up after seconds.
            try:
                return await self._try(query, text)
            except Throttled:
                await self._sleep(pause)
        return await self._try(query, text)

    async def _try(self, query: InsightsQuery, text: str) -> str:
        request = detached(self._queries.start(query, text))
        try:
            id = await asyncio.shield(request)
        except asyncio.CancelledError:
            self._keep(self._stop_unwanted(request))
            raise
        self.running.add(id)
        return id

    async def _stop_unwanted(self, request: "asyncio.Task[str]") -> None:
        with suppress(AwsError):
            await self._stop(await request)

    async def _states(self, id: str, longest: float) -> AsyncGenerator[QueryProgress, None]:
        """The state at every poll, until one is final or `longest` seconds have passed."""
        waited = 0.0
        for pause in pauses():
            await self._sleep(pause)
            waited += pause
            try:
                state, token = await self._queries.page(id, most=PEEK)
            except Throttled:
                if waited >= longest:
                    raise
                continue
            if token:
                # Whatever the statistics say, there are more rows than these.
                state = replace(state, count=max(state.count, len(state.rows.rows) + 1))
            given_up = state.going and waited >= longest
            yield replace(state, seconds=waited, given_up=given_up)
            if not state.going or given_up:
                return

    async def _pages(self, id: str, final: QueryProgress) -> AsyncGenerator[QueryProgress, None]:
        if not final.complete:
            return
        if len(final.rows.rows) >= final.count:
            yield final
            return
        pages, token = [], ""
        while True:
            page, following = await self._page(id, token)
            pages.append(page.rows)
            table = await asyncio.to_thread(one_table, list(pages))
            count = len(table.rows) if not following else max(final.count, len(table.rows) + 1)
            yield replace(final, rows=table, count=count)
            # A token that repeats would return the same page for ever; the result stays partial.
            if not following or following == token:
                return
            token = following

    async def _page(self, id: str, token: str) -> tuple[QueryProgress, str]:
        for pause in PAUSES:
            try:
                return await self._queries.page(id, token)
            except Throttled:
                await self._sleep(pause)
        return await self._queries.page(id, token)

    async def _stop_now(self, id: str) -> None:
        """Stop a query and wait for it; a second cancellation does not prevent it."""
        await asyncio.shield(self._keep(self._stop(id)))

    async def _stop(self, id: str) -> None:
        # Best effort: AWS returns an error if the query has ended meanwhile.
        with suppress(AwsError):
            await self._queries.stop(id)
        self.running.discard(id)

    def _keep(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = detached(work)
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
        return task

    async def close(self) -> None:
        """Stop every query that still runs, within ENDING seconds."""
        for id in list(self.running):
            self._keep(self._stop(id))
        if self._stopping:
            await asyncio.wait(self._stopping, timeout=ENDING)
