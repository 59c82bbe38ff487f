"""Verdicts, how several of them combine, and limits that judge measured values.

Two orders exist for two questions. How sure may one be that all is well (`worst`, the exit status)? Then what could not
be judged is worse than a value near its limit. What does an operator read first (`leading`)? What was measured as bad:
"not judged" stands beside it, never in its place.
"""

from collections import Counter
from collections.abc import Iterable
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


WORSE = (Verdict.NORMAL, Verdict.ATTENTION, Verdict.UNKNOWN, Verdict.ABNORMAL)
"""Verdicts, worst last: what cannot be judged is worse than a value near its limit."""
DISPLAY_ORDER = (Verdict.ABNORMAL, Verdict.ATTENTION, Verdict.UNKNOWN, Verdict.NORMAL)
"""Order in which verdicts are shown: measured problems come before what could not be judged."""
Tally = tuple[tuple[Verdict, int], ...]
"""How often each verdict other than normal occurs, in DISPLAY_ORDER."""


def tally(verdicts: Iterable[Verdict | None]) -> Tally:
    """Count the verdicts other than normal; None is not counted."""
    counts = Counter(verdicts)
    return tuple((verdict, counts[verdict]) for verdict in DISPLAY_ORDER[:-1] if counts[verdict])


def worst(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """The worst verdict; None if there is none."""
    return max((each for each in verdicts if each is not None), key=WORSE.index, default=None)


def leading(counts: Tally, *, judged: bool = False) -> Verdict:
    """The verdict to show first; `judged` leaves out what could not be judged. Normal if nothing is counted."""
    rest = (verdict for verdict, _count in counts if not judged or verdict is not Verdict.UNKNOWN)
    return next(rest, Verdict.NORMAL)


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
