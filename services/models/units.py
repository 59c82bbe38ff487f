"""Formats numbers with prefixes and units, and knows the unit of a metric. GetMetricData returns no units:
they follow from the runbook's limit, if there is one, else from well-known metric names."""

import math
import re
from dataclasses import dataclass

from services.models.alarms import Alarm
from services.models.metrics import MetricQuery
from services.models.verdict import Limit

_NOTHING = "—"  # Written in place of an absent value


@dataclass(frozen=True, slots=True)
class Unit:
    """How raw values are displayed: `raw * scale`, in the largest step that fits."""

    suffix: str = ""
    scale: float = 1.0
    steps: tuple[tuple[float, str], ...] = ()  # (factor, prefix) ascending; the suffix follows the prefix

    def step(self, raw: float) -> tuple[float, str]:
        size = abs(raw * self.scale)
        if not size:
            return 1 / self.scale, self.suffix
        fitting = [step for step in self.steps if size >= step[0]]
        factor, prefix = fitting[-1] if fitting else self.steps[0] if self.steps else (1.0, "")
        return factor / self.scale, prefix + self.suffix


_SHARE = re.compile(r"(?<![\w.])100 *\*.*/|/.*\* *100(?![\w.])")  # A quotient times 100, in metric math
_THOUSANDS = ((1.0, ""), (1e5, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))
_BINARY = ((1.0, ""), (2.0**10, "Ki"), (2.0**20, "Mi"), (2.0**30, "Gi"), (2.0**40, "Ti"))
_TIME = ((1e-6, "µ"), (1e-3, "m"), (1.0, ""))

PLAIN = Unit(steps=_THOUSANDS)
PERCENT = Unit("%")
BYTES = Unit("B", steps=_BINARY)
BYTES_PER_SECOND = Unit("B/s", steps=_BINARY)
SECONDS = Unit("s", steps=_TIME)
MILLISECONDS = Unit("s", scale=1e-3, steps=_TIME)


def number(value: float | None, unit: Unit = PLAIN, *, exact: bool = False) -> str:
    """`value` in about three digits with its unit: `72.3%`, `213 ms`, `45.2 GiB`, `1.23 M`. `exact` shows all
    digits. An absent or infinite value is a dash."""
    if value is None or not math.isfinite(value):
        return _NOTHING
    divisor, suffix = (1 / unit.scale, unit.suffix) if exact else unit.step(value)
    quotient = value / divisor
    text = f"{quotient:,.10g}" if exact else digits(quotient)
    return join(text, suffix)


def join(text: str, suffix: str) -> str:
    """Number and unit, with a space between except before a percent sign."""
    if not suffix:
        return text
    return f"{text}%" if suffix == "%" else f"{text} {suffix}"


def digits(value: float) -> str:
    """About three significant digits; whole numbers without decimals, thousands separated."""
    size = abs(value)
    if size >= 99.95 or value == int(value):
        return f"{value:,.0f}" if size < 1e15 else f"{value:.2e}"
    if size >= 9.995:
        return f"{value:.1f}"
    if size >= 0.01:
        return f"{value:.2f}"
    return f"{value:.2g}"


def unit_of(query: MetricQuery | None, limit: Limit | None = None) -> Unit:
    if limit is not None and (limit.unit or limit.scale != 1.0):
        return Unit(limit.unit, scale=limit.scale)
    if query is not None and _SHARE.search(query.expression):
        return PERCENT
    if query is None or query.expression or query.stat == "SampleCount":
        return PLAIN
    return _of_metric(query.namespace, query.metric)


_MILLISECOND_SPACES = ("AWS/Lambda", "AWS/ApiGateway", "AWS/States", "AWS/DynamoDB", "AWS/S3")
_BYTE_METRICS = ("FreeStorageSpace", "FreeableMemory", "SwapUsage", "FreeLocalStorage", "BinLogDiskUsage")


def alarm_unit(alarm: Alarm) -> Unit:
    return unit_of(next((query for query in alarm.queries if query.visible), None))


def _of_metric(namespace: str, metric: str) -> Unit:
    if metric.endswith(("Utilization", "Percent", "Percentage", "ErrorRate", "Balance")):
        return PLAIN if metric.endswith("CreditBalance") else PERCENT
    if metric.endswith("Throughput"):
        return BYTES_PER_SECOND
    if "Bytes" in metric or metric in _BYTE_METRICS:
        return BYTES
    if metric.endswith(("Latency", "ResponseTime", "Duration", "ReplicaLag")):
        return MILLISECONDS if namespace in _MILLISECOND_SPACES else SECONDS
    return PLAIN
