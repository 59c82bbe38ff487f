"""Whether minutes of metrics show an outage, against the hours before and the same hour a week ago. Pure. A
false proposal is worse than a late one: a minute that is not published is nothing, too short a past is no
past, and what falls slowly is the end of a working day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from statistics import fmean, median

from services.i18n import N_, _, plural
from services.models.outages import Certificate, Outage, OutageKind

MINUTE = 60
PUBLISHED_WITHIN = 10 * MINUTE
"""How late a metric may be published beside another of its source; a missing minute older than this counted none."""
RECENT = 25 * MINUTE  # A source whose newest known minute is older is not judged
FORGOTTEN = timedelta(minutes=30)  # How long an outage is kept whose source is not published any more
JUST_BEFORE, CLIFF = 15, 0.6
"""Minutes before a fall of requests, and their share of the usual value, by which a cliff differs from a slope."""
EXPIRING = timedelta(days=7)
CALM = 2  # Minutes in a row that may be as usual within an attack

Points = list[tuple[int, float]]  # (start of the minute, epoch seconds; value), ascending


@dataclass(frozen=True, slots=True)
class OutageRule:
    kind: OutageKind
    curve: str
    beside: str
    """Another curve of its source, by which a missing minute is known to count none; "": a state, not a count."""
    factor: float  # Times the usual value: at most for what falls (under 1), at least for what rises
    back: float  # The same for one that is known, so that it lasts until it is over
    floor: float  # Least usual value of what falls, least value of what rises
    past: int  # Minutes that must be known before it
    minutes: int  # How many in a row must be bad
    title: str
    measured: str

    def is_bad(self, value: float, usual: float, factor: float) -> bool:
        if self.factor < 1:
            return usual >= self.floor and value <= factor * usual
        return value >= max(self.floor, factor * usual)


_RATE = N_("{now} a minute (usual: {usual})")
RULES = (
    OutageRule(
        OutageKind.TRAFFIC, "requests", "healthy", 0.3, 0.5, 30, 90, 3, N_("Requests −{percent} %"), _RATE
    ),
    OutageRule(
        OutageKind.TARGETS, "healthy", "", 0, 0, 1, 1, 3,
        N_("No healthy target"), N_("{now} healthy (usual: {usual})"),
    ),
    OutageRule(OutageKind.FIREWALL, "blocked", "allowed", 5, 2.5, 10, 60, 4, N_("WAF blocks ×{times}"), _RATE),
)  # fmt: skip
FIREWALL = RULES[-1]


@dataclass(frozen=True, slots=True)
class OutageCurves:
    """What is known of one system, by the name of the curve: requests, healthy, blocked, allowed."""

    now: float
    minutes: Mapping[str, Mapping[int, float]]  # The published minutes of the last hours
    week: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Means a minute of the hours around this one a week ago; absent: not known."""
    blocked_limit: float = 0.0  # Blocked requests a minute that the runbook calls normal

    def points(self, rule: OutageRule) -> Points:
        """A curve, minute by minute, as far as it is known; [] if it is not published. AWS publishes no
        minute without any count: a missing one is zero before a published one, or where the other curve of
        the source is published for PUBLISHED_WITHIN after it."""
        own, other = self.minutes.get(rule.curve, {}), self.minutes.get(rule.beside, {})
        edge = max(max(own, default=0), max(other, default=0) - PUBLISHED_WITHIN)
        if edge < self.now - RECENT:
            return []
        if not rule.beside:
            return sorted(own.items())
        return [(at, own.get(at, 0.0)) for at in range(min((*own, *other)), edge + MINUTE, MINUTE)]


def begins(values: Sequence[float], is_bad: Callable[[float], bool], minutes: int, calm: int) -> int | None:
    """Index at which the bad minutes up to the newest begin; None unless so many newest ones are bad."""
    if len(values) <= minutes or not all(map(is_bad, values[-minutes:])):
        return None
    start = len(values) - minutes
    for index in range(start - 1, -1, -1):
        if is_bad(values[index]):
            start = index
        elif start - index > calm:
            break
    return start


def _found(rule: OutageRule, points: Points, week: Sequence[float]) -> tuple[int, float] | None:
    """(first bad index, usual value); None if there is no outage, or no past to compare with."""
    values = [value for _at, value in points]
    falls = rule.factor < 1
    # What rises is looked for by its floor, a state by the best of it: it may have lasted for most of what is known.
    rough = (median(values) if rule.beside else max(values)) if falls else 0.0
    calm = 0 if falls else CALM
    start = begins(values, lambda value: rule.is_bad(value, rough, rule.factor), rule.minutes, calm)
    if start is None or (start < rule.past and (falls or not week)):
        return None
    # The bad minutes do not belong to the past.
    past = values[:start]
    usual = median(past) if falls else fmean(past or [0.0])
    if week:
        then = min(week) if falls and rule.beside else max(week)
        usual = min(usual, then) if falls else max(usual, then)
    is_slope = rule.kind is OutageKind.TRAFFIC and median(past[-JUST_BEFORE:]) < CLIFF * usual
    newest = values[-rule.minutes :]
    if is_slope or not all(rule.is_bad(value, usual, rule.factor) for value in newest):
        return None
    return start, usual


def _outage(rule: OutageRule, curves: OutageCurves, before: Outage | None) -> Outage | None:
    points = curves.points(rule)
    if not points:
        # It was not seen to end.
        is_kept = before is not None and _moment(curves.now) - before.seen_at <= FORGOTTEN
        return before if is_kept else None
    newest = [value for _at, value in points[-rule.minutes :]]
    if before is not None:
        # An attack has pauses.
        last = median(newest) if rule.factor < 1 else fmean(value for _at, value in points[-10:])
        if not rule.is_bad(last, before.usual, rule.back):
            return None
        since, usual = before.since, before.usual
    elif (stretch := _found(rule, points, curves.week.get(rule.curve, ()))) is not None:
        since, usual = _moment(points[stretch[0]][0]), stretch[1]
    else:
        return None
    now = fmean(newest)
    percent, times = max(0, round(100 * (1 - now / usual))) if usual else 0, f"{now / max(usual, 1.0):,.0f}"
    return Outage(
        kind=rule.kind,
        title=_(rule.title, percent=percent, times=times),
        measured=_(rule.measured, now=f"{now:,.0f}", usual=f"{usual:,.0f}"),
        since=since,
        seen_at=_moment(points[-1][0]),
        usual=usual,
    )


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _certificate(read: Iterable[Certificate], now: datetime) -> Iterator[Outage]:
    """The certificate that ends first, if it has ended or will within a week."""
    first = min(read, key=lambda one: one.ends, default=None)
    if first is None or first.ends - now > EXPIRING:
        return
    days = (first.ends - now) // timedelta(days=1)
    title = _("Certificate expired")
    if first.ends > now:
        words = plural("Certificate: {days} day left", "Certificate: {days} days left", days)
        title = words.format(days=days) if days else _("Certificate expires today")
    since = first.ends if first.ends <= now else first.ends - EXPIRING
    kind, ends, domain = OutageKind.CERTIFICATE, first.ends, first.domain
    yield Outage(kind=kind, title=title, measured=domain, since=since, seen_at=now, ends=ends)


def judged(
    curves: OutageCurves, before: Iterable[Outage], certificates: Iterable[Certificate]
) -> Iterator[Outage]:
    """The outages that the curves and certificates show; `before`: those that were shown last, which may have ended."""
    ongoing = {outage.kind: outage for outage in before}
    yield from _certificate(certificates, _moment(curves.now))
    firewall = replace(FIREWALL, floor=max(FIREWALL.floor, curves.blocked_limit))
    for rule in (*RULES[:-1], firewall):
        if (outage := _outage(rule, curves, ongoing.get(rule.kind))) is not None:
            yield outage
