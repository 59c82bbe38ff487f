"""How many invalidation paths of the month are used, and what more of them cost. Pure, but for its reader.

Source: "Pay for file invalidation" (Amazon CloudFront Developer Guide): the first 1,000 paths a month of an account are
free, whatever the number of files they cover. AWS's month is UTC's.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from services.aws.client.errors import NotFound
from services.aws.cloudfront import CloudFrontReader

MOST_READ = 60
"""Maximum invalidations whose paths one plan reads; the numbers of those read before are kept."""
_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """The invalidation paths of one distribution in this month."""

    paths: int = 0
    """The paths that were counted."""
    uncounted: int = 0
    """Invalidations whose paths were not counted."""
    is_complete: bool = True
    """Whether the list of invalidations reaches back to the month's beginning."""

    @property
    def is_known(self) -> bool:
        """Whether every invalidation of the distribution is counted."""
        return self.is_complete and not self.uncounted


def month_start(now: datetime) -> datetime:
    """The beginning of the month by which AWS counts."""
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


class MonthReader:
    """Counts the paths of a month; the list has none, so each invalidation is read once."""

    def __init__(self, reader: CloudFrontReader) -> None:
        self._reader = reader
        self._counts: dict[str, int] = {}

    async def usage(self, distribution: str, now: datetime) -> MonthUsage:
        """The paths of this month so far, of every invalidation whoever made it. Raises AwsError."""
        listing = await self._reader.invalidations(distribution, month_start(now))
        ids = [str(each.id) for each in listing.invalidations]
        unread = [id for id in ids if id not in self._counts][:MOST_READ]
        lanes = [unread[lane::_AT_ONCE] for lane in range(_AT_ONCE)]
        await asyncio.gather(*(self._read(distribution, lane) for lane in lanes))
        counts = [self._counts[id] for id in ids if id in self._counts]
        return MonthUsage(sum(counts), len(ids) - len(counts), listing.is_complete)

    async def _read(self, distribution: str, ids: list[str]) -> None:
        for id in ids:
            try:
                self._counts[id] = len((await self._reader.invalidation(distribution, id)).paths)
            except NotFound:
                continue
