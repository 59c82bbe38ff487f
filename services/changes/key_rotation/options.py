from enum import StrEnum

from services.changes.key_rotation.state import RotationPhase, RotationState
from services.i18n import N_, _
from services.models.runbook import Runbook


class RotationStep(StrEnum):
    CREATE = "create"
    GITHUB = "github"  # Write both secrets of GitHub Actions
    COMMAND = "command"  # Pass the new key to the runbook's command
    REVEAL = "reveal"  # Show the new key, for a person to hand it over
    RESTORE_ID = "restore-id"  # Write the old key's id back to GitHub, where only the id was replaced
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"  # The way back from DEACTIVATE
    DELETE = "delete"
    DISCARD = "discard"  # Delete the new key, whose secret is lost, to begin again


_TITLES = {
    RotationStep.CREATE: N_("Create a new access key"),
    RotationStep.GITHUB: N_("Hand it over to GitHub Actions"),
    RotationStep.COMMAND: N_("Hand it over to the runbook's command"),
    RotationStep.REVEAL: N_("Show it, to hand it over by hand"),
    RotationStep.RESTORE_ID: N_("Restore the old key's ID in GitHub"),
    RotationStep.DEACTIVATE: N_("Deactivate the old access key"),
    RotationStep.REACTIVATE: N_("Activate the old access key again"),
    RotationStep.DELETE: N_("Delete the old access key"),
    RotationStep.DISCARD: N_("Delete the new access key and begin again"),
}


def title(step: RotationStep) -> str:
    return _(_TITLES[step])


def options(state: RotationState, runbook: Runbook) -> tuple[RotationStep, ...]:
    """The steps offered, the next one first; none where the new key is not proven to be this program's."""
    phase, old, new = state.phase, state.old, state.new
    is_held = new is not None and new.id in state.in_vault
    ways = hand_overs(state, runbook) if is_held else ()
    discard = (RotationStep.DISCARD,) if state.is_new_ours else ()
    if phase is RotationPhase.START:
        return (RotationStep.CREATE,)
    if phase in (RotationPhase.CREATED, RotationPhase.ORPHANED):
        return (*ways, *discard)
    if phase is RotationPhase.HALF:
        id_only = state.written == (True, False)
        return (*ways, *((RotationStep.RESTORE_ID,) if id_only else ()), *discard)
    if phase is RotationPhase.UNREAD:
        return (RotationStep.DEACTIVATE,)
    if phase in (RotationPhase.HANDED, RotationPhase.VERIFIED):
        return (RotationStep.DEACTIVATE, *ways, *(() if state.verified else discard))
    assert old is not None
    return (
        (RotationStep.DELETE, RotationStep.REACTIVATE)
        if new is not None
        else (RotationStep.REACTIVATE, RotationStep.CREATE)
    )


def hand_overs(state: RotationState, runbook: Runbook) -> tuple[RotationStep, ...]:
    github = runbook.github is not None and runbook.github.user == state.user
    command = runbook.access_keys is not None and bool(runbook.access_keys.hand_over)
    chosen = (*((RotationStep.GITHUB,) if github else ()), *((RotationStep.COMMAND,) if command else ()))
    return (*chosen, RotationStep.REVEAL)
