"""Whether minutes of metrics show an outage, against the hours before and the same hour a week ago. Pure.

A false proposal is worse than a late one: a minute that is not published is nothing, too short a past is no past, and
what falls slowly is the end of a working day.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import fmean, median

from services.i18n import _, plural
from services.models.outages import Certificate, Outage, OutageKind

MINUTE = 60
BAD = 3
"""Minutes in a row that must be bad."""
PUBLISHED_WITHIN = 10 * MINUTE
"""How late a metric may be published beside others of the same source; a missing minute older than this counted none."""
RECENT = 25 * MINUTE
"""A source whose newest known minute is older is not judged."""
FORGOTTEN = timedelta(minutes=30)
"""How long an outage is kept whose source is not published any more."""
LONG_PAST, SHORT_PAST, JUST_BEFORE = 90, 60, 15
"""Minutes of a past: for what falls, for what rises, and before a fall, by which a cliff differs from a slope."""
FEWEST = 30.0
"""Usual requests a minute below which a fall is none: a quiet night."""
FALLEN, RISEN, BACK, CLIFF = 0.3, 5.0, 0.5, 0.6
"""Shares of the usual value: fallen, risen, as usual again, and as usual just before."""
FEWEST_BLOCKED = 10.0
"""Blocked requests a minute below which nothing is an attack."""
ATTACK = 10
"""So many times the least of a minute must be blocked in all: a scanner of three minutes is no attack."""
FEWEST_TLS = 20.0
TLS_SHARE = 0.3
"""Share of the connections that must fail."""
EXPIRING = timedelta(days=7)
_CALM = 2
"""Minutes below the limit that an attack may have."""

Points = list[tuple[int, float]]
"""(start of the minute, epoch seconds; value), ascending."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What is known of one system, by the name of the curve: requests, tls, healthy, blocked, allowed."""

    now: float
    minutes: Mapping[str, Mapping[int, float]]
    """The published minutes of the last hours."""
    week: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Means a minute of the hours around this one a week ago; absent: not known."""
    blocked_limit: float = 0.0
    """Blocked requests a minute that the runbook calls normal."""

    def counted(self, name: str, *beside: str) -> Points:
        """A count, minute by minute, as far as it is known; [] if it is not published.

        AWS publishes no minute without any: a missing one is zero before a published one, or where others of the same
        source are published for PUBLISHED_WITHIN after it.
        """
        own = self.minutes.get(name, {})
        others = max((at for other in beside for at in self.minutes.get(other, {})), default=0)
        first = min((at for each in (name, *beside) for at in self.minutes.get(each, {})), default=0)
        edge = max(max(own, default=0), others - PUBLISHED_WITHIN)
        if not first or edge < first or edge < self.now - RECENT:
            return []
        return [(at, own.get(at, 0.0)) for at in range(first, edge + MINUTE, MINUTE)]


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _kept(points: Points, curves: Curves, ongoing: Outage | None) -> Outage | None:
    """What is known of an outage whose source is not published: that it was not seen to end."""
    is_old = ongoing is not None and _moment(curves.now) - ongoing.seen_at > FORGOTTEN
    return None if points or is_old else ongoing


def _run(points: Points, is_bad: Callable[[float], bool], calm: int = 0) -> int:
    """Index at which the bad minutes up to the newest begin; the number of points if the newest three are not bad."""
    if len(points) <= BAD or not all(is_bad(value) for _at, value in points[-BAD:]):
        return len(points)
    start, good = len(points), 0
    for index in range(len(points) - 1, -1, -1):
        good = 0 if is_bad(points[index][1]) else good + 1
        if good > calm:
            break
        start = start if good else index
    return start


def _values(points: Points) -> list[float]:
    return [value for _at, value in points]


def rising(points: Points, least: float) -> int | None:
    """Index at which the present rise to at least so much a minute begins; None if there is none."""
    start = _run(points, lambda value: value >= least, _CALM)
    return start if start < len(points) else None


def traffic(curves: Curves, ongoing: Outage | None) -> Outage | None:
    """Requests that fall by 70 per cent within minutes."""
    points = curves.counted("requests", "healthy", "tls")
    if not points:
        return _kept(points, curves, ongoing)
    week = min(curves.week.get("requests", ()), default=None)
    if ongoing is not None:
        usual = min(ongoing.usual, week if week is not None else ongoing.usual)
        last = median(_values(points[-BAD:]))
        return _fall(points, usual, ongoing.since) if usual >= FEWEST and last < BACK * usual else None
    usual = median(_values(points))
    start = len(points)
    for _pass in range(2):
        usual = min(usual, week) if week is not None else usual
        start = _run(points, lambda value, limit=FALLEN * usual: value < limit)  # type: ignore[misc]
        if usual < FEWEST or start == len(points) or start < LONG_PAST:
            return None
        # The bad minutes do not belong to the past.
        usual = median(_values(points[:start]))
    usual = min(usual, week) if week is not None else usual
    is_cliff = median(_values(points[start - JUST_BEFORE : start])) >= CLIFF * usual
    return _fall(points, usual, _moment(points[start][0])) if is_cliff else None


def _fall(points: Points, usual: float, since: datetime) -> Outage:
    now = fmean(_values(points[-BAD:]))
    title = _("Requests −{percent} %").format(percent=max(0, round(100 * (1 - now / usual))))
    return _outage(OutageKind.TRAFFIC, title, _rate(now, usual), points, since, usual)


def _outage(
    kind: OutageKind, title: str, measured: str, points: Points, since: datetime, usual: float
) -> Outage:
    seen_at = _moment(points[-1][0])
    return Outage(kind=kind, title=title, measured=measured, since=since, seen_at=seen_at, usual=usual)


def _rate(now: float, usual: float) -> str:
    return _("{now} a minute (usual: {usual})").format(now=f"{now:,.0f}", usual=f"{usual:,.0f}")


def targets(curves: Curves, ongoing: Outage | None) -> Outage | None:
    """No healthy target, where there were some."""
    points = sorted(curves.minutes.get("healthy", {}).items())
    if not points or points[-1][0] < curves.now - RECENT:
        return _kept([], curves, ongoing)
    start = _run(points, lambda value: value <= 0)
    usual = ongoing.usual if ongoing is not None else max(_values(points[:start]), default=0.0)
    if start == len(points) or usual <= 0 or max(curves.week.get("healthy", (1.0,)), default=1.0) <= 0:
        return None
    since = ongoing.since if ongoing is not None else _moment(points[start][0])
    measured = _("0 healthy (usual: {usual})").format(usual=round(usual))
    return _outage(OutageKind.TARGETS, _("No healthy target"), measured, points, since, usual)


def firewall(curves: Curves, ongoing: Outage | None) -> Outage | None:
    """A firewall that blocks five times as much as it used to."""
    least = max(FEWEST_BLOCKED, curves.blocked_limit)
    points = curves.counted("blocked", "allowed")
    risen = _risen(points, curves, "blocked", least, ongoing)
    if risen is None:
        return _kept(points, curves, ongoing)
    start, usual, now = risen
    if ongoing is None and sum(_values(points[start:])) < ATTACK * least:
        return None
    since = ongoing.since if ongoing is not None else _moment(points[start][0])
    title = _("WAF blocks ×{times}").format(times=f"{now / max(usual, 1.0):,.0f}")
    return _outage(OutageKind.FIREWALL, title, _rate(now, usual), points, since, usual)


def tls(curves: Curves, ongoing: Outage | None) -> Outage | None:
    """Connections that fail for their TLS negotiation, a large share of all."""
    points = curves.counted("tls", "requests", "healthy")
    risen = _risen(points, curves, "tls", FEWEST_TLS, ongoing)
    if risen is None:
        return _kept(points, curves, ongoing)
    start, usual, now = risen
    # Requests may be published later than the errors: their newest minutes count.
    served = fmean(_values(curves.counted("requests", "healthy", "tls")[-BAD:]) or [0.0])
    if now < TLS_SHARE * (now + served):
        return None
    since = ongoing.since if ongoing is not None else _moment(points[start][0])
    return _outage(OutageKind.TLS, _("TLS negotiation fails"), _rate(now, usual), points, since, usual)


def _risen(
    points: Points, curves: Curves, name: str, least: float, ongoing: Outage | None
) -> tuple[int, float, float] | None:
    """(first bad index, usual value, value now) of what has risen five times; None if it has not, or has no past."""
    if ongoing is not None:
        last = fmean(_values(points[-10:])) if points else 0.0
        return (0, ongoing.usual, last) if last >= max(least, RISEN * BACK * ongoing.usual) else None
    start = _run(points, lambda value: value >= least, _CALM)
    if start == len(points):
        return None
    week = curves.week.get(name)
    if start < SHORT_PAST and week is None:
        return None
    before = fmean(_values(points[:start])) if start >= SHORT_PAST else 0.0
    usual = max(before, max(week, default=0.0) if week is not None else 0.0)
    newest = _values(points[-BAD:])
    return (start, usual, fmean(newest)) if min(newest) >= RISEN * usual else None


def certificate(read: Iterable[Certificate], now: datetime) -> Outage | None:
    """The certificate that ends first, if it has ended or will within a week."""
    first = min(read, key=lambda one: one.ends, default=None)
    if first is None or first.ends - now > EXPIRING:
        return None
    days = (first.ends - now) // timedelta(days=1)
    title = _("Certificate expired")
    if first.ends > now:
        words = plural("Certificate: {days} day left", "Certificate: {days} days left", days)
        title = words.format(days=days) if days else _("Certificate expires today")
    return Outage(
        kind=OutageKind.CERTIFICATE,
        title=title,
        measured=str(first.domain),
        since=first.ends if first.ends <= now else first.ends - EXPIRING,
        seen_at=now,
    )


JUDGES: Mapping[OutageKind, Callable[[Curves, Outage | None], Outage | None]] = {
    OutageKind.TRAFFIC: traffic,
    OutageKind.TARGETS: targets,
    OutageKind.TLS: tls,
    OutageKind.FIREWALL: firewall,
}


def judged(curves: Curves, before: Iterable[Outage], certificates: Iterable[Certificate]) -> Iterator[Outage]:
    """The outages that the curves and certificates show; `before`: those that were shown last, which may have ended."""
    ongoing = {outage.kind: outage for outage in before}
    expired = certificate(certificates, _moment(curves.now))
    if expired is not None:
        yield expired
    for kind, judge in JUDGES.items():
        if (outage := judge(curves, ongoing.get(kind))) is not None:
            yield outage
