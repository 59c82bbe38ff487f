"""Which time a look covers: everything since a person last signed for the same look."""

from datetime import datetime

from services.calendar.calendar import Calendar
from services.i18n import _, plural
from services.inspections.base import Inspection

_STAMP = "%m-%d %H:%M %Z"


def window(
    inspection: Inspection,
    signed: datetime | None,
    now: datetime,
    calendar: Calendar,
    *,
    looked: datetime | None = None,
) -> tuple[datetime, str]:
    """When it begins (UTC), and in words what is unusual about it.

    `signed`: until when a person has signed for; None: nobody ever did. `looked`: when the first look began that
    nobody signed for. What nobody signed for is looked at again, so that no night is left out because a look was
    made and not read.
    """
    first = min(inspection.first_since(now), looked or now, now) if signed is None else min(signed, now)
    earliest = now - inspection.longest
    since = max(first, earliest)
    said = []
    if signed is None:
        said.append(_("the first look: since {since}").format(since=_words(since, calendar)))
    if since > first:
        said.append(_unseen(first, since, calendar))
    closed = calendar.closed_between(since, now)
    if closed:
        if said:
            text = plural("covers a closed day", "covers {count} closed days", closed)
        else:
            text = plural(
                "covers a closed day: since {since}", "covers {count} closed days: since {since}", closed
            )
        said.append(text.format(count=closed, since=_words(since, calendar)))
    return since, _("; ").join(said)


def reached(
    inspection: Inspection, since: datetime, now: datetime, calendar: Calendar
) -> tuple[datetime, str]:
    """Where a window really begins that was wished from `since` on, and in words what of it is not seen.

    What AWS keeps no longer would look like peace.
    """
    earliest = now - inspection.longest
    return (since, "") if since >= earliest else (earliest, _unseen(since, earliest, calendar))


def _unseen(first: datetime, since: datetime, calendar: Calendar) -> str:
    text = _("not seen: {first} to {since}, which lies too far back")
    return text.format(first=_words(first, calendar), since=_words(since, calendar))


def _words(moment: datetime, calendar: Calendar) -> str:
    return moment.astimezone(calendar.zone).strftime(_STAMP)
