"""Durations in texts that leave the console: Slack, report."""

from services.i18n import _


def lasting(seconds: float, most_hours: int = 24) -> str:
    """A duration in its two largest units, no finer than minutes; days from `most_hours` on."""
    minutes = max(0, int(seconds)) // 60
    if minutes < 1:
        return _("under 1m")
    if minutes < 60:
        return _("{minutes}m", minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < most_hours:
        return _("{hours}h {minutes}m", hours=hours, minutes=minutes)
    return _("{days}d {hours}h", days=hours // 24, hours=hours % 24)
