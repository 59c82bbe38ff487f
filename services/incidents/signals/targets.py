"""What the target group says about the health of its targets.

Source: DescribeTargetHealth; "Target health status" and reason codes (Elastic Load Balancing user guide).
"""

from collections.abc import Callable

from services.i18n import N_, _
from services.incidents.facts import Facts
from services.incidents.signals.base import Judged, SignalSpec, absent, present, unseen
from services.models.first_wave import Source


def _counts(facts: Facts) -> str:
    healthy = sum(target.state == "healthy" for target in facts.registered)
    return _("{healthy} healthy of {count}").format(healthy=healthy, count=len(facts.registered))


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
    """All unhealthy targets are in one zone, whose targets are all unhealthy, and those elsewhere are healthy."""
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
