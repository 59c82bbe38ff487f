from collections.abc import Iterable, Sequence
from typing import Protocol

from services.models.alarms import Alarm
from services.models.dashboards import Dashboard
from services.models.metrics import MetricQuery, Series, TimeSpan
from services.models.runbook import Runbook


class DashboardSource(Protocol):
    """Reads dashboard bodies; implemented by `services.aws.cloudwatch.dashboards.reader.Dashboards`."""

    async def get(self, name: str) -> Dashboard:
        """The dashboard `name`. Raises AwsError."""
        ...

    def builtin(self, runbook: Runbook) -> Dashboard: ...


class MetricSource(Protocol):
    async def fetch(
        self, queries: Sequence[MetricQuery], span: TimeSpan, *, region: str | None = None
    ) -> tuple[Series, ...]:
        """The curves of the visible queries. Raises AwsError."""
        ...


class AlarmSource(Protocol):
    async def by_arns(self, arns: Iterable[str]) -> tuple[Alarm, ...]:
        """The alarms with these ARNs; missing ones are omitted. Raises AwsError."""
        ...
