"""Cost Explorer and AWS Budgets: the costs of the account by day, from constant prices, a little noise, and growth.

Names as Cost Explorer spells them. Its data is late: a day that ended less than LAG ago is shown in part. An account
without the runbook's system leaves requests to moto. As on AWS, a value in a filter that no charge has matches nothing
and is no error. Source: AWS Cost Explorer and AWS Budgets API reference.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from services.demo.account import ACCOUNT, REGION, hash_of
from services.demo.errors import AwsErrorResponse
from services.demo.paging import decode, encode, page_of
from services.demo.registry import Call, op
from services.demo.scenario import BudgetFact, CostGrowth, ScenarioRun

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
        """The charges of a day as far as Cost Explorer has them."""
        share = self._available(day)
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
        """The forecast bill of a whole month, with tax and credits."""
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


PAGE = 2000
"""Groups in a page; a period without groups counts as one."""
KEPT = timedelta(days=426)
"""Fourteen months."""
BUDGETS_PAGE = 100
_COSTS = ("UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost")
_FORECASTS = ("UNBLENDED_COST", "BLENDED_COST", "AMORTIZED_COST", "NET_UNBLENDED_COST", "NET_AMORTIZED_COST")
_MOST_GROUPS = 2
_NO_CHARGE = Item("", "", Decimal(0))
_ENDLESS = datetime(2087, 6, 15, tzinfo=UTC)
"""End of a budget that has none."""


@dataclass(frozen=True, slots=True)
class Period:
    """One row of the answer."""

    first: date
    end: date
    """Exclusive."""

    @property
    def shape(self) -> dict[str, str]:
        """DateInterval."""
        return {"Start": self.first.isoformat(), "End": self.end.isoformat()}


@op("ce", "GetCostAndUsage", of_system=True)
def get_cost_and_usage(call: Call) -> dict[str, Any]:
    """Costs by day or month, filtered and grouped; `Total` is empty if they are grouped."""
    store, params = call.component(CostStore), call.params
    metrics = _metrics(params)
    keys = group_keys(params.get("GroupBy") or ())
    check(params.get("Filter"))
    periods = _periods(_interval(call, store), params.get("Granularity", ""))
    page, more = _page(params, [row for period in periods for row in _rows(store, params, keys, period)])
    answer: dict[str, Any] = {
        "ResultsByTime": _results(store, page, keys, metrics),
        "DimensionValueAttributes": [],
    }
    if keys:
        answer["GroupDefinitions"] = [{"Type": "DIMENSION", "Key": key} for key in keys]
    return answer | more


@op("ce", "GetCostForecast", of_system=True)
def get_cost_forecast(call: Call) -> dict[str, Any]:
    store, params = call.component(CostStore), call.params
    if params.get("Metric") not in _FORECASTS:
        raise invalid(f"Metric {params.get('Metric')} is not valid for this operation")
    first, end = _dates(params)
    if first < store.today:
        raise invalid("Start date must be equal to or no later than the current date")
    results = [
        {"TimePeriod": period.shape, "MeanValue": str(store.expected_usage(period.first, period.end))}
        for period in _periods(Period(first, end), params.get("Granularity", ""))
    ]
    total = str(store.expected_usage(first, end))
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
        "CostTypes": {"IncludeTax": True, "IncludeCredit": True, "UseBlended": False, "UseAmortized": False},
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


def _metrics(params: dict[str, Any]) -> list[str]:
    metrics = params.get("Metrics") or []
    unknown = [metric for metric in metrics if metric not in (*_COSTS, "UsageQuantity")]
    if unknown or not metrics:
        raise invalid(f"Metrics {unknown} are not valid for this operation")
    return list(metrics)


def _dates(params: dict[str, Any]) -> tuple[date, date]:
    period = params["TimePeriod"]
    try:
        first, end = date.fromisoformat(period["Start"]), date.fromisoformat(period["End"])
    except ValueError:
        raise invalid("Dates must be written as YYYY-MM-DD") from None
    if first >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    return first, end


def _interval(call: Call, store: CostStore) -> Period:
    first, end = _dates(call.params)
    if first > store.today:
        raise invalid("Start date must be equal to or no later than the current date")
    if first < store.today - KEPT:
        raise invalid("You haven't enabled historical data beyond 14 months")
    return Period(first, end)


def _periods(whole: Period, granularity: str) -> Iterator[Period]:
    if granularity not in ("DAILY", "MONTHLY"):
        raise invalid(f"Granularity {granularity} is not enabled")
    first = whole.first
    while first < whole.end:
        after = first + ONE if granularity == "DAILY" else max(days_of(first)) + ONE
        yield Period(first, min(after, whole.end))
        first = after


Row = tuple[Period, tuple[str, ...], Decimal]
"""(when, group, dollars); a period without groups has one row with an empty group."""


def _rows(store: CostStore, params: dict[str, Any], keys: Sequence[str], period: Period) -> list[Row]:
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for item in _items(store, period):
        if "Filter" not in params or matches(item, params["Filter"]):
            sums[group_of(item, keys)] += item.usd
    return [(period, group, usd) for group, usd in sorted(sums.items())] or [(period, (), Decimal(0))]


def _items(store: CostStore, period: Period) -> Iterator[Item]:
    for number in range((period.end - period.first).days):
        yield from store.items(period.first + number * ONE)


def _page(params: dict[str, Any], rows: list[Row]) -> tuple[list[Row], dict[str, str]]:
    """A page, and the token of the next, which is valid for the same request only."""
    request = repr(sorted((key, repr(value)) for key, value in params.items() if key != "NextPageToken"))
    mark, start = f"{hash_of(request):x}", 0
    if token := params.get("NextPageToken"):
        try:
            of, _colon, offset = decode(token).partition(":")
        except AwsErrorResponse:
            raise AwsErrorResponse("InvalidNextTokenException", "The pagination token is invalid.") from None
        if of != mark:
            raise AwsErrorResponse(
                "RequestChangedException", "Your request parameters changed between pages."
            )
        start = int(offset)
    end = start + PAGE
    return rows[start:end], {"NextPageToken": encode(f"{mark}:{end}")} if end < len(rows) else {}


def _results(
    store: CostStore, rows: list[Row], keys: Sequence[str], metrics: Sequence[str]
) -> list[dict[str, Any]]:
    results: dict[Period, dict[str, Any]] = {}
    for period, group, usd in rows:
        # A month is invoiced in the first days of the next.
        estimated = period.end > store.today.replace(day=1)
        empty = {"TimePeriod": period.shape, "Total": {}, "Groups": [], "Estimated": estimated}
        result = results.setdefault(period, empty)
        amounts = {metric: _amount(metric, usd) for metric in metrics}
        if not keys:
            result["Total"] = amounts
        elif group:
            result["Groups"].append({"Keys": list(group), "Metrics": amounts})
    return list(results.values())


def _amount(metric: str, usd: Decimal) -> dict[str, str]:
    return {"Amount": str(usd), "Unit": "N/A" if metric == "UsageQuantity" else "USD"}


DIMENSIONS: dict[str, Callable[[Item], str]] = {
    "SERVICE": lambda item: item.service,
    "RECORD_TYPE": lambda item: item.record,
    "REGION": lambda _item: REGION,
    "LINKED_ACCOUNT": lambda _item: ACCOUNT,
}


def invalid(message: str) -> AwsErrorResponse:
    """Cost Explorer's error for an invalid request."""
    return AwsErrorResponse("ValidationException", message)


def matches(item: Item, expression: dict[str, Any]) -> bool:
    """Whether a charge passes a filter. Raises AwsErrorResponse (ValidationException)."""
    if len(expression) != 1:
        raise invalid("Expression must have exactly one root operator")
    ((kind, value),) = expression.items()
    if kind == "Dimensions":
        return _dimension(item, str(value.get("Key"))) in value.get("Values", ())
    if kind == "Not":
        return not matches(item, value)
    if kind in ("And", "Or"):
        results = [matches(item, operand) for operand in value]
        return all(results) if kind == "And" else any(results)
    raise AwsErrorResponse("NotImplemented", f"Filter {kind} is not part of the embedded AWS", 501)


def check(expression: dict[str, Any] | None) -> None:
    """Raise AwsErrorResponse for an invalid filter, even if there is nothing to filter."""
    if expression is not None:
        matches(_NO_CHARGE, expression)


def group_keys(groups: Sequence[dict[str, Any]]) -> list[str]:
    """The dimensions to group by. Raises AwsErrorResponse (ValidationException)."""
    if len(groups) > _MOST_GROUPS:
        raise invalid("Group by can have a maximum of 2 groups")
    keys = [str(group.get("Key")) for group in groups]
    if any(group.get("Type") != "DIMENSION" for group in groups):
        raise AwsErrorResponse("NotImplemented", "Only dimensions can be grouped by in the embedded AWS", 501)
    for key in keys:
        _dimension(_NO_CHARGE, key)
    return keys


def group_of(item: Item, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(_dimension(item, key) for key in keys)


def _dimension(item: Item, key: str) -> str:
    # An old reference says CHARGE_TYPE; the API accepts RECORD_TYPE only.
    if key not in DIMENSIONS:
        raise invalid(f"Dimension {key} is not valid for this operation")
    return DIMENSIONS[key](item)
