"""Which time a look covers: everything since a person last signed for the same look."""

from datetime import datetime

from services.calendar import Calendar
from services.i18n import _, plural
from services.inspections.base import Inspection

_STAMP = "%m-%d %H:%M %Z"


def window(
    inspection: Inspection, signed: datetime | None, now: datetime, calendar: Calendar
) -> tuple[datetime, str]:
    """When it begins (UTC), and in words what is unusual about it.

    `signed`: until when a person has signed for; None: nobody ever did. What nobody signed for is looked at
    again, so that no night is left out because a look was made and not read.
    """
    first = min(inspection.first_since(now), now) if signed is None else min(signed, now)
    earliest = now - inspection.longest
    since = max(first, earliest)
    said = []
    if signed is None:
        said.append(_("the first look: since {since}").format(since=_words(since, calendar)))
    elif since > first:
        said.append(
            _("not seen: {first} to {since}, which lies too far back").format(
                first=_words(first, calendar), since=_words(since, calendar)
            )
        )
    closed = calendar.closed_between(since, now)
    if closed:
        text = plural(
            "covers a closed day: since {since}", "covers {count} closed days: since {since}", closed
        )
        said.append(text.format(count=closed, since=_words(since, calendar)))
    return since, _("; ").join(said)


def _words(moment: datetime, calendar: Calendar) -> str:
    return moment.astimezone(calendar.zone).strftime(_STAMP)
