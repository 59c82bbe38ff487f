from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report.periods import (
    PeriodSpan,
    era_of,
    fiscal_year,
    of_day,
    of_fiscal_year,
    of_month,
    read_period,
)

DAYS = st.dates(date(2019, 5, 1), date(2098, 12, 31))


@pytest.mark.parametrize(
    ("text", "span", "name"),
    [
        ("2026-01-05", PeriodSpan.DAY, "2026-01-05"),
        ("2026年1月5日", PeriodSpan.DAY, "2026-01-05"),
        ("令和８年１月５日", PeriodSpan.DAY, "2026-01-05"),
        ("R8.1.5", PeriodSpan.DAY, "2026-01-05"),
        ("2026-01", PeriodSpan.MONTH, "2026-01"),
        ("令和8年1月", PeriodSpan.MONTH, "2026-01"),
        ("FY2025", PeriodSpan.FISCAL_YEAR, "FY2025"),
        ("2025年度", PeriodSpan.FISCAL_YEAR, "FY2025"),
        ("令和7年度", PeriodSpan.FISCAL_YEAR, "FY2025"),
        ("令和元年度", PeriodSpan.FISCAL_YEAR, "FY2019"),
        ("平成31年度", PeriodSpan.FISCAL_YEAR, "FY2019"),
    ],
)
def test_periods_as_people_write_them(text, span, name):
    period = read_period(text)
    assert (period.span, period.name, period.subject) == (span, name, f"report@{name}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-02-30",
        "2026年",
        "FY25",
        "x",
        "令和年度",
        "0001-01-01",
        "0001-01",
        "FY0001",
        "9999-12-31",
        "FY9000",
    ],
)
def test_what_is_no_period(text):
    assert read_period(text) is None


@given(day=DAYS)
def test_a_name_parses_back_to_its_period_and_every_day_is_in_its_own(day):
    for period in (of_day(day), of_month(day), of_fiscal_year(fiscal_year(day))):
        assert read_period(period.name) == period
        assert period.holds(day)
        assert not period.holds(period.first - timedelta(1))
        assert not period.holds(period.last + timedelta(1))


@given(day=DAYS)
def test_an_era_year_leads_back_to_its_day(day):
    era = era_of(day)
    assert read_period(f"{era[0]}{era[1]}年{day.month}月{day.day}日") == of_day(day)


def test_a_fiscal_year_runs_from_april_to_march():
    year = of_fiscal_year(2025)
    assert (year.first, year.last) == (date(2025, 4, 1), date(2026, 3, 31))
