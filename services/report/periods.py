"""Report periods: a day, a month or a fiscal year (April to March), also parsed from Japanese era years."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.calendar.business_days import usable

FIRST_MONTH = 4  # The month in which a fiscal year begins
_ERAS = (("令和", "R", date(2019, 5, 1)), ("平成", "H", date(1989, 1, 8)), ("昭和", "S", date(1926, 12, 25)))
_ERA_YEAR = re.compile(r"(令和|平成|昭和|[RHS](?=\d|元))(元|\d{1,2})年?", re.IGNORECASE)
_FISCAL = re.compile(r"(?:FY)?(\d{4})年?度|FY(\d{4})", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class PeriodSpan(StrEnum):
    DAY = "day"
    MONTH = "month"
    FISCAL_YEAR = "fiscal-year"


@dataclass(frozen=True, slots=True)
class Period:
    span: PeriodSpan
    first: date
    last: date

    @property
    def name(self) -> str:
        """The period's name: `2026-01-05`, `2026-01` or `FY2025`."""
        if self.span is PeriodSpan.DAY:
            return self.first.isoformat()
        return f"{self.first:%Y-%m}" if self.span is PeriodSpan.MONTH else f"FY{self.first.year}"

    @property
    def subject(self) -> str:
        return f"report@{self.name}"

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def of_day(day: date) -> Period:
    return Period(PeriodSpan.DAY, day, day)


def of_month(day: date) -> Period:
    return Period(PeriodSpan.MONTH, day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def of_fiscal_year(year: int) -> Period:
    return Period(
        PeriodSpan.FISCAL_YEAR, date(year, FIRST_MONTH, 1), date(year + 1, FIRST_MONTH, 1) - timedelta(1)
    )


def fiscal_year(day: date) -> int:
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def read_period(text: str) -> Period | None:
    """Parse a period such as `2026-01-05`, `2026-01`, `FY2025`, `2025年度`, `令和7年度` or `令和8年1月5日`; None if invalid."""
    period = _read(_era_years(unicodedata.normalize("NFKC", text).strip()))
    return period if period and usable(period.first) and usable(period.last) else None


def _read(western: str) -> Period | None:
    try:
        if match := _FISCAL.fullmatch(western):
            return of_fiscal_year(int(match[1] or match[2]))
        if match := _DAY.fullmatch(western):
            return of_day(date(int(match[1]), int(match[2]), int(match[3])))
        if match := _MONTH.fullmatch(western):
            return of_month(date(int(match[1]), int(match[2]), 1))
    except ValueError:
        return None
    return None


def _era_years(text: str) -> str:
    """Replace a leading Japanese era year with the Gregorian year."""
    match = _ERA_YEAR.match(text)
    if match is None:
        return text
    began = next(start for name, short, start in _ERAS if match[1].upper() in (name, short))
    number = 1 if match[2] == "元" else int(match[2])
    return f"{began.year + number - 1}年{text[match.end() :].lstrip('-/.')}"


def era_of(day: date) -> tuple[str, int] | None:
    """(Japanese era name, year of the era); None before 1926-12-25."""
    for name, _short, began in _ERAS:
        if day >= began:
            return name, day.year - began.year + 1
    return None
