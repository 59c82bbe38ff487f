from collections.abc import Iterator
from datetime import datetime, tzinfo

from services.changes.key_rotation.facts import run_text, use_text
from services.changes.key_rotation.state import RotationPhase, RotationState
from services.i18n import _
from services.models.date_text import zoned_time
from services.models.iam import RotationProof


def proofs(state: RotationState, old: str, zone: tzinfo) -> dict[RotationProof, str]:
    return dict(_proofs(state, old, zone))


def _proofs(state: RotationState, old: str, zone: tzinfo) -> Iterator[tuple[RotationProof, str]]:
    if all(key.id != old for key in state.keys):
        yield RotationProof.DELETED, _("AWS: there is no key {key}", key=old)
        return
    if state.old is None or state.old.id != old:
        return
    new, handed = state.new, state.handed_at

    def told(at: datetime) -> str:
        return zoned_time(at, zone, state.at)

    if new is not None:
        text = _("AWS: key {key}, created {when}")
        yield RotationProof.CREATED, text.format(key=new.key.name, when=told(new.key.created))
    if new is not None and handed is not None:
        text = _("GitHub: both secrets written {when}") if state.by_github else _("handed over {when}")
        yield RotationProof.HANDED_OVER, text.format(when=told(handed))
    if new is not None and state.verified:
        parts = [_("AWS: used {use}", use=use_text(new, zone, state.at))]
        if state.run is not None:
            parts.insert(0, _("GitHub: run {run}", run=run_text(state.run, zone, state.at)))
        yield RotationProof.VERIFIED, _("; ").join(parts)
    if state.phase is RotationPhase.DEACTIVATED and new is not None:
        yield (
            RotationProof.DEACTIVATED,
            _("AWS: key {key} is {status}", key=state.old.key.name, status=state.old.key.status),
        )
