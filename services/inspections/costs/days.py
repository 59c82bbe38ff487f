"""Chooses the days to compare: complete UTC days only, and never a part of a month with a whole one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

ONE = timedelta(days=1)
WEEK = 7
DELAY = timedelta(hours=24)  # How long after the end of a day its costs are complete in AWS
HELD = 3  # Number of complete days that a month needs to be judged


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both ends inclusive."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return max(0, (self.last - self.first).days + 1)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __iter__(self) -> Iterator[date]:
        return (self.first + number * ONE for number in range(self.count))


@dataclass(frozen=True, slots=True)
class CostPlan:
    this_month: date  # First day of this month
    last_month: date  # First day of last month, the first day requested
    last: date  # The newest complete day


@dataclass(frozen=True, slots=True)
class Compared:
    month: Days  # The complete days of the judged month for which there can be costs
    month_end: date  # Last day of the judged month
    too_young: bool  # This month has too few complete days: `month` is the previous one
    young: Days  # The complete days of this month
    week: Days  # The newest seven days
    before: Days  # The seven days before `week`
    base: Days  # Last month's days before `week`
    since: date  # The day of the oldest costs

    @property
    def remaining(self) -> int:
        return (self.month_end - self.month.last).days

    @property
    def has_before(self) -> bool:
        return self.since <= self.before.first

    @property
    def has_base(self) -> bool:
        return self.base.count >= WEEK


def plan(now: datetime) -> CostPlan:
    """The days to request at `now` (aware). On Monday 00:00 UTC (9:00 JST), Sunday is not complete yet."""
    moment = now.astimezone(UTC)
    this_month = moment.date().replace(day=1)
    return CostPlan(
        this_month=this_month,
        last_month=(this_month - ONE).replace(day=1),
        last=(moment - DELAY).date() - ONE,
    )


def compare(plan: CostPlan, since: date, last: date) -> Compared:
    young = Days(plan.this_month, last)
    too_young = young.count < HELD
    month = plan.last_month if too_young else plan.this_month
    month_end = end_of(month)
    week = Days(last - (WEEK - 1) * ONE, last)
    return Compared(
        month=Days(max(month, since), min(month_end, last)),
        month_end=month_end,
        too_young=too_young,
        young=young,
        week=week,
        before=Days(week.first - WEEK * ONE, week.first - ONE),
        base=Days(max(plan.last_month, since), min(plan.this_month, week.first) - ONE),
        since=since,
    )


def end_of(month: date) -> date:
    return (month.replace(day=28) + 4 * ONE).replace(day=1) - ONE
