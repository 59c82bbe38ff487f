"""AWS Price List: the on-demand prices of databases and of Fargate. Source: GetProducts (AWS Price List API
reference); reading is free. The API exists in few regions and knows the prices of all. Every product is a
JSON text."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from decimal import Decimal

from services.aws.client.reader import Answer, Reader, inside, when
from services.aws.cost_explorer import decimal
from services.models.costs import ListPrice

REGION = "us-east-1"
_ENGINES = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
"""Engines without a license of their own, by RDS's name."""
_VOLUMES = {
    "gp2": "General Purpose",
    "gp3": "General Purpose-GP3",
    "io1": "Provisioned IOPS",
    "io2": "Provisioned IOPS-IO2",
}


class PricingReader:
    """Reads the price list; every method raises AwsError and returns None where no single price fits."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def instance_hour(
        self, region: str, engine: str, instance_class: str, *, multi_az: bool
    ) -> ListPrice | None:
        product = _ENGINES.get(engine)
        if product is None:
            return None
        return await self._price(
            "Hrs",
            productFamily="Database Instance",
            regionCode=region,
            instanceType=instance_class,
            databaseEngine=product,
            deploymentOption=_deployment(multi_az=multi_az),
        )

    async def storage_month(self, region: str, storage_type: str, *, multi_az: bool) -> ListPrice | None:
        volume = _VOLUMES.get(storage_type)
        if volume is None:
            return None
        return await self._price(
            "GB-Mo",
            productFamily="Database Storage",
            regionCode=region,
            volumeType=volume,
            deploymentOption=_deployment(multi_az=multi_az),
        )

    async def fargate_hours(self, region: str, *, arm: bool) -> tuple[ListPrice | None, ListPrice | None]:
        """(one hour of a vCPU, one hour of a GB of memory) of Linux tasks on Fargate in `region`."""
        filters = [
            _term("regionCode", region),
            {"Type": "CONTAINS", "Field": "usagetype", "Value": "Fargate-"},
        ]
        products = [product async for product in self._products("AmazonECS", filters)]
        wanted = [f"Fargate-{'ARM-' if arm else ''}{part}" for part in ("vCPU-Hours:perCPU", "GB-Hours")]
        # The type of usage begins with the region's code, which is its own: `APN1-Fargate-GB-Hours`.
        vcpu, memory = (
            _single(
                price
                for product in products
                if re.fullmatch(rf"([A-Z]+\d?-)?{re.escape(name)}", _usage(product))
                for price in _prices(product)
            )
            for name in wanted
        )
        return vcpu, memory

    async def _price(self, unit: str, **attributes: str) -> ListPrice | None:
        filters = [_term(field, value) for field, value in attributes.items()]
        products = [product async for product in self._products("AmazonRDS", filters)]
        return _single(price for product in products for price in _prices(product) if price.unit == unit)

    async def _products(self, service: str, filters: list[dict[str, str]]) -> AsyncIterator[Answer]:
        pages = self._session.pages(
            "pricing",
            "GetProducts",
            region=REGION,
            required=("PriceList",),
            ServiceCode=service,
            Filters=filters,
        )
        async for page in pages:
            for text in page["PriceList"] or ():
                with suppress(ValueError):
                    yield _dict(inside(text))


def _term(field: str, value: str) -> dict[str, str]:
    return {"Type": "TERM_MATCH", "Field": field, "Value": value}


def _single(prices: Iterable[ListPrice]) -> ListPrice | None:
    rows = list(prices)
    return rows[0] if len({price.usd for price in rows}) == 1 else None


def _usage(product: Answer) -> str:
    return str(_dict(_dict(product.get("product")).get("attributes")).get("usagetype"))


def _deployment(*, multi_az: bool) -> str:
    return "Multi-AZ" if multi_az else "Single-AZ"


def _prices(product: Answer) -> Iterator[ListPrice]:
    for term in _values(_dict(product.get("terms")).get("OnDemand")):
        for dimension in _values(term.get("priceDimensions")):
            usd = decimal(_dict(dimension.get("pricePerUnit")).get("USD"))
            if usd is not None and usd > Decimal(0):
                yield ListPrice(
                    usd=usd, unit=dimension.get("unit"), published=when(product.get("publicationDate"))
                )


def _dict(value: object) -> Answer:
    return value if isinstance(value, dict) else {}


def _values(value: object) -> list[Answer]:
    return [each for each in _dict(value).values() if isinstance(each, dict)]
