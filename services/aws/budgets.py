"""Source: DescribeBudgets (AWS Budgets API reference). Reading is free; AWS updates the figures a few times a day."""

from decimal import Decimal

from services.aws.client.reader import Answer, Reader, rows
from services.aws.cost_explorer import decimal
from services.models.costs import Budget

REGION = "us-east-1"
_COSTS = "COST"
_OTHERS = frozenset(
    {"USAGE", "RI_UTILIZATION", "RI_COVERAGE", "SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE"}
)
"""Budget types that do not track costs."""


class Budgets:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def costs(self, account: str) -> tuple[Budget, ...]:
        """The account's cost budgets by name, without usage, reservation and savings plans budgets. Budgets
        of an unknown type are included, because they may track costs. Raises AwsError."""
        # The key is absent for an account without budgets, so it cannot be required.
        pages = self._session.pages("budgets", "DescribeBudgets", region=REGION, AccountId=account)
        budgets = [
            _budget(row)
            async for page in pages
            for row in rows(page, "Budgets")
            if row.get("BudgetType") not in _OTHERS
        ]
        return tuple(sorted(budgets, key=lambda budget: budget.name))


def _budget(row: Answer) -> Budget:
    spend = row.get("CalculatedSpend")
    spends = spend if isinstance(spend, dict) else {}
    limit, unit = _spend(row.get("BudgetLimit"))
    # Amounts in different currencies cannot be compared.
    spent, forecast = (_in(unit, spends.get(key)) for key in ("ActualSpend", "ForecastedSpend"))
    return Budget(
        name=row.get("BudgetName"),
        period=row.get("TimeUnit"),
        unit=unit,
        limit=limit,
        spent=spent,
        forecast=forecast,
        forecast_unread=forecast is None and "ForecastedSpend" in spends,
        of_costs=row.get("BudgetType") == _COSTS,
        filtered=bool(row.get("CostFilters") or row.get("FilterExpression")),
    )


def _in(unit: str, value: object) -> Decimal | None:
    amount, of = _spend(value)
    return amount if of == unit else None


def _spend(value: object) -> tuple[Decimal | None, str]:
    row = value if isinstance(value, dict) else {}
    amount = decimal(row.get("Amount"))
    return amount if amount is None or amount >= 0 else None, str(row.get("Unit") or "")
