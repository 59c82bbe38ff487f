"""Computes the time window of an inspection: everything since a person last signed off the same inspection."""

from datetime import datetime

from services.calendar.calendar import Calendar
from services.i18n import _, plural
from services.inspections.base import Inspection
from services.models.date_text import zoned_time


def window(
    inspection: Inspection,
    signed: datetime | None,
    now: datetime,
    calendar: Calendar,
    *,
    covered_from: datetime | None = None,
) -> tuple[datetime, str]:
    """The start of the window (UTC), and remarks on anything unusual about it. `signed` is the end of the
    time that has been signed off; None if nobody ever did. `covered_from` is the start of the first unsigned
    window: that time is covered again, so that no night is lost because a finding was never read."""
    first = min(inspection.first_since(now), covered_from or now, now) if signed is None else min(signed, now)
    earliest = now - inspection.longest
    since = max(first, earliest)
    remarks = []
    if signed is None:
        remarks.append(_("first inspection: since {since}", since=zoned_time(since, calendar.zone, now)))
    if since > first:
        remarks.append(_gap(first, since, now, calendar))
    closed = calendar.closed_between(since, now)
    if closed:
        if remarks:
            text = plural("covers a closed day", "covers {count} closed days", closed)
        else:
            text = plural(
                "covers a closed day: since {since}", "covers {count} closed days: since {since}", closed
            )
        remarks.append(text.format(count=closed, since=zoned_time(since, calendar.zone, now)))
    return since, _("; ").join(remarks)


def widest(inspection: Inspection, now: datetime, calendar: Calendar) -> tuple[datetime, str]:
    """The start (UTC) of the window where nobody knows what has been signed off, and a remark that says so.
    It may be anything, so the window has all that AWS still has data for."""
    since = now - inspection.longest
    text = _("covers everything since {since}: the journal cannot be read, so what was signed off is unknown")
    return since, text.format(since=zoned_time(since, calendar.zone, now))


def reached(
    inspection: Inspection, since: datetime, now: datetime, calendar: Calendar
) -> tuple[datetime, str]:
    """The earliest possible start (UTC) of a window meant to begin at `since`, and a remark on what is not
    covered. AWS no longer has data for that part; an empty result would look like all-clear."""
    earliest = now - inspection.longest
    return (since, "") if since >= earliest else (earliest, _gap(since, earliest, now, calendar))


def _gap(first: datetime, since: datetime, now: datetime, calendar: Calendar) -> str:
    text = _("not covered: {first} to {since}, too far back")
    return text.format(
        first=zoned_time(first, calendar.zone, now), since=zoned_time(since, calendar.zone, now)
    )
