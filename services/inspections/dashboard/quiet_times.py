"""Whether times without requests are usual. AWS reports some metrics only while there are requests. Pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from services.aws.cloudwatch.alarms.parsing import eventful
from services.calendar.calendar import Calendar
from services.i18n import _
from services.inspections.dashboard.reading import DashboardCurve, WindowSeries
from services.inspections.toolkit.curves import SUSTAINED, Stretch, at, silences
from services.inspections.toolkit.silence import Likeness, SourceKind, judge_silence, judged_gaps, with_data
from services.inspections.toolkit.toolkit_wording import incomplete_words, stretch
from services.models.date_text import zoned_time
from services.models.metrics import MetricQuery, Series, SeriesStatus, TimeSpan
from services.models.verdict import Verdict

# Load balancer metrics that are reported only when non-zero: a missing value means zero. Pure.
#
# Source: CloudWatch metrics for your Application Load Balancer ("Reporting criteria: There is a nonzero value").


BALANCERS = ("AWS/ApplicationELB", "AWS/ELB")
FAULTS = re.compile(
    r"HTTPCode_(ELB|Target|Backend)_[45]\w+"
    r"|RejectedConnectionCount|\w+NegotiationErrorCount|TargetConnectionErrorCount|BackendConnectionErrors|SpilloverCount"
    r"|ELBAuth(Error|Failure)|Lambda(Internal|User)Error"
)
SUMS = ("Sum", "SampleCount")


def counts_faults(query: MetricQuery) -> bool:
    return query.namespace in BALANCERS and FAULTS.fullmatch(query.metric) is not None and query.stat in SUMS


def joined(parts: Sequence[Series]) -> Series:
    times = tuple(sorted({time for series in parts for time in series.times}))
    return parts[0].model_copy(update={"times": times, "values": (0.0,) * len(times)})


def unmeasured(silent: Sequence[Stretch], alive: Series, start: int, end: int) -> list[Stretch]:
    """The silences in which `alive` had no value either; only there is a missing count unknown."""
    blind = silences(alive, start, end)
    return [
        gap for gap in blind if any(gap.began < other.ended and other.began < gap.ended for other in silent)
    ]


Statements = Iterator[tuple[Verdict, str]]  # The statements on a row, each with its verdict
IDLE = timedelta(hours=1)  # Opening time without any request that is unusual where there is no past


def silent_curves(curves: Sequence[DashboardCurve], answer: WindowSeries) -> list[DashboardCurve]:
    """The curves whose silence has to be compared with earlier days: requests, and what else shows that there are any."""
    sources = [curve for curve in curves if curve.role == "requests"]
    counted = {curve.balancer for curve in sources}
    for curve in curves:
        # That faults stop is no silence.
        if depends_on_requests(curve) and curve.balancer not in counted and not counts_faults(curve.query):
            sources.append(curve)
    return [curve for curve in sources if _is_silent(answer.of(curve), answer.due(curve), answer.end)]


def _is_silent(series: Series, start: int, end: int) -> bool:
    complete = series.status is SeriesStatus.COMPLETE
    return complete and any(gap.seconds >= SUSTAINED for gap in silences(series, start, end))


def depends_on_requests(curve: DashboardCurve) -> bool:
    limit = curve.limit
    return limit is not None and limit.above is None and eventful(curve.query.namespace, curve.query.metric)


def quiet_times(curve: DashboardCurve, answer: WindowSeries, calendar: Calendar) -> Statements:
    """The silence at the end of the window, and the widest before; nothing on a curve that was never silent."""
    past = answer.earlier.get(curve.query.id)
    if past is None:
        return
    if past.status is not SeriesStatus.COMPLETE:
        yield Verdict.UNKNOWN, incomplete_words(past)
        return
    activity, zone = with_data(past, answer.of(curve)), calendar.zone
    span = TimeSpan(start=at(answer.due(curve)), end=at(answer.end))
    since, within = _("no data since {time}"), _("no data {stretch}")
    if curve.role == "requests":
        since, within = _("no requests since {time}"), _("no requests {stretch}")
    now = judge_silence(SourceKind.METRIC, activity, span.end, calendar)
    if now.since is not None and (span.end - now.since).total_seconds() >= SUSTAINED:
        yield now.verdict, _compared(since.format(time=zoned_time(now.since, zone)), now.likeness)
    gaps = [(_of_gap(*gap, calendar), gap) for gap in judged_gaps(activity, span, calendar)]
    if activity.times and activity.times[0] - answer.due(curve) >= SUSTAINED:
        # Before its very first value it may not have existed.
        first = TimeSpan(start=span.start, end=at(int(activity.times[0])))
        gaps.append((Verdict.NORMAL, (first, Likeness.NEW)))
    if gaps:
        bad = [each for each in gaps if each[0] is not Verdict.NORMAL] or gaps
        verdict, (gap, likeness) = max(bad, key=lambda pair: pair[1][0].end - pair[1][0].start)
        yield verdict, _compared(within.format(stretch=stretch(gap.start, gap.end, zone)), likeness)


def _of_gap(gap: TimeSpan, likeness: Likeness, calendar: Calendar) -> Verdict:
    new = likeness is Likeness.NEW and calendar.hours_between(gap.start, gap.end) >= IDLE
    return Verdict.ATTENTION if new or likeness is Likeness.UNUSUAL else Verdict.NORMAL


def _compared(words: str, likeness: Likeness) -> str:
    why = {
        Likeness.USUAL: _("as at the same time before"),
        Likeness.NEW: _("too few earlier days to compare with"),
        Likeness.UNUSUAL: _("there were values at the same time before"),
    }[likeness]
    return _("{said} ({why})", said=words, why=why)
