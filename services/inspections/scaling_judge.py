"""One service's bounds beside what the runbook wants. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.i18n import _
from services.inspections.database_points import Point
from services.models.containers import ContainerService, ScalableTarget, ScheduledAction
from services.models.findings import Measure
from services.models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Expected:
    """What the runbook wants now."""

    maximum: int
    minimum: int | None
    """None: it does not say."""
    busy: bool = False
    """A duty has raised the limit, and none has taken it back."""
    other: int | None = None
    """A maximum that is right too, where nobody can say which it should be."""

    @property
    def sure(self) -> bool:
        """Only one maximum is right."""
        return self.other is None

    def fits(self, maximum: int) -> bool:
        """Whether this maximum is right."""
        return maximum in (self.maximum, self.other)


@dataclass(frozen=True, slots=True)
class Seen:
    """One service as it stands."""

    name: str
    service: ContainerService
    target: ScalableTarget | None
    actions: tuple[ScheduledAction, ...] | None
    """None: they could not be read."""


def points(seen: Seen, expected: Expected, *, several: bool, written: Sequence[str] = ()) -> Iterator[Point]:
    """Maximum, minimum, room below the maximum, whether scaling is suspended.

    `written`: what the runbook says to do about a high load.
    """

    def titled(title: str) -> str:
        return _("{title} ({label})").format(title=title, label=seen.name) if several else title

    target = seen.target
    if target is None:
        yield _unregistered(seen, titled(_("Maximum number of tasks")), expected)
        return
    yield _maximum(seen, target, titled(_("Maximum number of tasks")), expected)
    if expected.minimum is not None:
        yield _minimum(seen, target, titled(_("Minimum number of tasks")), expected.minimum)
    yield _room(seen, target, titled(_("Tasks wanted")), written)
    yield _suspended(seen, target, titled(_("Auto Scaling")))


def _unregistered(seen: Seen, title: str, expected: Expected) -> Point:
    note = _("Auto Scaling is not configured")
    return Point(
        measure=Measure(
            title=title, shown=_("none"), allowed=str(expected.maximum), verdict=Verdict.ABNORMAL, note=note
        ),
        said=_("{name}: Auto Scaling is not configured, so no task is started when the load grows.").format(
            name=seen.name
        ),
        advice=(_("Have the service's Auto Scaling registered again from the system's definition."),),
    )


def _maximum(seen: Seen, target: ScalableTarget, title: str, expected: Expected) -> Point:
    right = expected.fits(target.maximum)
    measure = Measure(
        title=title,
        shown=str(target.maximum),
        allowed=str(expected.maximum),
        verdict=Verdict.NORMAL if right else Verdict.ATTENTION,
        value=target.maximum,
        note=_("the runbook wants it raised on these days") if expected.busy else "",
    )
    text = _("{name}: at most {maximum} tasks, and the runbook wants {expected} now.")
    how = _(
        "Change the limit of {name} to {expected} in the console (press 4), or see the plan first: {command}"
    )
    return Point(
        measure=measure,
        said=text.format(name=seen.name, maximum=target.maximum, expected=expected.maximum),
        advice=(
            how.format(
                name=seen.name,
                expected=expected.maximum,
                command=f"toban change task-limit --max {expected.maximum} --plan",
            ),
        ),
        by_runbook=not right,
    )


def _minimum(seen: Seen, target: ScalableTarget, title: str, wanted: int) -> Point:
    right = target.minimum == wanted
    text = _("{name}: at least {minimum} tasks, and the runbook says {expected}.")
    return Point(
        measure=Measure(
            title=title,
            shown=str(target.minimum),
            allowed=str(wanted),
            verdict=Verdict.NORMAL if right else Verdict.ATTENTION,
            value=target.minimum,
        ),
        said=text.format(name=seen.name, minimum=target.minimum, expected=wanted),
        advice=(_("Ask who changed the minimum, and correct it or the runbook."),),
    )


def _room(seen: Seen, target: ScalableTarget, title: str, written: Sequence[str]) -> Point:
    full = seen.service.desired >= target.maximum
    text = _("{name} is at its maximum: {desired} tasks of at most {maximum}.")
    return Point(
        measure=Measure(
            title=title,
            shown=str(seen.service.desired),
            allowed=f"< {target.maximum}",
            verdict=Verdict.ATTENTION if full else Verdict.NORMAL,
            value=seen.service.desired,
            note=_("{running} running, {pending} pending").format(
                running=seen.service.running, pending=seen.service.pending
            ),
        ),
        said=text.format(name=seen.name, desired=seen.service.desired, maximum=target.maximum),
        advice=(_("At its maximum the service starts no further task, however great the load."), *written),
    )


def _suspended(seen: Seen, target: ScalableTarget, title: str) -> Point:
    return Point(
        measure=Measure(
            title=title,
            shown=_("suspended") if target.suspended else _("active"),
            allowed=_("active"),
            verdict=Verdict.ATTENTION if target.suspended else Verdict.NORMAL,
        ),
        said=_("{name}: Auto Scaling is suspended, at least in part.").format(name=seen.name),
        advice=(_("Ask who suspended Auto Scaling, and until when."),),
    )
