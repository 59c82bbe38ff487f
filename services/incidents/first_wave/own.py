"""The curves of a resource that none of the system's metrics are about: which are read, and which of them tell something.

Pure. The statistic of a metric is chosen by its name, as no API tells which one is useful.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from statistics import median

from services.incidents.first_wave.metrics import PERIOD
from services.incidents.subject import Subject
from services.models.base import RawId
from services.models.first_wave import AlarmMoment
from services.models.metrics import MetricQuery, Series
from services.models.units import Unit, unit_of

MOST = 40
"""Metrics of one resource that are read; AWS charges for each."""
_SHOWN = 8
"""Curves that are recorded because they left what is usual."""
_BEFORE = timedelta(minutes=15)
"""How long before the alarm its minutes may be bad already."""
_FAR = 4.0
"""Spreads beyond the median from which a value is unusual; two such values make an unusual curve."""
_STATISTICS = (
    (re.compile(r"^Healthy|Free|Balance$"), "Minimum"),
    (re.compile(r"^UnHealthy|^Approximate|Connections$|Concurrent|Latency|Duration|Age$|Lag$|Time$|Utilization$"), "Maximum"),
    (re.compile(r"Count|Errors|Throttles|Invocations|Requests|Evictions|Hits|Misses|^NumberOf|Bytes|Cmds$|Reset|Processed|Rejected|Dropped|Exceeded"), "Sum"),
)  # fmt: skip


def statistic_of(metric: str) -> str:
    """The statistic by which a metric is read."""
    return next((name for pattern, name in _STATISTICS if pattern.search(metric)), "Average")


def label_of(metric: str, statistic: str) -> str:
    """What the curve of a metric is called in the evidence: `Evictions (Sum)`."""
    return f"{metric} ({statistic})"


def own_queries(
    alarm: AlarmMoment, subject: Subject, names: Iterable[str], named: Iterable[tuple[str, str]]
) -> tuple[MetricQuery, ...]:
    """The alarm's own metrics and expressions, then those (metric, statistic) that the runbook names, then the others."""
    own = alarm.queries or (MetricQuery(id="m1", namespace=alarm.namespace, metric=alarm.metric, dimensions=alarm.dimensions, period=PERIOD),)  # fmt: skip
    own = tuple(
        query.model_copy(update={"label": RawId(label_of(query.metric, query.stat))})
        if query.metric
        else query
        for query in own
    )
    watched = {(str(query.metric), query.stat) for query in own}
    wanted = dict.fromkeys((*named, *((name, statistic_of(name)) for name in names)))
    others = [pair for pair in wanted if pair not in watched][: max(0, MOST - len(own))]
    return (
        *own,
        *(
            MetricQuery(
                id=f"own_{index}",
                namespace=RawId(subject.namespace),
                metric=RawId(metric),
                dimensions=subject.dimensions,
                stat=statistic,
                period=PERIOD,
                label=RawId(label_of(metric, statistic)),
            )
            for index, (metric, statistic) in enumerate(others)
        ),
    )


def telling(
    alarm: AlarmMoment, queries: Sequence[MetricQuery], series: Sequence[Series], named: Iterable[str]
) -> tuple[tuple[Series, ...], int]:
    """(the curves that are recorded, the number of other curves with values); `named` are labels that are recorded, too."""
    watched = next((query.id for query in queries if query.visible), "")
    own = [curve for curve in series if curve.id == watched][:1]
    others = [curve for curve in series if curve not in own and curve.values]
    edge = int((alarm.since - _BEFORE).timestamp())
    far = sorted(
        ((distance(curve, edge), curve.label, curve) for curve in others),
        reverse=True,
        key=lambda row: row[:2],
    )
    unusual = [curve for how_far, _label, curve in far if how_far >= _FAR]
    shown = unusual[:_SHOWN]
    names = set(named)
    shown += [curve for curve in others if curve.label in names and curve not in shown]
    return (*own, *shown), len(others) - len(unusual)


def distance(curve: Series, edge: int) -> float:
    """How many spreads the second-farthest value since `edge` lies from the median before; 0 without a past."""
    pairs = list(zip(curve.times, curve.values, strict=True))
    before, since = [value for at, value in pairs if at < edge], [value for at, value in pairs if at >= edge]
    if len(before) < 10 or len(since) < 2:
        return 0.0
    middle = median(before)
    spread = 1.4826 * median(abs(value - middle) for value in before)
    is_count = curve.label.endswith("(Sum)")
    spread = max(spread, abs(middle) * 0.05, max(1.0, abs(middle) ** 0.5) if is_count else 0.01)
    return sorted(abs(value - middle) for value in since)[-2] / spread


def unit_of_curve(alarm: AlarmMoment, curve: Series) -> Unit:
    """The unit of a curve, by its metric's name."""
    metric, _open, statistic = curve.label.rstrip(")").rpartition(" (")
    namespace = next((query.namespace for query in alarm.queries if query.metric), alarm.namespace)
    return unit_of(MetricQuery(id="m", namespace=namespace, metric=RawId(metric), stat=statistic))
