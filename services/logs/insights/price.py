"""What a Logs Insights query will cost, before it is sent. Logs Insights charges the bytes it scans. They are
estimated from what each log group stores and the share of its stored time that the query covers; field
indexes may save some of it. Stored sizes are compressed, so earlier queries of the same groups correct the
estimate. Source: DescribeLogGroups, DescribeFieldIndexes; "Field indexes" (CloudWatch Logs User Guide)."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.aws.client.prices import usd_of_insights, yen_per_dollar
from services.aws.client.reader import Reader
from services.aws.logs.group_names import group_name
from services.aws.logs.insights import Insights
from services.aws.logs.queries import InsightsQueries
from services.clock import Clock
from services.i18n import _, plural, sentences
from services.logs.insights.texts import equality_fields
from services.models.amounts import size_words
from services.models.insights import StoredGroup
from services.models.insights_queries import FieldIndex, QueryEstimate, QueryLanguage
from services.models.metrics import TimeSpan
from services.models.runbook import Runbook
from services.models.text import clean

FRESH = timedelta(minutes=10)  # How long a group's stored size and its indexes are believed
AT_ONCE = 4  # Log groups asked about at the same time

Correction = Callable[[Sequence[str]], float | None]
"""Bytes scanned per byte estimated in earlier queries of these groups; None: there was none."""


class PriceEstimator:
    """Estimates queries; what groups store is read once in FRESH."""

    def __init__(
        self, session: Reader, runbook: Runbook, clock: Clock, correction: Correction, *, region: str = ""
    ) -> None:
        self._insights = Insights(session, region=region)
        self._queries = InsightsQueries(session, region=region)
        self._runbook = runbook
        self._clock = clock
        self._correction = correction
        self._stored: dict[str, tuple[datetime, StoredGroup | None]] = {}
        self._indexes: dict[str, tuple[datetime, tuple[FieldIndex, ...]]] = {}
        self._free = asyncio.Semaphore(AT_ONCE)

    def yen(self, size: float) -> float:
        """The price of scanning this number of bytes."""
        usd = usd_of_insights(int(size), self._runbook.inspecting.insights_usd_per_gb)
        return usd * yen_per_dollar(self._runbook.costs)

    async def estimate(
        self,
        groups: Sequence[str],
        span: TimeSpan,
        text: str = "",
        language: QueryLanguage = QueryLanguage.LOGSQL,
    ) -> QueryEstimate:
        """What a query of `groups` over `span` scans and costs at most; free of charge. A group whose size
        cannot be read is listed as unknown. Raises AwsError if that is so of all of them."""
        now = self._clock.now()
        names = list(dict.fromkeys(group_name(group) for group in groups))
        answers = await asyncio.gather(*map(self._stored_of, names), return_exceptions=True)
        stored: dict[str, StoredGroup] = {}
        errors: list[AwsError] = []
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, StoredGroup):
                stored[name] = answer
            elif isinstance(answer, AwsError):
                errors.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
        if errors and not stored:
            raise errors[0]
        wanted = equality_fields(text) if language is QueryLanguage.LOGSQL else ()
        indexes = await self._indexes_of(list(stored)) if wanted and stored else {}
        sizes = {name: group.scanned(span, now).bytes for name, group in stored.items()}
        skippable, indexed = 0.0, dict[str, None]()
        for name, size in sizes.items():
            shares = {
                index.field: _share(index, stored[name], span, now)
                for index in indexes.get(name, ())
                if index.field in wanted
            }
            skippable += size * max(shares.values(), default=0.0)
            indexed |= dict.fromkeys(field for field, share in shares.items() if share)
        factor = self._correction(names) or 1.0
        total = int(sum(sizes.values()) * factor)
        skipped = int(skippable * factor)
        return QueryEstimate(
            bytes=total,
            skippable=skipped,
            yen=self.yen(total),
            least_yen=self.yen(total - skipped),
            unknown=tuple(clean(name) for name in names if name not in stored),
            indexed=tuple(indexed),
            measured=self._correction(names),
            basis=_basis(stored.values(), self._correction(names)),
        )

    async def _stored_of(self, name: str) -> StoredGroup | None:
        now = self._clock.now()
        reading = self._stored.get(name)
        if reading is None or not timedelta() <= now - reading[0] < FRESH:
            async with self._free:
                reading = self._stored[name] = (now, await self._insights.stored(name))
        return reading[1]

    async def _indexes_of(self, names: Sequence[str]) -> dict[str, tuple[FieldIndex, ...]]:
        """The indexes of each group; none if they cannot be read, so that the estimate is only higher."""
        now = self._clock.now()
        missing = [
            name
            for name in names
            if name not in self._indexes or not timedelta() <= now - self._indexes[name][0] < FRESH
        ]
        if missing:
            try:
                indexes = await self._queries.indexes(missing)
            except AwsError:
                indexes = ()
            for name in missing:
                own = tuple(each for each in indexes if not each.group or group_name(each.group) == name)
                self._indexes[name] = (now, own)
        return {name: self._indexes[name][1] for name in names}


def _share(index: FieldIndex, group: StoredGroup, span: TimeSpan, now: datetime) -> float:
    """The share of what is scanned whose events the index covers: only newer ones than the index itself."""
    if index.since is None:
        return 0.0
    start, end = max(span.start, group.oldest(now) or span.start), min(span.end, now)
    seconds = (end - start).total_seconds()
    covered = (end - max(start, index.since)).total_seconds()
    return min(1.0, max(0.0, covered / seconds)) if seconds > 0 else 0.0


def _basis(groups: Iterable[StoredGroup], measured: float | None) -> str:
    stored = [group.bytes for group in groups]
    text = plural(
        "{size} stored in {count} log group, by the share of its time.",
        "{size} stored in {count} log groups, by the share of their time.",
        len(stored),
    ).format(size=size_words(sum(stored)), count=len(stored))
    if measured is None:
        # First, as the end of the line is cut off on narrow screens.
        return sentences(_("It may be several times as much, as stored sizes are compressed."), text)
    factor = _("Times {factor}, as measured in earlier queries.", factor=f"{measured:.1f}")
    return sentences(text, factor)
