from collections.abc import Callable, Iterator
from datetime import tzinfo

from services.changes.base import warning
from services.changes.key_rotation.facts import (
    half_text,
    missing_proof,
    orphan_text,
    phase_text,
    run_text,
    use_text,
)
from services.changes.key_rotation.options import RotationStep, options, title
from services.changes.key_rotation.state import QUIET, SKEW, RotationPhase, RotationState
from services.i18n import _
from services.models.changes import Caution
from services.models.date_text import zoned_time
from services.models.runbook import Runbook

_WITHOUT_GITHUB = frozenset({RotationStep.CREATE, RotationStep.REACTIVATE})
"""Steps that do no harm while GitHub cannot be read."""


def refusals(step: RotationStep, state: RotationState, runbook: Runbook, zone: tzinfo) -> tuple[str, ...]:
    """Why the step must not be taken, each with what to do instead."""
    if state.github_problem and step not in _WITHOUT_GITHUB:
        text = _("GitHub could not be read, so it is not known whether it has the new key: {problem}")
        return (text.format(problem=state.github_problem),)
    offered = options(state, runbook)
    if step not in offered:
        text = _("“{step}” is not possible now (the rotation is: {phase}). Possible: {steps}.")
        steps = _(", ").join(title(each) for each in offered) or _("none")
        is_foreign = step is RotationStep.DISCARD and state.new is not None and not state.is_new_ours
        why = (orphan_text(state, zone),) if is_foreign else ()
        return (text.format(step=title(step), phase=phase_text(state.phase), steps=steps), *why)
    judge = _REFUSALS.get(step)
    return tuple(judge(state, zone)) if judge else ()


def _deactivate(state: RotationState, zone: tzinfo) -> Iterator[str]:
    old, new = state.old, state.new
    assert old is not None
    assert new is not None
    if not new.key.active:
        yield _(
            "The new key {key} is {status}: nothing could use it.", key=new.key.name, status=new.key.status
        )
    if not state.verified:
        yield from missing_proof(state, zone)
    used = state.old_used_since
    if used is not None and state.at - used < QUIET:
        yield _(
            "The old key is still in use since the hand-over: {use}. Give the new key to what uses it; possible once it was unused for a day.",
            use=use_text(old, zone, state.at),
        )


def _delete(state: RotationState, zone: tzinfo) -> Iterator[str]:
    old = state.old
    assert old is not None
    until, since = state.deletable_at, state.deactivated_at
    if since is not None and old.used is not None and old.used > since + SKEW:
        yield _("The old key was used since it was deactivated: {use}.", use=use_text(old, zone, state.at))
    if until is not None and state.at < until:
        yield _("The old key may be deleted from {when}; until then it can be activated again.").format(
            when=zoned_time(until, zone, state.at)
        )
    if until is None and state.at - (old.used or old.key.created) < state.delete_after:
        text = _(
            "It is not recorded when the key was deactivated, and it was used less than {days} days ago: {use}."
        )
        yield text.format(days=state.delete_after.days, use=use_text(old, zone, state.at))


def _discard(state: RotationState, zone: tzinfo) -> Iterator[str]:
    new = state.new
    assert new is not None
    if new.used is not None:
        text = _("The new key is in use: {use}. Go on with the rotation instead.")
        yield text.format(use=use_text(new, zone, state.at))


_REFUSALS: dict[RotationStep, Callable[[RotationState, tzinfo], Iterator[str]]] = {
    RotationStep.DEACTIVATE: _deactivate,
    RotationStep.DELETE: _delete,
    RotationStep.DISCARD: _discard,
}


def downtime(step: RotationStep, state: RotationState) -> str:
    if step is RotationStep.GITHUB:
        return _("Workflows that start between the two writes fail.")
    if step is RotationStep.DEACTIVATE and state.old_used_since is not None:
        return _("What still uses the old key fails.")
    if step is RotationStep.DISCARD and any(state.written):
        return _("Workflows fail until another key is handed over.")
    return _("None")


def warnings(step: RotationStep, state: RotationState, zone: tzinfo) -> tuple[Caution, ...]:
    judge = _WARNINGS.get(step)
    return tuple(judge(state, zone)) if judge else ()


def _before_creation(state: RotationState, _zone: tzinfo) -> Iterator[Caution]:
    if state.github_problem:
        text = _("GitHub could not be read, so the key could not be handed over to it: {problem}")
        yield warning(text.format(problem=state.github_problem), grave=True)
    yield warning(
        _(
            "AWS shows the secret once. It stays in this console's memory until it is handed over; if the console "
            "ends before, the key has to be deleted and created again."
        )
    )


def _before_writing(state: RotationState, _zone: tzinfo) -> Iterator[Caution]:
    if state.phase is RotationPhase.HALF:
        yield warning(half_text(state), grave=True)
    yield warning(_("Between the two writes, and until both are done, a workflow that starts fails."))
    yield warning(_("A workflow under way keeps the key that it began with."))


def _before_showing(_state: RotationState, _zone: tzinfo) -> Iterator[Caution]:
    yield warning(
        _(
            "The secret appears on the screen while a key is held: nobody else may see it, no recording may run."
        ),
        grave=True,
    )


def _before_deactivation(state: RotationState, zone: tzinfo) -> Iterator[Caution]:
    old, run, used = state.old, state.run, state.new_used
    assert old is not None
    if state.old_used_since is not None:
        text = _(
            "The old key was used after the hand-over: {use}. What used it fails from now on, unless it has the new key."
        )
        yield warning(text.format(use=use_text(old, zone, state.at)), grave=True)
    if run is not None:
        yield warning(_("Proof in GitHub: {run}.", run=run_text(run, zone, state.at)))
    if used is not None and state.new is not None:
        yield warning(_("Proof in AWS: the new key was used {use}.", use=use_text(state.new, zone, state.at)))


def _is_final() -> str:
    return _("It cannot be undone: AWS keeps nothing of a deleted key.")


def _before_deletion(state: RotationState, zone: tzinfo) -> Iterator[Caution]:
    old = state.old
    assert old is not None
    yield warning(_is_final(), grave=True)
    if state.deletable_at is None:
        text = _("It is not recorded when the key was deactivated; its last use: {use}.")
        yield warning(text.format(use=use_text(old, zone, state.at)), grave=True)


def _before_discarding(state: RotationState, zone: tzinfo) -> Iterator[Caution]:
    yield warning(_is_final(), grave=True)
    if state.handed_at is not None or any(state.written):
        text = _("GitHub has this key: workflows fail until another key is handed over.")
        yield warning(text, grave=True)
    if state.phase is RotationPhase.ORPHANED:
        yield warning(orphan_text(state, zone), grave=True)


_WARNINGS: dict[RotationStep, Callable[[RotationState, tzinfo], Iterator[Caution]]] = {
    RotationStep.CREATE: _before_creation,
    RotationStep.GITHUB: _before_writing,
    RotationStep.REVEAL: _before_showing,
    RotationStep.DEACTIVATE: _before_deactivation,
    RotationStep.DELETE: _before_deletion,
    RotationStep.DISCARD: _before_discarding,
}
