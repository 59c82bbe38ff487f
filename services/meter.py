"""Counts requests to AWS and what they cost, by JST day.

Prices (aws.amazon.com/cloudwatch/pricing): GetMetricData is always charged, by metrics requested; the
other CloudWatch requests cost the same per thousand beyond the free million a month; reading logs,
containers, scaling, load balancers, databases and identity is free.
"""

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

from services.clock import Clock
from services.i18n import _
from services.models.usage import Usage, UsageRow

USD_PER_METRIC = 0.01 / 1000
USD_PER_CLOUDWATCH_CALL = 0.01 / 1000

_JST = ZoneInfo("Asia/Tokyo")
_ALWAYS_CHARGED = "cloudwatch.GetMetricData"


class Meter:
    """Today's requests; begins anew at JST midnight of the injected clock."""

    def __init__(self, clock: Clock, *, usd_jpy: float = 150.0) -> None:
        self._clock = clock
        self._usd_jpy = usd_jpy
        self._day = self._today()
        self._calls: Counter[str] = Counter()
        self._metrics = 0

    def count(self, service: str, operation: str, *, metrics: int = 0) -> None:
        """One request was sent; `metrics` is how many metrics a GetMetricData asked for."""
        self._turn()
        self._calls[f"{service}.{operation}"] += 1
        self._metrics += metrics

    @property
    def calls_today(self) -> int:
        """Requests sent since midnight."""
        self._turn()
        return self._calls.total()

    @property
    def yen_today(self) -> float:
        """What they certainly cost."""
        self._turn()
        return self._yen(self._metrics * USD_PER_METRIC)

    def snapshot(self) -> Usage:
        """The day so far, as a model."""
        self._turn()
        beyond = sum(
            calls
            for name, calls in self._calls.items()
            if name.startswith("cloudwatch.") and name != _ALWAYS_CHARGED
        )
        sure = self.yen_today
        return Usage(
            day=self._day,
            calls=self._calls.total(),
            yen=sure,
            worst_yen=sure + self._yen(beyond * USD_PER_CLOUDWATCH_CALL),
            rows=tuple(
                UsageRow(name=name, calls=calls, yen=sure if name == _ALWAYS_CHARGED else 0.0)
                for name, calls in sorted(self._calls.items(), key=lambda row: (-row[1], row[0]))
            ),
            basis=_(
                "GetMetricData $0.01 per 1,000 metrics at ¥{rate:g}/$; beyond CloudWatch's free tier"
                " the other requests would add ¥{more:.3f}."
            ).format(rate=self._usd_jpy, more=self._yen(beyond * USD_PER_CLOUDWATCH_CALL)),
        )

    def _yen(self, usd: float) -> float:
        return usd * self._usd_jpy

    def _today(self) -> date:
        return self._clock.now().astimezone(_JST).date()

    def _turn(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self._calls.clear()
            self._metrics = 0
