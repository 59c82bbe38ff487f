import json
from decimal import Decimal

import pytest

from services.changes.base import ChangeContext
from services.changes.rds.cost import DatabaseCosts, change_text
from services.clock import ManualClock
from services.models.problem import ProblemKind
from services.models.runbook_inspections import DatabasePrices
from tests.services.aws.canned import Canned, failure
from tests.services.changes.rds_states import BOOK, CALENDAR, NOW, database

PRICES = DatabasePrices.model_validate(
    {
        "as_of": "2025-12-01",
        "source": "quotation 12",
        "usd_per_hour": {"db.t4g.medium": 0.2, "db.t4g.large": "0.4"},
        "usd_per_gib_month": {"gp3": 0.25},
    }
)


def book(prices):
    return BOOK.model_copy(update={"rds": BOOK.rds.model_copy(update={"prices": prices})})


def costs(canned, prices=None):
    context = ChangeContext(
        runbook=book(prices),
        calendar=CALENDAR,
        clock=ManualClock(NOW),
        region="ap-northeast-1",
        reader=canned,
    )
    return DatabaseCosts(context)


def listed(usd, unit="Hrs"):
    dimension = {"unit": unit, "pricePerUnit": {"USD": usd}}
    product = {"terms": {"OnDemand": {"a": {"priceDimensions": {"b": dimension}}}}}
    return Canned(GetProducts={"PriceList": [json.dumps(product)]})


async def test_the_runbook_s_prices_come_first_with_their_date():
    canned = Canned()
    reader = costs(canned, PRICES)
    before = await reader.of_class(database(), "db.t4g.medium")
    after = await reader.of_class(database(), "db.t4g.large")
    assert (before.usd, after.usd) == (Decimal(146), Decimal(292))
    gib = await reader.of_gib(database())
    assert gib.times(100).usd == Decimal(25)
    assert canned.calls == []
    text = change_text(before, after, BOOK)
    assert text.startswith(
        "Per month ¥21,900 → ¥43,800 (prices of the runbook, 2025-12-01(Mon), quotation 12;"
    )
    assert "$1 = ¥150" in text


async def test_a_class_that_the_runbook_does_not_price_is_read():
    canned = listed("0.3")
    cost = await costs(canned, PRICES).of_class(database(multi_az=False), "db.r6g.large")
    assert cost.usd == Decimal(219)
    filters = {each["Field"]: each["Value"] for each in canned.asked("GetProducts")[0]["Filters"]}
    assert (filters["deploymentOption"], filters["regionCode"]) == ("Single-AZ", "ap-northeast-1")
    assert "AWS price list, undated" in change_text(cost, cost, BOOK)


@pytest.mark.parametrize(
    ("canned", "more"),
    [
        (Canned(GetProducts=failure(ProblemKind.ACCESS_DENIED)), {}),
        (Canned(GetProducts={"PriceList": []}), {}),
        (Canned(), {"multi_az": None}),
        (Canned(), {"engine": "oracle-ee", "storage_type": "standard"}),
    ],
)
async def test_without_a_price_it_is_unknown(canned, more):
    reader = costs(canned)
    assert await reader.of_class(database(**more), "db.t4g.large") is None
    assert await reader.of_gib(database(**more)) is None
    assert change_text(None, None, BOOK).startswith("Unknown")
