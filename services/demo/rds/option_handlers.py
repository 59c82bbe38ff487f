"""Handlers for what the database may be changed to, and what that costs.

Source: DescribeValidDBInstanceModifications, DescribeOrderableDBInstanceOptions (Amazon RDS API reference),
GetProducts (AWS Price List API reference).
"""

import json
from collections.abc import Iterator
from typing import Any

from services.demo.account import REGION, hash_of
from services.demo.errors import AwsErrorResponse
from services.demo.rds.handlers import named_instance
from services.demo.rds.model import (
    CLASSES,
    ENGINE,
    FARGATE,
    GIB_MONTH,
    LARGEST,
    MOST_IOPS,
    SMALLEST,
    STRIPED_IOPS,
    VERSION,
)
from services.demo.registry import Call, op

_ON_DEMAND, _RATE = "JRTCKXETXF", "6YS6EN2CT7"
"""Codes of the Price List for on-demand terms and their rates."""


@op("rds", "DescribeValidDBInstanceModifications", of_system=True)
def valid_modifications(call: Call) -> dict[str, Any]:
    """The sizes and IOPS of gp3; refused while the instance is being modified."""
    if named_instance(call).operation:
        text = f"DB instance {call.params['DBInstanceIdentifier']} is not in available state."
        raise AwsErrorResponse("InvalidDBInstanceState", text)
    storage = {
        "StorageType": "gp3",
        "StorageSize": [{"From": SMALLEST, "To": LARGEST, "Step": 1}],
        "ProvisionedIops": [{"From": STRIPED_IOPS, "To": MOST_IOPS, "Step": 1}],
        "SupportsStorageAutoscaling": True,
    }
    return {"ValidDBInstanceModificationsMessage": {"Storage": [storage]}}


@op("rds", "DescribeOrderableDBInstanceOptions", of_system=True)
def orderable_options(call: Call) -> dict[str, Any]:
    """The classes of the database's engine version; other engines have none."""
    params = call.params
    ours = params["Engine"] == ENGINE and params.get("EngineVersion") in (None, VERSION)
    options = [
        {
            "Engine": ENGINE,
            "EngineVersion": VERSION,
            "DBInstanceClass": name,
            "LicenseModel": "postgresql-license",
            "AvailabilityZones": [{"Name": f"{REGION}{zone}"} for zone in "acd"],
            "MultiAZCapable": True,
            "Vpc": True,
            "StorageType": "gp3",
            "MinStorageSize": SMALLEST,
            "MaxStorageSize": LARGEST,
        }
        for name in CLASSES
        if ours and params.get("DBInstanceClass") in (None, name)
    ]
    return {"OrderableDBInstanceOptions": options}


@op("pricing", "GetProducts")
def get_products(call: Call) -> dict[str, Any]:
    """Prices of RDS and of Fargate in the home region that match every filter, as JSON texts."""
    filters, service = call.params.get("Filters") or (), call.params["ServiceCode"]
    products = {"AmazonRDS": _products, "AmazonECS": _fargate}.get(service, lambda: iter(()))()
    prices = [
        _price_list(service, attributes, unit, usd)
        for attributes, unit, usd in products
        if all(_fits(attributes.get(each["Field"]), each) for each in filters)
    ]
    return {"FormatVersion": "aws_v1", "PriceList": prices}


def _fits(value: str | None, filter: dict[str, str]) -> bool:
    return value is not None and (
        filter["Value"] in value if filter["Type"] == "CONTAINS" else filter["Value"] == value
    )


def _fargate() -> Iterator[tuple[dict[str, str], str, float]]:
    common = {"productFamily": "Compute", "regionCode": REGION, "servicecode": "AmazonECS"}
    for name, usd in FARGATE.items():
        yield common | {"usagetype": f"APN1-{name}"}, "hours", usd


def _products() -> Iterator[tuple[dict[str, str], str, float]]:
    """(attributes, unit, dollars) of each product."""
    for zones, deployment in ((1, "Single-AZ"), (2, "Multi-AZ")):
        common = {"regionCode": REGION, "deploymentOption": deployment, "servicecode": "AmazonRDS"}
        for instance_class in CLASSES.values():
            family = {"productFamily": "Database Instance", "databaseEngine": "PostgreSQL"}
            yield (
                common | family | {"instanceType": instance_class.name},
                "Hrs",
                instance_class.hourly * zones,
            )
        storage = {"productFamily": "Database Storage", "databaseEngine": "Any"}
        yield common | storage | {"volumeType": "General Purpose-GP3"}, "GB-Mo", GIB_MONTH * zones


def _price_list(service: str, attributes: dict[str, str], unit: str, usd: float) -> str:
    sku = f"{hash_of(json.dumps(attributes)):X}"[:16]
    term, rate = f"{sku}.{_ON_DEMAND}", f"{sku}.{_ON_DEMAND}.{_RATE}"
    dimension = {"unit": unit, "rateCode": rate, "pricePerUnit": {"USD": f"{usd:.10f}"}}
    product = {"productFamily": attributes["productFamily"], "sku": sku, "attributes": attributes}
    on_demand = {"sku": sku, "effectiveDate": "2026-01-01T00:00:00Z", "priceDimensions": {rate: dimension}}
    return json.dumps(
        {
            "product": product,
            "serviceCode": service,
            "terms": {"OnDemand": {term: on_demand}},
            "version": "20260105000000",
            "publicationDate": "2026-01-05T00:00:00Z",
        }
    )
