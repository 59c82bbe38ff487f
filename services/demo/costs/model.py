"""What the account costs, day by day: the same prices every month, a little noise, and what the scenario makes dearer.

Names as Cost Explorer spells them. AWS is late: of a day that ended less than LAG ago, only a part is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from services.demo.facts import BudgetFact, CostGrowth

if TYPE_CHECKING:
    from services.demo.world import World

ONE = timedelta(days=1)
LAG = timedelta(hours=16)
NOISE = 0.01
PLACES = Decimal("0.0000000001")
TAX_RATE = Decimal("0.1")
CREDIT = Decimal("-3")
"""On the first of a month."""
_SATURDAY = 5
PRICES = {
    "Amazon Elastic Container Service": 5.60,
    "Amazon Relational Database Service": 4.90,
    "Amazon Elastic Load Balancing": 3.70,
    "AmazonCloudWatch": 1.85,
    "EC2 - Other": 2.10,
    "Amazon Virtual Private Cloud": 0.48,
    "AWS WAF": 0.42,
    "AmazonCloudFront": 0.38,
    "Amazon Simple Storage Service": 0.12,
    "AWS Key Management Service": 0.03,
}
"""Dollars for a day of the week."""
MONTHLY = {"Amazon Route 53": Decimal("0.5")}
"""Dollars on the first of a month, for the whole of it."""
_QUIET = {"Amazon Elastic Container Service": 0.92, "AmazonCloudFront": 0.8}
"""At weekends, so much of it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One charge."""

    service: str
    record: str
    usd: Decimal


class CostBook:
    """The bills of one world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._growth = world.scenario.facts_of(CostGrowth)
        self._began = world.began.astimezone(UTC).date()

    @property
    def exists(self) -> bool:
        """Whether the world holds the runbook's system at all."""
        return self._world.facility is not None

    @property
    def budgets(self) -> tuple[BudgetFact, ...]:
        """AWS Budgets of the account."""
        return self._world.scenario.facts_of(BudgetFact)

    @property
    def today(self) -> date:
        """UTC."""
        return self._world.clock.now().astimezone(UTC).date()

    def items(self, day: date) -> Iterator[Item]:
        """What Cost Explorer shows of a day by now."""
        share = self._shown(day)
        if not share:
            return
        for item in self._usage(day):
            yield Item(item.service, item.record, (item.usd * share).quantize(PLACES))
        if day.day == 1:
            yield Item("AmazonCloudWatch", "Credit", CREDIT)
            yield Item("Tax", "Tax", self._tax(day))

    def spent(self, month: date) -> Decimal:
        """The bill of a month so far, with tax and credits."""
        return sum((item.usd for day in days_of(month) for item in self.items(day)), Decimal(0))

    def expected(self, month: date) -> Decimal:
        """The bill of a whole month as things stand."""
        usage = sum((item.usd for day in days_of(month) for item in self._usage(day)), Decimal(0))
        return usage + usage * TAX_RATE + CREDIT

    def expected_usage(self, first: date, end: date) -> Decimal:
        """Usage from `first` to `end` (exclusive) as things stand."""
        days = (first + each * ONE for each in range((end - first).days))
        return sum((item.usd for day in days for item in self._usage(day)), Decimal(0))

    def _usage(self, day: date) -> Iterator[Item]:
        for service, price in PRICES.items():
            random = Random(f"{self._world.scenario.seed} {service} {day}")
            quiet = _QUIET.get(service, 1.0) if day.weekday() >= _SATURDAY else 1.0
            usd = price * quiet * random.uniform(1 - NOISE, 1 + NOISE) * self._grown(service, day)
            yield Item(service, "Usage", Decimal(usd).quantize(PLACES))
        if day.day == 1:
            for service, fee in MONTHLY.items():
                yield Item(service, "Usage", fee)

    def _grown(self, service: str, day: date) -> float:
        return 1 + sum(
            fact.percent / 100
            for fact in self._growth
            if fact.service == service and day >= self._began - fact.since_days * ONE
        )

    def _tax(self, first: date) -> Decimal:
        """AWS dates a month's tax on its first day, and adds to it as the month goes on."""
        shown = (item.usd * self._shown(day) for day in days_of(first) for item in self._usage(day))
        return (sum(shown, Decimal(0)) * TAX_RATE).quantize(PLACES)

    def _shown(self, day: date) -> Decimal:
        """How much of a day is there."""
        known = self._world.clock.now() - LAG - datetime.combine(day, time(), UTC)
        return min(Decimal(1), max(Decimal(0), Decimal(known / ONE)))


def days_of(month: date) -> Iterator[date]:
    """Every day of the month that `month` is in."""
    day = month.replace(day=1)
    while day.month == month.month:
        yield day
        day += ONE
