"""What a database costs per month before and after a change: dated prices of the runbook, else AWS's price
list. Source: AWS Price List (GetProducts); 730 hours are a month on AWS's price pages. Data transfer, backups
and CPU credits are not included."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.aws.client.errors import AwsError
from services.aws.client.prices import yen_per_dollar
from services.aws.pricing import PricingReader
from services.changes.base import ChangeContext
from services.i18n import _
from services.models.costs import ListPrice
from services.models.date_text import day_text as written_day
from services.models.rds import Database
from services.models.runbook import Runbook

HOURS = 730  # Hours of a month


@dataclass(frozen=True, slots=True)
class MonthlyCost:
    usd: Decimal
    as_of: date | None = None  # Day of the price; None: not reported
    runbook_source: str | None = None
    """Where the runbook's price is from, "" if it does not say; None: from AWS's price list."""

    def times(self, count: int) -> "MonthlyCost":
        return replace(self, usd=self.usd * count)


class DatabaseCosts:
    """Reads prices; an unreadable or ambiguous price is None, never zero."""

    def __init__(self, context: ChangeContext) -> None:
        self._runbook = context.runbook
        self._region = context.region
        self._pricing = PricingReader(context.reader)

    async def of_class(self, database: Database, instance_class: str) -> MonthlyCost | None:
        prices = self._runbook.rds.prices if self._runbook.rds else None
        if prices is not None and (hourly := prices.usd_per_hour.get(instance_class)) is not None:
            return MonthlyCost(hourly * HOURS, prices.as_of, prices.source)
        if database.multi_az is None:
            return None
        price = await _readable(
            self._pricing.instance_hour(
                self._region, database.engine, instance_class, multi_az=database.multi_az
            )
        )
        return listed(price, HOURS) if price else None

    async def of_gib(self, database: Database) -> MonthlyCost | None:
        prices = self._runbook.rds.prices if self._runbook.rds else None
        if (
            prices is not None
            and (monthly := prices.usd_per_gib_month.get(database.storage_type)) is not None
        ):
            return MonthlyCost(monthly, prices.as_of, prices.source)
        if database.multi_az is None:
            return None
        price = await _readable(
            self._pricing.storage_month(self._region, database.storage_type, multi_az=database.multi_az)
        )
        return listed(price, 1) if price else None


async def _readable(price: Awaitable[ListPrice | None]) -> ListPrice | None:
    try:
        return await price
    except AwsError:
        return None


def listed(price: ListPrice, units: int) -> MonthlyCost:
    return MonthlyCost(price.usd * units, price.published.date() if price.published else None)


def source_text(cost: MonthlyCost) -> str:
    if cost.runbook_source is not None and cost.as_of is not None:
        text = _("prices of the runbook, {day}", day=written_day(cost.as_of))
        return _(", ").join((text, cost.runbook_source)) if cost.runbook_source else text
    if cost.as_of is None:
        return _("AWS price list, undated")
    return _("AWS price list of {day}", day=written_day(cost.as_of))


def month_text(usd: Decimal | None, runbook: Runbook) -> str:
    """`¥29,490`, or `unknown`: the costs of a month in yen."""
    if usd is None:
        return _("unknown")
    return f"¥{round(float(usd) * yen_per_dollar(runbook.costs)):,}"


def change_text(before: MonthlyCost | None, after: MonthlyCost | None, runbook: Runbook) -> str:
    if before is None or after is None:
        return _("Unknown: neither the runbook nor AWS's price list has a price for it.")
    text = _("Per month {before} → {after} ({source}; $1 = ¥{rate})")
    sources = dict.fromkeys(map(source_text, (before, after)))
    return text.format(
        before=month_text(before.usd, runbook),
        after=month_text(after.usd, runbook),
        source=_(", ").join(sources),
        rate=rate_text(runbook),
    )


def day_text(parts: Iterable[MonthlyCost | None], runbook: Runbook, *, at_most: bool = False) -> str:
    """What something made of these parts costs per day, with the source and date of prices and exchange rate.
    `at_most`: a price of the runbook is that of two zones, and only one is used."""
    parts = tuple(parts)
    prices = [part for part in parts if part is not None]
    if len(prices) < len(parts):
        return _("Unknown: neither the runbook nor AWS's price list has a price for it.")
    usd = sum((part.usd for part in prices), Decimal()) * 24 / HOURS
    is_bound = at_most and any(part.runbook_source is not None for part in prices)
    text = (
        _("Per day at most {yen} until it is deleted ({source}; $1 = ¥{rate})")
        if is_bound
        else _("Per day {yen} until it is deleted ({source}; $1 = ¥{rate})")
    )
    sources = dict.fromkeys(map(source_text, prices))
    return text.format(yen=month_text(usd, runbook), source=_(", ").join(sources), rate=rate_text(runbook))


def rate_text(runbook: Runbook) -> str:
    rate, day = yen_per_dollar(runbook.costs), runbook.costs.usd_jpy_date if runbook.costs else None
    return f"{rate:g} {written_day(day)}" if day else f"{rate:g}"
