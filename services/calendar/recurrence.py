"""The dates of an RFC 5545 rule, found from the year asked for rather than from the rule's beginning."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile

from dateutil.rrule import rrulestr

EPOCH = date(1900, 1, 1)
"""Where every rule begins: a Monday, the 1st of a month and of a year, so that a rule which names no day
means these, and INTERVAL counts its days, weeks, months and years from here."""

LAST = date(2999, 12, 31)
"""No rule is followed further."""

HORIZON = 40
"""Years after which a rule that has not come again is given up; the longest wait of the Gregorian
calendar without a phase is 29 February on one weekday."""

_DAYS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER")
_IMPLIED = {"WEEKLY": "BYDAY=MO", "MONTHLY": "BYMONTHDAY=1", "YEARLY": "BYMONTHDAY=1"}
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Rule:
    """One RRULE in local dates, as `services.runbook.checks` accepts it."""

    def __init__(self, text: str) -> None:
        parts = dict(part.split("=", 1) for part in text.split(";"))
        self._freq = parts["FREQ"]
        self._interval = int(parts.get("INTERVAL", "1"))
        self._week_start = _WEEK.index(parts.get("WKST", "MO"))
        self._counted = "COUNT" in parts
        self._last = date.fromisoformat(parts["UNTIL"][:8]) if "UNTIL" in parts else LAST
        self._text = _explicit(text, parts)

    def between(self, first: date, last: date) -> Iterator[date]:
        """Its dates from `first` to `last`, inclusive, in order."""
        first, last = max(first, EPOCH), min(last, self._last, LAST)
        for year in range(first.year, last.year + 1):
            days = _dates(self, year)
            yield from days[bisect_left(days, first) : bisect_right(days, last)]

    def year(self, year: int) -> Iterator[date]:
        """Its dates in one year, in order, worked out anew."""
        first, last = date(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001  local dates
        start = EPOCH if self._counted else self._period(first)
        occurrences = rrulestr(self._text, dtstart=datetime.combine(start, time.min))
        for moment in takewhile(lambda at: at <= last, occurrences):
            if moment.year == year:
                yield moment.date()

    def __eq__(self, other: object) -> bool:
        """The same rule."""
        return isinstance(other, Rule) and self._text == other._text

    def __hash__(self) -> int:
        """By its text."""
        return hash(self._text)

    def _period(self, day: date) -> date:
        """The beginning of the last day, week, month or year of the rule's phase, at or before `day`."""
        step = self._interval
        if self._freq == "YEARLY":
            return date(_phase(EPOCH.year, day.year, step), 1, 1)
        if self._freq == "MONTHLY":
            year, month = divmod(_phase(EPOCH.year * 12, day.year * 12 + day.month - 1, step), 12)
            return date(year, month + 1, 1)
        if self._freq == "WEEKLY":
            start, step = EPOCH - timedelta(days=-self._week_start % 7), step * 7
        else:
            start = EPOCH
        return date.fromordinal(_phase(start.toordinal(), day.toordinal(), step))


def _phase(start: int, at: int, step: int) -> int:
    return start + (at - start) // step * step


def _explicit(text: str, parts: dict[str, str]) -> str:
    """The rule with what it leaves to its beginning written out, so that it may begin anywhere."""
    freq = parts["FREQ"]
    if freq not in _IMPLIED or any(name in parts for name in _DAYS):
        return text
    month = ";BYMONTH=1" if freq == "YEARLY" and "BYMONTH" not in parts else ""
    return f"{text};{_IMPLIED[freq]}{month}"


@lru_cache(maxsize=1024)
def _dates(rule: Rule, year: int) -> tuple[date, ...]:
    """Bounded: somebody may page through centuries."""
    return tuple(rule.year(year))
