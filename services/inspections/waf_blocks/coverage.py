"""Which part of a window the firewall's counts and logs are of: nothing there looks the same as nothing happened.

Where the data begins within the window, it says so; a whole day without any between others is a hole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from services.i18n import _
from services.inspections.toolkit.logs.queries import hours_words
from services.inspections.toolkit.wording import moment, stretch
from services.models.findings import Measure
from services.models.metrics import TimeSpan
from services.models.verdict import Verdict

DAY = timedelta(days=1)
"""Strangers knock at every public address each day: so long without any request nothing was counted."""
_HOUR = timedelta(hours=1)
_NONE = timedelta(0)
_NAMED = 5
"""Holes that are named."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What of a window was counted."""

    span: TimeSpan
    """The window."""
    began: datetime | None = None
    """The first count, where it is a day or more after the window's beginning."""
    holes: tuple[TimeSpan, ...] = ()
    """A day or longer each, with counts before and after."""
    silent: timedelta = _NONE
    """How long nothing was counted up to the window's end, from a day on."""

    @property
    def counted(self) -> timedelta:
        """How much of the window."""
        late = self.began - self.span.start if self.began else _NONE
        holes = sum((hole.end - hole.start for hole in self.holes), _NONE)
        return max(self.span.end - self.span.start - late - holes - self.silent, _NONE)

    @property
    def whole(self) -> bool:
        """All of it."""
        return not (self.began or self.holes or self.silent)

    def words(self) -> str:
        """How long was counted; where that is less than the window, so it says."""
        window, counted = (
            hours_words(each.total_seconds() / 3600)
            for each in (self.span.end - self.span.start, self.counted)
        )
        text = _("the {counted} with data (of {window})")
        return window if self.whole else text.format(counted=counted, window=window)

    def gaps(self, zone: tzinfo) -> str:
        """The holes, by their times; "" without any."""
        named = [stretch(hole.start, hole.end, zone) for hole in self.holes[:_NAMED]]
        more = ["…"] if len(self.holes) > _NAMED else []
        return _(", ").join((*named, *more))

    def measures(self, zone: tzinfo) -> Iterable[Measure]:
        """What was counted, where that is not the whole window."""
        if self.whole:
            return
        allowed = _("no full day without")
        if self.silent:
            end = self.span.end - self.silent
            yield Measure(
                title=_("Requests counted"),
                shown=_("until {time}").format(time=moment(end, zone)),
                allowed=_("up to the end of the window"),
                verdict=Verdict.UNKNOWN,
                at=end,
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

    def remarks(self, zone: tzinfo) -> Iterable[str]:
        """The same in sentences."""
        if self.began:
            text = _(
                "The web ACL counted no requests before {time}, nor before the window: the results cover "
                "only the time since."
            )
            yield text.format(time=moment(self.began, zone))
        if self.holes:
            text = _(
                "The web ACL counted no requests at these times: {times}. What arrived then is not known, or "
                "nothing did."
            )
            yield text.format(times=self.gaps(zone))
        if self.silent:
            text = _("The web ACL stopped counting requests ({until}): what came after is not known.")
            until = _("until {time}").format(time=moment(self.span.end - self.silent, zone))
            yield text.format(until=until)


def cover(hours: Iterable[datetime], span: TimeSpan, *, before: bool) -> Cover:
    """From the beginnings of the hours in which anything was counted. `before`: something was before the window."""
    ends = [(max(at, span.start), min(at + _HOUR, span.end)) for at in sorted(hours)]
    told = [(start, end) for start, end in ends if start < end]
    if not told:
        return Cover(span)
    first, last = told[0][0], told[-1][1]
    late = first - span.start >= DAY
    holes = [
        TimeSpan(start=end, end=start)
        for (_start, end), (start, _end) in pairwise(told)
        if start - end >= DAY
    ]
    if late and before:
        holes.insert(0, TimeSpan(start=span.start, end=first))
    return Cover(
        span,
        began=first if late and not before else None,
        holes=tuple(holes),
        silent=span.end - last if span.end - last > DAY else _NONE,
    )


def starts_late(hours: Iterable[datetime], span: TimeSpan) -> bool:
    """Nothing was counted in the window's first day: whether anything was before must be asked."""
    return min(hours, default=span.start) - span.start >= DAY


def missing(days: Iterable[date]) -> list[tuple[date, date]]:
    """The first and the last day of each run of days that are absent between those that are there."""
    return [(a + DAY, b - DAY) for a, b in pairwise(sorted(set(days))) if b - a > DAY]


def runs_words(runs: Sequence[tuple[date, date]]) -> str:
    """The days, those next to each other as one."""
    text = _("{first} to {last}")
    said = [
        first.isoformat() if first == last else text.format(first=first.isoformat(), last=last.isoformat())
        for first, last in runs[:_NAMED]
    ]
    return _(", ").join((*said, *(["…"] if len(runs) > _NAMED else [])))
