"""How drills went. `toban drill score --json` prints DrillScores; `--schema` prints its JSON schema. Seconds
are those of the drill's own clock. A new field does not change `version`; removing one or changing its
meaning does."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from services.models.base import Clean, Model
from services.models.causes import Word
from services.models.incidents import StepKind, StepMark

VERSION: Literal[1] = 1


class DrillTruth(Model):
    """What a drill hides; in a file beside its journal, written when it begins."""

    version: Literal[1] = VERSION
    scenario: Clean
    seed: int
    alarm: Clean
    """The alarm that the cause sets off."""
    causes: tuple[Clean, ...]
    """Ids of the true causes."""
    red_herrings: tuple[Clean, ...] = ()
    speed: float = 1.0
    """How much faster than real time the drill's clock goes."""


class CauseVerdict(StrEnum):
    """How near a decided cause is to a true one."""

    RIGHT = "right"
    EFFECT = "effect"  # What the true cause brings about
    WRONG = "wrong"
    NONE = "none"  # No cause was decided, or none was weighed first


class DrillStep(Model):
    """One step that was marked."""

    number: int
    """As the screen numbers it, from 1."""
    text: Clean
    kind: StepKind | None = None
    mark: StepMark
    seconds: float
    """From the alarm to the mark."""
    took: float
    """From the mark before, or from the alarm."""


class DrillScore(Model):
    """One drill."""

    journal: Clean
    """Name of the journal's file."""
    scenario: Clean
    seed: int
    true_causes: tuple[Clean, ...]
    red_herrings: tuple[Clean, ...] = ()
    incident: Clean = ""
    """Id of the incident; "": none was opened for the scenario's alarm."""
    alarm_at: datetime | None = None
    """When the alarm fired; null: it did not, or nobody watched."""
    taken_after: float | None = None
    """Seconds from the alarm until somebody took it; null: nobody did."""
    decided_after: float | None = None
    """Seconds from the alarm until the newest decision."""
    told_after: float | None = None
    """Seconds from the alarm until somebody was told."""
    recovered_after: float | None = None
    """Seconds from the alarm until recovery was judged."""
    closed_after: float | None = None
    """Seconds from the alarm until it was closed."""
    steps: tuple[DrillStep, ...] = ()
    """The marked steps, by time."""
    looks: int = 0
    """Marked steps that are looks."""
    changes: int = 0
    """Changes that were confirmed."""
    decided: Clean = ""
    """Id of the decided cause, or the person's own words; "": undecided."""
    decided_verdict: CauseVerdict = CauseVerdict.NONE
    leader: Clean = ""
    """Id of the first cause by the recorded evidence, weighed with the weights of today; "": no evidence."""
    word: Word | None = None
    """How sure that weighing is; null: no evidence."""
    leader_verdict: CauseVerdict = CauseVerdict.NONE


class ConfusionCell(Model):
    """How often one cause was taken for another."""

    true: Clean
    """Id of the true cause; `a+b` if there were several."""
    given: Clean
    """Id of the decided or first cause; "": none."""
    count: int


class DrillScores(Model):
    """Several drills, and what was taken for what."""

    version: Literal[1] = VERSION
    """Version of the JSON format."""
    drills: tuple[DrillScore, ...]
    decided: tuple[ConfusionCell, ...]
    """Decided by people, against the truth."""
    weighed: tuple[ConfusionCell, ...]
    """First by the weighing, against the truth."""
    unscored: tuple[Clean, ...] = ()
    """Journals that could not be scored, each with the reason."""
