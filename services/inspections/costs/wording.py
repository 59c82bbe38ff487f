"""Amounts of money and growth as text; yen always at the runbook's rate."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from services.i18n import _
from services.inspections.costs.days import Days
from services.inspections.costs.lines import Growth
from services.models.date_text import day_text, month_text, span_text
from services.models.runbook_inspections import Costs as Spec

ONE_YEN = Decimal(1)


@dataclass(frozen=True, slots=True)
class Rate:
    """Yen per dollar."""

    usd_jpy: Decimal
    source: str = ""
    day: date | None = None

    @classmethod
    def of(cls, spec: Spec) -> "Rate":
        """The runbook's rate."""
        return cls(Decimal(str(spec.usd_jpy)), str(spec.usd_jpy_source), spec.usd_jpy_date)

    def yen(self, usd: Decimal) -> Decimal:
        """In yen, not rounded."""
        return usd * self.usd_jpy

    def words(self, usd: Decimal) -> str:
        """In whole yen: `¥25,000`."""
        return yen_words(self.yen(usd))

    def remark(self) -> str:
        """The rate, its source and its date; says which of them the runbook omits."""
        text = _("Yen at ¥{rate} to the dollar (source: {source}; date: {day}). AWS charges in dollars.")
        return text.format(
            rate=f"{self.usd_jpy.normalize():,f}",
            source=self.source or _("not given"),
            day=day_text(self.day) if self.day else _("not given"),
        )


def yen_words(yen: Decimal | int) -> str:
    """Whole yen with thousands separated."""
    whole = int(Decimal(yen).quantize(ONE_YEN, ROUND_HALF_UP))
    return f"-¥{-whole:,}" if whole < 0 else f"¥{whole:,}"


def percent_words(growth: Growth | None) -> str:
    """`+60.1 %`; "" if there is nothing to compare with."""
    if growth is None:
        return ""
    percent = growth.percent
    return _("new") if percent is None else f"{percent:+.1f} %"


def growth_words(growth: str, against: str) -> str:
    """`+60.1 % against the week before`; only the percentage if `against` is empty."""
    if not against:
        return growth
    return _("{growth} {against}").format(growth=growth, against=against)


def month_words(day: date) -> str:
    return month_text(day.year, day.month)


def days_words(days: Days) -> str:
    """The first and the last day."""
    return span_text(day_text(days.first), day_text(days.last))
