"""Progress on a duty before its sign-off: which lines are ticked, by whom and when.

An entry records only what a person changed, so that two consoles with the same duty open add to each other's ticks
instead of undoing them. Of several changes to one line, or to one value, the last recorded one counts.
"""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from services.duties.entries import progress_text
from services.models.duties import DutyProgress, Occurrence, ProgressChange, ProgressNote, TickedLine
from services.models.journal import RESTRAINS_CHANGES, Entry, EntryKind, NewEntry


def progress_entry(
    standing: Occurrence, lines: Sequence[str], change: ProgressChange, zone: tzinfo
) -> NewEntry:
    """The entry for a change to `standing`, whose checklist has these `lines`. No change to AWS depends on it."""
    slot = standing.slot
    before = {each.text for each in standing.progress.ticked} if standing.progress else set()
    done = len((before - set(change.unticked) | set(change.ticked)) & set(lines))
    return NewEntry(
        kind=EntryKind.PROGRESS,
        subject=slot.key,
        target=slot.duty,
        text=progress_text(slot, done, len(lines), change.note, zone),
        data={
            RESTRAINS_CHANGES: False,
            "title": slot.title,
            "due_at": slot.due_at.isoformat(),
            "ticked": list(change.ticked),
            "unticked": list(change.unticked),
            "evidence": dict(change.evidence),
            "note": change.note,
        },
    )


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
        for text in _texts(data.get("ticked")):
            ticked.setdefault(text, TickedLine(text=text, by=by, at=entry.at))
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
