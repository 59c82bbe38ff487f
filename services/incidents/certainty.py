"""A word is held back by what could still change it: by what was not seen, and more by what could not be read."""

from collections.abc import Iterable, Mapping, Sequence

from services.i18n import _
from services.incidents.catalogue import effects_of
from services.incidents.signals.registry import SHOWN
from services.models.causes import CauseSpec, WeighedCause, WeighedSignal, Word

STRONG, STRONG_LEAD = 20, 6
LIKELY, LIKELY_LEAD = 10, 3
EXPLAINING = 10
"""Score from which a cause with a sign of its own explains others, and competes in their place."""
GRANTED_LEAD = 3
"""By how much the first must lead even if all that is unseen spoke for the others."""


def judge(
    roots: Sequence[WeighedCause], causes_by_id: Mapping[str, WeighedCause], specs: Sequence[CauseSpec]
) -> tuple[Word, str]:
    if not roots:
        return Word.OPEN, _("nothing speaks for any cause")
    first = roots[0]
    lead = first.score - max((rival.score for rival in roots[1:]), default=0)
    if first.score < LIKELY:
        return Word.OPEN, _("too little speaks for any cause")
    if all(row.signal.is_change for row in first.supporting):
        return Word.OPEN, _("nothing shows that anything fails")
    if first.id in SHOWN and not is_shown(first):
        return Word.OPEN, _("nothing shows the cause itself, only its effects")
    rivals = (cause for cause in roots[1:] if cause.id not in SHOWN or is_shown(cause))
    if first.score - next((rival.score for rival in rivals), 0) < LIKELY_LEAD:
        return Word.OPEN, _("the first two are too close")
    if why := _undermined(first, causes_by_id, specs, LIKELY, LIKELY_LEAD):
        return Word.OPEN, why
    is_symptom = any(spec.symptom for spec in specs if spec.id == first.id)
    if is_symptom and (why := _unseen_parent(first, causes_by_id, specs)):
        return Word.OPEN, why
    if all(row.signal.is_coincidence for row in first.supporting if row.is_direct):
        return Word.OPEN if is_symptom else Word.LIKELY, _("nothing shows the cause itself, only its effects")
    if first.score < STRONG or lead < STRONG_LEAD:
        return Word.LIKELY, _("too little speaks for it to be strong")
    if why := _undermined(first, causes_by_id, specs, STRONG, STRONG_LEAD):
        return Word.LIKELY, why
    if why := _insufficient(first, roots, causes_by_id, specs):
        return Word.LIKELY, why
    return Word.STRONG, ""


def possible_gain(supporting: Iterable[WeighedSignal], unseen: Iterable[WeighedSignal]) -> int:
    """How far the score of a cause would rise if all these unseen signals were present."""
    best: dict[str, int] = {}
    free = 0
    for row in unseen:
        if row.signal.group:
            best[row.signal.group] = max(best.get(row.signal.group, 0), row.weight)
        else:
            free += row.weight
    for row in supporting:
        # A group counts once: what is present of it is replaced by a stronger unseen signal, not added to it.
        if row.signal.group in best:
            best[row.signal.group] = max(0, best[row.signal.group] - row.counts)
    return free + sum(best.values())


def _granted(cause: WeighedCause) -> int:
    return cause.score + possible_gain(cause.supporting, cause.unseen)


def _undermined(
    first: WeighedCause,
    causes_by_id: Mapping[str, WeighedCause],
    specs: Sequence[CauseSpec],
    least: int,
    lead: int,
) -> str:
    """Why an unread source could take the word away again; "" if none could. What is not read makes nothing surer."""
    if not any(row.signal.is_denied for cause in causes_by_id.values() for row in cause.unseen):
        return ""
    if first.unread.rules_out:
        return _unseen_text(first)
    floor = first.score - first.unread.loss
    explained = effects_of([first.id], specs)
    causes_of_first = {spec.id for spec in specs if first.id in spec.explains}
    for cause in causes_by_id.values():
        is_rival = cause.id != first.id and cause.id not in explained and not cause.impossible
        most = cause.score + cause.unread.gain
        could_change = cause.unread.gain > 0 or first.unread.loss > 0
        if is_rival and could_change and floor - most < lead:
            return _unseen_text(cause) if cause.unread.gain > 0 else _doubted_text(first)
        if is_rival and cause.id in causes_of_first and cause.score < EXPLAINING <= most:
            return _unseen_text(cause)
    return _doubted_text(first) if floor < least else ""


def _insufficient(
    first: WeighedCause,
    roots: Sequence[WeighedCause],
    causes_by_id: Mapping[str, WeighedCause],
    specs: Sequence[CauseSpec],
) -> str:
    """Why what is unseen could change the first cause; "" if it could not."""
    for rival in roots[1:]:
        if rival.unseen and first.score - _granted(rival) < GRANTED_LEAD:
            return _unseen_text(rival)
    return _unseen_parent(first, causes_by_id, specs)


def _unseen_parent(
    first: WeighedCause, causes_by_id: Mapping[str, WeighedCause], specs: Sequence[CauseSpec]
) -> str:
    """Why what is unseen could show a cause that explains the first; "" if it could not."""
    for spec in specs:
        parent = causes_by_id[spec.id]
        could = not parent.impossible and parent.score < EXPLAINING and bool(parent.unseen)
        if first.id in spec.explains and could and _granted(parent) >= EXPLAINING:
            return _unseen_text(parent)
    return ""


def _unseen_text(cause: WeighedCause) -> str:
    row = next((row for row in cause.unseen if row.signal.is_denied), cause.unseen[0])
    return _("unseen: {signal} ({why})").format(signal=row.signal.title, why=row.signal.why)


def _doubted_text(cause: WeighedCause) -> str:
    if any(row.signal.is_denied for row in cause.unseen):
        return _unseen_text(cause)
    return _("what could not be read may speak against it")


def is_shown(cause: WeighedCause) -> bool:
    """Whether a sign of the cause itself is there: by the signs of its effects alone it explains nothing."""
    return any(row.is_direct for row in cause.supporting)
