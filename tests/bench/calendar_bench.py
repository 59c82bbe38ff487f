"""The calendar's months, and fifty years, beside following every rule from its beginning."""

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path

from dateutil.rrule import rrulestr

from services.calendar.calendar import Calendar
from services.calendar.recurrence import EPOCH
from services.clock import ManualClock
from services.duties.service import Duties
from services.journal.journal import Journal
from services.models.journal import Person
from services.models.runbook import Duty
from services.runbook.loader import load_named
from tests.bench.rows import Row, against

GROUP = "calendar"
FIRST = date(2026, 1, 1)
MONTH_MS, FIRST_MONTH_MS, YEARS_S, KEY_MS = 5.0, 50.0, 1.0, 50.0
FEW, MANY = 100, 500
RULES = ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=MONTHLY;BYDAY=1MO")
_COLD = """
import time
from datetime import date
from services.calendar.calendar import Calendar
from services.runbook.loader import load_named
calendar = Calendar(load_named("facility-prod"))
began = time.perf_counter()
calendar.slots(date(2026, 1, 1), date(2026, 1, 31))
print((time.perf_counter() - began) * 1000)
"""


def run(quick: bool) -> list[Row]:
    book = load_named("facility-prod")
    calendar = Calendar(book)
    rules = [duty.rule for duty in book.duties if duty.rule]
    months = [date(2026 + number // 12, number % 12 + 1, 1) for number in range(12 if quick else 60)]
    spans = [(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)) for first in months]
    for span in spans:
        calendar.slots(*span)
    month = statistics.median(_milliseconds(partial(calendar.slots, *span)) for span in spans)
    naive = _milliseconds(lambda: [_followed(rule, *spans[0]) for rule in rules])
    years = 10 if quick else 50
    end = date(FIRST.year + years - 1, 12, 31)
    calendar.slots(FIRST, end)
    whole = _milliseconds(lambda: calendar.slots(FIRST, end)) / 1000
    cold = statistics.median(_cold() for _run in range(3 if quick else 7))
    label = f"every duty of {years} years"
    key, exponent = _grown(quick)
    return [
        against(GROUP, "every duty of a month", month, "ms", "goal", MONTH_MS, "<= 1"),
        against(GROUP, "every duty of a month", month, "ms", "rules followed from 1900", naive, "<= 0.1"),
        against(GROUP, "  the first one of a process", cold, "ms", "goal", FIRST_MONTH_MS, "<= 1"),
        against(GROUP, label, whole, "s", "goal", YEARS_S * years / 50, "<= 1.5"),
        against(GROUP, f"a new month of {MANY} more duties, with states", key, "ms", "goal", KEY_MS, "<= 1"),
        against(GROUP, f"  growth from {FEW} to {MANY}, exponent", exponent, "", "linear", 1.0, "<= 1"),
    ]


def _grown(quick: bool) -> tuple[float, float]:
    """Milliseconds of processor time for a month that was not shown yet, and the exponent of their growth."""
    few, many = (statistics.median(_month_keys(number, 6 if quick else 24)) for number in (FEW, MANY))
    return many, math.log(many / few) / math.log(MANY / FEW)


def _month_keys(more: int, count: int) -> list[float]:
    """Milliseconds of each of `count` month keys with so many duties besides the usual ones."""
    usual = load_named("facility-prod")
    duties = (
        Duty(id=f"more-{number}", title="more", rule=RULES[number % len(RULES)], at=("10:00",))
        for number in range(more)
    )
    book = usual.model_copy(update={"duties": (*usual.duties, *duties)})
    clock = ManualClock(datetime(2026, 11, 30, tzinfo=UTC))
    journal = Journal(Path("never-opened.db"), clock=clock, person=Person)
    shown = Duties(book, Calendar(book), journal, clock, anchors=tuple, dated=tuple)
    shown.month(2027, 1)
    took = []
    for number in range(1, count + 1):
        began = time.thread_time()
        shown.month(2027 + number // 12, number % 12 + 1)
        took.append((time.thread_time() - began) * 1000)
    return took


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _followed(rule: str, first: date, last: date) -> list[date]:
    dates = (moment.date() for moment in rrulestr(rule, dtstart=datetime(EPOCH.year, 1, 1)))  # noqa: DTZ001
    return [day for day in takewhile(lambda day: day <= last, dates) if day >= first]


def _cold() -> float:
    done = subprocess.run([sys.executable, "-c", _COLD], check=True, capture_output=True, text=True)
    return float(done.stdout)
