"""The step that opts in to pending maintenance or undoes it, and its comparison with the observed state. Pure.

Source: ApplyPendingMaintenanceAction, PendingMaintenanceAction (Amazon RDS API reference).
"""

from datetime import tzinfo

from services.changes.base import ChangeContext, observed
from services.changes.rds.facts import opt_in_text
from services.changes.rds.state import ReadState, state_digest, time_of, window_text
from services.changes.rds.watching import done, running, withdrawn
from services.changes.rds_maintenance.parameters import NOW, UNDO, WINDOW, Parameters
from services.i18n import _
from services.models.changes import ChangeTarget, Observation, PlannedStep, Row
from services.models.rds import OptIn, PendingAction
from services.models.watches import Progress

OPT_IN = "opt-in"
OPT_IN_TYPES = {WINDOW: "next-maintenance", UNDO: "undo-opt-in", NOW: "immediate"}


def opt_in(
    context: ChangeContext, target: ChangeTarget, values: Parameters, action: PendingAction, state: ReadState
) -> PlannedStep:
    """Requests the action for the next window or now, or withdraws that request."""
    titles = {
        WINDOW: _("Apply {action} in the next window"),
        UNDO: _("Withdraw the request for {action}"),
        NOW: _("Apply {action} immediately"),
    }
    params = {
        "ResourceIdentifier": str(state.database.arn),
        "ApplyAction": action.action,
        "OptInType": OPT_IN_TYPES[values.timing],
    }
    zone = context.zone
    return context.step(
        OPT_IN,
        titles[values.timing].format(action=action.action),
        target,
        ("rds", "ApplyPendingMaintenanceAction", params),
        rows=(Row(name=action.action, before=action_text(action, zone), after=_after(values, state, zone)),),
        expects=action_digest(action, state, OPT_IN_TYPES[values.timing]),
        required=("ResourcePendingMaintenanceActions",),
        before=str(action.opt_in),
    )


def action_text(action: PendingAction, zone: tzinfo) -> str:
    """Whether somebody requested an action, and when it is applied."""
    return opt_in_text(action.opt_in, time_of(action.current, zone) if action.current else "")


def _after(values: Parameters, state: ReadState, zone: tzinfo) -> str:
    if values.timing == WINDOW:
        return opt_in_text(OptIn.NEXT_WINDOW, window_text(state, zone))
    return opt_in_text(OptIn.NONE, "") if values.timing == UNDO else _("applied now")


def action_digest(action: PendingAction | None, state: ReadState, opt_in_type: str) -> str:
    """Digest of the state that a request of this OptInType is planned from."""
    if action is None:
        return state_digest(None)
    depends_on = {
        OPT_IN_TYPES[NOW]: state.is_available,
        OPT_IN_TYPES[WINDOW]: state.database.maintenance_window,
    }
    return state_digest(action.action, str(action.opt_in), depends_on.get(opt_in_type))


def action_of(step: PlannedStep, state: ReadState) -> PendingAction | None:
    """The step's pending action; None: it is not pending."""
    name = step.call.params["ApplyAction"]
    return next((action for action in state.actions or () if action.action == name), None)


def observed_opt_in(step: PlannedStep, state: ReadState, zone: tzinfo) -> Observation:
    kind, action = step.call.params["OptInType"], action_of(step, state)
    digest = action_digest(action, state, kind)
    name = step.call.params["ApplyAction"]
    if action is None:
        # Only an immediate request ends an action at once; otherwise somebody else's did, or AWS's own date.
        text = _("{action} is not pending.").format(action=name)
        return observed(digest, text, after=kind == OPT_IN_TYPES[NOW], before=False)
    target_state = {
        OPT_IN_TYPES[WINDOW]: OptIn.NEXT_WINDOW,
        OPT_IN_TYPES[UNDO]: OptIn.NONE,
        OPT_IN_TYPES[NOW]: OptIn.IMMEDIATE,
    }[kind]
    text = _("{action}: {state}.").format(action=name, state=action_text(action, zone))
    return observed(
        digest, text, after=action.opt_in is target_state, before=str(action.opt_in) == step.before
    )


def maintenance_progress(step: PlannedStep, state: ReadState, zone: tzinfo, *, is_settled: bool) -> Progress:
    """How far the maintenance is; `is_settled`: RDS shows by now what it has accepted."""
    action, database, name = action_of(step, state), state.database, step.call.params["ApplyAction"]
    if action is None and state.is_available:
        return done(_("{action} is no longer pending, the database is available.").format(action=name))
    if action is None or not state.is_available:
        return running(_("The database is {status}.").format(status=database.status))
    if action.opt_in is OptIn.NONE and is_settled:
        return withdrawn(_("{action} is no longer requested: it was withdrawn.").format(action=name))
    return running(_("{action}: {state}.").format(action=name, state=action_text(action, zone)))
