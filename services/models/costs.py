"""Daily costs from Cost Explorer, and cost budgets from AWS Budgets."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.models.base import Clean, Model, RawId


class CostKind(StrEnum):
    """What a charge is for, from Cost Explorer's record type."""

    CHARGE = "charge"
    """Usage, fees, discounts: everything but the two below."""
    TAX = "tax"
    CREDIT = "credit"
    """Credits and refunds; their amounts are negative."""


class DailyCost(Model):
    """What one service cost on one day."""

    day: date
    """UTC."""
    service: RawId
    """As Cost Explorer spells it."""
    title: Clean
    """The service name, cleaned for display."""
    record: Clean
    """Cost Explorer's record type: `Usage`, `Tax`, `Credit`…"""
    kind: CostKind
    usd: Decimal
    """Unblended, US dollars."""


class CostHistory(Model):
    """A Cost Explorer response that covers every day from `first` to `last`."""

    first: date
    last: date
    """The newest day (inclusive)."""
    costs: tuple[DailyCost, ...]
    """A day on which a service cost nothing has no row."""
    estimated: bool
    """AWS may still correct some of these days."""
    pages: int
    """Requests it took; AWS charges for each."""


class Budget(Model):
    """A cost budget kept in AWS Budgets."""

    name: Clean
    period: Clean
    """`MONTHLY`, `QUARTERLY`, `ANNUALLY`…"""
    unit: Clean
    """Of the amounts: `USD`."""
    limit: Decimal | None = None
    """None: not reported."""
    spent: Decimal | None = None
    """In its period so far."""
    forecast: Decimal | None = None
    """AWS's forecast for the whole period; None: not available yet, or unreadable."""
    forecast_unread: bool = False
    """AWS sent a forecast that is not an amount in `unit`."""
    of_costs: bool = True
    """False: the budget's type is unknown."""
    filtered: bool = False
    """It counts only a part of the account's costs."""
