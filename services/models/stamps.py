"""Dates, times and durations in texts that leave the console: journal, Slack, report.

Whoever reads such a text reads it on another day, so it always has the date. The zone is printed once a text.
"""

from datetime import date, datetime, tzinfo

from services.i18n import N_, _

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def day_stamp(day: date, year: int | None = None) -> str:
    """`01-19(Mon)`; with its year unless that is `year`."""
    digits = f"{day:%m-%d}" if day.year == year else day.isoformat()
    return f"{digits}({_(WEEKDAYS[day.weekday()])})"


def moment_stamp(at: datetime, zone: tzinfo, now: datetime) -> str:
    """`01-19(Mon) 09:07`; with its year unless that is the year of `now`."""
    local = at.astimezone(zone)
    return f"{day_stamp(local.date(), now.astimezone(zone).year)} {local:%H:%M}"


def lasting(seconds: float) -> str:
    """A duration in its two largest units, no finer than minutes."""
    minutes = max(0, int(seconds)) // 60
    if minutes < 1:
        return _("under 1m")
    if minutes < 60:
        return _("{minutes}m").format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return _("{hours}h {minutes}m").format(hours=hours, minutes=minutes)
    return _("{days}d {hours}h").format(days=hours // 24, hours=hours % 24)
