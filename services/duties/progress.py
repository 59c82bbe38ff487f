"""Progress on a duty before its sign-off: which lines are ticked, by whom and when. An entry records only
what a person changed, so that two consoles with the same duty open add to each other's ticks instead of
undoing them. Of several changes to one line, or to one value, the last recorded one counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.duties.entries import progress_text
from services.models.asks import line_numbers
from services.models.duties import DutyProgress, Occurrence, ProgressChange, ProgressNote, TickedLine
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind, NewEntry
from services.models.runbook import Duty


def progress_entry(
    standing: Occurrence, duty: Duty | None, change: ProgressChange, now: datetime
) -> NewEntry:
    """The entry for a change to `standing` at `now` (local). No change to AWS depends on it. It has the lines
    in the runbook's own language, so that consoles in different languages tick the same lines."""
    slot, lines = standing.slot, duty.asks if duty is not None else ()
    before = {each.text for each in standing.progress.ticked} if standing.progress else set()
    done = len((before - set(change.unticked) | set(change.ticked)) & set(lines))
    return NewEntry(
        kind=EntryKind.PROGRESS,
        subject=slot.key,
        target=slot.duty,
        text=progress_text(slot, done, len(lines), change.note, now),
        data={
            RESTRAINS_CHANGES: False,
            "title": slot.title,
            "due_at": slot.due_at.isoformat(),
            "ticked": _original(duty, change.ticked),
            "unticked": _original(duty, change.unticked),
            "evidence": dict(change.evidence),
            "note": change.note,
        }
        | _proofs(duty, change.proofs),
    )


def _proofs(duty: Duty | None, proofs: Mapping[str, str]) -> dict[str, dict[str, str]]:
    lines = _original(duty, proofs)
    return {"proofs": dict(zip(lines, proofs.values(), strict=True))} if lines else {}


def _original(duty: Duty | None, texts: Iterable[str]) -> list[str]:
    if duty is None:
        return list(texts)
    own, numbers = duty.original("asks"), line_numbers(duty)
    return [own[numbers[text]] if text in numbers else text for text in texts]


def is_proven(occurrence: Occurrence, duty: Duty | None) -> bool:
    """Whether every line of the duty is proven, so that nothing is left to wait for."""
    ticked = occurrence.progress.ticked if occurrence.progress else ()
    proven = {each.text for each in ticked if each.proof}
    return duty is not None and bool(duty.proved_by) and proven.issuperset(duty.asks)


def in_language(progress: DutyProgress | None, duty: Duty | None) -> DutyProgress | None:
    if progress is None or duty is None:
        return progress
    numbers, asks = line_numbers(duty), duty.asks
    ticked = tuple(
        each.model_copy(update={"text": asks[numbers[each.text]]}) if each.text in numbers else each
        for each in progress.ticked
    )
    return progress.model_copy(update={"ticked": ticked})


def progress_of(entries: Iterable[Entry]) -> DutyProgress | None:
    """What these PROGRESS entries of one occurrence, in any order, add up to; None without entries."""
    ordered = sorted(entries, key=lambda entry: entry.seq)
    if not ordered:
        return None
    ticked: dict[str, TickedLine] = {}
    evidence: dict[str, str] = {}
    notes: list[ProgressNote] = []
    for entry in ordered:
        data, by = entry.data, entry.person.name
        for text in _texts(data.get("unticked")):
            ticked.pop(text, None)
        proofs = _fields(data.get("proofs"))
        for text in _texts(data.get("ticked")):
            ticked.setdefault(text, TickedLine(text=text, by=by, at=entry.at, proof=proofs.get(text, "")))
        evidence |= _fields(data.get("evidence"))
        if note := " ".join(str(data.get("note") or "").split()):
            notes.append(ProgressNote(text=note, by=by, at=entry.at))
    newest = ordered[-1]
    return DutyProgress(
        ticked=tuple(ticked.values()),
        evidence={id: text for id, text in evidence.items() if text.strip()},
        notes=tuple(notes),
        by=newest.person.name,
        at=newest.at,
    )


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []


def _fields(value: object) -> dict[str, str]:
    return {str(id): str(text) for id, text in value.items()} if isinstance(value, dict) else {}
