"""Source: GetDistribution, ListInvalidations, GetInvalidation (Amazon CloudFront API reference)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.aws.client.errors import NotFound
from services.aws.client.reader import Reader
from services.aws.cloudfront import CloudFrontReader
from services.changes.ids import made_at
from services.clock import Clock
from services.models.cloudfront import Distribution, Invalidation, InvalidationSummary

# How many invalidation paths of the month are used, and what more of them cost. Pure.
#
# Source: "Pay for file invalidation" (Amazon CloudFront Developer Guide): the first 1,000 paths a month of an account are
# free, whatever the number of files they cover. AWS's month is UTC's.


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """The invalidation paths of one distribution in this month; those of others are in no list that it has."""

    paths: int = 0  # The paths that were counted
    uncounted: int = 0  # Invalidations whose paths were not counted
    is_complete: bool = True  # Whether the list of invalidations reaches back to the month's beginning

    @property
    def is_known(self) -> bool:
        return self.is_complete and not self.uncounted

    def charged(self, more: int, free: int) -> int:
        return min(more, max(0, self.paths + more - free))


def month_start(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


MOST_READ = 60  # Maximum invalidations of which one plan reads the paths; what was read before is kept
CLOCKS = timedelta(hours=1)
"""Maximum difference between AWS's clock and this machine's that a search allows for."""
_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class CacheState:
    at: datetime
    distribution: Distribution | None  # None: CloudFront has no such distribution
    usage: MonthUsage = field(default_factory=MonthUsage)
    newest: Invalidation | None = None
    """The newest invalidation of this month; None: there is none, or its paths were not read."""


class InvalidationReads:
    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = CloudFrontReader(reader)
        self._clock = clock
        self._invalidations: dict[str, Invalidation] = {}
        """Those read so far, by id; all but their status is final."""

    async def state(self, id: str) -> CacheState:
        """The distribution, and this month's use of invalidation paths. Raises AwsError."""
        now = self._clock.now()
        try:
            distribution = await self._reader.distribution(id)
        except NotFound:
            return CacheState(now, None)
        listing = await self._reader.invalidations(id, month_start(now))
        unread = [each for each in listing.invalidations if each.id not in self._invalidations]
        await self._load(id, unread[:MOST_READ])
        invalidations = [self._invalidations.get(summary.id) for summary in listing.invalidations]
        paths = sum(len(each.paths) for each in invalidations if each is not None)
        usage = MonthUsage(paths, invalidations.count(None), listing.is_complete)
        return CacheState(now, distribution, usage, invalidations[0] if invalidations else None)

    async def current(self, distribution: str, id: str) -> Invalidation:
        return await self._reader.invalidation(distribution, id)

    async def requested(self, distribution: str, plan: str) -> Invalidation | None:
        """The invalidation whose CallerReference is this plan's id; None: there is none. Raises AwsError."""
        try:
            since = made_at(plan) - CLOCKS
        except ValueError:
            since = month_start(self._clock.now())
        listing = await self._reader.invalidations(distribution, since)
        await self._load(distribution, listing.invalidations)
        for summary in listing.invalidations:
            invalidation = self._invalidations.get(summary.id)
            if invalidation is not None and invalidation.reference == plan:
                return invalidation.model_copy(update={"is_completed": summary.is_completed})
        return None

    async def _load(self, distribution: str, summaries: Sequence[InvalidationSummary]) -> None:
        unread = [str(summary.id) for summary in summaries if summary.id not in self._invalidations]
        lanes = (unread[lane::_AT_ONCE] for lane in range(_AT_ONCE))
        await asyncio.gather(*(self._load_lane(distribution, lane) for lane in lanes))

    async def _load_lane(self, distribution: str, ids: Sequence[str]) -> None:
        for id in ids:
            try:
                self._invalidations[id] = await self._reader.invalidation(distribution, id)
            except NotFound:
                continue
