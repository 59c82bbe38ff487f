"""AWS Price List: the on-demand prices of databases.

Source: GetProducts (AWS Price List API reference); reading is free. The API exists in few regions and knows the prices
of all. Every product is a JSON text.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

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
        """One hour of a database of this class in `region`, without its storage."""
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
        """One GiB of this storage type for a month in `region`."""
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

    async def _price(self, unit: str, **attributes: str) -> ListPrice | None:
        filters = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in attributes.items()
        ]
        pages = self._session.pages(
            "pricing",
            "GetProducts",
            region=REGION,
            required=("PriceList",),
            ServiceCode="AmazonRDS",
            Filters=filters,
        )
        prices = [
            price
            async for page in pages
            for text in page["PriceList"] or ()
            for price in _prices(text)
            if price.unit == unit
        ]
        # Several prices for the same thing differ in something that is not known here.
        return prices[0] if len({price.usd for price in prices}) == 1 else None


def _deployment(*, multi_az: bool) -> str:
    return "Multi-AZ" if multi_az else "Single-AZ"


def _prices(text: object) -> Iterator[ListPrice]:
    """The on-demand prices of one product; none from a text that is not a product."""
    try:
        product: Any = inside(text)
    except ValueError:
        return
    if not isinstance(product, dict):
        return
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
