"""Verdicts, how several of them combine, and limits that judge measured values. A verdict is the worst that
is known; whether all was judged is another fact (completeness), and never hides in it. One order decides, the
exit status as well as what an operator reads first: what could not be judged is worse than normal, and never
in the place of what was measured as bad."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TypedDict

from services.models.base import Clean, RawId
from services.models.runbook_texts import LimitTexts
from services.models.translated import Translated


class Verdict(StrEnum):
    """正常 / 注意 / 異常 / 判定不能; UNKNOWN (cannot be judged) is never shown in green."""

    NORMAL = "normal"
    ATTENTION = "attention"
    ABNORMAL = "abnormal"
    UNKNOWN = "unknown"


DISPLAY_ORDER = (Verdict.ABNORMAL, Verdict.ATTENTION, Verdict.UNKNOWN, Verdict.NORMAL)
"""Verdicts, worst first."""
Tally = tuple[tuple[Verdict, int], ...]  # How often each verdict other than normal occurs, in DISPLAY_ORDER


def tally(verdicts: Iterable[Verdict | None]) -> Tally:
    counts = Counter(verdicts)
    return tuple((verdict, counts[verdict]) for verdict in DISPLAY_ORDER[:-1] if counts[verdict])


def worst(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    return min((each for each in verdicts if each is not None), key=DISPLAY_ORDER.index, default=None)


class Judgement(TypedDict):
    verdict: Verdict
    partial: bool


def judgement(verdicts: Iterable[Verdict | None]) -> Judgement:
    every = set(verdicts)
    verdict = worst(every) or Verdict.UNKNOWN
    return {"verdict": verdict, "partial": Verdict.UNKNOWN in every and verdict is not Verdict.UNKNOWN}


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
    en: LimitTexts = LimitTexts.model_construct()
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
