"""The base classes of the changes of the runbook's services: their targets, their load, and a plan of their scaling."""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping

from services.changes.base import Change, ChangeContext
from services.changes.ecs_scaling.cost import TaskPrice, TaskPrices
from services.changes.ecs_scaling.load import load_queries
from services.changes.ecs_scaling.quota import FargateQuota, read_quota
from services.changes.ecs_scaling.reading import Reads
from services.changes.ecs_scaling.state import ScalingState
from services.changes.ecs_services import names, targets
from services.changes.kind import ChangeKind
from services.models.changes import ChangeTarget, Plan
from services.models.metrics import MetricQuery


class ServiceChange(Change):
    """A change of one of the runbook's ECS services."""

    def targets(self) -> tuple[ChangeTarget, ...]:
        return targets(self.context.runbook)

    def load_queries(self, target: ChangeTarget) -> tuple[MetricQuery, ...]:
        return load_queries(*names(target.id))


class ScalingChange(ServiceChange):
    """A change of how many tasks a service has, or may have."""

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self.reads = Reads(context)
        self._prices = TaskPrices(context)

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self.reads.state(target.id, load=True)
        definition = state.service.task_definition if state.service is not None else ""
        quota = await read_quota(self.context.reader, definition)
        price = await self._prices.of(state.service, quota.definition)
        with self.written_on(state.at):
            return await asyncio.to_thread(self.plan_on, target, parameters, state, id, quota, price)

    @abstractmethod
    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: ScalingState,
        id: str,
        quota: FargateQuota,
        price: TaskPrice,
    ) -> Plan:
        """The plan from a given state; pure."""
