import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.aws.client.errors import AwsError
from services.i18n import _, plural
from services.inspections.scaling.evaluation import Titles, unknown
from services.inspections.scaling.reading import ServiceReading
from services.inspections.toolkit.checks import CheckRow
from services.inspections.toolkit.toolkit_wording import age_text, length
from services.models.ecs import ContainerService, Deployment, ScalingActivity, ServiceEvent
from services.models.findings import Measure
from services.models.service_events import service_event
from services.models.verdict import Verdict, judgement

# Computes since when a service has had fewer tasks than desired, and when it last made progress. Pure.
#
# ECS reports neither. It writes "has reached a steady state" when all tasks run, and again at least every six hours, so a
# shortage begins with the first event after the newest of these. A repeated event is written again only after its cause
# has gone, or after six hours. Source: "Amazon ECS service event messages" (developer guide).


_STEADY = re.compile(r"has reached a steady state")
_HARMLESS = re.compile(r"has reached a steady state|deployment completed|\bregistered \d+ targets")
"""Events of a healthy service, in the same second as the steady state or later."""
COUNTED = re.compile(r"desired count", re.IGNORECASE)
"""Matches the description of a scaling decision that changed the desired count."""
_UNSTARTED = re.compile(
    r"unable to (place a task|consistently start tasks)|operations are being throttled", re.IGNORECASE
)
_FAILED = re.compile(r"deployment failed|rolling back|rolled back", re.IGNORECASE)


def last_steady(service: ContainerService) -> datetime | None:
    """When ECS last reported that everything runs (UTC)."""
    return max((event.at for event in service.events if _STEADY.search(event.message)), default=None)


def _beginnings(service: ContainerService, activities: tuple[ScalingActivity, ...]) -> Iterator[datetime]:
    yield from (event.at for event in service.events if not _HARMLESS.search(event.message))
    yield from _created(service)
    for activity in activities:
        if not activity.not_scaled and COUNTED.search(activity.description):
            yield activity.at


def last_progress(service: ContainerService) -> datetime | None:
    """When the service last made progress: its newest event, or the start of its newest deployment (UTC)."""
    moments = [event.at for event in service.events]
    moments += _created(service)
    return max(moments, default=None)


def _created(service: ContainerService) -> list[datetime]:
    return [deployment.created for deployment in service.deployments if deployment.created is not None]


def start_failures(service: ContainerService) -> list[ServiceEvent]:
    return [event for event in service.events if _UNSTARTED.search(event.message)]


def failure_event(service: ContainerService) -> ServiceEvent | None:
    return next((event for event in service.events if _FAILED.search(event.message)), None)


GRACE = timedelta(minutes=3)  # How long a task may take to start; until then a shortage is not a fault
DRAINING = timedelta(minutes=15)
"""How long a deployment may wait for old tasks without an event once all of its own run: they drain for minutes."""
LONG = timedelta(minutes=30)  # A longer deployment always asks for attention
CONTROLLERS = ("ECS", "CODE_DEPLOY", "EXTERNAL")
ROLLOUTS = ("COMPLETED", "IN_PROGRESS", "FAILED")
BREAKER = 3
"""Minimum number of failed tasks at which ECS's circuit breaker stops a deployment; otherwise half of the desired
count."""
DAY, CLOSE = timedelta(days=1), timedelta(minutes=20)
"""How far back messages on tasks that could not be started are judged; within what time three of them are a fault."""
_AROUND = timedelta(minutes=2)
"""Maximum time between ECS's event on a failed deployment and the start of the rollback deployment."""
_BACK = re.compile(r"roll(ing|ed)?[ -]?back", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clockwork:
    now: datetime
    patience: timedelta  # How long the runbook waits for a recovery
    short_before: datetime | None = None
    """When an earlier run first found too few tasks, if no run since has found enough."""

    def since(self, moment: datetime) -> timedelta:
        """The time since `moment`; never negative, because AWS's clock may be ahead of this one."""
        return max(timedelta(0), self.now - moment)


def tasks(
    reading: ServiceReading, titles: Titles, clock: Clockwork, written: Sequence[str]
) -> Iterator[CheckRow]:
    """The service's status, and for an active service running tasks, failed tasks and the rollout. `written`:
    the runbook's advice on tasks that do not run."""
    service = reading.service
    if isinstance(service, AwsError):
        yield _missing(service, titles, written) if reading.missing else unknown(titles(_("Service")))
        return
    yield _status(service, titles(_("Service")), written)
    if service.status != "ACTIVE":
        return
    yield _running(reading, service, titles(_("Tasks running")), clock, written)
    yield _unstarted(service, titles(_("Tasks that could not be started")), clock, written)
    if service.controller not in CONTROLLERS:
        yield unknown(titles(_("Deployment")), _("AWS did not return its deployment controller"))
        return
    if service.controller != "ECS":
        yield _elsewhere(service, titles(_("Deployment")))
        return
    yield _failed(service, titles(_("Consecutive failed tasks")), written)
    yield _rollout(service, titles(_("Deployment")), clock, written)


def _missing(error: AwsError, titles: Titles, written: Sequence[str]) -> CheckRow:
    return CheckRow(
        measure=Measure(
            title=titles(_("Service")),
            shown=_("missing"),
            allowed="ACTIVE",
            verdict=Verdict.ABNORMAL,
            note=error.problem.detail,
        ),
        sentence=error.problem.summary,
        advice=(*filter(None, (error.problem.advice,)), *written),
    )


def _status(service: ContainerService, title: str, written: Sequence[str]) -> CheckRow:
    if not service.status:
        return unknown(title, _("AWS did not report whether it is active"))
    active = service.status == "ACTIVE"
    text = _("{name} is {status}: it is being or has been deleted.")
    return CheckRow(
        measure=Measure(
            title=title,
            shown=service.status,
            allowed="ACTIVE",
            verdict=Verdict.NORMAL if active else Verdict.ABNORMAL,
        ),
        sentence=text.format(name=service.name, status=service.status),
        advice=(_("Ask who deleted the service; have it recreated from the system's definition."), *written),
    )


def _running(
    reading: ServiceReading, service: ContainerService, title: str, clock: Clockwork, written: Sequence[str]
) -> CheckRow:
    verdict, note, text = Verdict.NORMAL, "", ""
    if service.running < service.desired:
        decisions = reading.decisions
        activities = () if isinstance(decisions, AwsError) else decisions.activities
        # The latest possible beginning of the shortage (UTC); None if nothing shows it.
        steady = last_steady(service)
        later = [at for at in _beginnings(service, activities) if steady is None or at > steady]
        began = min(later, default=None) or clock.short_before or _just_steady(service, clock)
        if began is None or service.undated:
            verdict, note = Verdict.UNKNOWN, _("since when is not known; rerun in some minutes")
        else:
            verdict = _shortage(service, clock, clock.since(began))
            note = _("for {length}", length=length(clock.since(began)))
        if service.running == 0:
            verdict = Verdict.ABNORMAL
        text = plural(
            "{name}: {running} of {desired} task is running ({note}).",
            "{name}: {running} of {desired} tasks are running ({note}).",
            service.desired,
        )
    return CheckRow(
        measure=Measure(
            title=title,
            shown=str(service.running),
            allowed=_("{count} or more", count=service.desired),
            verdict=verdict,
            value=service.running,
            note=note,
        ),
        sentence=text.format(name=service.name, running=service.running, desired=service.desired, note=note),
        advice=tuple(written),
    )


def _just_steady(service: ContainerService, clock: Clockwork) -> datetime | None:
    steady = last_steady(service)
    return steady if steady is not None and clock.since(steady) < GRACE else None


def short_again(service: ContainerService, before: datetime | None, now: datetime) -> datetime | None:
    if service.running >= service.desired:
        return None
    steady = last_steady(service)
    return now if before is None or (steady is not None and steady > before) else before


def _shortage(service: ContainerService, clock: Clockwork, lasted: timedelta) -> Verdict:
    if lasted < GRACE:
        return Verdict.NORMAL
    moved = last_progress(service)
    failing = any(deployment.failed for deployment in service.deployments)
    # Outside a deployment, repeatedly restarted tasks are not progress, although AWS counts none as failed.
    deploying = any(deployment.rollout == "IN_PROGRESS" for deployment in service.deployments)
    moving = deploying and moved is not None and clock.since(moved) < GRACE and not failing
    return Verdict.ATTENTION if lasted < clock.patience or moving else Verdict.ABNORMAL


def _unstarted(service: ContainerService, title: str, clock: Clockwork, written: Sequence[str]) -> CheckRow:
    """ECS's own messages of the last day; it leaves repeated ones out, so that a few are many."""
    events = [each for each in start_failures(service) if clock.since(each.at) < DAY]
    steady = last_steady(service)
    close = any(first.at - third.at <= CLOSE for first, third in zip(events, events[2:], strict=False))
    over = not events or (steady is not None and steady > events[0].at)
    verdict = Verdict.NORMAL if not events else Verdict.ABNORMAL if close and not over else Verdict.ATTENTION
    judged = judgement((verdict, Verdict.UNKNOWN if service.undated else None))
    note = (
        _("{age}: {event}", age=age_text(clock.since(events[0].at)), event=service_event(events[0].message))
        if events
        else ""
    )
    text = plural(
        "{name}: ECS reported {count} time within a day that it could not start a task ({note}).",
        "{name}: ECS reported {count} times within a day that it could not start a task ({note}).",
        len(events),
    )
    return CheckRow(
        measure=Measure(
            title=title, shown=str(len(events)), allowed="0", **judged, value=len(events), note=note
        ),
        sentence=text.format(name=service.name, count=len(events), note=note),
        advice=tuple(written),
    )


def _failed(service: ContainerService, title: str, written: Sequence[str]) -> CheckRow:
    counts = [deployment.failed for deployment in service.deployments if deployment.failed is not None]
    if not counts or len(counts) < len(service.deployments):
        return unknown(title, _("AWS did not report how many failed"))
    count = max(counts)
    many = count >= max(BREAKER, math.ceil(service.desired / 2))
    verdict = Verdict.ABNORMAL if many else Verdict.ATTENTION if count else Verdict.NORMAL
    text = plural(
        "{name}: {count} task failed to start or to become healthy.",
        "{name}: {count} tasks in a row failed to start or to become healthy.",
        count,
    )
    return CheckRow(
        measure=Measure(
            title=title,
            shown=str(count),
            allowed="0",
            verdict=verdict,
            value=count,
            note=_("AWS resets the count as soon as one is healthy"),
        ),
        sentence=text.format(name=service.name, count=count),
        advice=tuple(written),
    )


def _elsewhere(service: ContainerService, title: str) -> CheckRow:
    note = _("not run by ECS, which therefore does not report its progress")
    return CheckRow(measure=Measure(title=title, shown=service.controller, note=note))


def _rollout(service: ContainerService, title: str, clock: Clockwork, written: Sequence[str]) -> CheckRow:
    deployments = service.deployments
    primary = next((deployment for deployment in deployments if deployment.status == "PRIMARY"), None)
    if primary is None or primary.rollout not in ROLLOUTS:
        return unknown(title, _("AWS did not report its progress"))
    verdict, state, text, note = _judged(service, primary, clock)
    complete = all(deployment.rollout in ROLLOUTS for deployment in deployments) and primary.reason
    if not complete and verdict in (Verdict.NORMAL, Verdict.UNKNOWN):
        return unknown(title, _("AWS did not report its progress"))
    return CheckRow(
        measure=Measure(
            title=title,
            shown=state,
            allowed=_("completed"),
            **judgement((verdict, None if complete else Verdict.UNKNOWN)),
            note=note,
        ),
        sentence=_("{name}: {text}", name=service.name, text=text),
        advice=tuple(written),
    )


def _judged(
    service: ContainerService, primary: Deployment, clock: Clockwork
) -> tuple[Verdict, str, str, str]:
    """(verdict, displayed value, sentence, note) of the rollout."""
    failed = next((deployment for deployment in service.deployments if deployment.rollout == "FAILED"), None)
    if failed is not None:
        text = _("the deployment of {definition} failed: {reason}")
        words = text.format(definition=failed.task_definition, reason=failed.reason or _("no reason given"))
        return Verdict.ABNORMAL, _("failed"), words, failed.reason
    event = failure_event(service)
    if primary.created is not None and event is not None and event.at < primary.created - _AROUND:
        event = None  # a newer deployment has followed
    if _BACK.search(primary.reason) or event is not None:
        reason = event.message if event is not None else primary.reason
        if primary.rollout == "IN_PROGRESS":
            text = _("the deployment failed and is being rolled back: {reason}")
            return Verdict.ABNORMAL, _("rolling back"), text.format(reason=reason), reason
        text = _("the newest deployment failed and was rolled back: {reason}")
        return Verdict.ATTENTION, _("rolled back"), text.format(reason=reason), reason
    if primary.rollout == "COMPLETED":
        return Verdict.NORMAL, _("completed"), "", ""
    return _in_progress(service, primary, clock)


def _in_progress(
    service: ContainerService, primary: Deployment, clock: Clockwork
) -> tuple[Verdict, str, str, str]:
    state = _("in progress")
    moved = last_progress(service)
    if primary.created is None or moved is None or service.undated or not primary.counted:
        note = _("since when is not known; rerun in some minutes")
        return Verdict.UNKNOWN, state, _("a deployment is in progress ({note})", note=note), note
    lasted, quiet = clock.since(primary.created), clock.since(moved)
    note = _("for {length}, last event {age}", length=length(lasted), age=age_text(quiet))
    filling = primary.running < primary.desired
    if filling and quiet >= clock.patience:
        text = _("the deployment of {definition} is not progressing: {running} of {desired} running ({note})")
        words = text.format(
            definition=primary.task_definition, running=primary.running, desired=primary.desired, note=note
        )
        return Verdict.ABNORMAL, state, words, note
    slow = lasted >= LONG or quiet >= DRAINING
    text = _("the deployment of {definition} is still in progress ({note})")
    words = text.format(definition=primary.task_definition, note=note)
    return Verdict.ATTENTION if slow else Verdict.NORMAL, state, words, note
