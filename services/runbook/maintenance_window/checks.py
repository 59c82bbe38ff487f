"""The maintenance window: what RDS takes, and whether the words for people and RDS's spelling mean the same time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.calendar.business_days import WEEKDAYS
from services.calendar.maintenance_windows import DAY, WEEK, Window, weekly
from services.i18n import _
from services.models.runbook import Runbook
from services.runbook.maintenance_window.wording import WordedWindow, read_window
from services.toml.positions import Path

Mistakes = Iterator[tuple[Path, str]]

SHORTEST = timedelta(minutes=30)
"""Of a maintenance window (PreferredMaintenanceWindow, Amazon RDS API reference)."""


def window(book: Runbook) -> Mistakes:
    """RDS takes windows of half an hour or more, and the words mean the same time."""
    spelt = weekly(book.rds.window_utc) if book.rds else None
    if book.rds is None or spelt is None:
        return
    if spelt.length < SHORTEST or spelt.length == WEEK:
        yield ("rds", "window_utc"), _("must last 30 minutes or more: RDS takes no shorter window")
    told = read_window(str(book.rds.window))
    meant = in_utc(told, book.system.timezone) if told else []
    if told and meant and spelt not in (*meant, *_next_night(told, meant)):
        text = _('is not "{words}" in UTC: that is {window}')
        yield (
            ("rds", "window_utc"),
            text.format(words=book.rds.window, window=spelling(meant[0])),
        )


def not_compared(book: Runbook) -> Mistakes:
    """Words for the window that cannot be compared with RDS's spelling: a window in local time would go unseen."""
    spelt = weekly(book.rds.window_utc) if book.rds else None
    if book.rds is None or spelt is None or not book.rds.window:
        return
    told = read_window(str(book.rds.window))
    meant = in_utc(told, book.system.timezone) if told else []
    path: Path = ("rds", "window")
    if told is None:
        text = _(
            'warning: "{words}" could not be compared with window_utc: write one day and two times such as {example}'
        )
        yield path, text.format(words=book.rds.window, example=_("Sunday 2:00-3:00"))
    elif spelt in _next_night(told, meant):
        text = _(
            'warning: "{words}" is {window} in UTC, but can be read as a day later, as window_utc says: write the day on which it begins'
        )
        yield path, text.format(words=book.rds.window, window=spelling(meant[0]))


def _next_night(told: WordedWindow, meant: list[Window]) -> list[Window]:
    """The same hours a day later, where the words may mean the night that follows the day they name."""
    return [Window(WEEK, (each.offset + DAY) % WEEK, each.length) for each in meant if told.next_night]


def in_utc(told: WordedWindow, timezone: str) -> list[Window]:
    """The window in UTC in winter and in summer: the same one where clocks are not changed."""
    try:
        zone = ZoneInfo(told.zone or timezone)
    except (KeyError, ValueError, OSError):
        return []
    shifts = [datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)]
    return [
        Window(WEEK, (told.window.offset - (shift or timedelta())) % WEEK, told.window.length)
        for shift in shifts
    ]


def spelling(meant: Window) -> str:
    """As RDS spells it: `sat:17:00-sat:18:00`."""
    ends = ((meant.offset + more) % WEEK for more in (timedelta(), meant.length))
    return "-".join(
        f"{WEEKDAYS[end.days][:3].lower()}:{end.seconds // 3600:02d}:{end.seconds // 60 % 60:02d}"
        for end in ends
    )
