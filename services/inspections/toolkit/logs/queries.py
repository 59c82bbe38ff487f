"""The Logs Insights queries of one run: their window, cost, and consent."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from services.aws.client.errors import AwsError, Throttled
from services.aws.client.prices import usd_of_insights, yen_per_dollar
from services.aws.client.reader import when
from services.aws.logs.insights import ROWS, Insights
from services.aws.logs.query_text import field, joined
from services.i18n import N_, _
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.logs.hourly_counts import BIN, COUNT, count_of
from services.inspections.toolkit.silence import LAGS, SourceKind
from services.inspections.toolkit.toolkit_wording import hours_words, size_words, yen_words
from services.models.findings import Progress
from services.models.insights import GroupSize, QueryResult, QueryState
from services.models.metrics import TimeSpan
from services.models.problem import ProblemKind
from services.models.verdict import Verdict

# Answers on log events that were read shortly before a scheduled run, so that the run does not wait for them.
#
# AWS allows five FilterLogEvents requests a second, and a weekend's window takes twenty-five; where nights are quiet, up
# to 600 more compare them with earlier ones (`usual_silence`). Nearly all of these times are past before the duty is due,
# so that all but the newest can be asked beforehand.


VALID = 240.0
"""Seconds for which an answer is used: longer than reading ahead takes (`services.models.duties.PREPARED`)."""
SETTLED = timedelta(minutes=15)
"""Age that a time without events has when it is read, to be taken to stay so; events may arrive late."""

_Key = tuple[str, str, TimeSpan]  # Region, log group, span


class _Answer(NamedTuple):
    has_events: bool
    read_at: float


class ReadAhead:
    def __init__(self) -> None:
        self._answers: dict[_Key, _Answer] = {}

    def put(self, key: _Key, has_events: bool, elapsed: float) -> None:
        """Remember an answer read at `elapsed` (seconds of the clock)."""
        self._answers = {
            other: answer for other, answer in self._answers.items() if elapsed - answer.read_at <= VALID
        }
        self._answers[key] = _Answer(has_events, elapsed)

    def take(self, key: _Key, now: datetime, elapsed: float) -> bool | None:
        answer = self._answers.pop(key, None)
        if answer is None or elapsed - answer.read_at > VALID:
            return None
        read_at = now - timedelta(seconds=elapsed - answer.read_at)
        return answer.has_events if answer.has_events or key[2].end <= read_at - SETTLED else None


LAG = LAGS[SourceKind.LOG]
"""Log events of the last minute may be missing; the next run reads them, because it starts earlier by this much."""
LATE = timedelta(minutes=15)
"""A log group whose first event is at most this much later than the window's start covers the window."""
HOUR = timedelta(hours=1)
CROWDED = (0.5, 1.0, 2.0)
"""Seconds between attempts if AWS throttles requests for log events; some regions allow 5 requests a second."""

_STATES = {
    QueryState.FAILED: N_("The Logs Insights query failed."),
    QueryState.CANCELLED: N_("The query was cancelled."),
    QueryState.TIMEOUT: N_("The Logs Insights query timed out."),
    QueryState.UNKNOWN: N_("Logs Insights reports the state of the query as unknown."),
}
_STOPPED = N_("The query did not finish in time and was stopped.")

_ANSWER_LOST = frozenset({ProblemKind.UNREACHABLE, ProblemKind.INCOMPLETE, ProblemKind.UNAVAILABLE})
"""After these errors it is unknown whether AWS accepted the request."""


class Queries:
    def __init__(self, builder: FindingBuilder, group: str, *, region: str = "", ahead: bool = False) -> None:
        """`ahead`: for a run to come, which uses the answers on events."""
        self.builder = builder  # Receives the remarks about costs and about what could not be read
        self._context = builder.context
        self._request = builder.request
        self.insights = Insights(self._context.reader, region=region)
        self.span = TimeSpan(start=self._request.since - LAG, end=self._request.until - LAG)
        self.group = group
        self._region = region
        self._is_ahead = ahead
        self._read_ahead: ReadAhead = self._context.memory.setdefault(
            f"{builder.inspection.id} events", ReadAhead()
        )
        self.bytes = 0  # Bytes scanned so far by all queries
        self._expected = 0  # Estimated bytes scanned by a query over the window; 0 if not estimated
        self.calendar = self._context.calendar
        self.zone = self.calendar.zone
        self.kept_since: datetime | None = None
        """The log group has no events from before this time; None: unknown."""
        self.created_later: datetime | None = None
        """When the log group was created according to AWS, although it has older events; None: it has none."""

    @property
    def start(self) -> datetime:
        since = self.kept_since or self.span.start
        return min(max(since, self.span.start), self.span.end)

    @property
    def settled_end(self) -> datetime:
        """The end of the window as a whole minute: in whole minutes a run asks what was read ahead for it."""
        return max(self.span.start, self.span.end.replace(second=0, microsecond=0))

    @property
    def begins_late(self) -> bool:
        return self.start - self.span.start > LATE

    @property
    def hours(self) -> float:
        """Hours for rates with an upper limit; at least one, so that a few minutes are not extrapolated."""
        return max(1.0, self.covered)

    @property
    def covered(self) -> float:
        return max(1 / 60, (self.span.end - self.start) / HOUR)

    @property
    def span_words(self) -> str:
        return (
            _("the {hours} that have logs", hours=hours_words(self.covered))
            if self.begins_late
            else hours_words(self._request.hours)
        )

    def mean_verdict(self, mean: Verdict, worst_hour: Verdict) -> Verdict:
        """If it is unknown how far back the log group reaches, the mean over the whole window may be too low.
        Then only the worst hour, which the mean never exceeds, can show that it is normal."""
        if mean is Verdict.NORMAL and self.kept_since is None and worst_hour is not Verdict.NORMAL:
            return Verdict.UNKNOWN
        return mean

    def yen(self, size: float) -> float:
        """The price of scanning this number of bytes."""
        costs = self._context.runbook.costs
        usd = usd_of_insights(int(size), self._context.runbook.inspecting.insights_usd_per_gb)
        return usd * yen_per_dollar(costs)

    def affordable(self, yen: float) -> bool:
        return self._request.consent or yen <= self._context.runbook.inspecting.ask_above_yen

    def again(self, times: int = 1) -> bool:
        """Whether the bytes scanned so far may be scanned `times` more."""
        return self.affordable(self.yen(self.bytes * (times + 1)))

    async def estimate(self) -> float | None:
        """Estimated cost in yen of one query over the window; None if unknown, which adds a remark."""
        size = await self.size(self.span)
        if size is None:
            return None
        self._expected = int(size.bytes)
        self.kept_since = size.since
        self.builder.remark(
            _(
                "Estimate: {size}, {yen} (from the stored size, which is compressed; the query may scan more)."
            ).format(size=size_words(size.bytes), yen=yen_words(self.yen(size.bytes)))
        )
        return self.yen(size.bytes)

    async def size(self, span: TimeSpan) -> GroupSize | None:
        """Estimated bytes scanned by a query over `span`; None if unknown, which adds a remark."""
        try:
            size = await self.insights.size_of(self.group, span, self._context.clock.now())
        except AwsError as error:
            why = error.problem.summary
        else:
            if size:
                return size
            why = _("AWS does not list the log group.")
        self.builder.remark(_("The price could not be estimated. {why}", why=why))
        return None

    def consent_summary(self, yen: float) -> str:
        return _("Not read yet: it would cost about {yen}; above {limit} consent is required first.").format(
            yen=yen_words(yen), limit=yen_words(self._context.runbook.inspecting.ask_above_yen)
        )

    async def run(self, query: str, *, limit: int = ROWS, span: TimeSpan | None = None) -> QueryResult:
        """Run a query over the window; scanned bytes are charged, even if the run is cancelled. Raises AwsError."""
        newest = QueryResult(state=QueryState.SCHEDULED)
        self._tell(newest)

        def report(result: QueryResult) -> None:
            nonlocal newest
            newest = result
            self._tell(result)

        try:
            result = await self.insights.run(
                self.group, query, span or self.span, limit=limit, on_progress=report
            )
            self._note_events(result)
            return result
        except AwsError as error:
            if newest.state is QueryState.SCHEDULED and error.problem.kind in _ANSWER_LOST:
                # The query may be running, and its scanned bytes will remain unknown.
                newest = newest.model_copy(update={"bytes": self._expected})
            raise
        finally:
            self.bytes += newest.bytes
            self._context.scanned(newest.bytes, self.yen(newest.bytes))

    def _note_events(self, result: QueryResult) -> None:
        """An event in hand is older than a creation time that is later: events are put into a group up to two weeks late."""
        if self.kept_since is None:
            return
        single = (at for row in result.rows if (at := when(row.get("@timestamp"))))
        hours = (at for row in result.rows if (at := when(row.get(BIN))) and at + HOUR <= self.kept_since)
        oldest = min((*single, *hours), default=self.kept_since)
        if oldest < self.kept_since:
            self.created_later = self.created_later or self.kept_since
            self.kept_since = oldest

    async def came(self, span: TimeSpan) -> bool:
        """Whether the log group has any event in `span`; free of charge. Raises AwsError."""
        key, clock = (self._region, self.group, span), self._context.clock
        if not self._is_ahead:
            answer = self._read_ahead.take(key, clock.now(), clock.elapsed())
            return await self._came(span) if answer is None else answer
        answer = await self._came(span)
        self._read_ahead.put(key, answer, clock.elapsed())
        return answer

    async def _came(self, span: TimeSpan) -> bool:
        for pause in CROWDED:
            try:
                return await self.insights.has_events(self.group, span)
            except Throttled:
                await asyncio.sleep(pause)
        return await self.insights.has_events(self.group, span)

    def price(self) -> str:
        return _("Logs Insights scanned {size}: {yen}.").format(
            size=size_words(self.bytes), yen=yen_words(self.yen(self.bytes))
        )

    def _tell(self, result: QueryResult) -> None:
        text = _("Logs Insights: {count} log events scanned", count=f"{result.scanned:,}")
        self._request.on_progress(Progress(text=text))


def partial_words(result: QueryResult) -> str:
    reason = _STATES.get(result.state, _STOPPED)
    return _("{why} Partial: {count} matches so far, not judged.", why=_(reason), count=f"{result.matched:,}")


async def shares(queries: Queries) -> dict[str, int]:
    """The percentage of events that have each field, just before the window ends. {} if there were no events,
    or if it cannot be read, which adds a remark."""
    try:
        return await queries.insights.fields_of(queries.group, queries.span.end)
    except AwsError as error:
        queries.builder.remark(
            _("The fields of the log group could not be read. {why}", why=error.problem.summary)
        )
        return {}


async def values_of(queries: Queries, name: str) -> Counter[str]:
    """Number of events by the field's value ("" without the field), in the window's last hour or all of it.
    Empty if there are no events, or not all of them can be counted."""
    end = queries.span.end
    query = joined((f"stats count(*) as {COUNT} by {field(name)}", f"sort {COUNT} desc", "limit 50"))
    last = TimeSpan(start=max(queries.span.start, end - HOUR), end=end)
    affordable = queries.again()
    result = await queries.run(query, span=last)
    if not result.scanned and affordable:
        result = await queries.run(query)
    if not result.complete:
        return Counter()
    values: Counter[str] = Counter()
    for row in result.rows:
        count = count_of(row)
        if count is None:
            # Without all counts the percentages are unknown.
            return Counter()
        values[row.get(name) or ""] += count
    return values
