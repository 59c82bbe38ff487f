"""What a signal is: a pure function of the facts, with its title, source and group."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.i18n import _
from services.incidents.facts import Facts
from services.models.causes import Signal, SignalState
from services.models.evidence import EvidencePlace
from services.models.first_wave import Measure, Source


@dataclass(frozen=True, slots=True)
class Judged:
    """What a signal's function says about the facts."""

    state: SignalState
    value: str = ""
    limit: str = ""
    at: datetime | None = None
    why: str = ""
    place: EvidencePlace | None = None


def present(
    value: str = "", limit: str = "", at: datetime | None = None, place: EvidencePlace | None = None
) -> Judged:
    """The signal is there; `at` is when it began."""
    return Judged(SignalState.PRESENT, value, limit, at, place=place)


def absent(value: str = "", limit: str = "") -> Judged:
    """The signal would have been seen, and is not there."""
    return Judged(SignalState.ABSENT, value, limit)


def unseen(why: str) -> Judged:
    """The signal could not have been seen."""
    return Judged(SignalState.UNSEEN, why=why)


Judge = Callable[[Facts], Judged]


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """One signal."""

    id: str
    title: str
    """English; translated where it is judged."""
    source: Source
    judge: Judge
    direct_for: tuple[str, ...] = ()
    """The causes that it shows themselves, not only an effect of them (◆)."""
    group: str = ""
    look: str = ""
    """Place, inspection or change that shows it; "" for none: read the first wave again."""

    def of(self, facts: Facts) -> Signal:
        """Judge the facts; what its source could not read is unseen, and so is what may be in its unread rest."""
        why = facts.unread(self.source)
        judgement = unseen(why) if why else self.judge(facts)
        if judgement.state is SignalState.ABSENT and (rest := facts.cut(self.source)):
            judgement = unseen(rest)
        return Signal(
            id=self.id,
            title=_(self.title),
            state=judgement.state,
            value=judgement.value,
            limit=judgement.limit,
            at=judgement.at,
            source=self.source,
            why=judgement.why,
            is_denied=judgement.why in facts.denials,
            direct_for=self.direct_for,
            group=self.group,
            place=judgement.place,
        )


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return f"{share * 100:.0f}%"


def when_over(
    facts: Facts, points: list[tuple[datetime, float]], over: float, *, lead: float = 30
) -> datetime | None:
    """The first time from `lead` minutes before T0 on at which a curve reached `over`; None if it did not."""
    first = facts.start - timedelta(minutes=lead)
    return next((at for at, value in points if at >= first and value >= over), None)


def highest(facts: Facts, measure: Measure, *, lead: float) -> float | Judged:
    """The largest value of a curve from `lead` minutes before T0 on, or why there is none."""
    if why := facts.uncounted(measure):
        return unseen(why)
    values = facts.since(measure, lead=lead)
    return max(values) if values else unseen(_("CloudWatch has no data of it"))
