from collections.abc import Iterator

from services.changes.base import warning
from services.changes.ecs_scaling.state import ScalingState
from services.i18n import _
from services.models.changes import Caution
from services.models.runbook import Runbook


def connections(state: ScalingState, count: int, runbook: Runbook) -> Iterator[Caution]:
    limit = runbook.limit_for("AWS/RDS", "DatabaseConnections")
    if runbook.rds is None or limit is None or limit.below is None:
        return
    per_task = runbook.ecs.connections_per_task if runbook.ecs else None
    if per_task is not None:
        how = _("{each} per task according to the runbook", each=per_task)
        estimate = float(per_task * count)
    elif state.load.connections is not None and state.running > 0:
        how = _("{connections} now with {running} running").format(
            connections=round(state.load.connections), running=state.running
        )
        estimate = state.load.connections / state.running * count
    else:
        text = _(
            "The database connections could not be measured: check that {count} tasks keep them below {limit}."
        )
        yield warning(text.format(count=count, limit=f"{limit.below:g}"), grave=True)
        return
    over = estimate >= limit.below
    text = (
        _(
            "Database connections: {how}, so {count} tasks would use about {expected}; they must stay below {limit}. That is too many."
        )
        if over
        else _(
            "Database connections: {how}, so {count} tasks would use about {expected}; they must stay below {limit}."
        )
    )
    text = text.format(how=how, count=count, expected=round(estimate), limit=f"{limit.below:g}")
    yield warning(text, grave=over)


def unmeasured(state: ScalingState, *, grave: bool) -> Caution | None:
    if state.load.cpu is None:
        return warning(_("The CPU load could not be measured."), grave=grave)
    if state.running != state.desired:
        text = _(
            "Tasks are starting or stopping (desired {desired}, running {running}): CPU cannot be estimated."
        )
        return warning(text.format(desired=state.desired, running=state.running), grave=grave)
    return None


def cpu_of(state: ScalingState, count: int) -> float:
    """The CPU if the present load were on `count` tasks, percent; `unmeasured` says whether it can be estimated."""
    return (state.load.cpu or 0.0) * state.running / (count or 1)


def aim_text(state: ScalingState) -> str:
    return "—" if state.aim is None else f"{state.aim:g}%"
