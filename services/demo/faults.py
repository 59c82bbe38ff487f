"""Source: "Common error types" of the CloudWatch, Logs, ECS, RDS, ELB and STS API references."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.demo.account import CALLER
from services.demo.errors import AwsErrorResponse

Preset = Literal["throttled", "denied", "expired"]
Mode = Literal[
    "error", "reset-before", "reset-after", "hang", "html", "empty", "truncated", "redirect", "502-after"
]

_IAM_PREFIXES = {"elbv2": "elasticloadbalancing"}  # IAM's name of a service where it differs from botocore's
_IAM_ACTIONS = {
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("budgets", "DescribeBudgets"): "budgets:ViewBudget",
}
"""IAM actions that are not named after their operation (service authorization reference)."""


class FaultRule(BaseModel):
    """Which requests go wrong, and how. Empty service or operation: any."""

    model_config = ConfigDict(extra="forbid")

    service: str = ""
    """As botocore names it."""
    operation: str = ""
    """`StartLiveTail.update`: each event of a stream that is already open; the rule has to name it."""
    preset: Preset | None = None
    """A common AWS error in the service's own protocol; or give `code`."""
    code: str = ""
    message: str = "Fault on demand."
    status: int = 400
    mode: Mode | None = None
    """`reset-after`, `empty`, `truncated` and `502-after` (a proxy's page) happen after the request was carried out. None: `error`
    where a code or preset is given, else only `delay`."""
    delay: float = 0.0
    """Seconds before anything else."""
    after: int = 0
    """How many requests it lets pass first."""
    times: int | None = None
    """How often; None: until removed."""

    def fits(self, service: str, operation: str) -> bool:
        named = self.operation == operation or (not self.operation and "." not in operation)
        return named and self.service in ("", service)

    @property
    def kind(self) -> Mode | None:
        return self.mode or ("error" if self.code or self.preset else None)

    def error(self, service: str, operation: str, protocol: str) -> AwsErrorResponse:
        if self.preset is not None:
            return preset_error(self.preset, service, operation, protocol)
        return AwsErrorResponse(self.code or "InternalFailure", self.message, self.status)


def preset_error(preset: Preset, service: str, operation: str, protocol: str) -> AwsErrorResponse:
    """AWS's error: JSON services say `…Exception` with 400, XML services the short code with 400 or 403."""
    json = protocol not in ("query", "ec2", "rest-xml")
    if preset == "throttled":
        return AwsErrorResponse("ThrottlingException" if json else "Throttling", "Rate exceeded", 400)
    if preset == "expired":
        message = "The security token included in the request is expired"
        code = "ExpiredTokenException" if json else "ExpiredToken"
        return AwsErrorResponse(code, message, 400 if json else 403)
    action = _iam_action(service, operation)
    message = (
        f"User: {CALLER} is not authorized to perform: {action} because no identity-based policy allows the"
        f" {action} action"
    )
    return AwsErrorResponse(
        "AccessDeniedException" if json else "AccessDenied", message, 400 if json else 403
    )


def _iam_action(service: str, operation: str) -> str:
    """The IAM action that an operation needs, as AWS names it in a denial."""
    by_name = f"{_IAM_PREFIXES.get(service, service)}:{operation}"
    return _IAM_ACTIONS.get((service, operation), by_name)


_THROTTLED = FaultRule(preset="throttled")


@dataclass(slots=True)
class QuotaFault:
    """A bucket of `rate` tokens that fills at `rate` a second: a request takes one."""

    rate: float
    tokens: float
    at: float  # Seconds of the store's clock

    def admits(self, now: float) -> bool:
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class FaultStore:
    """The rules in force; the newest that applies is used. Safe to share between threads."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._quotas: dict[str, QuotaFault] = {}
        self.clock: Callable[[], float] = time.monotonic
        """Seconds by which requests are counted; a quota is of this machine's time, whatever the world's speed."""
        self._lock = threading.Lock()

    def add(self, rule: FaultRule) -> None:
        with self._lock:
            self._rules.insert(0, rule)

    def limit(self, quotas: Mapping[str, float]) -> None:
        """Answer more than so many requests a second with a throttling error, by `service.Operation`; 0: no limit."""
        with self._lock:
            self._quotas |= {name: QuotaFault(rate, rate, self.clock()) for name, rate in quotas.items()}
            self._quotas = {name: quota for name, quota in self._quotas.items() if quota.rate > 0}

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, service: str, operation: str, extra: Iterable[FaultRule] = ()) -> FaultRule | None:
        with self._lock:
            quota = self._quotas.get(f"{service}.{operation}")
            if quota is not None and not quota.admits(self.clock()):
                return _THROTTLED
            for rule in self._rules:
                if rule.fits(service, operation):
                    if rule.after > 0:
                        rule.after -= 1
                        continue
                    if rule.times is not None:
                        rule.times -= 1
                        if rule.times <= 0:
                            self._rules.remove(rule)
                    return rule
        return next((rule for rule in extra if rule.fits(service, operation)), None)
