from collections.abc import Iterable, Set
from zoneinfo import ZoneInfo

from services.incidents.catalogue import causes_by_id
from services.incidents.facts import Facts
from services.incidents.own_resource import resource_of
from services.incidents.reason import reason_of
from services.models.alarms import Alarm, AlarmState
from services.models.assess_answer import (
    AssessAnswer,
    AssessedAlarm,
    AssessedCause,
    AssessedOnset,
    AssessedSignal,
    AssessedSource,
    AssessedWeight,
)
from services.models.causes import Assessment, CauseSpec, Signal, WeighedCause, WeighedSignal, Word
from services.models.first_wave import IncidentEvidence, Source
from services.models.runbook import Runbook

NOTHING_WRONG, LIKELY, STRONG, OPEN = 0, 1, 2, 3  # Exit statuses
LOGS = frozenset({Source.APPLICATION_LOG, Source.DATABASE_LOG, Source.OWN_LOG})
"""Sources whose values quote logs."""
_STATUS = {Word.STRONG: STRONG, Word.LIKELY: LIKELY, Word.OPEN: OPEN}


def answer_of(
    alarm: Alarm,
    evidence: IncidentEvidence,
    assessment: Assessment,
    runbook: Runbook,
    *,
    region: str,
    yen: float,
    private: bool = False,
) -> AssessAnswer:
    specs = causes_by_id(runbook)
    leader = assessment.leader
    return AssessAnswer(
        system=runbook.system.id,
        region=region,
        alarm=AssessedAlarm(name=alarm.id, state=alarm.state, since=alarm.since, reason=alarm.reason),
        at=evidence.began,
        seconds=round((evidence.ended - evidence.began).total_seconds(), 3),
        requests=evidence.requests,
        yen=round(yen, 4),
        status=status_of(alarm, evidence, assessment),
        complete=_is_read(evidence),
        word=assessment.word,
        why=assessment.why,
        reason=reason_of(assessment),
        onset=AssessedOnset(**assessment.onset.model_dump()),
        causes=tuple(
            assessed_cause(cause, specs, assessment.word if cause is leader else None, assessment.present)
            for cause in assessment.causes
        ),
        signals=tuple(assessed_signal(signal, private=private) for signal in assessment.signals),
        next_look=assessment.next_look.signal if assessment.next_look else None,
        sources=tuple(
            AssessedSource(**{name: getattr(reading, name) for name in AssessedSource.model_fields})
            for reading in evidence.readings
        ),
        resource=resource_of(Facts(evidence, runbook), ZoneInfo(runbook.system.timezone)),
    )


def status_of(alarm: Alarm, evidence: IncidentEvidence, assessment: Assessment) -> int:
    if alarm.state is AlarmState.OK and assessment.word is Word.OPEN and _is_read(evidence):
        return NOTHING_WRONG
    return _STATUS[assessment.word]


def _is_read(evidence: IncidentEvidence) -> bool:
    return all(reading.problem is None for reading in evidence.readings)


def assessed_cause(
    cause: WeighedCause, specs: dict[str, CauseSpec], word: Word | None, present: Set[str]
) -> AssessedCause:
    spec = specs.get(str(cause.id))
    return AssessedCause(
        id=cause.id,
        title=spec.title if spec else cause.id,
        action=spec.advice_for(present).action if spec else "",
        score=cause.score,
        prior=cause.prior,
        word=word,
        supporting=_weights(cause.supporting),
        opposing=_weights(cause.opposing),
        unseen=_weights(cause.unseen),
        impossible=cause.impossible,
        root=cause.is_root,
        effects=tuple(map(str, cause.effects)),
    )


def _weights(signals: Iterable[WeighedSignal]) -> tuple[AssessedWeight, ...]:
    return tuple(
        AssessedWeight(signal=each.signal.id, weight=each.weight, counts=each.counts) for each in signals
    )


def assessed_signal(signal: Signal, *, private: bool) -> AssessedSignal:
    is_shown = private or signal.source not in LOGS
    return AssessedSignal(
        id=signal.id,
        title=signal.title,
        state=signal.state,
        value=signal.value if is_shown else "",
        limit=signal.limit,
        time=signal.at,
        until=signal.until,
        source=signal.source,
        why=signal.why,
        denied=signal.is_denied,
        direct_for=tuple(map(str, signal.direct_for)),
    )
