"""Scores drills from their journals. Blocking I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from services.host import regular_files
from services.i18n import _
from services.incidents.catalogue import effects_of, shipped
from services.incidents.course import incidents_in
from services.incidents.evidence import UnreadableEvidence, unpacked
from services.incidents.weighing import assess
from services.journal.export import rows
from services.journal.reader import JournalReader, entry_of
from services.models.causes import Assessment
from services.models.drill_score import (
    CauseVerdict,
    ConfusionCell,
    DrillScore,
    DrillScores,
    DrillStep,
    DrillTruth,
)
from services.models.incidents import Incident, StepKind, StepMark
from services.models.journal import EntryKind, EntryQuery
from services.models.runbook import Runbook
from services.models.runbook_playbooks import Playbook

SUFFIX = ".drill.json"  # Of the file beside a drill's journal that says what it hides


def truth_path(journal: Path) -> Path:
    return journal.with_name(journal.stem + SUFFIX)


def _truth(path: Path) -> DrillTruth:
    """What a drill hides. Raises OSError, and ValueError for what is no such file."""
    try:
        return DrillTruth.model_validate_json(regular_files.read(path))
    except regular_files.Unsuitable as error:
        raise ValueError(f"{path.name}: {error}") from error
    except ValueError as error:
        raise ValueError(_("{file} does not say what the drill hides.", file=path.name)) from error


def scored(journal: Path, runbook: Runbook) -> DrillScore:
    """Raises sqlite3.Error, OSError, UnusableJournal, and ValueError for a truth that cannot be read."""
    truth = _truth(truth_path(journal))
    with closing(JournalReader.open(journal)) as reader:
        entries = [entry_of(row) for row in rows(reader, EntryQuery(), whole=False)]
        incidents = [each for each in incidents_in(entries) if each.target == truth.alarm]
        incident = incidents[0] if incidents else None
        assessment = _assessment(reader, runbook, incident) if incident is not None else None
    score = DrillScore(
        journal=journal.name,
        scenario=truth.scenario,
        seed=truth.seed,
        true_causes=truth.causes,
        red_herrings=truth.red_herrings,
        changes=sum(entry.kind is EntryKind.PLAN for entry in entries),
        **_weighed(assessment, truth),
    )
    if incident is None:
        return score
    return score.model_copy(update=_course(incident, _playbook(runbook, incident), truth))


def _assessment(reader: JournalReader, runbook: Runbook, incident: Incident) -> Assessment | None:
    entry = reader.entry(incident.evidence[0]) if incident.evidence else None
    if entry is None:
        return None
    try:
        return assess(unpacked(entry.data), runbook, _playbook(runbook, incident))
    except UnreadableEvidence:
        return None


def _playbook(runbook: Runbook, incident: Incident) -> Playbook | None:
    return next((book for book in runbook.playbooks if book.id == incident.playbook), None)


def _weighed(assessment: Assessment | None, truth: DrillTruth) -> dict[str, object]:
    if assessment is None:
        return {}
    leader = str(assessment.leader.id) if assessment.leader is not None else ""
    return {"leader": leader, "word": assessment.word, "leader_verdict": verdict_on(leader, truth.causes)}


def _course(incident: Incident, playbook: Playbook | None, truth: DrillTruth) -> dict[str, object]:
    def after(at: datetime | None) -> float | None:
        return max(0.0, (at - incident.since).total_seconds()) if at is not None else None

    steps = tuple(_steps(incident, playbook))
    decision = incident.decision
    return {
        "incident": incident.id,
        "alarm_at": incident.since,
        "taken_after": after(incident.taken_at),
        "decided_after": after(decision.at if decision is not None else None),
        "told_after": after(incident.contacted[0].at if incident.contacted else None),
        "recovered_after": after(incident.recovered_at),
        "closed_after": after(incident.closed_at),
        "steps": steps,
        "looks": sum(step.mark is StepMark.DONE and step.kind in (StepKind.LOOK, None) for step in steps),
        "decided": decision.cause if decision is not None else "",
        "decided_verdict": verdict_on(str(decision.cause) if decision is not None else "", truth.causes),
    }


def _steps(incident: Incident, playbook: Playbook | None) -> Iterator[DrillStep]:
    before = incident.since
    records = [record for record in incident.steps if record.mark is not StepMark.TODO]
    for record in sorted(records, key=lambda record: (record.at, record.index)):
        steps = playbook.steps if playbook is not None else ()
        step = steps[record.index] if record.index < len(steps) else None
        yield DrillStep(
            number=record.index + 1,
            text=step.text if step is not None else "",
            kind=step.kind if step is not None else None,
            mark=record.mark,
            seconds=max(0.0, (record.at - incident.since).total_seconds()),
            took=max(0.0, (record.at - before).total_seconds()),
        )
        before = record.at


def verdict_on(cause: str, true_causes: Iterable[str]) -> CauseVerdict:
    """How near a cause is to the true ones: what a true cause brings about is an effect of it."""
    if not cause:
        return CauseVerdict.NONE
    true_ids = set(true_causes)
    if cause in true_ids:
        return CauseVerdict.RIGHT
    return CauseVerdict.EFFECT if cause in effects_of(true_ids, shipped()) else CauseVerdict.WRONG


def together(drills: Iterable[DrillScore], unscored: Iterable[str] = ()) -> DrillScores:
    scores = tuple(drills)
    return DrillScores(
        drills=scores,
        decided=_confusion((drill.true_causes, drill.decided) for drill in scores),
        weighed=_confusion((drill.true_causes, drill.leader) for drill in scores),
        unscored=tuple(unscored),
    )


def _confusion(pairs: Iterable[tuple[tuple[str, ...], str]]) -> tuple[ConfusionCell, ...]:
    counts = Counter(("+".join(true), cause) for true, cause in pairs)
    cells = (ConfusionCell(true=true, given=cause, count=count) for (true, cause), count in counts.items())
    return tuple(sorted(cells, key=lambda cell: (cell.true, -cell.count, cell.given)))
