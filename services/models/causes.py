from collections.abc import Set
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.models.base import Clean, Model, RawId
from services.models.evidence import EvidencePlace
from services.models.first_wave import Source
from services.models.runbook_types import Slug
from services.models.translated import Texts, Translated


class SignalState(StrEnum):
    """Whether a signal was seen."""

    PRESENT = "present"
    ABSENT = "absent"  # It would have been seen, and was not
    UNSEEN = "unseen"  # It could not have been seen: not read, no data, too late


class Signal(Model):
    """One fact about the evidence, judged."""

    id: Slug
    title: Clean
    state: SignalState
    value: Clean = ""
    """The measured value with its unit; "" if there is none."""
    subject: Clean = ""
    """Whom or what it names: a host, a write and its author; "" if its title says all."""
    limit: Clean = ""
    """The value from which it counts as present; "" if there is none."""
    at: datetime | None = None
    """When it began (UTC); None: it has no beginning, or it is not known."""
    until: datetime | None = None
    """The newest moment that it is known for (UTC): the newest published minute; None: that of the reading."""
    source: Source
    why: Clean = ""
    """Why it is unseen; "" otherwise."""
    is_denied: bool = False
    """Whether it is unseen because its source could not be read, so that reading it may still change everything."""
    is_out_of_reach: bool = False
    """Whether it is unseen for good, because this system does not publish it: nothing waits for it."""
    direct_for: tuple[Slug, ...] = ()
    """The causes that it shows themselves, not only an effect of them (◆)."""
    is_doubtful: bool = False
    """Whether it may have another reason than what it usually shows: it counts half."""
    is_change: bool = False
    """Whether it tells what somebody changed, which alone does not show that anything fails."""
    is_coincidence: bool = False
    """Whether its time alone ties it to the cause that it shows, which is not enough for a strong word."""
    group: str = ""
    """Signals of a group tell the same fact: only the one with the largest weight counts. "": it stands alone."""
    place: EvidencePlace | None = None
    """Where it can be seen in the console; None: nowhere."""


class AdviceTexts(Texts):
    """English texts of an advice."""

    action: Clean = ""


class Advice(Translated):
    """What to do first about a cause where the evidence is of a certain kind."""

    when: tuple[Slug, ...] = Field(min_length=1)
    """Signals that must all be present."""
    unless: tuple[Slug, ...] = ()
    """Signals of which none may be present."""
    action: Clean
    look: Slug | None = None
    """Place, inspection or change to which it leads; None: nowhere."""
    en: AdviceTexts = AdviceTexts.model_construct()
    """English versions of its texts."""


class CauseSpecTexts(Texts):
    """English texts of a cause."""

    title: Clean = ""
    action: Clean = ""


class CauseSpec(Translated):
    """A cause as data: what speaks for and against it. Weights are ten times the log10 of the likelihood ratio."""

    id: Slug
    title: Clean
    action: Clean = ""
    """What to do first about it."""
    look: Slug | None = None
    """Place, inspection or change to which the action leads; empty: nowhere."""
    advice: tuple[Advice, ...] = ()
    """What to do first instead, where the evidence calls for it; the first that fits."""
    playbooks: tuple[Slug, ...] = ()
    """The playbooks in which it competes; empty: in all that weigh causes."""
    applies_to: tuple[RawId, ...] = ()
    """The alarms for which it competes: namespaces of their metrics (`AWS/ElastiCache`), names of alarms, ids of playbooks;
    empty: alarms of the system's own load balancer, service, database, firewall and distribution."""
    symptom: bool = False
    """Whether it is the effect of another cause, and no answer as long as one of these may not have been seen."""
    prior: int = 0
    present: dict[Slug, int] = {}  # noqa: RUF012  pydantic copies it
    """Weight of each signal that is present."""
    absent: dict[Slug, int] = {}  # noqa: RUF012  pydantic copies it
    """Weight of each signal that is absent although it would have been seen."""
    explains: tuple[Slug, ...] = ()
    """Causes that it can bring about."""
    requires: tuple[Slug, ...] = ()
    """Signals of which at least one must be present or unseen; otherwise the cause is impossible."""
    en: CauseSpecTexts = CauseSpecTexts.model_construct()
    """English versions of its texts."""

    def advice_for(self, present: Set[str]) -> "Advice | CauseSpec":
        fitting = (each for each in self.advice if present >= set(each.when))
        return next((each for each in fitting if present.isdisjoint(each.unless)), self)


class Word(StrEnum):
    """How sure the weighing is; there is nothing between and beyond."""

    STRONG = "strong"
    LIKELY = "likely"
    OPEN = "open"  # It cannot be judged


class WeighedSignal(Model):
    signal: Signal
    weight: int
    """As the data give it."""
    counts: int
    """As it counts: less if it began after the first bad minute, 0 if a stronger one of its group counts."""
    is_direct: bool = False
    """Whether it shows this cause itself, not only an effect (◆)."""


class UnreadEffect(Model):
    """What the sources that could not be read may still change about a cause; nothing if all were read."""

    gain: int = 0
    """How far its score would rise if they spoke for it as much as they can; 0 or more."""
    loss: int = 0
    """How far its score would fall if they spoke against it as much as they can; 0 or more."""
    rules_out: bool = False
    """Whether they could show it to be impossible: only they could hold a signal that it requires."""


class WeighedCause(Model):
    """One cause with its score."""

    id: Slug
    score: int
    prior: int
    supporting: tuple[WeighedSignal, ...] = ()
    """What speaks for it, heaviest first."""
    opposing: tuple[WeighedSignal, ...] = ()
    """What speaks against it, heaviest first."""
    unseen: tuple[WeighedSignal, ...] = ()
    """What could speak for it but was not seen, heaviest first."""
    impossible: Clean = ""
    """Why what was read makes it impossible; "" if it does not. Such a cause is shown struck out."""
    unread: UnreadEffect = UnreadEffect()
    """What reading the other sources could change."""
    effects: tuple[Slug, ...] = ()
    """Other supported causes that it explains, by score; they do not compete with it."""
    is_root: bool = True
    """Whether no other supported cause explains it."""
    onset: datetime | None = None
    """When the first of its supporting signals began (UTC); None: not known."""


class NextLook(Model):
    signal: Slug
    title: Clean
    difference: int
    """How far it can move the first two apart."""
    look: Slug | None = None
    """Place, inspection or change that shows it; None: read the first wave again."""


class OnsetBasis(StrEnum):
    """Where T0 comes from."""

    BASELINE = "baseline"  # The first minute over the baseline of the hours before and of a week ago
    ALARM = "alarm"  # The alarm's moment, because no curve left its baseline or none was read


class Onset(Model):
    at: datetime
    basis: OnsetBasis
    measure: str = ""
    """The curve that left its baseline; "" if none did."""
    baseline: float | None = None
    """The value that a minute had to exceed; None if none did."""


class Assessment(Model):
    """The causes weighed: the same for the same evidence and weights, on any host."""

    onset: Onset
    word: Word
    """How sure it is of the first root."""
    causes: tuple[WeighedCause, ...]
    """Roots first by score, then what they explain, then the rest; impossible ones last."""
    signals: tuple[Signal, ...]
    """All signals, in the order of the registry."""
    why: Clean = ""
    """Why it is not sure, in words; "" if it is strong."""
    next_look: NextLook | None = None
    """None if there is none, or the word is strong."""

    @property
    def present(self) -> frozenset[str]:
        return frozenset(str(signal.id) for signal in self.signals if signal.state is SignalState.PRESENT)

    @property
    def leader(self) -> WeighedCause | None:
        return next(
            (cause for cause in self.causes if cause.is_root and cause.supporting and not cause.impossible),
            None,
        )
