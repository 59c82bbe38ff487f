"""How an occurrence stands at one moment: pure, from its slot, its record and the time."""

from dataclasses import dataclass
from datetime import datetime

from services.models.duties import Occurrence, OccurrenceState, ScheduledOccurrence, SignOff


@dataclass(frozen=True, slots=True)
class OccurrenceRecord:
    """What the journal says of one occurrence."""

    signed: SignOff | None = None
    skipped: bool = False
    """`signed` is the signature of a skip."""
    planned: bool = False
    planned_seq: int = 0
    """The entry that says whether it is planned; the newest one counts."""


NO_ENTRIES = OccurrenceRecord()


def by_time(slot: ScheduledOccurrence, now: datetime) -> OccurrenceState:
    """UPCOMING, DUE, LATE or MISSED; never goes back as time goes on."""
    if slot.missed_at is not None and now >= slot.missed_at:
        return OccurrenceState.MISSED
    if now >= slot.late_at:
        return OccurrenceState.LATE
    return OccurrenceState.DUE if now >= slot.due_at else OccurrenceState.UPCOMING


def state_of(
    slot: ScheduledOccurrence,
    record: OccurrenceRecord,
    now: datetime,
    began: datetime | None = None,
    *,
    read: bool = True,
) -> OccurrenceState:
    """The one state; `began` is when the journal began, None where the slot needs no journal to be known.

    What was already late when the journal began is NO_RECORD: it may have been done, and nobody wrote it down.
    So is, while the journal could not be `read`, everything that somebody may have signed or planned.
    """
    if record.signed is not None:
        return OccurrenceState.SKIPPED if record.skipped else OccurrenceState.DONE
    if not read and (slot.if_planned or now >= slot.due_at):
        return OccurrenceState.NO_RECORD
    if began is not None and slot.late_at <= min(began, now):
        return OccurrenceState.NO_RECORD
    if slot.if_planned and not record.planned:
        return OccurrenceState.UNPLANNED
    return by_time(slot, now)


def occurrence_of(
    slot: ScheduledOccurrence,
    record: OccurrenceRecord,
    now: datetime,
    began: datetime | None = None,
    *,
    read: bool = True,
) -> Occurrence:
    """The slot with its state, signature and plan."""
    return Occurrence(
        slot=slot,
        state=state_of(slot, record, now, began, read=read),
        signed=record.signed,
        planned=record.planned,
    )


def changes_after(occurrence: Occurrence, now: datetime) -> datetime | None:
    """When its state next changes by time alone (UTC); None when it does not."""
    if occurrence.signed is not None or occurrence.state in (
        OccurrenceState.UNPLANNED,
        OccurrenceState.NO_RECORD,
    ):
        return None
    slot = occurrence.slot
    steps = (slot.due_at, slot.late_at, *((slot.missed_at,) if slot.missed_at else ()))
    return min((at for at in steps if at > now), default=None)
