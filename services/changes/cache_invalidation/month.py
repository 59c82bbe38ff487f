"""How many invalidation paths of the month are used, and what more of them cost. Pure.

Source: "Pay for file invalidation" (Amazon CloudFront Developer Guide): the first 1,000 paths a month of an account are
free, whatever the number of files they cover. AWS's month is UTC's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """The invalidation paths of one distribution in this month; those of others are in no list that it has."""

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

    def charged(self, more: int, free: int) -> int:
        """How many of `more` paths are beyond the free ones."""
        return min(more, max(0, self.paths + more - free))


def month_start(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
