"""Maximum task count of an ECS service (runbook: スケール操作 1).

Source: RegisterScalableTarget, PutScheduledAction (Application Auto Scaling API reference).
"""

from collections.abc import Mapping

from services.changes.base import Change
from services.i18n import N_
from services.models.base import RawId
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep


class TaskLimit(Change):
    """Raises or lowers MaxCapacity, and schedules the way back."""

    kind = "task-limit"
    title = N_("Maximum task count")
    help = N_("Raise or lower the number of tasks that Auto Scaling may start")
    words = "さいだいたすくすう saidai tasuku suu すけーる sukeru scale max"

    def targets(self) -> tuple[ChangeTarget, ...]:
        """The runbook's services."""
        ecs = self.context.runbook.ecs
        if ecs is None:
            return ()
        return tuple(
            ChangeTarget(id=RawId(f"service/{ecs.cluster}/{name}"), title=name) for name in ecs.services
        )

    async def look(self, target: ChangeTarget) -> LiveState:
        """The service's bounds and counts."""
        raise NotImplementedError

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        """The limit, and the way back."""
        raise NotImplementedError

    async def plan(self, target: ChangeTarget, wish: Mapping[str, str]) -> Plan:
        """Before and after."""
        raise NotImplementedError

    async def observe(self, step: PlannedStep) -> Observation:
        """Where the bounds stand."""
        raise NotImplementedError
