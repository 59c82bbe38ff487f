"""The inspection of costs by hand."""

from collections.abc import Iterator
from datetime import datetime

from services.aws.cost_explorer import GROUPS, METRIC, REGION
from services.aws_cli.calls import call
from services.i18n import _
from services.inspections.costs.days import ONE, plan
from services.models.aws_cli import CliCommand
from services.models.runbook import Runbook


def commands_of(runbook: Runbook, until: datetime) -> Iterator[CliCommand]:
    """The daily costs of this month and the last, then the budgets."""
    days = plan(until)
    yield call(
        "ce",
        "GetCostAndUsage",
        {
            "TimePeriod": {"Start": days.last_month.isoformat(), "End": (days.last + ONE).isoformat()},
            "Granularity": "DAILY",
            "Metrics": [METRIC],
            "GroupBy": GROUPS,
        },
        region=REGION,
        purpose=_("Costs by day and service, from the first of last month, in US dollars and UTC days."),
        traps=(
            _(
                "Every call costs $0.01. End is exclusive, and the newest day is complete only after 24 hours."
            ),
            _("Dollars × exchange rate is not the bill: taxes and credits are rows of their own."),
        ),
    )
    yield call(
        "budgets",
        "DescribeBudgets",
        {"AccountId": runbook.system.account},
        region=REGION,
        query="Budgets[].[BudgetName,BudgetLimit.Amount,CalculatedSpend.ActualSpend.Amount,"
        "CalculatedSpend.ForecastedSpend.Amount]",
        purpose=_("AWS's budgets with AWS's own forecast. Normal: the forecast is below the limit."),
    )
