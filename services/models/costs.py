from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from services.models.base import Clean, Model, RawId


class CostKind(StrEnum):
    """What a charge is for, by Cost Explorer's record type."""

    CHARGE = "charge"  # Usage, fees and discounts: everything except tax and credits
    TAX = "tax"
    CREDIT = "credit"  # Credits and refunds; their amounts are negative


class DailyCost(Model):
    day: date
    """The day in UTC."""
    service: RawId
    """Service name as Cost Explorer spells it."""
    title: Clean
    """The service name, cleaned for display."""
    record: Clean
    """Cost Explorer's record type: `Usage`, `Tax`, `Credit`…"""
    kind: CostKind
    usd: Decimal
    """Unblended cost in US dollars."""


class CostHistory(Model):
    """A Cost Explorer response that covers every day from `first` to `last`."""

    first: date
    """The oldest day (inclusive)."""
    last: date
    """The newest day (inclusive)."""
    costs: tuple[DailyCost, ...]
    """A day on which a service cost nothing has no element."""
    estimated: bool
    """Whether AWS may still correct some of these days."""
    pages: int
    """Number of requests made; AWS charges for each."""


class Budget(Model):
    name: Clean
    period: Clean
    """`MONTHLY`, `QUARTERLY`, `ANNUALLY`…"""
    unit: Clean
    """Currency of the amounts: `USD`."""
    limit: Decimal | None = None
    """Budgeted amount; None: not reported."""
    spent: Decimal | None = None
    """Amount spent so far in the period; None: not reported."""
    forecast: Decimal | None = None
    """AWS's forecast for the whole period; None: not available yet, or unreadable."""
    forecast_unread: bool = False
    """Whether AWS sent a forecast that is not an amount in `unit`."""
    of_costs: bool = True
    """Whether it is a cost budget; False: its type is unknown."""
    filtered: bool = False
    """Whether it covers only a part of the account's costs."""


class ListPrice(Model):
    usd: Decimal
    """US dollars per `unit`."""
    unit: Clean
    """`Hrs`, `GB-Mo`"""
    published: datetime | None = None
    """When AWS published the price list (UTC); None: not reported."""
