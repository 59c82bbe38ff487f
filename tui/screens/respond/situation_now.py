"""The situation of an incident at the moment when something is told of it: read anew where that is older than a minute."""

from contextlib import suppress

from services.aws.client.errors import AwsError
from services.incidents.approval_call import step_to_approve
from services.incidents.escalation import Situation
from services.incidents.readings import Weighing
from services.models.approvals import ApprovalState
from services.models.changes import Plan
from tui.console import Console
from tui.screens.respond.building import incident_view, situation_of
from tui.screens.respond.reading import Records
from widgets.incidents.view import IncidentView


async def situation_now(app: Console, weighing: Weighing, id: str, records: Records) -> Situation | None:
    """None: the journal has no such incident any more."""
    incidents = app.ready.incidents
    if (incident := incidents.of(id)) is None:
        return None
    if incident.is_open:
        await app.ready.response.live.read(incident)
    view = incident_view(app, weighing, incidents.of(id) or incident, records)
    return situation_of(app, view, await _plan_asked(app, view))


async def _plan_asked(app: Console, view: IncidentView) -> Plan | None:
    """The plan that a step asks approval for: the one that waits for it, else as the runbook gives it, from live state."""
    step, engine = step_to_approve(view.incident, view.playbook), app.ready.engine
    kind = step.look if step is not None else None
    if step is None or kind is None or kind not in engine.changes:
        return None
    asked = (request.plan for request in engine.requests if request.state is ApprovalState.ASKED)
    plan = next((plan for plan in asked if plan.kind == kind), None)
    targets = engine.changes[kind].targets()
    if plan is None and targets:
        with suppress(AwsError):
            plan = await engine.plan(kind, targets[0].id, step.values, is_preview=True)
    return plan
