"""Duties with their occurrences and states. A ScheduledOccurrence follows from the calendar's rules alone; an
Occurrence adds its state at one moment, by the journal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from services.models.base import Clean, CleanBlock, Model, RawId


class OccurrenceState(StrEnum):
    """State of an occurrence; only DONE is shown in green."""

    UPCOMING = "upcoming"
    DUE = "due"
    LATE = "late"
    DONE = "done"
    MISSED = "missed"
    """The next occurrence is due, and nobody signed this one off; a later sign-off makes it DONE and records both
    times."""
    SKIPPED = "skipped"  # Skipped by a person, with a reason
    UNPLANNED = "unplanned"  # Its duty counts only when planned, and nobody has planned it
    NO_RECORD = "no-record"
    """Unknown whether it was done: it was late before the journal began, or the journal cannot be read."""


PREPARED = timedelta(seconds=150)
"""How long before a duty is due its inspections read what they can beforehand; the view changes then. A
morning after quiet nights compares them with up to 600 earlier times, of which AWS answers five a second."""
OPEN_STATES = frozenset({OccurrenceState.DUE, OccurrenceState.LATE, OccurrenceState.MISSED})
"""States in which an occurrence is to be signed off."""


@dataclass(frozen=True, slots=True)
class ScheduledOccurrence:
    """One duty on one date and time, as scheduled by the calendar's rules alone. No Model, because a month of
    a large runbook has thousands: nothing is checked, so give clean texts."""

    key: str
    """Permanent key: `<duty>@2026-01-05T09:00` (the rule's local date and time), `<duty>@2026-04-01` for a duty
    without a time of day, `<duty>:<key id>@…` for one with a base date, `revert@<change id>` for the revert of a
    change."""
    duty: str  # The duty's id in the runbook; "" for the revert of a change
    title: Clean
    nominal: tuple[date, ...]
    """The rule's dates that it stands for, in order; several if closed days moved them to the same day."""
    day: date  # The first day on which it may be done (local)
    until: date  # The last day on which it may be done; `day` unless the runbook allows the whole month
    due_at: datetime  # When it is due (UTC); the start of `day` for a duty without a time of day
    late_at: datetime  # When it becomes late (UTC)
    missed_at: datetime | None
    """When it counts as missed (UTC), because the next of its series is due; None: never."""
    timed: bool  # Whether it has a time of day
    if_planned: bool = False  # Whether it counts only if a person has planned it
    remark: Clean = ""
    """Why it is not on its rule's date, or how its date was derived, in words; "" otherwise."""

    @property
    def moved(self) -> bool:
        return bool(self.nominal) and self.day not in self.nominal


class SignOff(Model):
    """A person's record that an occurrence is done, or was skipped with a reason."""

    by: Clean
    """The OS user who signed."""
    at: datetime
    """When it was signed (UTC); never back-dated."""
    note: Clean = ""
    """The note, or the reason of a skip; "" if there is none."""
    was: OccurrenceState
    """The state just before: DUE (in time), LATE, MISSED, or UPCOMING (early)."""
    seq: int
    """Number of its journal entry."""
    checked: tuple[Clean, ...] | None = None
    """Checklist lines that were ticked; None if there was no checklist."""
    evidence: dict[str, CleanBlock] = Field(default_factory=dict)
    """Recorded values, by the id of the evidence field in the runbook."""


class TickedLine(Model):
    """A checklist line that a person has ticked."""

    text: Clean
    """The line, as the runbook has it."""
    by: Clean
    """The OS user who ticked it."""
    at: datetime
    """When that was recorded (UTC)."""
    proof: Clean = ""
    """What the console read that proves the line, in words; "" if a person ticked it."""


class ProgressNote(Model):
    """What a person wrote when recording progress."""

    text: Clean
    by: Clean
    at: datetime
    """When it was recorded (UTC)."""


class DutyProgress(Model):
    """What has been done of an occurrence that is not signed off yet, by all persons together."""

    ticked: tuple[TickedLine, ...] = ()
    """In the order in which they were ticked."""
    evidence: dict[str, CleanBlock] = Field(default_factory=dict)
    """Values entered so far, by the id of the evidence field in the runbook."""
    notes: tuple[ProgressNote, ...] = ()
    """Oldest first."""
    by: Clean
    """The OS user who recorded the newest progress."""
    at: datetime
    """When the newest progress was recorded (UTC)."""

    def tick(self, text: str) -> TickedLine | None:
        return next((each for each in self.ticked if each.text == text), None)

    def open_lines(self, lines: Iterable[str]) -> tuple[str, ...]:
        ticked = {each.text for each in self.ticked}
        return tuple(line for line in lines if line not in ticked)


class ProgressChange(Model):
    ticked: tuple[Clean, ...] = ()
    """Checklist lines."""
    unticked: tuple[Clean, ...] = ()
    """Checklist lines."""
    evidence: dict[str, CleanBlock] = Field(default_factory=dict)
    """Values by the id of the evidence field; "" removes the value recorded before."""
    note: CleanBlock = ""
    proofs: dict[str, Clean] = Field(default_factory=dict)
    """What the console read that proves a line, in words, by the line; empty if a person ticked."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A scheduled occurrence with its state at one moment."""

    slot: ScheduledOccurrence
    state: OccurrenceState
    signed: SignOff | None = None  # Its sign-off or skip; None: neither
    planned: bool = False  # Whether a person has planned it; matters only with `slot.if_planned`
    progress: DutyProgress | None = None
    """What has been done of it before it was signed off; None: nothing was recorded."""

    @property
    def underway(self) -> bool:
        return self.progress is not None and self.signed is None

    @property
    def key(self) -> str:
        return self.slot.key

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES


class Day(Model):
    """One day of the calendar with its occurrences."""

    day: date
    is_open: bool
    """Whether city hall is open."""
    closed_name: Clean = ""
    """Why city hall is closed: 土曜日, the holiday's name, 年末年始の休日, 臨時閉庁; "" on an open day."""
    holiday: bool = False
    """Whether it is a national holiday, even if the runbook opens it."""
    occurrences: tuple[Occurrence, ...] = ()
    """By time; those without a time of day first."""


class Month(Model):
    year: int
    month: int
    """1 is January."""
    days: tuple[Day, ...]
    """All days of the month, in order."""

    def __iter__(self) -> Iterator[Day]:  # type: ignore[override]
        return iter(self.days)


class DutyView(Model):
    """The duties to attend to at one moment."""

    at: datetime
    """The moment for which the states hold (UTC)."""
    today: Day
    """The local day of `at`."""
    carried: tuple[Occurrence, ...] = ()
    """Unsigned occurrences of earlier days: late ones, and those missed within the last 14 days, oldest first."""
    running: tuple[Occurrence, ...] = ()
    """Unsigned occurrences of earlier days that may still be done today, because the whole month is allowed."""
    next: Occurrence | None = None
    """The next upcoming occurrence, today or later; None: there is none."""
    next_change: datetime | None = None
    """When a state next changes by the passage of time alone (UTC); None: unknown."""
    next_preparation: datetime | None = None
    """When inspections of today next begin to read ahead, PREPARED before they are due (UTC); None: not today."""
    records: int = 0
    """Counter that grows with every sign-off, plan, base date or revert that becomes known; a shown month is then
    out of date."""

    @property
    def next_turn(self) -> datetime | None:
        """When the view next has to be computed anew as time passes (UTC); None: unknown."""
        times = (self.next_change, self.next_preparation)
        return min((at for at in times if at is not None), default=None)

    @property
    def open(self) -> tuple[Occurrence, ...]:
        return (*self.carried, *(each for each in (*self.running, *self.today.occurrences) if each.open))


class BaseDate(Model):
    """A date from which a duty is counted, taken from AWS or the journal rather than the calendar."""

    anchor: str
    """`access-key:<user>`, `access-key-disabled:<user>` or `rds-maintenance:<instance>`: a duty's `anchor` without its
    `+<n>d`."""
    id: RawId
    """Id of the access key, or the user's name if AWS has no such user; a pending maintenance action. Keys of
    occurrences contain it, so that a rotated access key has new ones."""
    at: datetime | None
    """The date (UTC); None: unknown, with the reason in `remark`."""
    remark: Clean = ""
    """Why the date is unknown, in words; "" otherwise."""
    waits_until: datetime | None = None
    """Before this (UTC) the duty's last step is not possible, so that it is not late; None: nothing to wait for."""
