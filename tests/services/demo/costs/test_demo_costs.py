from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.clock import ManualClock
from services.demo import costs as costs_handlers
from services.demo.errors import AwsErrorResponse
from services.demo.registry import HANDLERS, Call
from services.demo.scenario import load
from services.demo.world import World
from tests.services.demo.client import ask, refused
from tests.services.demo.shapes import assert_output_shape

assert costs_handlers
MONDAY = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)
GROUPS = [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}]
MONTH = {"Start": "2026-01-01", "End": "2026-01-13"}


@pytest.fixture(scope="module")
def world() -> World:
    return World(load("budget-used"), ManualClock(MONDAY), history=timedelta(0))


def answer(world: World, operation: str, service: str = "ce", **params: Any) -> dict[str, Any]:
    call = Call(service, operation, params, world.region, world.account, world)
    return assert_output_shape(service, operation, HANDLERS[service, operation](call))


def usage(world: World, **params: Any) -> dict[str, Any]:
    asked = {"TimePeriod": MONTH, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]} | params
    return answer(world, "GetCostAndUsage", **asked)


def fault(world: World, **params: Any) -> str:
    with pytest.raises(AwsErrorResponse) as caught:
        usage(world, **params)
    return caught.value.code


def amount(value: dict[str, Any]) -> Decimal:
    assert value["UnblendedCost"]["Unit"] == "USD"
    return Decimal(value["UnblendedCost"]["Amount"])


def test_trap_22_total_is_empty_where_costs_are_grouped(world):
    grouped = usage(world, GroupBy=GROUPS)
    plain = usage(world)
    assert [row["Total"] for row in grouped["ResultsByTime"]] == [{}] * 12
    assert all(not row["Groups"] for row in plain["ResultsByTime"])
    for one, other in zip(grouped["ResultsByTime"], plain["ResultsByTime"], strict=True):
        assert sum(amount(each["Metrics"]) for each in one["Groups"]) == amount(other["Total"])
    assert all(row["Estimated"] for row in plain["ResultsByTime"])
    before = usage(world, TimePeriod={"Start": "2025-12-31", "End": "2026-01-02"})["ResultsByTime"]
    assert [row["Estimated"] for row in before] == [False, True]


def test_trap_22_aws_is_a_day_late_and_its_days_are_utc(world):
    *_rest, saturday, sunday, monday = [amount(row["Total"]) for row in usage(world)["ResultsByTime"]]
    assert saturday > 18
    assert 0 < sunday < saturday / 2
    assert monday == 0


def test_filters_and_record_types(world):
    def records(expression: dict[str, Any] | None) -> set[str]:
        more = {"Filter": expression} if expression else {}
        rows = usage(world, GroupBy=GROUPS[1:], **more)["ResultsByTime"]
        return {each["Keys"][0] for row in rows for each in row["Groups"]}

    credit = {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund"]}}
    tax = {"Dimensions": {"Key": "SERVICE", "Values": ["Tax"]}}
    assert records(None) == {"Usage", "Tax", "Credit"}
    assert records({"Not": credit}) == {"Usage", "Tax"}
    assert records({"Or": [credit, tax]}) == {"Tax", "Credit"}
    assert records({"And": [credit, tax]}) == set()
    # A value that nothing has is a silent nothing.
    assert records({"Dimensions": {"Key": "SERVICE", "Values": ["RDS"]}}) == set()


def test_trap_22_charge_type_and_other_nonsense_are_refused(world):
    wrong = {"Dimensions": {"Key": "CHARGE_TYPE", "Values": ["Tax"]}}
    backwards = {"Start": "2026-01-02", "End": "2026-01-02"}
    for params in (
        {"Filter": wrong},
        {"Filter": wrong | {"Not": wrong}},
        {"GroupBy": [{"Type": "DIMENSION", "Key": "CHARGE_TYPE"}]},
        {"TimePeriod": backwards},
    ):
        assert fault(world, **params) == "ValidationException"


def test_a_year_takes_more_than_one_page(world):
    asked: dict[str, Any] = {"TimePeriod": {"Start": "2025-01-01", "End": "2026-01-01"}, "GroupBy": GROUPS}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    days: set[str] = set()
    token: dict[str, str] = {}
    pages = 0
    while pages == 0 or token:
        page = usage(world, **asked, **token)
        pages += 1
        for row in page["ResultsByTime"]:
            days.add(row["TimePeriod"]["Start"])
            for group in row["Groups"]:
                sums[group["Keys"][0]] += amount(group["Metrics"])
        token = {"NextPageToken": page["NextPageToken"]} if "NextPageToken" in page else {}
    assert (pages, len(days)) == (2, 365)
    monthly = usage(world, **asked, Granularity="MONTHLY")["ResultsByTime"]
    assert len(monthly) == 12
    assert sum(amount(group["Metrics"]) for row in monthly for group in row["Groups"]) == sum(sums.values())
    # A normal month of this system, in yen at 150: somewhat below the runbook's guidelines.
    guidelines = {
        "Amazon Elastic Container Service": 30_000,
        "Amazon Relational Database Service": 25_000,
        "Amazon Elastic Load Balancing": 20_000,
    }
    for name, guideline in guidelines.items():
        assert 0.7 < sums[name] * 150 / 12 / guideline < 1


def test_the_forecast_of_the_rest_of_a_month(world):
    asked = {"Metric": "UNBLENDED_COST", "Granularity": "MONTHLY"}
    rest = {"Start": "2026-01-12", "End": "2026-02-01"}
    forecast = answer(world, "GetCostForecast", TimePeriod=rest, **asked)
    assert 360 < Decimal(forecast["Total"]["Amount"]) < 420


@pytest.mark.scenario("budget-used", origin=MONDAY, history=60)
async def test_over_http(embedded):
    url = embedded.url
    (budget,) = (await ask(url, "budgets", "DescribeBudgets", AccountId="123456789012"))["Budgets"]
    assert budget["BudgetLimit"] == {"Amount": "700.000", "Unit": "USD"}
    spend = {key: Decimal(value["Amount"]) for key, value in budget["CalculatedSpend"].items()}
    assert spend["ActualSpend"] < spend["ForecastedSpend"] < 700
    code, _status, _message = await refused(url, "budgets", "DescribeBudgets", AccountId="000000000000")
    assert code == "AccessDeniedException"
    asked: dict[str, Any] = {"TimePeriod": MONTH, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]}
    assert len((await ask(url, "ce", "GetCostAndUsage", **asked))["ResultsByTime"]) == 12
    wrong = {"Dimensions": {"Key": "CHARGE_TYPE", "Values": ["Tax"]}}
    code, status, _message = await refused(url, "ce", "GetCostAndUsage", **asked, Filter=wrong)
    assert (code, status) == ("ValidationException", 400)
