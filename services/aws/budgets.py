"""The budgets that AWS watches itself.

Source: DescribeBudgets (AWS Budgets API reference). Reading is free; AWS recomputes a few times a day.
"""

from decimal import Decimal
from typing import Any

from services.aws.costs import decimal
from services.aws.reader import Answer, Reader, rows
from services.models.costs import Budget

REGION = "us-east-1"


class Budgets:
    """Reads the budgets of an account."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def costs(self, account: str) -> tuple[Budget, ...]:
        """Its cost budgets, by name; budgets of usage, reservations and savings plans are left out.

        Raises AwsError.
        """
        # An account without budgets is answered without the key, so it cannot be required.
        pages = self._session.pages("budgets", "DescribeBudgets", region=REGION, AccountId=account)
        found = [_budget(row) async for page in pages for row in rows(page, "Budgets") if _of_costs(row)]
        return tuple(sorted(found, key=lambda budget: budget.name))


def _of_costs(row: Answer) -> bool:
    # One that does not say what it is of must not be passed over.
    return row.get("BudgetType") in ("COST", None)


def _budget(row: Answer) -> Budget:
    spend = row.get("CalculatedSpend") or {}
    limit, unit = _spend(row.get("BudgetLimit"))
    spent, spent_unit = _spend(spend.get("ActualSpend"))
    forecast, forecast_unit = _spend(spend.get("ForecastedSpend"))
    return Budget(
        name=row.get("BudgetName"),
        period=row.get("TimeUnit"),
        unit=unit,
        limit=limit,
        # Amounts in different currencies cannot be compared.
        spent=spent if spent_unit == unit else None,
        forecast=forecast if forecast_unit == unit else None,
        filtered=bool(row.get("CostFilters") or row.get("FilterExpression")),
    )


def _spend(value: Any) -> tuple[Decimal | None, str]:
    """(amount, its unit)."""
    row = value if isinstance(value, dict) else {}
    return decimal(row.get("Amount")), str(row.get("Unit") or "")
