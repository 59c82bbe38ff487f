from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

from services.models.base import Clean, CleanBlock, Model, RawId
from services.models.runbook_types import Slug

WAF_BLOCKS = "waf-blocks"  # The inspection whose finding is an attack
OUTAGE = "outage:"
"""Before the kind of an outage without an alarm (`services.models.outages`), as the target of its incident."""


class TriggerKind(StrEnum):
    """What an incident began with."""

    ALARM = "alarm"
    FINDING = "finding"


class IncidentState(StrEnum):
    """Where the response stands."""

    OPEN = "open"  # Nobody has taken it (未対応)
    TAKEN = "taken"  # Somebody responds to it (対応中)
    CLOSED = "closed"


class StepKind(StrEnum):
    """The five kinds of steps."""

    LOOK = "look"
    WAIT = "wait"
    DECIDE = "decide"
    CHANGE = "change"
    TELL = "tell"


class StepMark(StrEnum):
    """How a step stands; the first three are what a person may record about it."""

    TODO = "todo"
    DONE = "done"
    SKIPPED = "skipped"
    RUNNING = "running"
    UNKNOWN = "unknown"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        # Other programs know those three: JSON has no others as a mark.
        return {**handler(schema), "enum": ["todo", "done", "skipped"]}


class StepRecord(Model):
    """The newest mark of one step."""

    index: int
    """Index of the step in the playbook."""
    mark: StepMark
    at: datetime
    by: Clean
    note: Clean = ""


class Contacted(Model):
    """Somebody was told."""

    role: Clean
    """The role, or the person's name, that was told."""
    by: Clean
    at: datetime
    about: datetime | None = None
    """Start of the trouble that they were told of: AWS's time, where `at` is that of the console."""
    channel: Clean = ""
    """By what: 電話, Slack, …"""
    note: Clean = ""


class Decision(Model):
    """The cause that a person decided on."""

    cause: Clean
    """Id of the cause, or the person's own words."""
    title: Clean
    at: datetime
    by: Clean
    note: Clean = ""
    leader: Clean = ""
    """Id of the first cause as it was weighed then; "" if none was."""
    word: Clean = ""
    """How sure the weighing was: strong, likely or open; "" if there was none."""


class FollowUp(Model):
    id: Slug
    text: Clean
    due: datetime
    """UTC."""
    by: Clean
    at: datetime
    subject: Clean = ""
    """The incident or the occurrence that left it."""


class HandOver(Model):
    """An incident, or a day's duty, that one person offers to another."""

    by: Clean
    to: Clean = ""
    """The next person; "": whoever accepts."""
    at: datetime
    note: CleanBlock = ""
    seq: int
    """Number of its journal entry, which the acceptance names."""
    open: tuple[Clean, ...] = ()
    """What was open when a day's duty was offered, one line each; () for an incident."""


class TimelineKind(StrEnum):
    """What a row of the timeline is about; each has a glyph and a word of its own."""

    ALARM = "alarm"
    JUST_BEFORE = "just-before"  # A deployment, a write, an event or a change shortly before or after T0
    EVIDENCE = "evidence"
    PERSON = "person"  # Something a person did in this incident
    CHANGE = "change"
    NOTE = "note"
    RECOVERY = "recovery"


class TimelineRow(Model):
    """One line of the timeline."""

    at: datetime
    kind: TimelineKind
    text: Clean
    by: Clean = ""
    """Who did it; "" for what AWS or the console did."""
    late: bool = False
    """Whether its source reports with a delay, so that a later event may stand before it is known."""
    seq: int = 0
    """Number of its journal entry; 0 if it comes from the evidence."""


class TurnKind(StrEnum):
    ALARM = "alarm"
    OK = "ok"
    INSUFFICIENT = "insufficient"
    MISSING = "missing"
    RECOVERED = "recovered"  # The console judged that the system works as usual again


class Phase(StrEnum):
    """How an incident stands; every text that leaves the console follows it."""

    FIRING = "firing"
    QUIET = "quiet"  # The alarm is ok, and recovery was not judged yet.
    NO_DATA = "no-data"
    MISSING = "missing"
    FINDING = "finding"
    RECOVERED = "recovered"
    CLOSED = "closed"


class Spell(Model):
    """One time in which the alarm fired."""

    start: datetime
    end: datetime | None = None
    """When the alarm left ALARM, by AWS; null: it has not."""
    turned_at: datetime | None = None
    """When it went to the state that it has had since, such as from no data to OK."""
    recovered_at: datetime | None = None
    """When recovery was judged after it; null: it was not."""


class Turn(Model):
    at: datetime
    kind: TurnKind
    text: Clean = ""


class IncidentHead(Model):
    """What a report tells of an incident as the incident itself does."""

    id: Clean
    """`incident:<alarm or inspection>@<since>`; the journal's subject of all its entries."""
    trigger: TriggerKind
    target: RawId
    """The alarm's name, or the inspection's id."""
    title: Clean
    since: datetime
    """Start of the clocks: StateTransitionedTimestamp of the alarm, or the time of the finding (UTC)."""
    opened_at: datetime
    """When a console recorded it (UTC)."""
    seq: int
    """Number of the entry that opened it."""
    state: IncidentState
    holder: Clean = ""
    """Who responds, or responded last; "": nobody has taken it."""
    taken_at: datetime | None = None
    """When it was first taken; MTTA counts to it. null: nobody has."""
    taken_by: Clean = ""
    """Who took it first; `holder` may be another by now."""
    contacted: tuple[Contacted, ...] = ()
    decision: Decision | None = None
    """The newest decision."""
    recovered_at: datetime | None = None
    """When recovery was judged; null: it was not, or the alarm fired again since."""
    joined_to: Clean = ""
    """Id of the incident that it is part of; "" if it stands alone."""
    joined: tuple[Clean, ...] = ()
    """Ids of the incidents that are part of it."""
    closed_at: datetime | None = None
    closed_by: Clean = ""
    summary: CleanBlock = ""
    """What was written when it was closed."""

    @property
    def is_open(self) -> bool:
        return self.state is not IncidentState.CLOSED


class Incident(IncidentHead):
    playbook: Slug | None = None
    reason: Clean = ""
    """What the finding, or the outage without an alarm, says in one line; "" for an alarm."""
    facts: tuple[Clean, ...] = ()
    """What was measured beside its limits, worst first; () for an alarm."""
    own_steps: tuple[Clean, ...] = ()
    """What its finding says to do, for where the runbook has no steps."""
    state: IncidentState = IncidentState.OPEN
    holder_seq: int = 0
    """Number of the entry by which the holder responds; 0 while nobody does."""
    evidence: tuple[int, ...] = ()
    """Numbers of its evidence entries, oldest first."""
    captured_by: Clean = ""
    """`user@host` of the console that recorded the newest evidence; "" without any."""
    capturing_at: datetime | None = None
    """When a console began the newest first wave without evidence yet; None if none runs."""
    steps: tuple[StepRecord, ...] = ()
    """The newest record of each step that has one, by index."""
    decision_seq: int = 0
    """Number of its entry; 0 without any."""
    hand_over: HandOver | None = None
    """An offer that nobody has accepted yet."""
    follow_ups: tuple[FollowUp, ...] = ()
    turns: tuple[Turn, ...] = ()
    """Later changes of the alarm's state, and the recovery when it was judged, in the order in which they happened."""
    apart_from: tuple[str, ...] = ()
    """Ids of incidents of which a person said that they are other ones."""
    cause: Clean = ""
    """The cause with which it was closed."""

    @property
    def is_asked(self) -> bool:
        return self.trigger is TriggerKind.FINDING

    @property
    def is_weighed(self) -> bool:
        return self.is_open and not self.is_asked

    @property
    def is_without_alarm(self) -> bool:
        return self.target.startswith(OUTAGE)

    @property
    def phase(self) -> Phase:
        if not self.is_open:
            return Phase.CLOSED
        if self.is_asked:
            return Phase.FINDING
        if self.recovered_at is not None:
            return Phase.RECOVERED
        return _PHASES[self._alarm]

    @property
    def spells(self) -> tuple[Spell, ...]:
        """Each time in which its alarm fired, the first from `since`; () for a finding."""
        if self.is_asked:
            return ()
        spells = [Spell(start=self.since)]
        for turn in self.turns:
            last = spells[-1]
            if turn.kind is TurnKind.RECOVERED:
                spells[-1] = last.model_copy(update={"recovered_at": turn.at})
            elif turn.kind is not TurnKind.ALARM:
                spells[-1] = last.model_copy(update={"end": last.end or turn.at, "turned_at": turn.at})
            elif (last.end or last.recovered_at) and turn.at > last.start:
                spells.append(Spell(start=turn.at))
        return tuple(spells)

    @property
    def over_at(self) -> datetime | None:
        """Until when its numbers are counted: the judged recovery, else its closing; None while it goes on."""
        return self.recovered_at or self.closed_at

    @property
    def firing_since(self) -> datetime:
        """When the alarm last went to ALARM: the clocks run from there after it had recovered."""
        return max((turn.at for turn in self.turns if turn.kind is TurnKind.ALARM), default=self.since)

    @property
    def is_firing(self) -> bool:
        """Whether its alarm was in ALARM when it was last seen; a finding does not fire."""
        return self.trigger is TriggerKind.ALARM and self._alarm is TurnKind.ALARM

    @property
    def trouble_since(self) -> datetime:
        """When the present trouble began: the first transition to ALARM since the last judged recovery."""
        start, is_over = self.since, False
        for turn in self.turns:
            if turn.kind is TurnKind.RECOVERED:
                is_over = True
            elif turn.kind is TurnKind.ALARM and is_over and turn.at > start:
                start, is_over = turn.at, False
        return start

    @property
    def _alarm(self) -> TurnKind:
        return next(
            (turn.kind for turn in reversed(self.turns) if turn.kind is not TurnKind.RECOVERED),
            TurnKind.ALARM,
        )


_PHASES = {
    TurnKind.ALARM: Phase.FIRING,
    TurnKind.OK: Phase.QUIET,
    TurnKind.INSUFFICIENT: Phase.NO_DATA,
    TurnKind.MISSING: Phase.MISSING,
}


class ClockKind(StrEnum):
    RECOVERY = "recovery"  # Time to wait for recovery without intervention
    ESCALATION = "escalation"  # Time after which to escalate
    STORAGE = "storage"  # Time until the database's storage is full, computed from how it falls
    CREDITS = "credits"  # Time until the database's CPU credits are used up, computed from how they fall
    MAINTENANCE = "maintenance"
    """Time until AWS applies a pending maintenance action of the database by itself."""


class ClockState(StrEnum):
    RUNNING = "running"
    OVERDUE = "overdue"
    CONFIRMING = "confirming"  # The alarm is ok since `met_at`, and recovery was not judged yet.
    MET = "met"  # What it waits for has happened: it recovered, or the contact was told


class IncidentClock(Model):
    """One clock, counted from the alarm's own transition."""

    kind: ClockKind
    starts: datetime
    """For one that is computed from what is published: the newest minute of that."""
    due: datetime
    state: ClockState
    met_at: datetime | None = None
    who: Clean = ""
    """Whom to escalate to; "" for recovery."""
    latest: datetime | None = None
    """Until when it may last, for one that is computed; `due` is the soonest."""
    basis: Clean = ""
    """What it is computed from, in words; "" for a clock of the runbook."""
    title: Clean = ""
    """Of the incident that it is about: of a whole, this may be a part; "" for one that is computed."""
    is_told: bool = False
    """Somebody was told; otherwise what met the clock was that the trouble ended."""


class RecoveryCheck(Model):
    title: Clean
    value: Clean
    """What was measured, or why nothing could be."""
    is_met: bool | None
    """None: it could not be judged, so recovery is not."""
