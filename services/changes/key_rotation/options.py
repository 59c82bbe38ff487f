from enum import StrEnum

from services.changes.key_rotation.state import Phase, RotationState
from services.i18n import N_, _
from services.models.runbook import Runbook


class Step(StrEnum):
    CREATE = "create"
    GITHUB = "github"
    """Write both secrets of GitHub Actions."""
    COMMAND = "command"
    """Pass the new key to the runbook's command."""
    REVEAL = "reveal"
    """Show the new key, for a person to hand it over."""
    RESTORE_ID = "restore-id"
    """Write the old key's id back to GitHub, where only the id was replaced."""
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    """The way back from DEACTIVATE."""
    DELETE = "delete"
    DISCARD = "discard"
    """Delete the new key, whose secret is lost, to begin again."""


_TITLES = {
    Step.CREATE: N_("Create a new access key"),
    Step.GITHUB: N_("Hand it over to GitHub Actions"),
    Step.COMMAND: N_("Hand it over to the runbook's command"),
    Step.REVEAL: N_("Show it, to hand it over by hand"),
    Step.RESTORE_ID: N_("Restore the old key's ID in GitHub"),
    Step.DEACTIVATE: N_("Deactivate the old access key"),
    Step.REACTIVATE: N_("Activate the old access key again"),
    Step.DELETE: N_("Delete the old access key"),
    Step.DISCARD: N_("Delete the new access key and begin again"),
}


def title(step: Step) -> str:
    return _(_TITLES[step])


def options(state: RotationState, runbook: Runbook) -> tuple[Step, ...]:
    """The steps offered, the next one first; none where the new key is not proven to be this program's."""
    phase, old, new = state.phase, state.old, state.new
    is_held = new is not None and new.id in state.in_vault
    ways = hand_overs(state, runbook) if is_held else ()
    discard = (Step.DISCARD,) if state.is_new_ours else ()
    if phase is Phase.START:
        return (Step.CREATE,)
    if phase in (Phase.CREATED, Phase.ORPHANED):
        return (*ways, *discard)
    if phase is Phase.HALF:
        id_only = state.written == (True, False)
        return (*ways, *((Step.RESTORE_ID,) if id_only else ()), *discard)
    if phase is Phase.UNREAD:
        return (Step.DEACTIVATE,)
    if phase in (Phase.HANDED, Phase.VERIFIED):
        return (Step.DEACTIVATE, *ways, *(() if state.verified else discard))
    assert old is not None
    return (Step.DELETE, Step.REACTIVATE) if new is not None else (Step.REACTIVATE, Step.CREATE)


def hand_overs(state: RotationState, runbook: Runbook) -> tuple[Step, ...]:
    github = runbook.github is not None and runbook.github.user == state.user
    command = runbook.access_keys is not None and bool(runbook.access_keys.hand_over)
    chosen = (*((Step.GITHUB,) if github else ()), *((Step.COMMAND,) if command else ()))
    return (*chosen, Step.REVEAL)
