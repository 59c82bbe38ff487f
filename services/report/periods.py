"""The days a report covers: a day, a month, a fiscal year (April to March); also in Japan's eras."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

FIRST_MONTH = 4
"""A fiscal year begins in April."""
_ERAS = (("令和", "R", date(2019, 5, 1)), ("平成", "H", date(1989, 1, 8)), ("昭和", "S", date(1926, 12, 25)))
_ERA_YEAR = re.compile(r"(令和|平成|昭和|[RHS](?=\d|元))(元|\d{1,2})年?", re.IGNORECASE)
_FISCAL = re.compile(r"(?:FY)?(\d{4})年?度|FY(\d{4})", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Span(StrEnum):
    """How long a report's time is."""

    DAY = "day"
    MONTH = "month"
    FISCAL_YEAR = "fiscal-year"


@dataclass(frozen=True, slots=True)
class Period:
    """Consecutive days."""

    span: Span
    first: date
    last: date

    @property
    def name(self) -> str:
        """`2026-01-05`, `2026-01`, `FY2025`."""
        if self.span is Span.DAY:
            return self.first.isoformat()
        return f"{self.first:%Y-%m}" if self.span is Span.MONTH else f"FY{self.first.year}"

    @property
    def subject(self) -> str:
        """What remarks for its report are recorded under."""
        return f"report@{self.name}"

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day <= self.last


def of_day(day: date) -> Period:
    """The day alone."""
    return Period(Span.DAY, day, day)


def of_month(day: date) -> Period:
    """The month of a day."""
    return Period(Span.MONTH, day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def of_fiscal_year(year: int) -> Period:
    """From April of `year` to March."""
    return Period(Span.FISCAL_YEAR, date(year, FIRST_MONTH, 1), date(year + 1, FIRST_MONTH, 1) - timedelta(1))


def fiscal_year(day: date) -> int:
    """The fiscal year of a day."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def read_period(text: str) -> Period | None:
    """`2026-01-05`, `2026-01`, `FY2025`, `2025年度`, `令和7年度`, `令和8年1月5日`; None for anything else."""
    western = _era_years(unicodedata.normalize("NFKC", text).strip())
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
    """The text with an era's year in its front written as a year of our time."""
    match = _ERA_YEAR.match(text)
    if match is None:
        return text
    began = next(start for name, short, start in _ERAS if match[1].upper() in (name, short))
    number = 1 if match[2] == "元" else int(match[2])
    return f"{began.year + number - 1}年{text[match.end() :].lstrip('-/.')}"


def era_of(day: date) -> tuple[str, int] | None:
    """(the era's name in Japanese, the year in it); None before 1926-12-25."""
    for name, _short, began in _ERAS:
        if day >= began:
            return name, day.year - began.year + 1
    return None
