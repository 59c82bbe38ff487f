from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.i18n import N_, _
from services.models.date_text import day_text, span_text, zoned_time
from services.models.duties import OccurrenceState, ScheduledOccurrence
from services.models.journal import EntryKind, NewEntry

_SIGNED = {
    OccurrenceState.UPCOMING: N_("Signed off early: {title}, due {due}"),
    OccurrenceState.LATE: N_("Signed off late: {title}, due {due}"),
    OccurrenceState.MISSED: N_("Signed off after it was missed: {title}, due {due}"),
}


def due_words(slot: ScheduledOccurrence, now: datetime) -> str:
    """`01-05(Mon) 09:00 JST`; only the date for a duty without a time of day, both ends if it has several days."""
    if slot.timed:
        return zoned_time(slot.due_at, now.tzinfo or UTC, now)
    day = day_text(slot.day, now.date())
    return span_text(day, day_text(slot.until, now.date())) if slot.until > slot.day else day


def signed_text(slot: ScheduledOccurrence, was: OccurrenceState, note: str, now: datetime) -> str:
    text = _(_SIGNED[was]) if was in _SIGNED else _("Signed off: {title}, due {due}")
    return _line(text, slot, note, now)


def skipped_text(slot: ScheduledOccurrence, reason: str, now: datetime) -> str:
    return _line(_("Skipped: {title}, due {due}"), slot, reason, now)


def progress_text(slot: ScheduledOccurrence, done: int, total: int, note: str, now: datetime) -> str:
    return _line(_("Under way: {title}, due {due}") + f" ({done}/{total})", slot, note, now)


def ending_entry(
    kind: EntryKind,
    slot: ScheduledOccurrence,
    text: str,
    was: OccurrenceState,
    note: str,
    more: Mapping[str, Any] | None = None,
) -> NewEntry:
    data = {
        **(more or {}),
        "title": slot.title,
        "due_at": slot.due_at.isoformat(),
        "late_at": slot.late_at.isoformat(),
        "was": was.value,
        "note": note,
    }
    return NewEntry(
        kind=kind, subject=slot.key, target=slot.duty, text=text, data=data, claim=claim_of(slot.key)
    )


def claim_of(key: str) -> str:
    return f"sign-off:{key}"


def planned_entry(slot: ScheduledOccurrence, planned: bool, now: datetime) -> NewEntry:
    text = _("Planned: {title}, due {due}") if planned else _("No longer planned: {title}, due {due}")
    return NewEntry(
        kind=EntryKind.PLANNED if planned else EntryKind.UNPLANNED,
        subject=slot.key,
        target=slot.duty,
        text=_line(text, slot, "", now),
        data={"title": slot.title, "due_at": slot.due_at.isoformat()},
    )


def _line(text: str, slot: ScheduledOccurrence, note: str, now: datetime) -> str:
    line = text.format(title=slot.title, due=due_words(slot, now))
    words = " ".join(note.split())
    return f"{line} — {words}" if words else line
