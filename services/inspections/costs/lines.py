"""The lines of the cost table: a service's cost, its projection, and its growth, in dollars throughout."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from services.inspections.costs.days import WEEK, Compared, Days
from services.models.costs import CostHistory, CostKind, DailyCost
from services.models.runbook_inspections import Costs as Spec

Series = dict[date, Decimal]
ZERO = Decimal(0)
HUNDRED = Decimal(100)
_CENT = Decimal("0.01")
_TOLERATED = Decimal("0.1")
"""Tolerated share of negative charges in a line's cost: AWS's own corrections are small."""
_REDUCTIONS = ("discount", "negation")
"""Words in record types, besides credits and refunds, whose amounts are negative."""


@dataclass(frozen=True, slots=True)
class GrowthOfCosts:
    now: Decimal
    before: Decimal

    @property
    def more(self) -> Decimal:
        return self.now - self.before

    @property
    def percent(self) -> Decimal | None:
        """None: no cost before, and some now."""
        if self.before > 0:
            return self.more / self.before * HUNDRED
        return None if self.now > 0 else ZERO


@dataclass(frozen=True, slots=True)
class CostLine:
    title: str
    steady: Series  # Cost per day, without monthly fees
    fees: Series  # Charges on the first of a month for the whole month
    guideline: int = 0  # Yen per month; 0: none
    has_costs: bool = True  # There were any costs under its names
    names: tuple[str, ...] = ()  # The services that it consists of, as displayed
    in_runbook: bool = False  # It is one of the runbook's services
    negative: Series = field(default_factory=dict)  # Negative charges per day, without discounts and credits

    def impossible(self, compared: Compared) -> Days | None:
        month, weeks = compared.month, (compared.week, compared.before, compared.base)
        spans = ((month, self.cost(month)), *((days, _sum(self.steady, days)) for days in weeks))
        return next(
            (
                days
                for days, cost in spans
                if self.cost(days) < -_CENT or -self.reduced(days) > _TOLERATED * cost
            ),
            None,
        )

    def reduced(self, days: Days) -> Decimal:
        return _sum(self.negative, days)

    def ceased(self, compared: Compared) -> date | None:
        """The first of the newest seven days without a figure, if every day of the week before has one. A
        service without costs has zeros. A missing newest day alone may be late."""
        days = self._without_figure(compared)
        return days[0] if days and days != (compared.week.last,) else None

    def late(self, compared: Compared) -> bool:
        """Whether only the newest day has no figure, if every day of the week before has one."""
        return self._without_figure(compared) == (compared.week.last,)

    def _late_cost(self, compared: Compared) -> Decimal:
        """The estimated cost of a newest day without a figure: the mean of the six days before it."""
        return _sum(self.steady, compared.week) / (WEEK - 1) if self.late(compared) else ZERO

    def _without_figure(self, compared: Compared) -> tuple[date, ...]:
        with_figure = self.steady.keys() | self.fees.keys()
        if not compared.has_before or not with_figure.issuperset(compared.before):
            return ()
        return tuple(day for day in compared.week if day not in with_figure)

    def cost(self, days: Days) -> Decimal:
        return _sum(self.steady, days) + _sum(self.fees, days)

    def projected(self, compared: Compared) -> Decimal:
        """The projected cost of the judged month: its complete days, extrapolated to its end."""
        month = compared.month
        if not month.count:
            return ZERO
        late = self._late_cost(compared) if compared.week.last in month else ZERO
        return self.cost(month) + late + (_sum(self.steady, month) + late) / month.count * compared.remaining

    def newest(self, compared: Compared) -> Decimal:
        return _sum(self.steady, compared.week) + self._late_cost(compared)

    def weekly(self, compared: Compared) -> GrowthOfCosts | None:
        """Growth over the seven days before; None if those cannot have costs."""
        if not compared.has_before:
            return None
        return GrowthOfCosts(self.newest(compared), _sum(self.steady, compared.before))

    def monthly(self, compared: Compared) -> GrowthOfCosts | None:
        base = compared.base
        if not compared.has_base:
            return None
        # A rise in mid-week only half affects that week's sum; compared with a month it shows in full.
        return GrowthOfCosts(self.newest(compared), _sum(self.steady, base) / base.count * WEEK)


@dataclass(frozen=True, slots=True)
class CostTable:
    services: tuple[CostLine, ...]  # The runbook's services, in its order
    others: CostLine
    other_services: tuple[CostLine, ...]  # The services of `others` individually, most expensive first
    total: CostLine  # Before tax and credits
    tax: Series
    credits: Series

    def tax_of(self, days: Days) -> Decimal:
        """The tax on these days; AWS dates a month's tax on its first day."""
        return _sum(self.tax, Days(days.first.replace(day=1), days.last))

    def credits_of(self, days: Days) -> Decimal:
        return _sum(self.credits, Days(days.first.replace(day=1), days.last))

    def bill(self, compared: Compared) -> Decimal:
        so_far = self.total.cost(compared.month)
        projected = self.total.projected(compared)
        tax = self.tax_of(compared.month)
        return projected + (tax * projected / so_far if so_far > 0 else tax)


def lay_out(history: CostHistory, spec: Spec, *, others: str, total: str) -> CostTable:
    charges = [cost for cost in history.costs if cost.kind is CostKind.CHARGE]
    in_runbook = {name for service in spec.services for name in service.names}
    rest = [cost for cost in charges if cost.service not in in_runbook]
    sums = _by_title(rest)
    return CostTable(
        services=tuple(
            _line(
                service.title,
                [cost for cost in charges if cost.service in service.names],
                guideline=service.monthly_yen,
                in_runbook=True,
            )
            for service in spec.services
        ),
        others=_line(others, rest),
        other_services=tuple(
            _line(name, [cost for cost in rest if cost.title == name])
            for name in sorted(sums, key=lambda name: (-sums[name], name))
        ),
        total=_line(total, charges, guideline=spec.total_yen),
        tax=_series(cost for cost in history.costs if cost.kind is CostKind.TAX),
        credits=_series(cost for cost in history.costs if cost.kind is CostKind.CREDIT),
    )


def _line(title: str, costs: list[DailyCost], *, guideline: int = 0, in_runbook: bool = False) -> CostLine:
    by_record: dict[tuple[str, str], list[DailyCost]] = defaultdict(list)
    for cost in costs:
        by_record[cost.service, cost.record].append(cost)
    steady: list[DailyCost] = []
    fees: list[DailyCost] = []
    for of_record in by_record.values():
        # Projected day by day, a monthly fee (support, a hosted zone) would be counted thirty times.
        only_first = all(cost.day.day == 1 for cost in of_record if cost.usd)
        (fees if only_first else steady).extend(of_record)
    return CostLine(
        title=title,
        steady=_series(steady),
        fees=_series(fees),
        guideline=guideline,
        in_runbook=in_runbook,
        has_costs=bool(costs),
        names=tuple(dict.fromkeys(str(cost.title) for cost in costs)),
        negative=_series(cost for cost in costs if _impossible(cost)),
    )


def _impossible(cost: DailyCost) -> bool:
    record = str(cost.record).lower()
    return cost.usd < -_CENT and not any(word in record for word in _REDUCTIONS)


def _by_title(costs: Iterable[DailyCost]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for cost in costs:
        sums[cost.title] += cost.usd
    return sums


def _series(costs: Iterable[DailyCost]) -> Series:
    sums: Series = defaultdict(Decimal)
    for cost in costs:
        sums[cost.day] += cost.usd
    return dict(sums)


def _sum(series: Series, days: Days) -> Decimal:
    return sum((usd for day, usd in series.items() if day in days), ZERO)
