"""The request that restarts a service's tasks, and its comparison with the observed state. Pure.

Source: UpdateService with forceNewDeployment (Amazon ECS API reference).
"""

from services.changes.base import ChangeContext, observed
from services.changes.ecs_services import names
from services.changes.service_restart.state import RestartState, state_digest
from services.i18n import _
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row

STEP = "restart"


def step(context: ChangeContext, target: ChangeTarget, state: RestartState) -> PlannedStep:
    """Deploys the same task definition again, and sends nothing else."""
    assert state.service is not None
    assert state.primary is not None
    cluster, name = names(target.id)
    return context.step(
        STEP,
        _("Start new tasks of {name} and stop the old ones").format(name=target.title),
        target,
        ("ecs", "UpdateService", {"cluster": cluster, "service": name, "forceNewDeployment": True}),
        rows=_rows(state),
        expects=state_digest(state),
        required=("service",),
        before=state.primary.id,
    )


def _rows(state: RestartState) -> tuple[Row, ...]:
    assert state.service is not None
    definition = state.service.task_definition
    running = str(state.service.running)
    tags = _(", ").join(state.tags())
    # Where the tag was moved, another image starts; a warning says so.
    images = (Row(name=_("Images"), before=tags, after=tags),) if tags else ()
    return (
        Row(name=_("Task definition"), before=definition, after=definition),
        *images,
        Row(
            name=_("Running"),
            before=running,
            after=_("{count} new tasks").format(count=state.service.desired),
        ),
    )


def observed_restart(step: PlannedStep, state: RestartState) -> Observation:
    """Whether a newer deployment of the same task definition exists."""
    now, primary = state_digest(state), state.primary
    if state.service is None or primary is None:
        return observed(now, _("ECS has no such active service."), after=False, before=False)
    if primary.id == step.before:
        text = _("The newest deployment is still {id}.").format(id=primary.id)
        return observed(now, text, after=False, before=True)
    same = any(row.before == row.after == primary.task_definition for row in step.rows)
    text = _("The newest deployment is {id}, of {name}.").format(id=primary.id, name=primary.task_definition)
    return observed(now, text, after=same, before=False)
