"""What a desired count depends on. Pure."""

from services.changes.ecs_scaling.state import ScalingState
from services.models.canonical import digest


def stopped(state: ScalingState, desired: int) -> int:
    """Number of tasks that a new count stops immediately."""
    return max(0, state.desired - desired)


def count_digest(state: ScalingState, desired: int) -> str:
    """Digest of what the count `desired` depends on: the bounds, and the tasks that it stops.

    A count that Auto Scaling moves without changing that leaves the plan as it is.
    """
    bounds = [state.target.minimum, state.target.maximum] if state.target is not None else None
    controller = state.service.controller if state.service is not None else ""
    return digest([bounds, controller, state.active, stopped(state, desired), state.desired == desired])
