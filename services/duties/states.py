from dataclasses import dataclass
from datetime import datetime

from services.models.duties import (
    PREPARED,
    DutyProgress,
    Occurrence,
    OccurrenceState,
    ScheduledOccurrence,
    SignOff,
)
from services.models.runbook import Duty


@dataclass(frozen=True, slots=True)
class OccurrenceRecord:
    signed: SignOff | None = None
    skipped: bool = False  # Whether `signed` is a skip
    planned: bool = False
    planned_seq: int = 0  # Number of the newest entry that plans or unplans it; 0: there is none
    progress: DutyProgress | None = None  # What was recorded of it without a sign-off; None: nothing


NO_ENTRIES = OccurrenceRecord()


def by_time(slot: ScheduledOccurrence, now: datetime) -> OccurrenceState:
    """UPCOMING, DUE, LATE or MISSED by time alone; as time passes, the state only moves on in this order."""
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
    """The state at `now`. `began`: when the journal began; None if the occurrence is known without the
    journal. What was late before the journal began is NO_RECORD, because it may have been done unrecorded,
    unless a person has begun it since. So is whatever may have been signed while the journal cannot be
    `read`."""
    if record.signed is not None:
        return OccurrenceState.SKIPPED if record.skipped else OccurrenceState.DONE
    if not read and (slot.if_planned or now >= slot.due_at):
        return OccurrenceState.NO_RECORD
    if began is not None and record.progress is None and slot.late_at <= min(began, now):
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
    return Occurrence(
        slot=slot,
        state=state_of(slot, record, now, began, read=read),
        signed=record.signed,
        planned=record.planned,
        progress=record.progress,
    )


def changes_after(occurrence: Occurrence, now: datetime) -> datetime | None:
    """When its state next changes by time alone (UTC); None if it does not."""
    if occurrence.signed is not None or occurrence.state in (
        OccurrenceState.UNPLANNED,
        OccurrenceState.NO_RECORD,
    ):
        return None
    slot = occurrence.slot
    steps = (slot.due_at, slot.late_at, *((slot.missed_at,) if slot.missed_at else ()))
    return min((at for at in steps if at > now), default=None)


def prepared_at(occurrence: Occurrence, duty: Duty | None, now: datetime) -> datetime | None:
    """When its inspections begin to read ahead (UTC); None if it has none, or that time has passed."""
    if occurrence.state is not OccurrenceState.UPCOMING or duty is None or not duty.inspections:
        return None
    at = occurrence.slot.due_at - PREPARED
    return at if at > now else None
