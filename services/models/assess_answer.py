"""What `toban assess --json` prints: an AssessAnswer, or an AssessFailure if nothing could be assessed.
`toban assess --schema` prints the JSON schema of the answer, with that of the failure among its `$defs`.
Fields are added, never changed."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from services.i18n import N_, _
from services.models.alarms import AlarmState
from services.models.base import Clean, Model, RawId
from services.models.causes import OnsetBasis, SignalState, Word
from services.models.first_wave import Source
from services.models.problem import Problem

_WORDS = {Word.STRONG: N_("strong"), Word.LIKELY: N_("likely"), Word.OPEN: N_("cannot tell")}


def word_text(word: Word) -> str:
    return _(_WORDS[word])


class AssessedAlarm(Model):
    """The alarm that was assessed."""

    name: RawId
    """Its exact name."""
    state: AlarmState
    """Its state when it was read."""
    since: datetime | None = None
    """When it entered this state (UTC); null: not reported."""
    reason: Clean = ""
    """AWS's reason for the state."""


class AssessedSource(Model):
    """How the read of one source went."""

    source: Source
    requests: int
    """Requests sent, pages counted."""
    problem: Problem | None = None
    """Why it could not be read; null if it was."""
    omitted: Clean = ""
    """Why it was not asked; "" if it was."""
    cut: Clean = ""
    """What of it was not read; "" if it is whole."""


class AssessedSignal(Model):
    """One fact about the evidence, judged."""

    id: str
    title: Clean
    state: SignalState
    """`present`, `absent` (it would have been seen), or `unseen` (it could not have been seen)."""
    value: Clean = ""
    """The measured value with its unit; "" if there is none, and for the words of a log without --private."""
    limit: Clean = ""
    """The value from which it counts as present; "" if there is none."""
    time: datetime | None = None
    """When it began (UTC); null: it has no beginning, or it is not known."""
    until: datetime | None = None
    """The newest moment that it is known for (UTC), such as the newest published minute; null: that of the reading."""
    source: Source
    why: Clean = ""
    """Why it is unseen; "" otherwise."""
    denied: bool = False
    """Whether it is unseen because its source could not be read."""
    direct_for: tuple[str, ...] = ()
    """Ids of the causes that it shows themselves, not only an effect of them."""


class AssessedWeight(Model):
    """What one signal adds to the score of a cause."""

    signal: str
    """Id of the signal, as in `signals`."""
    weight: int
    """As the causes or the runbook give it: ten times the log10 of the likelihood ratio."""
    counts: int
    """As it counts: less if it began after T0, 0 if a stronger signal tells the same."""


class AssessedCause(Model):
    """One cause with its score."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    id: str
    title: Clean
    action: Clean = ""
    """What to do first about it."""
    score: int
    prior: int
    word: Word | None = None
    """How sure it is that this is the cause; null for all but the first."""
    supporting: tuple[AssessedWeight, ...] = Field(
        default=(), alias="for", description="What speaks for it, heaviest first."
    )
    opposing: tuple[AssessedWeight, ...] = Field(
        default=(), alias="against", description="What speaks against it, heaviest first."
    )
    unseen: tuple[AssessedWeight, ...] = ()
    """What could speak for it but was not seen, heaviest first."""
    impossible: Clean = ""
    """Why it is impossible; "" if it is not."""
    root: bool = True
    """Whether no other supported cause explains it."""
    effects: tuple[str, ...] = ()
    """Ids of other supported causes that it explains."""


class AssessedOnset(Model):
    """T0, the first bad minute."""

    at: datetime
    """UTC."""
    basis: OnsetBasis
    """`baseline`: found in a curve; `alarm`: the alarm's moment, because no curve left its baseline."""
    measure: str = ""
    """The curve that left its baseline; "" if none did."""
    baseline: float | None = None
    """The value that a minute had to exceed; null if none did."""


class ResourceRow(Model):
    """One thing that is known of the alarm's own resource, in words."""

    name: Clean
    """A metric with its statistic, or what else it is about."""
    text: Clean


class AssessedResource(Model):
    """What is known of the resource that the alarm watches, where it is none of the system's."""

    title: Clean
    """Namespace and names: `AWS/ElastiCache facility-cache-001`."""
    rows: tuple[ResourceRow, ...] = ()
    """Its unusual metrics, the alarm's own first; writes to it, newest first; its log; the alarms that fire with its own."""


class AssessAnswer(Model):
    """The causes of one alarm, weighed by what AWS knows now."""

    version: Literal[1] = 1
    """Version of the JSON format; a greater one may omit fields or change their meaning."""
    system: str
    """The system's id in the runbook."""
    region: str
    """The AWS region of the system."""
    alarm: AssessedAlarm
    at: datetime
    """When the reads began (UTC)."""
    seconds: float
    """How long they took."""
    requests: int
    """Requests to AWS for the evidence."""
    yen: float
    """AWS charges of the run, in yen."""
    status: int
    """The exit status: 0 nothing wrong, 1 likely, 2 strong, 3 cannot be judged."""
    complete: bool
    """Whether every source could be read; what was not asked is not counted."""
    word: Word
    """How sure it is of the first cause: `strong`, `likely` or `open`."""
    why: Clean = ""
    """Why it is not sure, in words; "" if it is strong."""
    reason: Clean = ""
    """Why the first cause is the first: its strongest facts, a sentence each; "" if nothing speaks for any."""
    onset: AssessedOnset
    causes: tuple[AssessedCause, ...]
    """The first is the most likely root; impossible ones last."""
    signals: tuple[AssessedSignal, ...]
    next_look: str | None = None
    """Id of the signal that would tell most about the first two causes; null if there is none."""
    sources: tuple[AssessedSource, ...]
    """One for each source of the evidence."""
    resource: AssessedResource | None = None
    """null for an alarm about the system itself."""


class AssessFailure(Model):
    """Printed instead of an answer, if there is none: the alarm cannot be read, or the command cannot be carried out."""

    version: Literal[1] = 1
    """Version of the JSON format; a greater one may omit fields or change their meaning."""
    status: int
    """The exit status: 3 AWS could not be read, 64 wrong usage, 65 errors in the runbook; others: `toban --help`."""
    problem: Problem
    """What went wrong, and what to do about it."""
