"""Names as Cost Explorer spells them. Its data is late: a day that ended less than LAG ago is shown in part."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from services.demo.scenario import ScenarioRun
from services.demo.scenario_facts import BudgetFact, CostGrowth

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
"""Dollars per weekday."""
MONTHLY = {"Amazon Route 53": Decimal("0.5")}
"""Dollars per month, charged on the first."""
_QUIET = {"Amazon Elastic Container Service": 0.92, "AmazonCloudFront": 0.8}
"""Share of the price at weekends."""


@dataclass(frozen=True, slots=True)
class Item:
    service: str
    record: str
    usd: Decimal


class CostStore:
    def __init__(self, run: ScenarioRun) -> None:
        self._run = run
        self._growth = run.scenario.facts_of(CostGrowth)
        self._began = run.began.astimezone(UTC).date()

    @property
    def budgets(self) -> tuple[BudgetFact, ...]:
        return self._run.scenario.facts_of(BudgetFact)

    @property
    def today(self) -> date:
        """The current day in UTC."""
        return self._run.now.astimezone(UTC).date()

    def items(self, day: date) -> Iterator[Item]:
        share = self._available(day)
        if not share:
            return
        for item in self._usage(day):
            yield Item(item.service, item.record, (item.usd * share).quantize(PLACES))
        if day.day == 1:
            yield Item("AmazonCloudWatch", "Credit", CREDIT)
            yield Item("Tax", "Tax", self._tax(day))

    def spent(self, month: date) -> Decimal:
        return sum((item.usd for day in days_of(month) for item in self.items(day)), Decimal(0))

    def expected(self, month: date) -> Decimal:
        usage = sum((item.usd for day in days_of(month) for item in self._usage(day)), Decimal(0))
        return usage + usage * TAX_RATE + CREDIT

    def expected_usage(self, first: date, end: date) -> Decimal:
        days = (first + number * ONE for number in range((end - first).days))
        return sum((item.usd for day in days for item in self._usage(day)), Decimal(0))

    def _usage(self, day: date) -> Iterator[Item]:
        for service, price in PRICES.items():
            random = Random(f"{self._run.scenario.seed} {service} {day}")
            quiet = _QUIET.get(service, 1.0) if day.weekday() >= _SATURDAY else 1.0
            usd = price * quiet * random.uniform(1 - NOISE, 1 + NOISE) * self._growth_of(service, day)
            yield Item(service, "Usage", Decimal(usd).quantize(PLACES))
        if day.day == 1:
            for service, fee in MONTHLY.items():
                yield Item(service, "Usage", fee)

    def _growth_of(self, service: str, day: date) -> float:
        return 1 + sum(
            fact.percent / 100
            for fact in self._growth
            if fact.service == service and day >= self._began - fact.since_days * ONE
        )

    def _tax(self, first: date) -> Decimal:
        """The tax of a month so far; AWS dates it on the first day."""
        amounts = (item.usd * self._available(day) for day in days_of(first) for item in self._usage(day))
        return (sum(amounts, Decimal(0)) * TAX_RATE).quantize(PLACES)

    def _available(self, day: date) -> Decimal:
        covered = self._run.now - LAG - datetime.combine(day, time(), UTC)
        return min(Decimal(1), max(Decimal(0), Decimal(covered / ONE)))


def days_of(month: date) -> Iterator[date]:
    day = month.replace(day=1)
    while day.month == month.month:
        yield day
        day += ONE
