"""Cost Explorer and AWS Budgets: the costs of the account by day, from constant prices, a little noise, and
growth. Names as Cost Explorer spells them. Its data is late: a day that ended less than LAG ago is shown in
part. An account without the runbook's system leaves requests to moto. As on AWS, a value in a filter that no
charge has matches nothing and is no error. Source: AWS Cost Explorer and AWS Budgets API reference."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from services.demo.account import ACCOUNT, REGION
from services.demo.errors import AwsErrorResponse
from services.demo.paging import page_of
from services.demo.registry import Call, op
from services.demo.scenario import BudgetFact, CostGrowth, ScenarioRun

ONE = timedelta(days=1)
LAG = timedelta(hours=16)
NOISE = 0.01
PLACES = Decimal("0.0000000001")
TAX_RATE = Decimal("0.1")
CREDIT = Decimal("-3")  # On the first of a month
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
MONTHLY = {"Amazon Route 53": Decimal("0.5")}  # Dollars per month, charged on the first
_QUIET = {"Amazon Elastic Container Service": 0.92, "AmazonCloudFront": 0.8}  # Share of the price at weekends


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
        """The forecast usage from `first` to `end` (exclusive)."""
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
        """Which part of a day's charges is available, 0 to 1."""
        covered = self._run.now - LAG - datetime.combine(day, time(), UTC)
        return min(Decimal(1), max(Decimal(0), Decimal(covered / ONE)))


def days_of(month: date) -> Iterator[date]:
    day = month.replace(day=1)
    while day.month == month.month:
        yield day
        day += ONE


PAGE = 2000  # Groups in a page; a period without groups counts as one
BUDGETS_PAGE = 100
_ENDLESS = datetime(2087, 6, 15, tzinfo=UTC)  # End of a budget that has none
Period = tuple[date, date]  # First day, and the one after the last
Row = tuple[Period, tuple[str, ...], Decimal]
"""(when, group, dollars); a period without groups has one row with an empty group."""


@op("ce", "GetCostAndUsage", of_system=True)
def get_cost_and_usage(call: Call) -> dict[str, Any]:
    """Costs by day or month, filtered and grouped; `Total` is empty if they are grouped."""
    store, params = call.component(CostStore), call.params
    keys = [str(group["Key"]) for group in params.get("GroupBy") or ()]
    rows = [row for period in _periods(params) for row in _rows(store, params, keys, period)]
    numbered = [(f"{number:07d}", row) for number, row in enumerate(rows)]
    page, more = page_of(numbered, lambda pair: pair[0], params, PAGE, "NextPageToken")
    results: dict[Period, dict[str, Any]] = {}
    for _number, (period, group, usd) in page:
        # A month is invoiced in the first days of the next.
        estimated = period[1] > store.today.replace(day=1)
        empty = {"TimePeriod": _interval(period), "Total": {}, "Groups": [], "Estimated": estimated}
        result = results.setdefault(period, empty)
        amounts = {metric: {"Amount": str(usd), "Unit": "USD"} for metric in params["Metrics"]}
        if not keys:
            result["Total"] = amounts
        elif group:
            result["Groups"].append({"Keys": list(group), "Metrics": amounts})
    definitions = [{"Type": "DIMENSION", "Key": key} for key in keys]
    answer: dict[str, Any] = {"ResultsByTime": list(results.values())}
    return answer | ({"GroupDefinitions": definitions} if keys else {}) | more


@op("ce", "GetCostForecast", of_system=True)
def get_cost_forecast(call: Call) -> dict[str, Any]:
    store, params = call.component(CostStore), call.params
    results = [
        {"TimePeriod": _interval(period), "MeanValue": str(store.expected_usage(*period))}
        for period in _periods(params)
    ]
    total = str(store.expected_usage(*_whole(params)))
    return {"Total": {"Amount": total, "Unit": "USD"}, "ForecastResultsByTime": results}


@op("budgets", "DescribeBudgets", of_system=True)
def describe_budgets(call: Call) -> dict[str, Any]:
    store, params = call.component(CostStore), call.params
    if params["AccountId"] != call.account:
        raise AwsErrorResponse(
            "AccessDeniedException", f"Account {params['AccountId']} is not authorized", 400
        )
    budgets = sorted(store.budgets, key=lambda fact: fact.name)
    page, more = page_of(budgets, lambda fact: fact.name, params, params.get("MaxResults") or BUDGETS_PAGE)
    # Without budgets the key is absent.
    return ({"Budgets": [_budget(call, store, fact) for fact in page]} if page else {}) | more


def _budget(call: Call, store: CostStore, fact: BudgetFact) -> dict[str, Any]:
    month = store.today
    began = call.run.began.astimezone(UTC)
    return {
        "BudgetName": fact.name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": _usd(Decimal(str(fact.usd))),
        "TimePeriod": {
            "Start": began.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
            "End": _ENDLESS,
        },
        "CalculatedSpend": {
            "ActualSpend": _usd(store.spent(month)),
            "ForecastedSpend": _usd(store.expected(month)),
        },
        "LastUpdatedTime": began.replace(microsecond=0),
    }


def _usd(amount: Decimal) -> dict[str, str]:
    """A Spend; it is never negative."""
    return {"Amount": f"{max(amount, Decimal(0)):.3f}", "Unit": "USD"}


def _whole(params: dict[str, Any]) -> Period:
    period = params["TimePeriod"]
    first, end = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
    if first >= end:
        raise _invalid("Start date (and hour) should be before end date (and hour)")
    return first, end


def _interval(period: Period) -> dict[str, str]:
    return {"Start": period[0].isoformat(), "End": period[1].isoformat()}


def _periods(params: dict[str, Any]) -> Iterator[Period]:
    first, end = _whole(params)
    while first < end:
        after = first + ONE if params["Granularity"] == "DAILY" else max(days_of(first)) + ONE
        yield first, min(after, end)
        first = after


def _rows(store: CostStore, params: dict[str, Any], keys: Sequence[str], period: Period) -> list[Row]:
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    days = (period[0] + number * ONE for number in range((period[1] - period[0]).days))
    for item in (item for day in days for item in store.items(day)):
        if "Filter" not in params or _matches(item, params["Filter"]):
            sums[tuple(_dimension(item, key) for key in keys)] += item.usd
    return [(period, group, usd) for group, usd in sorted(sums.items())] or [(period, (), Decimal(0))]


_DIMENSIONS: dict[str, Callable[[Item], str]] = {
    "SERVICE": lambda item: item.service,
    "RECORD_TYPE": lambda item: item.record,
    "REGION": lambda _item: REGION,
    "LINKED_ACCOUNT": lambda _item: ACCOUNT,
}


def _invalid(message: str) -> AwsErrorResponse:
    return AwsErrorResponse("ValidationException", message)


def _matches(item: Item, expression: dict[str, Any]) -> bool:
    """Whether a charge passes a filter. Raises AwsErrorResponse (ValidationException)."""
    if len(expression) != 1:
        raise _invalid("Expression must have exactly one root operator")
    ((kind, value),) = expression.items()
    if kind == "Dimensions":
        return _dimension(item, str(value.get("Key"))) in value.get("Values", ())
    if kind == "Not":
        return not _matches(item, value)
    results = [_matches(item, operand) for operand in value]
    return all(results) if kind == "And" else any(results)


def _dimension(item: Item, key: str) -> str:
    # An old reference says CHARGE_TYPE; the API accepts RECORD_TYPE only.
    if key not in _DIMENSIONS:
        raise _invalid(f"Dimension {key} is not valid for this operation")
    return _DIMENSIONS[key](item)
