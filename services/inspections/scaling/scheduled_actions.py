from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from services.aws.autoscaling.schedules import UnreadableSchedule, moments
from services.aws.client.errors import AwsError
from services.i18n import _
from services.inspections.scaling.evaluation import Expected, Titles, unknown
from services.inspections.scaling.reading import ServiceReading
from services.inspections.toolkit.checks import CheckRow
from services.models.date_text import zoned_time
from services.models.ecs import ContainerService, ScalableTarget, ScheduledAction
from services.models.findings import Measure
from services.models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Ahead:
    now: datetime
    until: datetime  # The next run, but at least the coming night
    zone: tzinfo
    expected_at: Callable[[datetime], Expected]


@dataclass(frozen=True, slots=True)
class _Bounds:
    minimum: int
    maximum: int

    def after(self, action: ScheduledAction) -> "_Bounds":
        return _Bounds(
            self.minimum if action.minimum is None else action.minimum,
            self.maximum if action.maximum is None else action.maximum,
        )


def coming(reading: ServiceReading, titles: Titles, ahead: Ahead) -> Iterator[CheckRow]:
    title, target = titles(_("Scheduled actions")), reading.target
    if isinstance(reading.actions, AwsError):
        yield unknown(title)
        return
    if isinstance(target, AwsError):
        return  # reported by the check of the bounds
    if target is None:
        target = ScalableTarget(minimum=0, maximum=0)  # scheduled actions have no effect without one
    results: list[CheckRow] = []
    if not _suspended(target):
        results += _cuts(reading, target, ahead, titles)
        results += _unreadable(reading.actions, ahead, titles)
    yield from results
    if not results:
        until = zoned_time(ahead.until, ahead.zone)
        yield CheckRow(
            measure=Measure(
                title=title,
                shown=str(len(reading.actions)),
                allowed=_("none that reduces before {time}", time=until),
                verdict=Verdict.NORMAL,
                note=_("suspended") if _suspended(target) and reading.actions else "",
            )
        )


def _suspended(target: ScalableTarget) -> bool:
    return "ScheduledScaling" in (target.suspensions or ())


def _cuts(
    reading: ServiceReading, target: ScalableTarget, ahead: Ahead, titles: Titles
) -> Iterator[CheckRow]:
    service = reading.service if isinstance(reading.service, ContainerService) else None
    bounds, ids = _Bounds(target.minimum, target.maximum), set[str]()
    for at, action in _in_order(reading, ahead):
        before, after = bounds, bounds.after(action)
        why = list(_why(before, after, ahead.expected_at(at), service))
        if after.minimum <= after.maximum:
            bounds = after
        if why and action.id not in ids:
            ids.add(action.id)
            yield _cut(reading.name, action, at, before, after, why, ahead, titles)


def _in_order(reading: ServiceReading, ahead: Ahead) -> list[tuple[datetime, ScheduledAction]]:
    assert not isinstance(reading.actions, AwsError)
    pairs: list[tuple[datetime, ScheduledAction]] = []
    for action in reading.actions:
        try:
            pairs += [(at, action) for at in moments(action, ahead.now, ahead.until)]
        except UnreadableSchedule:
            continue
    return sorted(pairs, key=lambda pair: (pair[0], pair[1].id))


def _why(
    before: _Bounds, after: _Bounds, expected: Expected, service: ContainerService | None
) -> Iterator[str]:
    if after.minimum > after.maximum:
        yield _("AWS will reject it: the minimum would be above the maximum")
        return
    if after.maximum < before.maximum and after.maximum < min(
        expected.maximum, expected.other or expected.maximum
    ):
        yield _("the runbook requires a maximum of {expected} then", expected=expected.maximum)
    minimum = expected.minimum
    if after.minimum < before.minimum:
        if minimum is not None and after.minimum < minimum:
            yield _("the runbook requires a minimum of {expected} then", expected=minimum)
        elif minimum is None and not after.minimum:
            yield _("no task needs to run from then on")
    if service is not None and after.maximum < before.maximum and after.maximum < service.desired:
        text = _("stops {count} of the {desired} desired tasks immediately")
        yield text.format(count=service.desired - after.maximum, desired=service.desired)


def _cut(
    name: str,
    action: ScheduledAction,
    at: datetime,
    before: _Bounds,
    after: _Bounds,
    why: Sequence[str],
    ahead: Ahead,
    titles: Titles,
) -> CheckRow:
    changes = []
    if after.maximum != before.maximum:
        changes.append(_("maximum {before} → {after}", before=before.maximum, after=after.maximum))
    if after.minimum != before.minimum:
        changes.append(_("minimum {before} → {after}", before=before.minimum, after=after.minimum))
    what, reasons, when = _(", ").join(changes), _(", ").join(why), zoned_time(at, ahead.zone)
    text = _("{name}: at {time} the scheduled action {action} reduces: {change} ({why}).")
    return CheckRow(
        measure=Measure(
            title=titles(_("Scheduled action {name}", name=action.name)),
            shown=what or str(action.schedule),
            allowed=_("no reduction"),
            verdict=Verdict.ATTENTION,
            at=at,
            note=_("at {time}: {why}", time=when, why=reasons),
        ),
        sentence=text.format(name=name, time=when, action=action.name, change=what, why=reasons),
        advice=(
            _(
                "Ask who scheduled {action}, and have it deleted or moved before {time} if it is not needed."
            ).format(action=action.name, time=when),
        ),
        by_runbook=True,
    )


def _unreadable(actions: Sequence[ScheduledAction], ahead: Ahead, titles: Titles) -> Iterator[CheckRow]:
    for action in actions:
        title = titles(_("Scheduled action {name}", name=action.name))
        if action.minimum is None and action.maximum is None:
            yield unknown(title, _("AWS did not report what it changes"))
            continue
        try:
            moments(action, ahead.now, ahead.until)
        except UnreadableSchedule:
            text = _("its time cannot be determined from {schedule}")
            yield unknown(title, text.format(schedule=f"{action.schedule} {action.timezone}"))
