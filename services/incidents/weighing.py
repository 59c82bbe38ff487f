"""Weighs the causes: evidence in, scores and words out. Pure: the same evidence gives the same scores on any
host. The guide explains the model; the weights are in `causes.toml` and in the runbook."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from services.i18n import _
from services.incidents.catalogue import causes_of, effects_of
from services.incidents.facts import EVALUATION, Facts
from services.incidents.signals.registry import BY_ID, SHOWN, signals_of
from services.incidents.subject import stranger_of
from services.models.causes import (
    Assessment,
    CauseSpec,
    NextLook,
    Onset,
    OnsetBasis,
    Signal,
    SignalState,
    UnreadEffect,
    WeighedCause,
    WeighedSignal,
    Word,
)
from services.models.first_wave import IncidentEvidence
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook

STRONG, STRONG_LEAD = 20, 6
LIKELY, LIKELY_LEAD = 10, 3
EXPLAINING = 10
"""Score from which a cause with a sign of its own explains others, and competes in their place."""
GRANTED_LEAD = 3  # By how much the first must lead even if all that is unseen spoke for the others


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
    return _("unseen: {signal} ({why})", signal=row.signal.title, why=row.signal.why)


def _doubted_text(cause: WeighedCause) -> str:
    if any(row.signal.is_denied for row in cause.unseen):
        return _unseen_text(cause)
    return _("what could not be read may speak against it")


def is_shown(cause: WeighedCause) -> bool:
    """Whether a sign of the cause itself is there: by the signs of its effects alone it explains nothing."""
    return any(row.is_direct for row in cause.supporting)


LATE, TOO_LATE = timedelta(minutes=2), timedelta(minutes=5)
"""After T0: from LATE on a signal counts half, from TOO_LATE on not at all, because causes come first."""


def assess(evidence: IncidentEvidence, runbook: Runbook, playbook: Playbook | None = None) -> Assessment:
    facts = Facts(evidence, runbook)
    playbook = playbook or runbook.playbook_for(evidence.alarm.id)
    specs = causes_of(runbook, playbook, evidence.alarm)
    # What a slow rise leads to before its alarm fires is not late: the alarm is what has to be explained.
    fired = evidence.alarm.since - EVALUATION
    assessment = weigh(
        specs, signals_of(facts), facts.onset, is_published=not facts.is_unpublished, fired=fired
    )
    subject = stranger_of(evidence.alarm, runbook)
    if not specs and subject is not None:
        why = _("no causes are known for {subject}", subject=subject.title)
        return assessment.model_copy(update={"why": why})
    if facts.onset.basis is OnsetBasis.ALARM and not evidence.alarm.fires:
        why = _("the alarm does not fire, and no bad minute was found")
        return assessment.model_copy(update={"word": Word.OPEN, "why": why})
    return assessment


def weigh(
    specs: Sequence[CauseSpec],
    signals: Sequence[Signal],
    onset: Onset,
    *,
    is_published: bool = True,
    fired: datetime | None = None,
) -> Assessment:
    """Weigh causes by signals that are judged already; nothing is strong before a minute since T0 is published."""
    by_id = {signal.id: signal for signal in signals}
    start = max(onset.at, fired or onset.at)
    causes_by_id = {spec.id: _weighed(spec, by_id, start) for spec in specs}
    chained = _chained(specs, causes_by_id)
    causes = _ordered(chained.values(), specs)
    roots = [cause for cause in causes if cause.is_root and not cause.impossible]
    word, why = judge(roots, chained, specs)
    if word is Word.STRONG and not is_published:
        word, why = Word.LIKELY, _("CloudWatch has published nothing since T0")
    next_look = None if word is Word.STRONG else _next_look(roots, specs, by_id)
    return Assessment(
        onset=onset, word=word, causes=tuple(causes), signals=tuple(signals), why=why, next_look=next_look
    )


def _ordered(causes: Iterable[WeighedCause], specs: Sequence[CauseSpec]) -> list[WeighedCause]:
    """The likeliest first; what shows only its effects comes after what shows itself and is not one of them."""
    causes = list(causes)
    shown = {cause.id for cause in causes if cause.is_root and cause.score >= EXPLAINING and is_shown(cause)}
    # What somebody changed is an effect of nothing that does not show itself.
    changes = {
        cause.id for cause in causes for row in cause.supporting if row.is_direct and row.signal.is_change
    }

    def key(cause: WeighedCause) -> tuple[bool, bool, bool, int, str]:
        is_known = cause.id in shown or cause.id not in SHOWN
        is_behind = not is_known and bool(shown - (effects_of([cause.id], specs) - changes))
        return (bool(cause.impossible), not cause.is_root, is_behind, -cause.score, cause.id)

    return sorted(causes, key=key)


# ---- one cause


def _weighed(spec: CauseSpec, signals: Mapping[str, Signal], start: datetime) -> WeighedCause:
    rows = [*_rows(spec.id, spec.present, signals, SignalState.PRESENT, start)]
    rows += _rows(spec.id, spec.absent, signals, SignalState.ABSENT, start)
    rows = _strongest(rows)
    counting = [row for row in rows if row.counts]
    supporting = sorted((row for row in counting if row.counts > 0), key=lambda row: -row.counts)
    opposing = sorted((row for row in counting if row.counts < 0), key=lambda row: row.counts)
    unseen = [
        WeighedSignal(signal=signals[name], weight=weight, counts=0)
        for name, weight in spec.present.items()
        if weight > 0 and name in signals and signals[name].state is SignalState.UNSEEN
        if not signals[name].is_out_of_reach
    ]
    times = [row.signal.at for row in supporting if row.signal.at is not None]
    denied_ids = {name for name, signal in signals.items() if signal.is_denied}
    lowest = (min(0, spec.present.get(name, 0), spec.absent.get(name, 0)) for name in denied_ids)
    required = [signals[name] for name in spec.requires if name in signals]
    return WeighedCause(
        id=spec.id,
        score=spec.prior + sum(row.counts for row in rows),
        prior=spec.prior,
        supporting=tuple(supporting),
        opposing=tuple(opposing),
        unseen=tuple(sorted(unseen, key=lambda row: -row.weight)),
        impossible=_impossible(spec, signals),
        unread=(
            UnreadEffect(
                gain=possible_gain(supporting, [row for row in unseen if row.signal.is_denied]),
                loss=-sum(lowest),
                rules_out=bool(required)
                and all(signal.is_denied or signal.state is SignalState.ABSENT for signal in required),
            )
        ),
        onset=min(times, default=None),
    )


def _rows(
    id: str, weights: Mapping[str, int], signals: Mapping[str, Signal], state: SignalState, start: datetime
) -> Iterable[WeighedSignal]:
    for name, weight in weights.items():
        signal = signals.get(name)
        if signal is not None and signal.state is state and weight:
            counts = _timed(weight, signal, start) if state is SignalState.PRESENT else weight
            yield WeighedSignal(
                signal=signal, weight=weight, counts=counts, is_direct=id in signal.direct_for
            )


def _timed(weight: int, signal: Signal, start: datetime) -> int:
    """What a signal counts that may have begun after the incident."""
    if weight > 0 and signal.is_doubtful:
        weight //= 2
    if weight <= 0 or signal.at is None:
        return weight
    late = signal.at - start
    if late > TOO_LATE:
        return 0
    return weight // 2 if late > LATE else weight


def _strongest(rows: Sequence[WeighedSignal]) -> list[WeighedSignal]:
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
    required = [signals[name] for name in spec.requires if name in signals]
    if not required or any(signal.state is not SignalState.ABSENT for signal in required):
        return ""
    return _("not seen: {signals}", signals=_(", ").join(signal.title for signal in required))


# ---- chains


def _chained(specs: Sequence[CauseSpec], causes_by_id: Mapping[str, WeighedCause]) -> dict[str, WeighedCause]:
    effects: dict[str, list[str]] = {spec.id: [] for spec in specs}
    explained: set[str] = set()
    for spec in specs:
        parent = causes_by_id[spec.id]
        # What has a sign of its own explains its effects, however many of them there are.
        if parent.score < EXPLAINING or parent.impossible or not is_shown(parent):
            continue
        for name in spec.explains:
            child = causes_by_id.get(name)
            if child is not None and not child.impossible and child.score > 0 and _precedes(parent, child):
                effects[spec.id].append(name)
                explained.add(name)
    return {
        id: cause.model_copy(
            update={
                "effects": tuple(sorted(effects[id], key=lambda name: -causes_by_id[name].score)),
                "is_root": id not in explained,
            }
        )
        for id, cause in causes_by_id.items()
    }


def _precedes(parent: WeighedCause, child: WeighedCause) -> bool:
    """Whether a cause began no later than what it would explain; unknown times do not speak against it."""
    if parent.onset is None or child.onset is None:
        return True
    return parent.onset <= child.onset + LATE


def _next_look(
    roots: Sequence[WeighedCause], specs: Sequence[CauseSpec], signals: Mapping[str, Signal]
) -> NextLook | None:
    """The unseen signal whose weights differ most between the first two roots."""
    weights = {spec.id: spec.present for spec in specs}
    two = [weights[cause.id] for cause in roots[:2]]
    best: NextLook | None = None
    for name in sorted({*two[0], *(two[1] if len(two) > 1 else {})} if two else set()):
        signal = signals.get(name)
        if signal is None or signal.state is not SignalState.UNSEEN or signal.is_out_of_reach:
            continue
        # Of a write CloudTrail tells by itself, some minutes late.
        if signal.is_change and not signal.is_denied:
            continue
        difference = abs(two[0].get(name, 0) - (two[1].get(name, 0) if len(two) > 1 else 0))
        if best is None or difference > best.difference:
            look = BY_ID[name].look if name in BY_ID else ""
            best = NextLook(signal=name, title=signal.title, difference=difference, look=look or None)
    return best
