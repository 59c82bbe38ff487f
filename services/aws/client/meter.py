"""Counts AWS requests and their cost per local day. Prices come from `services.aws.client.prices`:
GetMetricData and Cost Explorer are always charged, other CloudWatch requests only beyond the free million a
month; the scan cost of a query is reported by its caller."""

from collections import Counter, deque
from datetime import date, tzinfo
from zoneinfo import ZoneInfo

from services.aws.client.prices import USD_PER_CLOUDWATCH_CALL, USD_PER_METRIC, usd_of_call
from services.clock import Clock
from services.i18n import _
from services.models.usage import Usage, UsageRow

_JST = ZoneInfo("Asia/Tokyo")
_ALWAYS_CHARGED = "cloudwatch.GetMetricData"
DAYS_KEPT = 14  # Past days kept until the usage is recorded in the journal


class UsageMeter:
    """Today's requests; resets at midnight of the injected clock, in the system's time zone."""

    def __init__(self, clock: Clock, *, usd_jpy: float = 150.0, zone: tzinfo = _JST) -> None:
        self._clock = clock
        self._zone = zone
        self._usd_jpy = usd_jpy
        self._day = self._today()
        self._calls: Counter[str] = Counter()
        self._metrics = 0
        self._charged: Counter[str] = Counter()
        """Charges other than for metrics, in nano-dollars, by operation."""
        self._before: deque[Usage] = deque(maxlen=DAYS_KEPT)

    def count(self, service: str, operation: str, *, metrics: int = 0, usd: float | None = None) -> None:
        """Count one sent request; `metrics` is the number of metrics a GetMetricData requests, `usd` what a
        request is charged whose price depends on its parameters; None: by its operation alone."""
        self._turn()
        name = f"{service}.{operation}"
        self._calls[name] += 1
        self._metrics += metrics
        # The cost of GetMetricData is computed from `_metrics`.
        if charge := usd_of_call(service, operation, {}) if usd is None else usd:
            self.charge(name, charge)

    def charge(self, name: str, usd: float) -> None:
        self._turn()
        self._charged[name] += round(usd * 1e9)

    @property
    def calls_today(self) -> int:
        """Requests sent since local midnight."""
        self._turn()
        return self._calls.total()

    @property
    def yen_today(self) -> float:
        """Their certain cost in yen, whatever the free tier."""
        self._turn()
        return self._sure

    @property
    def _sure(self) -> float:
        return self._yen(self._metrics * USD_PER_METRIC + self._charged.total() / 1e9)

    def days(self) -> tuple[Usage, ...]:
        today = self.snapshot()
        return (*self._before, today)

    def snapshot(self) -> Usage:
        self._turn()
        return self._usage()

    def _usage(self) -> Usage:
        beyond = sum(
            calls
            for name, calls in self._calls.items()
            if name.startswith("cloudwatch.") and name != _ALWAYS_CHARGED
        )
        sure = self._sure
        return Usage(
            day=self._day,
            calls=self._calls.total(),
            yen=sure,
            worst_yen=sure + self._yen(beyond * USD_PER_CLOUDWATCH_CALL),
            rows=tuple(
                UsageRow(name=name, calls=self._calls[name], yen=self._yen(self._usd_of(name)))
                for name in sorted(self._calls | self._charged, key=lambda name: (-self._calls[name], name))
            ),
            basis=_(
                "GetMetricData $0.01 per 1,000 metrics at ¥{rate:g}/$; beyond CloudWatch's free tier"
                " the other requests would add ¥{more:.3f}."
            ).format(rate=self._usd_jpy, more=self._yen(beyond * USD_PER_CLOUDWATCH_CALL)),
        )

    def _usd_of(self, name: str) -> float:
        metrics = self._metrics * USD_PER_METRIC if name == _ALWAYS_CHARGED else 0.0
        return metrics + self._charged[name] / 1e9

    def _yen(self, usd: float) -> float:
        return usd * self._usd_jpy

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _turn(self) -> None:
        today = self._today()
        if today != self._day:
            if self._calls:
                self._before.append(self._usage())
            self._day = today
            self._calls.clear()
            self._charged.clear()
            self._metrics = 0
