from datetime import date
from decimal import Decimal

import pytest

from services.aws.budgets import Budgets
from services.aws.client.errors import AccessDenied, Incomplete
from services.aws.cost_explorer import PAGES, CostExplorerReader
from services.models.costs import CostKind
from services.models.problem import ProblemKind
from tests.services.aws.canned import Canned, failure
from tests.services.inspections.costs.cost_answers import budget, group, result

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 2)


async def daily(*pages):
    def answer(params):
        return pages[int(params.get("NextPageToken", 0))]

    canned = Canned(GetCostAndUsage=answer)
    return await CostExplorerReader(canned).daily(FIRST, LAST), canned


async def test_trap_22_dollars_are_decimal_text_summed_here_for_total_is_empty():
    tax, credit = group("Tax", "1.1", "Tax"), group("AmazonCloudWatch", "-3.0000000001", "Credit")
    rows = [result(FIRST, [group("AmazonRoute53", "0.1"), tax, credit]), result(LAST, [])]
    history, canned = await daily({"ResultsByTime": rows})
    assert [(each.usd, each.kind) for each in history.costs] == [
        (Decimal("0.1"), CostKind.CHARGE),
        (Decimal("1.1"), CostKind.TAX),
        (Decimal("-3.0000000001"), CostKind.CREDIT),
    ]
    assert (history.pages, history.estimated) == (1, True)
    (request,) = canned.asked("GetCostAndUsage")
    assert request["TimePeriod"] == {"Start": "2026-01-01", "End": "2026-01-03"}
    assert [each["Key"] for each in request["GroupBy"]] == ["SERVICE", "RECORD_TYPE"]
    # A name that Cost Explorer does not know would silently find nothing.
    assert "Filter" not in request


async def test_the_next_page_token_is_followed_and_a_day_may_be_split_between_pages():
    pages = (
        {"ResultsByTime": [result(FIRST, [group("a", "1")])], "NextPageToken": "1"},
        {"ResultsByTime": [result(FIRST, [group("b", "2")]), result(LAST, [])]},
    )
    history, canned = await daily(*pages)
    assert [(each.service, each.day) for each in history.costs] == [("a", FIRST), ("b", FIRST)]
    assert (history.pages, len(canned.calls)) == (2, 2)


async def test_pages_cost_money_and_end():
    row = {"ResultsByTime": [result(FIRST, [])]}
    with pytest.raises(Incomplete, match="same page token"):
        await daily(row | {"NextPageToken": "1"}, row | {"NextPageToken": "1"})
    endless = [row | {"NextPageToken": str(each + 1)} for each in range(PAGES + 1)]
    with pytest.raises(Incomplete, match="pages"):
        await daily(*endless)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([result(FIRST, [])], "omitted 1 of the requested days"),
        ([{"Groups": []}], "without a day"),
        ([result(FIRST, [group("a", "1", unit="CNY")])], "responded in CNY"),
        ([result(FIRST, [group("a", "NaN")])], "not a number: NaN"),
        ([result(FIRST, [group("a", "")])], "not a number: ?"),
        ([result(FIRST, [{"Keys": ["a"], "Metrics": {}}])], "without a service"),
        ([result(FIRST, [group("\ufffd", "1")])], "without a service"),
    ],
)
async def test_what_cannot_be_summed_is_no_cost_of_nothing(rows, words):
    with pytest.raises(Incomplete) as caught:
        await daily({"ResultsByTime": rows})
    assert words in str(caught.value)


async def budgets(answer):
    return await Budgets(Canned(DescribeBudgets=answer)).costs("123456789012")


async def test_budgets():
    (entry,) = await budgets(budget("700.0", "82.5", "650", CostFilters={"Service": ["AmazonRDS"]}))
    assert (entry.limit, entry.spent, entry.forecast) == (Decimal(700), Decimal("82.5"), Decimal(650))
    assert (entry.name, entry.period, entry.unit, entry.filtered) == ("monthly", "MONTHLY", "USD", True)
    # Amounts of another currency cannot be compared, and no amount is none of zero.
    (entry,) = await budgets(budget("700", "1", BudgetLimit={"Amount": "9", "Unit": "JPY"}))
    assert (entry.limit, entry.spent, entry.forecast) == (Decimal(9), None, None)
    assert await budgets({}) == ()
    assert await budgets(budget("1", "1", BudgetType="USAGE")) == ()
    # One of an unknown type is not skipped.
    for word in ("COST\ufffd", "no such word", None):
        (entry,) = await budgets(budget("1", "1", BudgetType=word))
        assert not entry.of_costs
    with pytest.raises(AccessDenied):
        await budgets(failure(ProblemKind.ACCESS_DENIED))


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e308", "-650", "no such word", "650\ufffd", "", None]
)
async def test_a_forecast_that_cannot_be_read_is_not_the_same_as_none(amount):
    spend = {"ActualSpend": {"Amount": "82.5", "Unit": "USD"}}
    (none,) = await budgets(budget("700", "82.5"))
    assert (none.forecast, none.forecast_unread) == (None, False)
    for forecast in ({"Amount": amount, "Unit": "USD"}, {"Amount": "650", "Unit": amount or None}, {}):
        calculated = spend | {"ForecastedSpend": forecast}
        (entry,) = await budgets(budget("700", "82.5", CalculatedSpend=calculated))
        assert (entry.forecast, entry.forecast_unread) == (None, True)
        assert entry.spent == Decimal("82.5")
