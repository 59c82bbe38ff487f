"""Whether the event history goes on to the end of the window: where it stops, nothing after it was seen.

An account in use records something in its home region all the time: every call of this console is one, and so is each
task that assumes its role. One request brings the newest 50 events, and the gaps between them tell what is usual.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from services.i18n import _
from services.inspections.times import moment
from services.models.findings import Measure
from services.models.trail import Lookup
from services.models.verdict import Verdict

BEFORE = timedelta(days=14)
"""Events are looked for from so long before the end of the window."""
QUIET = timedelta(hours=3)
"""So long no event needs to have arrived: some are hours late."""
_TIMES = 3
"""A silence this many times as long as the longest usual gap is none that the account has by itself."""


def usual(times: Sequence[datetime]) -> timedelta:
    """How long a silence may be after these times of events, newest first."""
    return max([QUIET, *(_TIMES * (later - earlier) for later, earlier in pairwise(times))])


def history_measure(newest: Lookup, until: datetime, zone: tzinfo) -> Measure:
    """Normal where the newest events of the home region reach to the end of the window; else not judged."""
    title = _("Event history of {region}").format(region=newest.region)
    times = sorted((event.at for event in newest.events), reverse=True)
    allowed, note = _("goes on to the end of the window"), ""
    if newest.problem is not None or newest.unreadable:
        shown, note = _("not read"), _("whether it goes on is not known")
    elif not times:
        since = moment(until - BEFORE, zone)
        shown, note = _("empty"), _("no event at all since {time}, so nothing is known").format(time=since)
    elif until - times[0] > usual(times):
        shown = _("stops at {time}").format(time=moment(times[0], zone))
        note = _("what happened after that is not known")
    else:
        shown = _("up to {time}").format(time=moment(times[0], zone))
    return Measure(
        title=title,
        shown=shown,
        allowed=allowed,
        verdict=Verdict.UNKNOWN if note else Verdict.NORMAL,
        note=note,
        at=times[0] if times else None,
    )


def silence_remark(measure: Measure) -> str:
    """The same as a sentence; "" where the history goes on."""
    if measure.verdict is Verdict.NORMAL:
        return ""
    return _("{title}: {shown} ({note}).").format(title=measure.title, shown=measure.shown, note=measure.note)
