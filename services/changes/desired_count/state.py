"""What a desired count depends on. Pure."""

from services.changes.ecs_scaling.state import ScalingState
from services.models.canonical import digest


def count_digest(state: ScalingState, desired: int) -> str:
    """Digest of what the count `desired` depends on: the bounds, and whether it starts or stops tasks.

    The plan stays good while Auto Scaling moves the present count without changing that.
    """
    bounds = [state.target.minimum, state.target.maximum] if state.target is not None else None
    controller = state.service.controller if state.service is not None else ""
    return digest([bounds, controller, state.active, state.desired > desired, state.desired < desired])
