"""What is read about a resource that is none of the system's: which sources, which metrics, and which of them
tell something. Pure. The statistic of a metric is chosen by its name, as no API tells which one is useful."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from statistics import median

from services.i18n import _
from services.incidents.catalogue import causes_of
from services.incidents.first_wave.metrics import PERIOD
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.incidents.onset import BEFORE
from services.incidents.signals.registry import BY_ID
from services.incidents.subject import Subject, stranger_of
from services.models.base import RawId
from services.models.first_wave import AlarmMoment, Source
from services.models.metrics import MetricQuery, Series
from services.models.runbook import Runbook

OF_ANY = (Source.OWN_METRICS, Source.OWN_LOG, Source.TRAIL, Source.TRAIL_GLOBAL, Source.ALARMS)
"""What says something about any resource."""
MOST = 40  # Metrics of one resource that are read; AWS charges for each
_SHOWN = 8  # Curves that are recorded because they left what is usual
_FAR = 4.0  # Spreads beyond the median from which a value is unusual; two such values make an unusual curve
_STATISTICS = (
    (re.compile(r"^Healthy|Free|Balance$"), "Minimum"),
    (re.compile(r"^UnHealthy|^Approximate|Connections$|Concurrent|Latency|Duration|Age|Lag$|Time$|Utilization$"), "Maximum"),
    (re.compile(r"Count|Errors|Throttles|Invocations|Requests|Evictions|Hits|Misses|^NumberOf|Bytes|Cmds$|Reset|Rejected|Dropped|Exceeded"), "Sum"),
)  # fmt: skip


def omissions(alarm: AlarmMoment, runbook: Runbook) -> dict[Source, str]:
    """Why sources are not read about an alarm, in words. One of another resource than the system's is judged
    by that resource; by the system, too, as far as the requests suffice, if signals of its causes need it."""
    missing = {source: why for source, spec in SOURCES.items() if (why := spec.missing(runbook))}
    subject = stranger_of(alarm, runbook)
    if subject is None:
        own = _("The alarm is about the system itself.")
        return {**missing, Source.OWN_METRICS: own, Source.OWN_LOG: own}
    if not subject.log_group(alarm, runbook):
        missing[Source.OWN_LOG] = _("{title} has no log that is known.", title=subject.title)
    causes = causes_of(runbook, runbook.playbook_for(alarm.id), alarm)
    weighed = {name for cause in causes for name in (*cause.present, *cause.absent, *cause.requires)}
    is_wanted = any(BY_ID[name].source not in OF_ANY for name in weighed if name in BY_ID)
    requests = sum(SOURCES[source].requests for source in OF_ANY)
    for source in (source for source in SOURCES if source not in OF_ANY and source not in missing):
        requests += SOURCES[source].requests
        if not is_wanted:
            missing[source] = _("It says nothing about {title}.", title=subject.title)
        elif requests > REQUESTS:
            missing[source] = _("No request was left for it.")
    return missing


def own_queries(subject: Subject, names: Iterable[RawId]) -> tuple[MetricQuery, ...]:
    own = subject.queries
    others = [name for name in names if name not in {query.metric for query in own}]
    queries = [
        subject.first.model_copy(update={"id": f"own_{index}", "metric": name, "stat": next((stat for pattern, stat in _STATISTICS if pattern.search(name)), "Average"), "period": PERIOD, "visible": True})
        for index, name in enumerate(others[: max(0, MOST - len(own))])
    ]  # fmt: skip
    # The label tells metric and statistic: `Evictions (Sum)`.
    return tuple(
        query.model_copy(update={"label": RawId(f"{query.metric} ({query.stat})")}) if query.metric else query
        for query in (*own, *queries)
    )


def telling(alarm: AlarmMoment, series: Sequence[Series]) -> tuple[Series, ...]:
    """The alarm's own curve, which is the first, and those that are unusual, the farthest first."""
    edge = int((alarm.since - BEFORE).timestamp())
    distances = [(_distance(curve, edge), curve) for curve in series[1:]]
    far = sorted((pair for pair in distances if pair[0] >= _FAR), key=lambda pair: -pair[0])
    return (*series[:1], *(curve for _distance, curve in far[:_SHOWN]))


def _distance(curve: Series, edge: int) -> float:
    """How many spreads the second-farthest value since `edge` lies from the median before; 0 without a past."""
    count = bisect_left(curve.times, edge)
    before, since = curve.values[:count], curve.values[count:]
    if len(before) < 10 or len(since) < 2:
        return 0.0
    middle = median(before)
    least = max(1.0, abs(middle) ** 0.5) if curve.label.endswith("(Sum)") else 0.01
    spread = max(1.4826 * median(abs(value - middle) for value in before), abs(middle) * 0.05, least)
    return sorted(abs(value - middle) for value in since)[-2] / spread
