import subprocess
import sys
from datetime import date, timedelta

import pytest

from services import i18n
from services.calendar.business_days import REACH, BusinessCalendar
from services.models.runbook import Closures
from tests.services.calendar.calendar_world import NEW_YEAR, OFFICE, every

OPEN_DAYS = BusinessCalendar(OFFICE)

NAMES = (
    "元日", "成人の日", "建国記念の日", "天皇誕生日", "春分の日", "昭和の日", "憲法記念日", "みどりの日", "こどもの日",
    "海の日", "山の日", "敬老の日", "秋分の日", "スポーツの日", "文化の日", "勤労感謝の日",
)  # fmt: skip

PUBLISHED = {
    # 内閣府「国民の祝日について」
    2024: "01-01 01-08 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-15 08-11 09-16 09-22 10-14 11-03 11-23",
    2025: "01-01 01-13 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-21 08-11 09-15 09-23 10-13 11-03 11-23",
    2026: "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-20 08-11 09-21 09-23 10-12 11-03 11-23",
    2027: "01-01 01-11 02-11 02-23 03-21 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23",
    # Not published yet: by the law, with the equinoxes as they are foretold.
    2028: "01-01 01-10 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-17 08-11 09-18 09-22 10-09 11-03 11-23",
    2029: "01-01 01-08 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-16 08-11 09-17 09-23 10-08 11-03 11-23",
    2030: "01-01 01-14 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-15 08-11 09-16 09-23 10-14 11-03 11-23",
}
BESIDES = {
    # 振替休日、国民の休日
    2024: "02-12 05-06 08-12 09-23 11-04",
    2025: "02-24 05-06 11-24",
    2026: "05-06 09-22",
    2027: "03-22",
    2028: "",
    2029: "02-12 04-30 09-24",
    2030: "05-06 08-12 11-04",
}


def _dates(year, days):
    return [date.fromisoformat(f"{year}-{day}") for day in days.split()]


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_published_holidays(year):
    named = dict(zip(_dates(year, PUBLISHED[year]), NAMES, strict=True))
    besides = _dates(year, BESIDES[year])
    for day in every(date(year, 1, 1), date(year, 12, 31)):
        if day in named:
            assert OPEN_DAYS.holiday(day) == named[day]
        elif day in besides:
            assert "休日" in OPEN_DAYS.holiday(day)
        else:
            assert OPEN_DAYS.holiday(day) == ""


def test_why_it_is_closed():
    open_days = BusinessCalendar(
        Closures(yearly=(*NEW_YEAR, "08-15"), extra=(date(2026, 6, 3), date(2026, 6, 6)))
    )
    assert [
        open_days.closed_name(date(2026, month, day))
        for month, day in ((1, 1), (1, 2), (12, 29), (8, 15), (6, 3), (6, 6), (6, 7), (5, 3), (6, 4))
    ] == [
        "元日",
        "Year-end and New Year holiday",
        "Year-end and New Year holiday",
        "Closed every year",
        "Extraordinary closure",
        "Extraordinary closure",
        "Sunday",
        "憲法記念日",
        "",
    ]


def test_closed_names_are_translated(request):
    request.addfinalizer(lambda: i18n.use("en"))
    i18n.use("ja")
    assert OPEN_DAYS.closed_name(date(2026, 6, 6)) != ""
    i18n.use("en")
    assert OPEN_DAYS.closed_name(date(2026, 6, 6)) == "Saturday"


def test_a_day_opened_in_spite_of_the_rules():
    holiday, saturday = date(2026, 7, 20), date(2026, 6, 6)
    open_days = BusinessCalendar(Closures(opened=(holiday, saturday)))
    assert open_days.is_open(holiday)
    assert open_days.is_open(saturday)
    assert open_days.closed_name(holiday) == ""
    assert open_days.holiday(holiday) == "海の日"


def test_a_runbook_without_national_holidays():
    open_days = BusinessCalendar(Closures(national_holidays=False))
    assert open_days.is_open(date(2026, 1, 1))
    assert open_days.holiday(date(2026, 1, 1)) == ""


@pytest.mark.parametrize("year", [1, 1900, 1947, 1948, 1949, 1955, 2099, 2100, 2150, 9999])
def test_years_that_the_library_does_not_know(year):
    for day in (date(year, 1, 1), date(year, 5, 5), date(year, 12, 31)):
        OPEN_DAYS.closed_name(day)
        assert OPEN_DAYS.holiday(day) in ("", "元日", "こどもの日")
        OPEN_DAYS.next_open(day)
        OPEN_DAYS.previous_open(day)


def test_the_search_for_an_open_day_ends():
    start = date(2026, 1, 1)
    shut = tuple(start + timedelta(days=number) for number in range(REACH + 1))
    after = shut[-1] + timedelta(days=1)
    open_days = BusinessCalendar(Closures(weekdays=(), national_holidays=False, extra=shut))
    assert open_days.next_open(start) is None
    assert open_days.next_open(start + timedelta(days=1)) == after
    assert open_days.previous_open(shut[-1]) is None
    assert open_days.previous_open(shut[-2]) == date(2025, 12, 31)


def test_the_holidays_are_not_loaded_with_the_calendar():
    code = "import sys, services.calendar.calendar; sys.exit('jpholiday' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
