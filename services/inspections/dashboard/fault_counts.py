"""Load balancer metrics that are reported only when non-zero: a missing value means zero. Pure.

Source: CloudWatch metrics for your Application Load Balancer ("Reporting criteria: There is a nonzero value").
"""

import re
from collections.abc import Sequence

from services.inspections.toolkit.curves import Stretch, silences
from services.models.metrics import MetricQuery, Series

BALANCERS = ("AWS/ApplicationELB", "AWS/ELB")
FAULTS = re.compile(
    r"HTTPCode_(ELB|Target|Backend)_[45]\w+"
    r"|RejectedConnectionCount|\w+NegotiationErrorCount|TargetConnectionErrorCount|BackendConnectionErrors|SpilloverCount"
    r"|ELBAuth(Error|Failure)|Lambda(Internal|User)Error"
)
SUMS = ("Sum", "SampleCount")


def counts_faults(query: MetricQuery) -> bool:
    """Whether the metric's value is a number of errors."""
    return query.namespace in BALANCERS and FAULTS.fullmatch(query.metric) is not None and query.stat in SUMS


def joined(parts: Sequence[Series]) -> Series:
    """When any of these series had a value."""
    times = tuple(sorted({time for series in parts for time in series.times}))
    return parts[0].model_copy(update={"times": times, "values": (0.0,) * len(times)})


def unmeasured(silent: Sequence[Stretch], alive: Series, start: int, end: int) -> list[Stretch]:
    """The silences in which `alive` had no value either; only there is a missing count unknown."""
    blind = silences(alive, start, end)
    return [
        gap for gap in blind if any(gap.began < other.ended and other.began < gap.ended for other in silent)
    ]
