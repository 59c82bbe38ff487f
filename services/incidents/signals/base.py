"""What a signal is: a pure function of the facts, with its title, source and group."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.i18n import N_, _
from services.incidents.facts import Facts
from services.models.causes import Signal, SignalState
from services.models.evidence import EvidencePlace
from services.models.first_wave import Measure, Source


@dataclass(frozen=True, slots=True)
class Judged:
    state: SignalState
    value: str = ""
    limit: str = ""
    at: datetime | None = None
    why: str = ""
    place: EvidencePlace | None = None
    until: datetime | None = None  # Up to when it is known, where the curves do not tell it
    is_out_of_reach: bool = False  # Whether it is unseen for good, because this system does not publish it
    is_direct: bool = True
    """Whether it shows what its signal is direct for; false: it is there, and may have another reason."""
    is_coincidence: bool = False
    """Whether its time alone ties it to its cause: it explains effects, and makes nothing strong."""
    subject: str = ""


def present(
    value: str = "",
    limit: str = "",
    at: datetime | None = None,
    place: EvidencePlace | None = None,
    *,
    is_direct: bool = True,
    is_coincidence: bool = False,
    subject: str = "",
) -> Judged:
    return Judged(
        SignalState.PRESENT,
        value,
        limit,
        at,
        place=place,
        is_direct=is_direct,
        is_coincidence=is_coincidence,
        subject=subject,
    )


def absent(value: str = "", limit: str = "", *, until: datetime | None = None) -> Judged:
    return Judged(SignalState.ABSENT, value, limit, until=until)


def unseen(why: str, *, is_out_of_reach: bool = False) -> Judged:
    return Judged(SignalState.UNSEEN, why=why, is_out_of_reach=is_out_of_reach)


Judge = Callable[[Facts], Judged]


@dataclass(frozen=True, slots=True)
class SignalSpec:
    id: str
    title: str  # English; translated where it is judged
    source: Source
    judge: Judge
    direct_for: tuple[str, ...] = ()  # The causes that it shows themselves, not only an effect of them (◆)
    group: str = ""
    look: str = ""  # Place, inspection or change that shows it; "" for none: read the first wave again
    is_change: bool = False
    """Whether it tells what somebody changed: alone it does not show that anything fails."""

    def of(self, facts: Facts) -> Signal:
        why = facts.unread(self.source)
        facts.judged.clear()
        judgement = unseen(why) if why else self.judge(facts)
        ends = [end for measure in facts.judged if (end := facts.published(measure)) is not None]
        if judgement.state is SignalState.ABSENT and (rest := facts.cut(self.source)):
            judgement = unseen(rest)
        return Signal(
            id=self.id,
            title=_(self.title),
            state=judgement.state,
            value=judgement.value,
            subject=judgement.subject,
            limit=judgement.limit,
            at=judgement.at,
            source=self.source,
            why=judgement.why,
            is_denied=judgement.why in facts.denials,
            direct_for=self.direct_for if judgement.is_direct else (),
            is_doubtful=not judgement.is_direct,
            group=self.group,
            until=judgement.until or min(ends, default=None),
            is_out_of_reach=judgement.is_out_of_reach,
            is_change=self.is_change,
            is_coincidence=judgement.is_coincidence,
            place=judgement.place,
        )


def percent(share: float) -> str:
    """A share as a whole percentage, rounded down: what misses a limit is never shown as reaching it."""
    return f"{int(share * 100 + 1e-6)}%"


def when_over(
    facts: Facts, points: list[tuple[datetime, float]], over: float, *, lead: float = 30
) -> datetime | None:
    first = facts.start - timedelta(minutes=lead)
    return next((at for at, value in points if at >= first and value >= over), None)


def highest(facts: Facts, measure: Measure, *, lead: float = 0) -> float | Judged:
    if why := facts.uncounted(measure):
        return unseen(why)
    values = facts.since(measure, lead=lead)
    return max(values) if values else unseen(_("CloudWatch has no data of it"))


# What the target group says about the health of its targets.
#
# Source: DescribeTargetHealth; "Target health status" and reason codes (Elastic Load Balancing user guide).


def _counts(facts: Facts) -> str:
    healthy = sum(target.state == "healthy" for target in facts.registered)
    return _("{healthy} healthy of {count}", healthy=healthy, count=len(facts.registered))


def _none_registered(facts: Facts) -> Judged:
    return absent(_counts(facts)) if facts.registered else present(_("no target is registered"))


def _none_healthy(facts: Facts) -> Judged:
    if not facts.registered:
        return absent(_("no target is registered"))
    is_bad = bool(facts.unhealthy) and not any(target.state == "healthy" for target in facts.registered)
    return present(_counts(facts)) if is_bad else absent(_counts(facts))


def _failing_by(reason: str) -> Callable[[Facts], Judged]:
    def judge(facts: Facts) -> Judged:
        failing = [target for target in facts.unhealthy if target.reason == f"Target.{reason}"]
        if not failing:
            return absent()
        return present(f"{failing[0].name}: {failing[0].description or failing[0].reason}")

    return judge


def _one_zone(facts: Facts) -> Judged:
    zones = {target.zone for target in facts.registered if target.zone}
    if len(zones) < 2:
        return unseen(_("the targets are in fewer than two zones"))
    bad = {target.zone for target in facts.unhealthy}
    healthy = {target.zone for target in facts.registered if target.state == "healthy"}
    is_one = len(bad) == 1 and bool(healthy) and not healthy & bad
    # A target that answers the check, but wrongly, is reached: its zone works.
    answers = all("ResponseCodeMismatch" in target.reason for target in facts.unhealthy)
    return present(", ".join(sorted(bad)), is_direct=not answers) if is_one else absent(_counts(facts))


def _spread(facts: Facts) -> Judged:
    zones = {target.zone for target in facts.unhealthy if target.zone}
    return present(", ".join(sorted(zones))) if len(zones) > 1 else absent()


def _zonal_shift(facts: Facts) -> Judged:
    shifted = [target for target in facts.evidence.targets if target.override.startswith("zonal_shift")]
    if not shifted:
        return absent()
    return present(", ".join(sorted({target.zone or target.name for target in shifted})))


SIGNALS = (
    SignalSpec("no-registered-target", N_("No target receives requests"), Source.TARGETS, _none_registered, direct_for=("no-target",), look="targets"),
    SignalSpec("none-healthy", N_("Targets are registered, and none is healthy"), Source.TARGETS, _none_healthy, direct_for=("all-unhealthy",), look="targets"),
    SignalSpec("check-failed", N_("Health checks cannot connect"), Source.TARGETS, _failing_by("FailedHealthChecks"), group="health-check", look="targets"),
    SignalSpec("check-timeout", N_("Health checks time out"), Source.TARGETS, _failing_by("Timeout"), group="health-check", look="targets"),
    SignalSpec("check-wrong-code", N_("Health checks get a wrong status code"), Source.TARGETS, _failing_by("ResponseCodeMismatch"), group="health-check", look="targets"),
    SignalSpec("one-zone", N_("One zone has no healthy target, and the others no unhealthy one"), Source.TARGETS, _one_zone, direct_for=("availability-zone",), look="targets"),
    SignalSpec("zones-spread", N_("Targets of several zones are unhealthy"), Source.TARGETS, _spread, look="targets"),
    SignalSpec("zonal-shift", N_("A zonal shift is in force"), Source.TARGETS, _zonal_shift, direct_for=("availability-zone",), look="targets"),
)  # fmt: skip
