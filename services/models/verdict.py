"""Verdicts, and limits that judge measured values."""

from enum import StrEnum

from services.models.base import Clean, RawId
from services.models.runbook_texts import LimitTexts
from services.models.translated import Translated


class Verdict(StrEnum):
    """正常 / 注意 / 異常 / 判定不能; UNKNOWN (cannot be judged) is never shown in green."""

    NORMAL = "normal"
    ATTENTION = "attention"
    ABNORMAL = "abnormal"
    UNKNOWN = "unknown"


class Limit(Translated):
    """A limit of the runbook: the bound that a metric must stay below or above."""

    id: str
    title: Clean
    namespace: RawId
    metric: RawId
    below: float | None = None
    """Normal while value < below, in the metric's own unit (ALB latency: seconds). None: no upper limit."""
    above: float | None = None
    """Normal while value > above, in the metric's own unit. None: no lower limit."""
    unit: str = ""
    """Unit of the displayed value: `%`, `ms`, `GiB`; empty: none."""
    scale: float = 1.0
    """Displayed value = metric value * scale (seconds to ms: 1000)."""
    source: Clean = ""
    """Section of the written runbook; empty: not given."""
    en: LimitTexts = LimitTexts()
    """English versions of its texts."""

    def judge(self, value: float | None) -> Verdict:
        """Judge `value`: UNKNOWN for None, ABNORMAL at or beyond a limit, ATTENTION within a tenth of it."""
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
