"""The report of one incident. `toban incident report --json` prints IncidentReport; `--schema` prints its
JSON schema. Times are aware, UTC. A new field does not change `version`; removing a field or changing its
meaning does."""

from datetime import datetime
from typing import Literal

from services.models.assess_answer import AssessedCause, AssessedOnset, AssessedSignal
from services.models.base import Clean, CleanLine, Model, RawId
from services.models.causes import Word
from services.models.first_wave import Source
from services.models.incidents import IncidentHead, Phase, Spell, StepKind, StepMark, TimelineRow
from services.models.report_lines import ChangeLine

VERSION: Literal[1] = 1


class FollowUpLine(Model):
    """Something that an incident or a sign-off left to be done."""

    id: Clean
    text: Clean
    due: datetime
    by: Clean
    """Who left it."""
    at: datetime
    """When it was left."""
    done_at: datetime | None = None
    """When its duty was signed off or skipped; null: not yet."""


class IncidentLine(IncidentHead):
    """One incident as of a moment, as the journal's entries tell it without the evidence."""

    playbook: Clean = ""
    """The playbook's id; "" if it has none."""
    mtta_seconds: float | None = None
    """From the alarm's transition until somebody took it; null: nobody has."""
    mttr_seconds: float | None = None
    """From the alarm's transition until the judged recovery, else until it was closed; null: neither has happened."""
    cause: Clean = ""
    """Title of the cause with which it was closed, else of the decided one; "": undecided."""
    follow_ups: tuple[FollowUpLine, ...] = ()
    phase: Phase = Phase.FIRING
    spells: tuple[Spell, ...] = ()
    """Each time in which its alarm fired, the first from `since`; empty for a finding."""
    offered_to: Clean | None = None
    """To whom it is offered, "" for whoever accepts; null: no offer waits."""


class IncidentCount(Model):
    """How many incidents began in a period, and how long they took; parts of another incident are not counted."""

    count: int = 0
    open: int = 0
    """Not closed at the report's `as_of`."""
    taken: int = 0
    """Taken by somebody."""
    ended: int = 0
    """Recovered or closed."""
    recovered: int = 0
    """Recovered, as was judged."""
    recovery_seconds: float | None = None
    """Mean time from the transition to the judged recovery; null: none was judged."""
    mtta_seconds: float | None = None
    """Mean time from the transition until somebody took them; null: nobody took any."""
    mttr_seconds: float | None = None
    """Mean time from the transition to recovery or closing; null: none has ended."""


class StepReport(Model):
    """One step of the playbook with what was recorded about it."""

    number: int
    """As the screen numbers it, from 1."""
    text: Clean
    """The step; "" if the playbook has no such step any more."""
    kind: StepKind | None = None
    """null: not given in the playbook."""
    mark: StepMark
    state: str = "todo"
    """How it stands: its mark; running or unknown while its change is in progress or its outcome unknown."""
    at: datetime | None = None
    """When it was marked; null: it was not."""
    by: Clean = ""
    note: Clean = ""


class ImpactLine(Model):
    """One measured figure: as it usually is, and the worst since T0."""

    measure: Clean
    """Id of the curve."""
    title: Clean
    usual: Clean = ""
    """Median of the three hours before T0, with its unit; "": not measured."""
    worst: Clean = ""
    """The worst minute since T0, with its unit."""
    at: datetime
    """When that minute began."""


class EvidenceLine(Model):
    """How the read of one source of the evidence went."""

    source: Source
    title: Clean
    requests: int
    why: Clean = ""
    """Why it was not read, or not whole; "" if it is whole."""


class QuotedLine(Model):
    """A line of a log that the evidence holds."""

    at: datetime
    group: RawId
    text: CleanLine


class IncidentReport(Model):
    """Everything that the journal says about one incident."""

    version: Literal[1] = VERSION
    """Version of the JSON format."""
    system: Clean
    """The system's id in the runbook."""
    system_title: Clean
    timezone: str
    """IANA name of the system's time zone."""
    language: str
    """Language of the report; texts quoted from the journal keep theirs."""
    made_at: datetime
    journal: Clean
    """The journal's id."""
    stale: Clean = ""
    """Why the journal that was read, a copy of a shared one, may lack newer entries; "" if it does not."""
    last_seq: int = 0
    """Number of the newest entry about it."""
    incident: IncidentLine
    onset: AssessedOnset | None = None
    """T0; null: no evidence was recorded, or it cannot be read."""
    until: datetime
    """When it ended: recovery, else closing, else `made_at`."""
    impact: Clean = ""
    """What users noticed, in words; "": nothing of it was measured."""
    course: Clean = ""
    """How it stands as of `made_at`, in sentences."""
    measured_until: datetime | None = None
    """When the evidence was read; null: no evidence."""
    figures: tuple[ImpactLine, ...] = ()
    word: Word | None = None
    """How sure the weighing of the newest evidence is; null: no evidence."""
    why: Clean = ""
    """Why it is not surer."""
    reason: Clean = ""
    """Why its first cause is the first: the strongest facts, a sentence each; "" if nothing speaks for any."""
    causes: tuple[AssessedCause, ...] = ()
    """As the newest evidence weighs them with the weights of today; the first is the most likely root."""
    signals: tuple[AssessedSignal, ...] = ()
    decided_scores: dict[Clean, int] = {}  # noqa: RUF012  pydantic copies it
    """The score of each cause when the person decided, by its id; {}: undecided, or nothing was weighed then."""
    steps: tuple[StepReport, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    """Changes confirmed between T0 and the end, on any console."""
    timeline: tuple[TimelineRow, ...] = ()
    evidence: tuple[EvidenceLine, ...] = ()
    evidence_problem: Clean = ""
    """Why the recorded evidence cannot be read; "" if it can, or if there is none."""
    log_lines: tuple[QuotedLine, ...] = ()
    """The newest lines of both logs since T0; only on request, as they may contain personal data."""
    runbook_draft: Clean = ""
    """That nobody has approved the runbook; "" if somebody has."""
    withheld: int = 0
    """How many lines of logs were left out because they were not requested."""


class IncidentList(Model):
    """Incidents of the journal, open ones first."""

    incidents: tuple[IncidentLine, ...]
    """As `toban incident list --json` prints them."""
    stale: Clean = ""
    """Why the journal that was read, a copy of a shared one, may lack newer entries; "" if it does not."""


class IncidentPage(Model):
    """The report of an incident as people read it."""

    format: Literal["markdown"] = "markdown"
    text: str
    """One page and its annexes."""
