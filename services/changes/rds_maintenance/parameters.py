"""The parameters of pending maintenance, parsed strictly; every mistake becomes a refusal in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.changes.rds.state import ReadState
from services.changes.typed_values import normalized
from services.i18n import _
from services.models.rds import OptIn, PendingAction
from services.models.text import clean

ACTION, TIMING = "action", "timing"
NAMES = (ACTION, TIMING)
WINDOW, UNDO, NOW = "window", "undo", "now"
TIMINGS = (WINDOW, UNDO, NOW)


@dataclass(frozen=True, slots=True)
class Parameters:
    """A pending action, and what is done with it."""

    action: str
    timing: str

    def as_typed(self) -> dict[str, str]:
        return {ACTION: self.action, TIMING: self.timing}


def default_action(state: ReadState) -> PendingAction | None:
    """The action that AWS applies first, of those that nobody has requested; else the first."""
    actions = sorted(
        state.actions or (),
        key=lambda action: (
            action.opt_in is not OptIn.NONE,
            min(filter(None, (action.current, action.auto_after, action.forced)), default=None) is None,
            min(filter(None, (action.current, action.auto_after, action.forced)), default=state.at),
        ),
    )
    return next(iter(actions), None)


def default_timing(action: PendingAction | None) -> str:
    """Undo where the action is requested for the next window, else the next window."""
    return UNDO if action is not None and action.opt_in is OptIn.NEXT_WINDOW else WINDOW


def read_parameters(
    parameters: Mapping[str, str], state: ReadState
) -> tuple[Parameters | None, PendingAction | None, tuple[str, ...]]:
    """(the parsed parameters, their action, the reasons for refusing them). Missing parameters get their defaults."""
    if state.actions is None:
        return None, None, (_("Pending maintenance could not be read; plan again later."),)
    if not state.actions:
        return None, None, (_("No maintenance is pending: there is nothing to apply or withdraw."),)
    default = default_action(state)
    name = normalized(parameters.get(ACTION, default.action if default else ""))
    action = next((each for each in state.actions if each.action == name), None)
    if action is None:
        text = _("{name} is not pending; pending are {choices}.")
        choices = _(", ").join(each.action for each in state.actions)
        return None, None, (text.format(name=clean(name), choices=choices),)
    timing = normalized(parameters.get(TIMING, default_timing(action)))
    if timing not in TIMINGS:
        text = _("“{text}” is not a choice; choose one of {choices}.")
        return None, action, (text.format(text=clean(timing), choices=_(", ").join(TIMINGS)),)
    return Parameters(action.action, timing), action, _refusals(timing, action)


def _refusals(timing: str, action: PendingAction) -> tuple[str, ...]:
    if action.opt_in is OptIn.IMMEDIATE:
        return (_("{action} is being applied; that cannot be undone.").format(action=action.action),)
    if timing == WINDOW and action.opt_in is OptIn.NEXT_WINDOW:
        return (_("{action} is requested for the next window already.").format(action=action.action),)
    if timing == UNDO and action.opt_in is OptIn.NONE:
        text = _("Nobody has requested {action}: there is nothing to withdraw.")
        return (text.format(action=action.action),)
    return ()
