"""The days that calculations with time zones and windows can handle."""

from datetime import date

FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Years whose first and last moments exist in every time zone."""


def usable(day: date) -> date | None:
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
