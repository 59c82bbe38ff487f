"""Data may begin within the window; what of the rest is silent is judged by the one rule of `toolkit.silence`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.toolkit.silence import Silence
from services.inspections.toolkit.toolkit_wording import hours_words, stretch
from services.models.date_text import day_text, span_text, zoned_time
from services.models.findings import Measure
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict

DAY = timedelta(days=1)
"""Every public address gets unwanted requests every day: a firewall without any on its first day may be younger."""
_HOUR = timedelta(hours=1)
_NONE = timedelta(0)
_NAMED = 5  # Maximum number of holes named in a sentence


@dataclass(frozen=True, slots=True)
class Cover:
    span: TimeSpan  # The window
    began: datetime | None = None  # The first count, if it is a day or more after the window's beginning
    holes: tuple[TimeSpan, ...] = ()  # Unusual gaps, with counts before and after
    silence: Silence | None = None  # The time without counts up to the window's end; None: not read

    @property
    def silent(self) -> timedelta:
        """Time without counts up to the window's end, unless that is usual."""
        if self.silence is None or self.silence.verdict is Verdict.NORMAL:
            return _NONE
        return self.span.end - max(self.span.start, self.silence.since or self.span.start)

    @property
    def counted(self) -> timedelta:
        late = self.began - self.span.start if self.began else _NONE
        holes = sum((hole.end - hole.start for hole in self.holes), _NONE)
        return max(self.span.end - self.span.start - late - holes - self.silent, _NONE)

    @property
    def is_complete(self) -> bool:
        return not (self.began or self.holes or self.silent)

    def words(self) -> str:
        window, counted = (
            hours_words(length.total_seconds() / 3600)
            for length in (self.span.end - self.span.start, self.counted)
        )
        text = _("the {counted} with data (of {window})")
        return window if self.is_complete else text.format(counted=counted, window=window)

    def gaps(self, zone: tzinfo) -> str:
        """The times of the holes; "" without any."""
        times = [stretch(hole.start, hole.end, zone) for hole in self.holes[:_NAMED]]
        more = ["…"] if len(self.holes) > _NAMED else []
        return _(", ").join((*times, *more))

    def measures(self, calendar: Calendar) -> Iterable[Measure]:
        if self.is_complete:
            return
        zone, allowed = calendar.zone, _("no unusual time without requests")
        if self.silent and self.silence is not None:
            end = self.span.end - self.silent
            yield Measure(
                title=_("Requests counted"),
                shown=_("until {time}", time=zoned_time(end, zone)),
                allowed=_("up to the end of the window"),
                verdict=Verdict.UNKNOWN,
                at=end,
                note=self.silence.words(_("Requests counted"), calendar),
            )
        if self.holes or not self.silent:
            yield Measure(
                title=_("Time with requests"),
                shown=self.words(),
                allowed=allowed,
                verdict=Verdict.ATTENTION if self.holes else Verdict.NORMAL,
                value=round(self.counted / _HOUR, 1),
                unit="h",
                at=self.holes[-1].start if self.holes else self.began,
                note=self.gaps(zone),
            )

    def remarks(self, calendar: Calendar) -> Iterable[str]:
        zone = calendar.zone
        if self.began:
            yield _(
                "The web ACL counted no requests before {time}, nor before the window: the results cover "
                "only the time since.",
                time=zoned_time(self.began, zone),
            )
        if self.holes:
            yield _(
                "The web ACL counted no requests at these times: {times}. Either none arrived, or they were not counted.",
                times=self.gaps(zone),
            )
        if self.silent and self.silence is not None:
            yield self.silence.words(_("Requests counted by the web ACL"), calendar)


def cover(
    hours: Iterable[datetime],
    span: TimeSpan,
    *,
    before: bool,
    gaps: Iterable[TimeSpan] = (),
    silence: Silence | None = None,
) -> Cover:
    """The coverage, given the hours with counts. `before`: there were counts before the window, too."""
    first = max(min(hours, default=span.start), span.start)
    late = first - span.start >= DAY
    holes = tuple(TimeSpan(start=max(gap.start, span.start), end=gap.end) for gap in gaps)
    return Cover(span, began=first if late and not before else None, holes=holes, silence=silence)


def starts_late(hours: Iterable[datetime], span: TimeSpan) -> bool:
    """Whether nothing was counted in the window's first day, so that earlier counts must be read."""
    return min(hours, default=span.start) - span.start >= DAY


def missing(days: Iterable[date]) -> list[tuple[date, date]]:
    return [(a + DAY, b - DAY) for a, b in pairwise(sorted(set(days))) if b - a > DAY]


def runs_words(runs: Sequence[tuple[date, date]]) -> str:
    days = [
        day_text(first) if first == last else span_text(day_text(first), day_text(last))
        for first, last in runs[:_NAMED]
    ]
    return _(", ").join((*days, *(["…"] if len(runs) > _NAMED else [])))
