"""Dates of an RFC 5545 rule, computed per year instead of from the rule's beginning, which would be slow."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile

from dateutil.rrule import rrulestr

EPOCH = date(1900, 1, 1)
"""The start of every rule: a Monday and the first of a month and a year, which are therefore the defaults of a rule
that names no day. INTERVAL is counted from here."""

LAST = date(2999, 12, 31)  # The last date for which rules are expanded

HORIZON = 40
"""Years after which the search for a rule's next date ends; the rarest date without INTERVAL is 29 February on a given
weekday."""

_DAYS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYEASTER")
_IMPLIED = {"WEEKLY": "BYDAY=MO", "MONTHLY": "BYMONTHDAY=1", "YEARLY": "BYMONTHDAY=1"}
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Rule:
    """One RRULE in local dates, in the subset that `services.runbook.checks` accepts."""

    def __init__(self, text: str) -> None:
        parts = dict(part.split("=", 1) for part in text.split(";"))
        self._freq = parts["FREQ"]
        self._interval = int(parts.get("INTERVAL", "1"))
        self._week_start = _WEEK.index(parts.get("WKST", "MO"))
        self._counted = "COUNT" in parts
        self._last = date.fromisoformat(parts["UNTIL"][:8]) if "UNTIL" in parts else LAST
        self._text = _explicit(text, parts)

    def between(self, first: date, last: date) -> Iterator[date]:
        first, last = max(first, EPOCH), min(last, self._last, LAST)
        for year in range(first.year, last.year + 1):
            days = _dates(self, year)
            yield from days[bisect_left(days, first) : bisect_right(days, last)]

    def year(self, year: int) -> Iterator[date]:
        first, last = date(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001  local dates
        start = EPOCH if self._counted else self._period(first)
        occurrences = rrulestr(self._text, dtstart=datetime.combine(start, time.min))
        for moment in takewhile(lambda at: at <= last, occurrences):
            if moment.year == year:
                yield moment.date()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def _period(self, day: date) -> date:
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
    """The rule with the defaults it takes from its start date written out, so that it can start anywhere."""
    freq = parts["FREQ"]
    if freq not in _IMPLIED or any(name in parts for name in _DAYS):
        return text
    month = ";BYMONTH=1" if freq == "YEARLY" and "BYMONTH" not in parts else ""
    return f"{text};{_IMPLIED[freq]}{month}"


@lru_cache(maxsize=1024)
def _dates(rule: Rule, year: int) -> tuple[date, ...]:
    """Cached dates of one year; bounded, because a user may page through centuries."""
    return tuple(rule.year(year))
