"""Checks the maintenance window: that RDS accepts it, and that `window` (in words) and `window_utc` agree."""

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
"""(path, message) of each mistake."""

SHORTEST = timedelta(minutes=30)
"""The shortest maintenance window (PreferredMaintenanceWindow, Amazon RDS API reference)."""


def window(runbook: Runbook) -> Mistakes:
    """`window_utc` is at least 30 minutes long and means the same time as the words in `window`."""
    spelt = weekly(runbook.rds.window_utc) if runbook.rds else None
    if runbook.rds is None or spelt is None:
        return
    if spelt.length < SHORTEST or spelt.length == WEEK:
        yield ("rds", "window_utc"), _("must last 30 minutes or more: RDS takes no shorter window")
    for words in runbook.rds.versions("window"):
        worded = read_window(str(words))
        meant = in_utc(worded, runbook.system.timezone) if worded else []
        if worded and meant and spelt not in (*meant, *_next_night(worded, meant)):
            text = _('is not "{words}" in UTC: that is {window}')
            yield ("rds", "window_utc"), text.format(words=words, window=spelling(meant[0]))


def not_compared(runbook: Runbook) -> Mistakes:
    """Yield cautions for words that cannot be compared with `window_utc`, where a local time could go unnoticed."""
    spelt = weekly(runbook.rds.window_utc) if runbook.rds else None
    if runbook.rds is None or spelt is None:
        return
    places: tuple[Path, ...] = (("rds", "window"), ("rds", "en", "window"))
    for path, words in zip(places, runbook.rds.versions("window"), strict=False):
        if words:
            yield from _not_compared(path, str(words), spelt, runbook.system.timezone)


def _not_compared(path: Path, words: str, spelt: Window, timezone: str) -> Mistakes:
    worded = read_window(words)
    meant = in_utc(worded, timezone) if worded else []
    if worded is None:
        text = _(
            'warning: "{words}" could not be compared with window_utc: write one day and two times such as {example}'
        )
        yield path, text.format(words=words, example=_("Sunday 2:00-3:00"))
    elif spelt in _next_night(worded, meant):
        text = _(
            'warning: "{words}" is {window} in UTC, but can be read as a day later, as window_utc says: write the day on which it begins'
        )
        yield path, text.format(words=words, window=spelling(meant[0]))


def _next_night(worded: WordedWindow, meant: list[Window]) -> list[Window]:
    """The same hours a day later, if the words may mean the night after the named day."""
    return [Window(WEEK, (each.offset + DAY) % WEEK, each.length) for each in meant if worded.next_night]


def in_utc(worded: WordedWindow, timezone: str) -> list[Window]:
    """The window in UTC in January and in July; equal in zones without daylight saving time."""
    try:
        zone = ZoneInfo(worded.zone or timezone)
    except (KeyError, ValueError, OSError):
        return []
    shifts = [datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)]
    return [
        Window(WEEK, (worded.window.offset - (shift or timedelta())) % WEEK, worded.window.length)
        for shift in shifts
    ]


def spelling(meant: Window) -> str:
    """The window in RDS's notation: `sat:17:00-sat:18:00`."""
    ends = ((meant.offset + more) % WEEK for more in (timedelta(), meant.length))
    return "-".join(
        f"{WEEKDAYS[end.days][:3].lower()}:{end.seconds // 3600:02d}:{end.seconds // 60 % 60:02d}"
        for end in ends
    )
