from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.aws.client.errors import AwsError
from services.i18n import N_, _
from services.inspections.scaling.reading import ServiceReading
from services.inspections.toolkit.checks import CheckRow
from services.inspections.toolkit.toolkit_wording import listed
from services.models.ecs import ContainerService, ScalableTarget
from services.models.findings import Measure
from services.models.verdict import Verdict

_PARTS = {
    "DynamicScalingIn": N_("scale-in"),
    "DynamicScalingOut": N_("scale-out"),
    "ScheduledScaling": N_("scheduled actions"),
}


@dataclass(frozen=True, slots=True)
class Expected:
    maximum: int
    minimum: int | None  # None: not in the runbook
    busy: bool = False  # A duty has raised the limit, and none has lowered it since
    other: int | None = None  # Another maximum that may be correct, if it is unknown which one is
    undecided: tuple[str, ...] = ()
    """Keys of the runbook, of `[ecs]`, that are needed now and that nobody has decided."""

    @property
    def sure(self) -> bool:
        return self.other is None

    def fits(self, maximum: int) -> bool:
        return maximum in (self.maximum, self.other)


@dataclass(frozen=True, slots=True)
class Titles:
    name: str
    several: bool

    def __call__(self, title: str) -> str:
        return _("{title} ({label})", title=title, label=self.name) if self.several else title


def unknown(title: str, note: str = "") -> CheckRow:
    text = _("{title}: not judged because it could not be read.")
    return CheckRow(
        measure=Measure(title=title, shown=_("not read"), verdict=Verdict.UNKNOWN, note=note),
        sentence=text.format(title=title) if not note else _("{title}: {note}", title=title, note=note),
    )


def bounds(
    reading: ServiceReading, expected: Expected, titles: Titles, written: Sequence[str]
) -> Iterator[CheckRow]:
    """Maximum, minimum, room below the maximum, whether scaling is suspended, and the policies. `written`:
    the runbook's advice on a high load."""
    target, service = reading.target, reading.service
    if isinstance(target, AwsError):
        yield unknown(titles(_("Maximum number of tasks")))
        yield _policies(reading, titles(_("Scaling policies")), written)
        return
    if target is None:
        yield _unregistered(reading, titles(_("Maximum number of tasks")), expected)
        return
    if "busy_max" not in expected.undecided:
        yield _maximum(reading, target, titles(_("Maximum number of tasks")), expected)
    if expected.minimum is not None:
        yield _minimum(reading, target, titles(_("Minimum number of tasks")), expected.minimum)
    if isinstance(service, ContainerService):
        yield _desired(service, target, titles(_("Desired tasks")), written)
    yield _suspended(reading, target, titles(_("Auto Scaling")), written)
    yield _policies(reading, titles(_("Scaling policies")), written)


def _unregistered(reading: ServiceReading, title: str, expected: Expected) -> CheckRow:
    note = _("Auto Scaling is not configured")
    return CheckRow(
        measure=Measure(
            title=title, shown=_("none"), allowed=str(expected.maximum), verdict=Verdict.ABNORMAL, note=note
        ),
        sentence=_(
            "{name}: Auto Scaling is not configured, so no tasks are started when the load grows."
        ).format(name=reading.name),
        advice=(_("Have the service's Auto Scaling registered again from the system's definition."),),
    )


def _maximum(reading: ServiceReading, target: ScalableTarget, title: str, expected: Expected) -> CheckRow:
    right = expected.fits(target.maximum)
    measure = Measure(
        title=title,
        shown=str(target.maximum),
        allowed=str(expected.maximum),
        verdict=Verdict.NORMAL if right else Verdict.ATTENTION,
        value=target.maximum,
        note=_("the runbook requires it raised on these days") if expected.busy else "",
    )
    text = _("{name}: the maximum task count is {maximum}, but the runbook requires {expected} now.")
    return CheckRow(
        measure=measure,
        sentence=text.format(name=reading.name, maximum=target.maximum, expected=expected.maximum),
        advice=(
            _(
                "Change the limit of {name} to {expected} in the console (press 4), or see the plan first: {command}",
                name=reading.name,
                expected=expected.maximum,
                command=f"toban change task-limit --max {expected.maximum} --plan",
            ),
        ),
        by_runbook=not right,
    )


def _minimum(reading: ServiceReading, target: ScalableTarget, title: str, minimum: int) -> CheckRow:
    right = target.minimum == minimum
    text = _("{name}: the minimum task count is {minimum}, but the runbook says {expected}.")
    return CheckRow(
        measure=Measure(
            title=title,
            shown=str(target.minimum),
            allowed=str(minimum),
            verdict=Verdict.NORMAL if right else Verdict.ATTENTION,
            value=target.minimum,
        ),
        sentence=text.format(name=reading.name, minimum=target.minimum, expected=minimum),
        advice=(_("Ask who changed the minimum, and correct it or the runbook."),),
    )


def _desired(
    service: ContainerService, target: ScalableTarget, title: str, written: Sequence[str]
) -> CheckRow:
    desired, verdict = service.desired, Verdict.ATTENTION
    advice: tuple[str, ...] = ()
    if desired == 0:
        # A system without tasks serves no requests, even if its minimum allows zero.
        verdict = Verdict.ABNORMAL if target.minimum else Verdict.ATTENTION
        text = _("{name}: the desired count is 0, so nobody is served.")
        advice = (_("Ask who set the number of tasks to 0, and until when."),)
    elif desired < target.minimum:
        text = _("{name}: the desired count of {desired} is below the minimum of {minimum}.")
        advice = (_("A count outside the bounds was set by hand: ask who set it, and until when."),)
    elif desired > target.maximum:
        text = _("{name}: the desired count of {desired} is above the maximum of {maximum}.")
        advice = (
            _(
                "Auto Scaling pulls it back to the maximum at its next activity, and the excess tasks stop "
                "then."
            ),
            _("A count outside the bounds was set by hand: ask who set it, and until when."),
        )
    elif desired == target.maximum:
        text = _("{name} is at its maximum: {desired} desired, maximum {maximum}.")
        advice = (_("At its maximum the service starts no more tasks, whatever the load."), *written)
    else:
        text, verdict = "", Verdict.NORMAL
    return CheckRow(
        measure=Measure(
            title=title,
            shown=str(desired),
            allowed=_("{minimum} or more, < {maximum}", minimum=target.minimum, maximum=target.maximum),
            verdict=verdict,
            value=desired,
            note=_("{running} running, {pending} pending", running=service.running, pending=service.pending),
        ),
        sentence=text.format(
            name=service.name, desired=desired, minimum=target.minimum, maximum=target.maximum
        ),
        advice=advice,
    )


def _suspended(
    reading: ServiceReading, target: ScalableTarget, title: str, written: Sequence[str]
) -> CheckRow:
    if target.suspensions is None:
        return unknown(title, _("AWS did not report whether it is suspended"))
    parts = listed([_(_PARTS[part]) if part in _PARTS else part for part in target.suspensions])
    text = _("{name}: Auto Scaling is at least partly suspended.")
    outward = "DynamicScalingOut" in target.suspensions
    return CheckRow(
        measure=Measure(
            title=title,
            shown=_("suspended") if target.suspended else _("active"),
            allowed=_("active"),
            verdict=Verdict.ATTENTION if target.suspended else Verdict.NORMAL,
            note=parts,
        ),
        sentence=text.format(name=reading.name),
        advice=(_("Ask who suspended Auto Scaling, and until when."), *(written if outward else ())),
    )


def _policies(reading: ServiceReading, title: str, written: Sequence[str]) -> CheckRow:
    policies = reading.policies
    if isinstance(policies, AwsError):
        return unknown(title)
    idle = [policy for policy in policies if not policy.triggered]
    verdict, text, advice = Verdict.NORMAL, "", ""
    if not policies:
        verdict = Verdict.ABNORMAL
        text = _("{name}: there is no scaling policy, so no tasks are started when the load grows.")
        advice = _("Have the service's scaling policy recreated from the system's definition.")
    elif len(idle) == len(policies):
        verdict = Verdict.ABNORMAL
        text = _("{name}: no scaling policy has an alarm that could trigger it, so nothing scales.")
        advice = _("Have the service's scaling policy recreated from the system's definition.")
    elif idle:
        verdict = Verdict.ATTENTION
        text = _("{name}: nothing can trigger the scaling policy {policies}.")
        advice = _("Have the service's scaling policy recreated from the system's definition.")
    return CheckRow(
        measure=Measure(
            title=title,
            shown=listed([str(policy.name) for policy in policies]) or _("none"),
            allowed=_("1 or more"),
            verdict=verdict,
            value=len(policies),
        ),
        sentence=text.format(name=reading.name, policies=listed([str(policy.name) for policy in idle])),
        advice=tuple(filter(None, (advice, *(written if verdict is not Verdict.NORMAL else ())))),
    )
