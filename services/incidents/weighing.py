"""Weighs the causes: evidence in, scores and words out. Pure: the same evidence gives the same scores on any host.

The model and its reasons are explained in the guide; the weights are in `causes.toml` and in the runbook.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from services.i18n import _
from services.incidents.catalogue import causes_of
from services.incidents.facts import Facts
from services.incidents.signals.registry import BY_ID, signals_of
from services.models.causes import (
    Assessment,
    CauseSpec,
    NextLook,
    Onset,
    Signal,
    SignalState,
    WeighedCause,
    WeighedSignal,
    Word,
)
from services.models.first_wave import IncidentEvidence
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook

STRONG, STRONG_LEAD = 20, 6
LIKELY, LIKELY_LEAD = 10, 3
SUPPORTED = 12
"""Score from which a cause explains others, and competes in their place."""
GRANTED_LEAD = 3
"""By how much the first must lead even if all that is unseen spoke for the others."""
LATE, TOO_LATE = timedelta(minutes=2), timedelta(minutes=5)
"""After T0: from LATE on a signal counts half, from TOO_LATE on not at all, because causes come first."""


def assess(evidence: IncidentEvidence, runbook: Runbook, playbook: Playbook | None = None) -> Assessment:
    """Weigh the causes of a playbook, or of the alarm's own; with none, all that belong to no other playbook."""
    facts = Facts(evidence, runbook)
    playbook = playbook or runbook.playbook_for(evidence.alarm.id)
    return weigh(causes_of(runbook, playbook), signals_of(facts), facts.onset)


def weigh(specs: Sequence[CauseSpec], signals: Sequence[Signal], onset: Onset) -> Assessment:
    """Weigh causes by signals that are judged already."""
    by_id = {signal.id: signal for signal in signals}
    weighed = {spec.id: _weighed(spec, by_id, onset) for spec in specs}
    chained = _chained(specs, weighed)
    causes = tuple(sorted(chained.values(), key=_order))
    roots = [cause for cause in causes if cause.is_root and not cause.impossible]
    word, why = _judged(roots, chained, specs)
    next_look = None if word is Word.STRONG else _next_look(roots, specs, by_id)
    return Assessment(
        onset=onset, word=word, causes=causes, signals=tuple(signals), why=why, next_look=next_look
    )


def _order(cause: WeighedCause) -> tuple[bool, bool, int, str]:
    return (bool(cause.impossible), not cause.is_root, -cause.score, cause.id)


# ---- one cause


def _weighed(spec: CauseSpec, signals: Mapping[str, Signal], onset: Onset) -> WeighedCause:
    rows = [*_rows(spec.present, signals, SignalState.PRESENT, onset)]
    rows += _rows(spec.absent, signals, SignalState.ABSENT, onset)
    rows = _strongest(rows)
    counted = [row for row in rows if row.counts]
    supporting = sorted((row for row in counted if row.counts > 0), key=lambda row: -row.counts)
    opposing = sorted((row for row in counted if row.counts < 0), key=lambda row: row.counts)
    unseen = [
        WeighedSignal(signal=signals[name], weight=weight, counts=0)
        for name, weight in spec.present.items()
        if weight > 0 and name in signals and signals[name].state is SignalState.UNSEEN
    ]
    times = [row.signal.at for row in supporting if row.signal.at is not None]
    return WeighedCause(
        id=spec.id,
        score=spec.prior + sum(row.counts for row in rows),
        prior=spec.prior,
        supporting=tuple(supporting),
        opposing=tuple(opposing),
        unseen=tuple(sorted(unseen, key=lambda row: -row.weight)),
        doubts=_doubts(spec, signals),
        impossible=_impossible(spec, signals),
        onset=min(times, default=None),
    )


def _rows(
    weights: Mapping[str, int], signals: Mapping[str, Signal], state: SignalState, onset: Onset
) -> Iterable[WeighedSignal]:
    for name, weight in weights.items():
        signal = signals.get(name)
        if signal is not None and signal.state is state and weight:
            counts = _timed(weight, signal, onset) if state is SignalState.PRESENT else weight
            yield WeighedSignal(signal=signal, weight=weight, counts=counts)


def _timed(weight: int, signal: Signal, onset: Onset) -> int:
    """What a signal counts that may have begun after the first bad minute."""
    if weight <= 0 or signal.at is None:
        return weight
    late = signal.at - onset.at
    if late > TOO_LATE:
        return 0
    return weight // 2 if late > LATE else weight


def _strongest(rows: Sequence[WeighedSignal]) -> list[WeighedSignal]:
    """Of each group only the signal with the largest weight counts, on each side of the scale."""
    best: dict[tuple[str, bool], WeighedSignal] = {}
    for row in rows:
        key = (row.signal.group, row.counts > 0)
        if row.signal.group and (key not in best or abs(row.counts) > abs(best[key].counts)):
            best[key] = row
    return [
        row
        if not row.signal.group or best[row.signal.group, row.counts > 0] is row
        else row.model_copy(update={"counts": 0})
        for row in rows
    ]


def _impossible(spec: CauseSpec, signals: Mapping[str, Signal]) -> str:
    """Why the cause is impossible: none of the signals that it requires is present or unseen."""
    required = [signals[name] for name in spec.requires if name in signals]
    if not required or any(signal.state is not SignalState.ABSENT for signal in required):
        return ""
    return _("not seen: {signals}").format(signals=_(", ").join(signal.title for signal in required))


def _doubts(spec: CauseSpec, signals: Mapping[str, Signal]) -> int:
    """What the signals of unread sources would cost the cause at worst."""
    names = {*spec.present, *spec.absent}
    denied = [name for name in names if name in signals and signals[name].is_denied]
    return sum(min(0, spec.present.get(name, 0), spec.absent.get(name, 0)) for name in denied)


# ---- chains


def _chained(specs: Sequence[CauseSpec], weighed: Mapping[str, WeighedCause]) -> dict[str, WeighedCause]:
    """The causes with what they explain; what a supported cause explains does not compete with it."""
    effects: dict[str, list[str]] = {spec.id: [] for spec in specs}
    explained: set[str] = set()
    for spec in specs:
        parent = weighed[spec.id]
        if parent.score < SUPPORTED or parent.impossible:
            continue
        for name in spec.explains:
            child = weighed.get(name)
            if child is not None and not child.impossible and child.score > 0 and _precedes(parent, child):
                effects[spec.id].append(name)
                explained.add(name)
    return {
        id: cause.model_copy(
            update={
                "effects": tuple(sorted(effects[id], key=lambda name: -weighed[name].score)),
                "is_root": id not in explained,
            }
        )
        for id, cause in weighed.items()
    }


def _precedes(parent: WeighedCause, child: WeighedCause) -> bool:
    """Whether a cause began no later than what it would explain; unknown times do not speak against it."""
    if parent.onset is None or child.onset is None:
        return True
    return parent.onset <= child.onset + LATE


# ---- words


def _judged(
    roots: Sequence[WeighedCause], weighed: Mapping[str, WeighedCause], specs: Sequence[CauseSpec]
) -> tuple[Word, str]:
    """How sure the weighing is of the first root, and why no surer."""
    if not roots:
        return Word.OPEN, _("nothing speaks for any cause")
    first = roots[0]
    lead = first.score - (roots[1].score if len(roots) > 1 else 0)
    if first.score < LIKELY:
        return Word.OPEN, _("too little speaks for any cause")
    if lead < LIKELY_LEAD:
        return Word.OPEN, _("the first two are too close")
    if why := _undermined(first, weighed, specs, LIKELY, LIKELY_LEAD):
        return Word.OPEN, why
    if first.score < STRONG or lead < STRONG_LEAD:
        return Word.LIKELY, _("more would have to speak for it")
    if not any(row.signal.is_direct for row in first.supporting):
        return Word.LIKELY, _("nothing shows the cause itself, only its effects")
    if why := _undermined(first, weighed, specs, STRONG, STRONG_LEAD):
        return Word.LIKELY, why
    if why := _insufficient(first, roots, weighed, specs):
        return Word.LIKELY, why
    return Word.STRONG, ""


def _granted(cause: WeighedCause, *, denied: bool = False) -> int:
    """The score if all that is unseen spoke for the cause; with `denied`, only what an unread source hides."""
    best: dict[str, int] = {}
    free = 0
    for row in cause.unseen:
        if denied and not row.signal.is_denied:
            continue
        if row.signal.group:
            best[row.signal.group] = max(best.get(row.signal.group, 0), row.weight)
        else:
            free += row.weight
    for row in cause.supporting:
        # A group counts once: what is present of it is replaced by a stronger unseen signal, not added to it.
        if row.signal.group in best:
            best[row.signal.group] = max(0, best[row.signal.group] - row.counts)
    return cause.score + free + sum(best.values())


def _undermined(
    first: WeighedCause,
    weighed: Mapping[str, WeighedCause],
    specs: Sequence[CauseSpec],
    least: int,
    lead: int,
) -> str:
    """Why an unread source could take the word away again; "" if none could. What is not read makes nothing surer."""
    if not any(row.signal.is_denied for cause in weighed.values() for row in cause.unseen):
        return ""
    floor = first.score + first.doubts
    explained = _descendants(first.id, specs)
    for cause in weighed.values():
        is_rival = cause.id != first.id and cause.id not in explained and not cause.impossible
        most = _granted(cause, denied=True)
        if is_rival and most > cause.score and floor - most < lead:
            return _unseen_text(cause)
        if first.id in _children(cause.id, specs) and cause.score < SUPPORTED <= most and is_rival:
            return _unseen_text(cause)
    return _unseen_text(first) if floor < least and first.unseen else ""


def _children(id: str, specs: Sequence[CauseSpec]) -> tuple[str, ...]:
    return next((spec.explains for spec in specs if spec.id == id), ())


def _descendants(id: str, specs: Sequence[CauseSpec]) -> set[str]:
    """Everything that a cause can bring about, directly or through others."""
    reached: set[str] = set()
    waiting = [*_children(id, specs)]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _children(name, specs)
    return reached


def _insufficient(
    first: WeighedCause,
    roots: Sequence[WeighedCause],
    weighed: Mapping[str, WeighedCause],
    specs: Sequence[CauseSpec],
) -> str:
    """Why what is unseen could change the first cause; "" if it could not."""
    for rival in roots[1:]:
        if rival.unseen and first.score - _granted(rival) < GRANTED_LEAD:
            return _unseen_text(rival)
    for spec in specs:
        parent = weighed[spec.id]
        could = not parent.impossible and parent.score < SUPPORTED and bool(parent.unseen)
        if first.id in spec.explains and could and _granted(parent) >= SUPPORTED:
            return _unseen_text(parent)
    return ""


def _unseen_text(cause: WeighedCause) -> str:
    row = cause.unseen[0]
    return _("unseen: {signal} ({why})").format(signal=row.signal.title, why=row.signal.why)


def _next_look(
    roots: Sequence[WeighedCause], specs: Sequence[CauseSpec], signals: Mapping[str, Signal]
) -> NextLook | None:
    """The unseen signal whose weights differ most between the first two roots."""
    weights = {spec.id: spec.present for spec in specs}
    two = [weights[cause.id] for cause in roots[:2]]
    best: NextLook | None = None
    for name in sorted({*two[0], *(two[1] if len(two) > 1 else {})} if two else set()):
        signal = signals.get(name)
        if signal is None or signal.state is not SignalState.UNSEEN:
            continue
        difference = abs(two[0].get(name, 0) - (two[1].get(name, 0) if len(two) > 1 else 0))
        if best is None or difference > best.difference:
            look = BY_ID[name].look if name in BY_ID else ""
            best = NextLook(signal=name, title=signal.title, difference=difference, look=look or None)
    return best
