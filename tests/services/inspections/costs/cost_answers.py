"""Canned answers of Cost Explorer, and a world's own without HTTP."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.models.findings import Finding
from services.models.runbook import Runbook
from services.models.runbook_inspections import Costs
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned

_SHIPPED = load_builtin("facility-prod")
# Its budget is undecided, so that no day would be normal.
BOOK = _SHIPPED.model_copy(update={"costs": _SHIPPED.costs.model_copy(update={"budget_yen": 1_000_000})})
MONDAY = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)  # 9:00 JST
ECS, RDS, ELB, CLOUDWATCH = (
    "Amazon Elastic Container Service",
    "Amazon Relational Database Service",
    "Amazon Elastic Load Balancing",
    "AmazonCloudWatch",
)
USUAL = {ECS: 5.0, RDS: 4.0, ELB: 3.0, CLOUDWATCH: 1.0, "EC2 - Other": 2.0}
Priced = Callable[[date], dict[tuple[str, str], float]]


def usual(day: date) -> dict[tuple[str, str], float]:
    return {(service, "Usage"): usd for service, usd in USUAL.items()}


def group(service: str, usd: float | str, record: str = "Usage", unit: str = "USD") -> dict[str, Any]:
    return {"Keys": [service, record], "Metrics": {"UnblendedCost": {"Amount": str(usd), "Unit": unit}}}


def result(day: date, groups: list[dict[str, Any]]) -> dict[str, Any]:
    period = {"Start": day.isoformat(), "End": (day + timedelta(days=1)).isoformat()}
    return {"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": True}


def answered(priced: Priced = usual) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(params: dict[str, Any]) -> dict[str, Any]:
        first, end = (date.fromisoformat(params["TimePeriod"][key]) for key in ("Start", "End"))
        days = [first + timedelta(days=each) for each in range((end - first).days)]
        rows = [
            result(day, [group(service, usd, record) for (service, record), usd in priced(day).items()])
            for day in days
        ]
        return {"ResultsByTime": rows}

    return answer


def budget(limit: str, spent: str, forecast: str | None = None, **more: Any) -> dict[str, Any]:
    spend = {"ActualSpend": {"Amount": spent, "Unit": "USD"}}
    if forecast is not None:
        spend["ForecastedSpend"] = {"Amount": forecast, "Unit": "USD"}
    row = {
        "BudgetName": "monthly",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": limit, "Unit": "USD"},
        "CalculatedSpend": spend,
    }
    return {"Budgets": [row | more]}


def runbook_with(**changed: Any) -> Runbook:
    """The runbook with other `[costs]`."""
    costs = Costs.model_validate(BOOK.costs.model_dump() | changed)
    return BOOK.model_copy(update={"costs": costs})


def context(canned: Canned, *, now: datetime = MONDAY, runbook: Runbook = BOOK) -> InspectionContext:
    return InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(now),
        region=runbook.system.region,
        reader=canned,
    )


async def costs(
    priced: Priced = usual, *, budgets: Any = None, now: datetime = MONDAY, runbook: Runbook = BOOK
) -> Finding:
    canned = Canned(GetCostAndUsage=answered(priced), DescribeBudgets=budgets or {})
    return await run_costs(context(canned, now=now, runbook=runbook))


async def run_costs(inspection_context: InspectionContext) -> Finding:
    now = inspection_context.clock.now()
    return await make(inspection_context, "costs").run(
        InspectionRequest(since=now - timedelta(days=3), until=now)
    )
