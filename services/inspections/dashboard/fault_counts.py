"""What load balancers count only where something goes wrong: no value is none of it. Pure.

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
    """Whether its value is how many faults there were."""
    return query.namespace in BALANCERS and FAULTS.fullmatch(query.metric) is not None and query.stat in SUMS


def joined(told: Sequence[Series]) -> Series:
    """When any of these had a value."""
    times = tuple(sorted({time for each in told for time in each.times}))
    return told[0].model_copy(update={"times": times, "values": (0.0,) * len(times)})


def unseen(silent: Sequence[Stretch], alive: Series, start: int, end: int) -> list[Stretch]:
    """When nothing else came either, within times without a count."""
    blind = silences(alive, start, end)
    return [
        each
        for each in blind
        if any(each.began < other.ended and other.began < each.ended for other in silent)
    ]
