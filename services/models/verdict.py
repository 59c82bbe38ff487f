"""Judgement of a measured value against the runbook's limit."""

from enum import StrEnum

from services.models.base import Clean, Model, RawId


class Verdict(StrEnum):
    """正常 / 注意 / 異常 / 判定不能; UNKNOWN is never green."""

    NORMAL = "normal"
    ATTENTION = "attention"
    ABNORMAL = "abnormal"
    UNKNOWN = "unknown"


class Limit(Model):
    """One limit of the runbook: what a metric must stay below or above."""

    id: str
    title: Clean
    namespace: RawId
    metric: RawId
    below: float | None = None
    """Normal while value < below; in the metric's own unit (ALB latency: seconds)."""
    above: float | None = None
    """Normal while value > above."""
    unit: str = ""
    """How a person reads it: `%`, `ms`, `GiB`, ``; see `scale`."""
    scale: float = 1.0
    """Shown value = metric value * scale (seconds to ms: 1000)."""
    source: Clean = ""
    """The runbook's section."""

    def judge(self, value: float | None) -> Verdict:
        """UNKNOWN without a value; ATTENTION within the last tenth before the limit."""
        if value is None:
            return Verdict.UNKNOWN
        if self.below is not None:
            if value >= self.below:
                return Verdict.ABNORMAL
            if value >= self.below * 0.9:
                return Verdict.ATTENTION
        if self.above is not None:
            if value <= self.above:
                return Verdict.ABNORMAL
            if value <= self.above * 1.1:
                return Verdict.ATTENTION
        return Verdict.NORMAL
