"""Cost Explorer and AWS Budgets of the embedded AWS: GetCostAndUsage, GetCostForecast, DescribeBudgets.

An account without the runbook's system leaves them to moto. Source: AWS Cost Explorer and AWS Budgets API reference.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.demo.autoscaling.records import hash_of
from services.demo.cloudwatch.paging import decode, encode, page_of
from services.demo.costs.filters import check, group_keys, group_of, invalid, matches
from services.demo.costs.model import ONE, CostBook, Item, days_of
from services.demo.facts import BudgetFact
from services.demo.registry import Call, Fault, ToMoto, op

PAGE = 2000
"""Groups, or days without any, in a page."""
KEPT = timedelta(days=426)
"""Fourteen months."""
BUDGETS_PAGE = 100
_COSTS = ("UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost")
_FORECASTS = ("UNBLENDED_COST", "BLENDED_COST", "AMORTIZED_COST", "NET_UNBLENDED_COST", "NET_AMORTIZED_COST")
_ENDLESS = datetime(2087, 6, 15, tzinfo=UTC)
"""What AWS gives a budget for an end."""


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


@op("ce", "GetCostAndUsage")
def get_cost_and_usage(call: Call) -> dict[str, Any]:
    """Costs by day or month, filtered and grouped; `Total` stays empty where they are grouped."""
    book, params = _book(call), call.params
    metrics = _metrics(params)
    keys = group_keys(params.get("GroupBy") or ())
    check(params.get("Filter"))
    periods = _periods(_interval(call, book), params.get("Granularity", ""))
    page, more = _page(params, [row for period in periods for row in _rows(book, params, keys, period)])
    answer: dict[str, Any] = {
        "ResultsByTime": _results(book, page, keys, metrics),
        "DimensionValueAttributes": [],
    }
    if keys:
        answer["GroupDefinitions"] = [{"Type": "DIMENSION", "Key": key} for key in keys]
    return answer | more


@op("ce", "GetCostForecast")
def get_cost_forecast(call: Call) -> dict[str, Any]:
    """What usage will cost as things stand."""
    book, params = _book(call), call.params
    if params.get("Metric") not in _FORECASTS:
        raise invalid(f"Metric {params.get('Metric')} is not valid for this operation")
    first, end = _dates(params)
    if first < book.today:
        raise invalid("Start date must be equal to or no later than the current date")
    results = [
        {"TimePeriod": period.shape, "MeanValue": str(book.expected_usage(period.first, period.end))}
        for period in _periods(Period(first, end), params.get("Granularity", ""))
    ]
    total = str(book.expected_usage(first, end))
    return {"Total": {"Amount": total, "Unit": "USD"}, "ForecastResultsByTime": results}


@op("budgets", "DescribeBudgets")
def describe_budgets(call: Call) -> dict[str, Any]:
    """The scenario's budgets, by name."""
    book, params = _book(call), call.params
    if params["AccountId"] != call.account:
        raise Fault("AccessDeniedException", f"Account {params['AccountId']} is not authorized", 400)
    budgets = sorted(book.budgets, key=lambda fact: fact.name)
    page, more = page_of(
        budgets, lambda fact: fact.name, params.get("NextToken"), params.get("MaxResults") or BUDGETS_PAGE
    )
    # An account without budgets is answered without the key.
    return ({"Budgets": [_budget(call, book, fact) for fact in page]} if page else {}) | more


def _budget(call: Call, book: CostBook, fact: BudgetFact) -> dict[str, Any]:
    month = book.today
    began = call.world.began.astimezone(UTC)
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
            "ActualSpend": _usd(book.spent(month)),
            "ForecastedSpend": _usd(book.expected(month)),
        },
        "LastUpdatedTime": began.replace(microsecond=0),
    }


def _usd(amount: Decimal) -> dict[str, str]:
    """A Spend, which is never negative."""
    return {"Amount": f"{max(amount, Decimal(0)):.3f}", "Unit": "USD"}


def _book(call: Call) -> CostBook:
    book = call.world.part(CostBook)
    if not book.exists:
        raise ToMoto
    return book


def _metrics(params: dict[str, Any]) -> list[str]:
    metrics = params.get("Metrics") or []
    unknown = [metric for metric in metrics if metric not in (*_COSTS, "UsageQuantity")]
    if unknown or not metrics:
        raise invalid(f"Metrics {unknown} are not valid for this operation")
    return list(metrics)


def _dates(params: dict[str, Any]) -> tuple[date, date]:
    given = params["TimePeriod"]
    try:
        first, end = date.fromisoformat(given["Start"]), date.fromisoformat(given["End"])
    except ValueError:
        raise invalid("Dates must be written as YYYY-MM-DD") from None
    if first >= end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    return first, end


def _interval(call: Call, book: CostBook) -> Period:
    first, end = _dates(call.params)
    if first > book.today:
        raise invalid("Start date must be equal to or no later than the current date")
    if first < book.today - KEPT:
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


def _rows(book: CostBook, params: dict[str, Any], keys: Sequence[str], period: Period) -> list[Row]:
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for item in _items(book, period):
        if "Filter" not in params or matches(item, params["Filter"]):
            sums[group_of(item, keys)] += item.usd
    return [(period, group, usd) for group, usd in sorted(sums.items())] or [(period, (), Decimal(0))]


def _items(book: CostBook, period: Period) -> Iterator[Item]:
    for each in range((period.end - period.first).days):
        yield from book.items(period.first + each * ONE)


def _page(params: dict[str, Any], rows: list[Row]) -> tuple[list[Row], dict[str, str]]:
    """A page, and its token, which is good for the same request only."""
    asked = repr(sorted((key, repr(value)) for key, value in params.items() if key != "NextPageToken"))
    mark, start = f"{hash_of(asked):x}", 0
    if token := params.get("NextPageToken"):
        try:
            of, _colon, offset = decode(token).partition(":")
        except Fault:
            raise Fault("InvalidNextTokenException", "The pagination token is invalid.") from None
        if of != mark:
            raise Fault("RequestChangedException", "Your request parameters changed between pages.")
        start = int(offset)
    end = start + PAGE
    return rows[start:end], {"NextPageToken": encode(f"{mark}:{end}")} if end < len(rows) else {}


def _results(
    book: CostBook, rows: list[Row], keys: Sequence[str], metrics: Sequence[str]
) -> list[dict[str, Any]]:
    found: dict[Period, dict[str, Any]] = {}
    for period, group, usd in rows:
        # The invoice of a month is made in the first days of the next.
        estimated = period.end > book.today.replace(day=1)
        empty = {"TimePeriod": period.shape, "Total": {}, "Groups": [], "Estimated": estimated}
        result = found.setdefault(period, empty)
        amounts = {metric: _amount(metric, usd) for metric in metrics}
        if not keys:
            result["Total"] = amounts
        elif group:
            result["Groups"].append({"Keys": list(group), "Metrics": amounts})
    return list(found.values())


def _amount(metric: str, usd: Decimal) -> dict[str, str]:
    return {"Amount": str(usd), "Unit": "N/A" if metric == "UsageQuantity" else "USD"}
