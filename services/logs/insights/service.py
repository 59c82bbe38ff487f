"""Logs Insights as the console uses it: price first, run, saved queries, history, and the histogram of a
range. `Services.insights` is the one instance of a system. For other parts of the console: `estimate` (bytes
and yen before a query is sent; free), `run` (a charged query), `histogram` (a charged query: bars by
level)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path

from services.aws.client.errors import AwsError
from services.aws.client.meter import UsageMeter
from services.aws.client.prices import usd_of_insights
from services.aws.client.reader import Reader
from services.aws.logs.insights import Insights
from services.aws.logs.queries import InsightsQueries
from services.clock import Clock
from services.logs.insights.histogram import LevelHistogram, histogram_of, level_field, query_text, width_of
from services.logs.insights.history import OwnQuery, QueryHistory
from services.logs.insights.price import PriceEstimator
from services.logs.insights.run import QueryRunner
from services.models.base import RawId
from services.models.insights_queries import (
    LONGEST_TEXT,
    InsightsQuery,
    PastQuery,
    QueryEstimate,
    QueryLanguage,
    QueryProgress,
    SavedQuery,
)
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook

SCANNED = "scanned"  # The meter's name for the price of scanned bytes


class InsightsService:
    """The queries of one system; its methods raise AwsError."""

    def __init__(
        self,
        session: Reader,
        runbook: Runbook,
        clock: Clock,
        meter: UsageMeter,
        history: Path,
        *,
        region: str = "",
    ) -> None:
        self.queries = InsightsQueries(session, region=region)
        self.history = QueryHistory(history)
        self.runner = QueryRunner(self.queries)
        self._insights = Insights(session, region=region)
        self._runbook = runbook
        self._clock = clock
        self._meter = meter
        self._prices = PriceEstimator(session, runbook, clock, self.history.correction, region=region)

    @property
    def ask_above_yen(self) -> float:
        """The price above which a person must agree before a query is sent."""
        return self._runbook.inspecting.ask_above_yen

    def yen(self, size: float) -> float:
        """The price of scanning this number of bytes."""
        return self._prices.yen(size)

    async def estimate(
        self,
        groups: Sequence[str],
        span: TimeSpan,
        text: str = "",
        language: QueryLanguage = QueryLanguage.LOGSQL,
    ) -> QueryEstimate:
        """Bytes and yen of a query of `groups` over `span`, before it is sent; free of charge."""
        await self.history.load()
        return await self._prices.estimate(groups, span, text, language)

    def run(
        self, query: InsightsQuery, estimate: QueryEstimate | None = None
    ) -> AsyncGenerator[QueryProgress, None]:
        return self.runner.run(query, charge=partial(self._charge, query, estimate))

    def _charge(self, query: InsightsQuery, estimate: QueryEstimate | None, progress: QueryProgress) -> None:
        size = progress.bytes
        if not size and not progress.complete and estimate is not None:
            # It was stopped before AWS said how much it had scanned: the most that it may have cost.
            size = estimate.bytes
        self._meter.charge(SCANNED, usd_of_insights(size, self._runbook.inspecting.insights_usd_per_gb))
        plain = 0 if estimate is None else int(estimate.bytes / (estimate.measured or 1.0))
        self.history.add(
            OwnQuery(
                at=self._clock.now(),
                text=query.text[:LONGEST_TEXT],
                language=query.language,
                groups=query.groups,
                span=query.span,
                bytes=progress.bytes,
                yen=self.yen(size),
                rows=max(progress.count, len(progress.rows.rows)),
                estimated=plain,
                skipped=progress.skipped,
                complete=progress.complete,
            )
        )

    async def histogram(self, groups: Sequence[str], span: TimeSpan) -> AsyncGenerator[LevelHistogram, None]:
        """Count the events of a range by bar and level with one charged query; partial until the last one."""
        width = width_of(span)
        names = {level_field(await self._fields(group, span)) for group in groups}
        text = query_text(width, names.pop() if len(names) == 1 else "")
        query = InsightsQuery(text=text, groups=tuple(map(RawId, groups)), span=span)
        estimate = await self.estimate(groups, span)
        async with aclosing(self.run(query, estimate)) as states:
            async for state in states:
                yield histogram_of(state.rows, width, complete=state.complete)

    async def _fields(self, group: str, span: TimeSpan) -> dict[str, int]:
        try:
            return await self._insights.fields_of(group, min(span.end, self._clock.now()))
        except AwsError:
            return {}

    async def fields_of(self, group: str) -> tuple[str, ...]:
        """The names of a group's fields of late, the most frequent first; free of charge."""
        shares = await self._insights.fields_of(group, self._clock.now())
        return tuple(sorted(shares, key=lambda name: (-shares[name], name)))

    async def record(self, pointer: str) -> tuple[tuple[str, str], ...]:
        return await self.queries.record(pointer)

    def own_saved(self) -> tuple[SavedQuery, ...]:
        return tuple(query.saved for query in self._runbook.queries)

    async def account_saved(self) -> tuple[SavedQuery, ...]:
        return await self.queries.definitions()

    async def past(self) -> tuple[PastQuery, ...]:
        """What was run in the account of late, by anybody, with bytes scanned; free of charge."""
        return await self.queries.past()

    async def close(self) -> None:
        await self.runner.close()
        await self.history.written()
