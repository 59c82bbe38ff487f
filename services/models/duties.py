"""Duties as the calendar places them and the journal judges them.

A Slot is what the rules alone say; an Occurrence is a slot with its state at one moment.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from services.models.base import Clean, CleanBlock, Model, RawId


class OccurrenceState(StrEnum):
    """Where an occurrence stands; only DONE is green."""

    UPCOMING = "upcoming"
    DUE = "due"
    LATE = "late"
    DONE = "done"
    MISSED = "missed"
    """The next slot has come and nobody signed; signing it later makes it DONE and keeps both times."""
    SKIPPED = "skipped"
    """Left out by a person, with a reason."""
    UNPLANNED = "unplanned"
    """A duty that only counts when somebody plans it, and nobody has."""
    NO_RECORD = "no-record"
    """Before this journal began, or it cannot be read: nothing is known, so nothing is claimed."""


OPEN_STATES = frozenset({OccurrenceState.DUE, OccurrenceState.LATE, OccurrenceState.MISSED})
"""States in which somebody should sign."""


class ScheduledOccurrence(Model):
    """One duty on one date and time, as the rules alone place it."""

    key: str
    """Stable for good: `<duty>@2026-01-05T09:00` (nominal date and time, local), `<duty>@2026-04-01` for a
    duty without a time, `revert@<change id>` for the way back of a change."""
    duty: str
    """The duty's id in the runbook; "" for a revert."""
    title: Clean
    nominal: tuple[date, ...]
    """The rule's dates this slot stands for, in order; several where closed days pushed them together."""
    day: date
    """When it is held (local)."""
    until: date
    """The last day it may be held on; `day` unless the runbook says "within the month"."""
    due_at: datetime
    """Aware, UTC; the beginning of `day` for a duty without a time."""
    late_at: datetime
    """Late from then on (UTC)."""
    missed_at: datetime | None
    """The next slot of its series (UTC); None where there is no next."""
    timed: bool
    """It has a time of day."""
    if_planned: bool = False
    remark: Clean = ""
    """Why it is not where the rule put it, or what its date comes from, in words."""

    @property
    def moved(self) -> bool:
        """A closed day moved it."""
        return bool(self.nominal) and self.day not in self.nominal


class SignOff(Model):
    """A person's word on an occurrence: done, or left out with a reason."""

    by: Clean
    """Who, as the journal shows people."""
    at: datetime
    """When it was signed (UTC); never back-dated."""
    note: Clean = ""
    was: OccurrenceState
    """The state at that moment: DUE (in time), LATE, MISSED, or UPCOMING (early)."""
    seq: int
    """The journal entry."""
    checked: tuple[Clean, ...] | None = None
    """The lines of its checklist that were ticked; None where there was none."""
    evidence: dict[str, CleanBlock] = Field(default_factory=dict)
    """What was written down, by the evidence field's id in the runbook."""


class Occurrence(Model):
    """A slot with its state at one moment."""

    slot: ScheduledOccurrence
    state: OccurrenceState
    signed: SignOff | None = None
    planned: bool = False
    """Somebody planned it; only matters where `slot.if_planned`."""

    @property
    def key(self) -> str:
        """The slot's key."""
        return self.slot.key

    @property
    def open(self) -> bool:
        """Somebody should sign."""
        return self.state in OPEN_STATES


class Day(Model):
    """One day of the calendar."""

    day: date
    is_open: bool
    closed_name: Clean = ""
    """Why city hall is closed: 土曜日, the holiday's name, 年末年始の休日, 臨時閉庁; "" on an open day."""
    holiday: bool = False
    """A national holiday, also where the runbook opens it."""
    occurrences: tuple[Occurrence, ...] = ()
    """By time; those without a time first."""


class Month(Model):
    """A month as the calendar shows it."""

    year: int
    month: int
    days: tuple[Day, ...]
    """The 1st to the last."""

    def __iter__(self) -> Iterator[Day]:  # type: ignore[override]
        """The days."""
        return iter(self.days)


class DutyView(Model):
    """The duties at one moment."""

    at: datetime
    """When it was judged (UTC)."""
    today: Day
    carried: tuple[Occurrence, ...] = ()
    """Of earlier days and still open: late ones, and missed ones of the last 14 days, oldest first."""
    running: tuple[Occurrence, ...] = ()
    """Begun on an earlier day, may still be held today (within the month), not signed."""
    next: Occurrence | None = None
    """The first that is still to come, today or later."""
    next_change: datetime | None = None
    """When a state changes by time alone (UTC)."""
    records: int = 0
    """Grows with every signature, plan, anchor and way back that becomes known: the months look different."""

    @property
    def open(self) -> tuple[Occurrence, ...]:
        """Everything somebody should sign now, oldest first."""
        return (*self.carried, *(each for each in (*self.running, *self.today.occurrences) if each.open))


class BaseDate(Model):
    """A date that comes from AWS or the journal rather than from the calendar."""

    anchor: str
    """`access-key:<user>` or `access-key-disabled:<user>`, as in a Duty without its `+<n>d`."""
    id: RawId
    """What it belongs to: the key's id. A slot's key is made of it, so that a rotated key starts anew."""
    at: datetime | None
    """None: it exists, and its date is not known."""
    remark: Clean = ""
