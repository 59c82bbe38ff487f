import json
from decimal import Decimal

import pytest

from services.aws.client.errors import Incomplete
from services.aws.pricing import PricingReader
from services.aws.rds.reader import RdsReader
from services.models.problem import ProblemKind
from services.models.rds import SizeRange
from tests.services.aws.canned import Canned, failure


def sizes(*storage):
    message = {"ValidDBInstanceModificationsMessage": {"Storage": list(storage)}}
    return Canned(DescribeValidDBInstanceModifications=message)


async def test_legal_sizes():
    canned = sizes(
        {
            "StorageType": "io1",
            "StorageSize": [{"From": 100, "To": 200, "Step": 5}],
            "ProvisionedIops": [{"From": 1000, "To": 80000}],
        },
        {"StorageType": "gp3"},
    )
    provisioned, general = await RdsReader(canned).storage_options("db")
    assert provisioned.sizes == (SizeRange(first=100, last=200, step=5),)
    assert provisioned.iops == (SizeRange(first=1000, last=80000),)
    assert (general.storage_type, general.sizes) == ("gp3", ())


@pytest.mark.parametrize("row", [{}, {"StorageType": "gp3", "StorageSize": [{"From": 20}]}])
async def test_half_a_range_is_incomplete(row):
    with pytest.raises(Incomplete):
        await RdsReader(sizes(row)).storage_options("db")


async def test_a_class_is_one_for_all_its_storage_types():
    def option(name, kind, multi=False):
        return {"DBInstanceClass": name, "StorageType": kind, "MultiAZCapable": multi}

    pages = [
        {
            "OrderableDBInstanceOptions": [option("db.t4g.large", "gp3", True), option("", "gp3")],
            "Marker": "m",
        },
        {"OrderableDBInstanceOptions": [option("db.r6g.large", "io1"), option("db.t4g.large", "gp2")]},
    ]
    canned = Canned(DescribeOrderableDBInstanceOptions=pages)
    large, memory = await RdsReader(canned).classes("postgres", "16.4")
    assert canned.asked("DescribeOrderableDBInstanceOptions")[0]["EngineVersion"] == "16.4"
    assert (large.name, large.multi_az, large.storage_types) == ("db.t4g.large", True, ("gp2", "gp3"))
    assert (memory.name, memory.multi_az) == ("db.r6g.large", False)


@pytest.mark.parametrize("answer", [failure(ProblemKind.NOT_FOUND), {"DBSnapshots": []}])
async def test_no_such_snapshot(answer):
    assert await RdsReader(Canned(DescribeDBSnapshots=answer)).snapshot("toban-1") is None


def product(usd, unit="Hrs", **more):
    dimension = {"unit": unit, "pricePerUnit": {"USD": usd}}
    terms = {"OnDemand": {"s.t": {"priceDimensions": {"s.t.r": dimension}}}}
    return json.dumps({"terms": terms, "publicationDate": "2026-01-05T00:00:00Z"} | more)


async def test_the_price_of_an_hour():
    canned = Canned(GetProducts=[{"PriceList": [product("0.2020000000"), product("1", "GB-Mo")]}])
    price = await PricingReader(canned).instance_hour(
        "ap-northeast-1", "postgres", "db.t4g.large", multi_az=True
    )
    assert (price.usd, price.published and price.published.year) == (Decimal("0.202"), 2026)
    assert canned.calls[0][2] == "us-east-1"
    filters = {each["Field"]: each["Value"] for each in canned.asked("GetProducts")[0]["Filters"]}
    assert (filters["deploymentOption"], filters["databaseEngine"]) == ("Multi-AZ", "PostgreSQL")


async def test_the_hours_of_fargate_are_those_of_the_processor_and_of_no_spot_task():
    usages = {
        "APN1-Fargate-vCPU-Hours:perCPU": "0.05", "APN1-Fargate-GB-Hours": "0.005",
        "APN1-Fargate-ARM-vCPU-Hours:perCPU": "0.04", "APN1-Fargate-ARM-GB-Hours": "0.004",
        "APN1-Fargate-Windows-vCPU-Hours:perCPU": "0.09", "APN1-SpotUsage-Fargate-GB-Hours": "0.001",
        "APN1-Fargate-EphemeralStorage-GB-Hours": "0.0001",
    }  # fmt: skip
    listed = [
        product(usd, "hours", product={"attributes": {"usagetype": usage}}) for usage, usd in usages.items()
    ]
    reader = PricingReader(Canned(GetProducts={"PriceList": [*listed, "{", "[]"]}))
    for arm, hours in ((False, ("0.05", "0.005")), (True, ("0.04", "0.004"))):
        prices = await reader.fargate_hours("ap-northeast-1", arm=arm)
        assert [str(each.usd) for each in prices if each] == [*hours]
    nothing = PricingReader(Canned(GetProducts={"PriceList": listed[:1]}))
    assert (await nothing.fargate_hours("ap-northeast-1", arm=False))[1] is None


@pytest.mark.parametrize(
    "prices",
    [
        [],
        [product("0.1"), product("0.2")],
        ["{"],
        ["[]"],
        [product("0.0000000000")],
        [product("x")],
        [json.dumps({"terms": {"OnDemand": []}})],
    ],
)
async def test_without_one_price_it_is_unknown(prices):
    reader = PricingReader(Canned(GetProducts={"PriceList": prices}))
    assert await reader.storage_month("ap-northeast-1", "gp3", multi_az=False) is None


async def test_what_the_price_list_has_no_name_for_is_not_asked():
    reader = PricingReader(Canned())
    assert await reader.instance_hour("ap-northeast-1", "oracle-ee", "db.m6g.large", multi_az=True) is None
    assert await reader.storage_month("ap-northeast-1", "standard", multi_az=True) is None
