from collections.abc import Iterable
from datetime import UTC, datetime

from services.models.alarms import Alarm, AlarmOverview, AlarmState
from services.models.base import RawId
from services.models.cloudtrail import TrailEvent
from services.models.ecs import ContainerService
from services.models.first_wave import AlarmMoment, LogEntry
from services.models.incidents import OUTAGE, Incident
from services.models.logs import LogLine
from services.models.runbook import Runbook

_TRAIL_FIELDS = tuple(TrailEvent.model_fields)


def moment_of(alarm: Alarm, now: datetime) -> AlarmMoment:
    """The alarm as a first wave sees it at `now`; one that does not fire is judged by the present."""
    metric = next((query for query in alarm.queries if query.metric), None)
    plain = metric if len(alarm.queries) == 1 else None
    fires = alarm.state in (AlarmState.ALARM, AlarmState.INSUFFICIENT)
    since = alarm.since if fires else None
    return AlarmMoment(
        id=alarm.id,
        name=alarm.name,
        since=since or now,
        fires=fires,
        reason=alarm.reason,
        namespace=plain.namespace if plain else RawId(""),
        metric=plain.metric if plain else RawId(""),
        threshold=alarm.threshold,
        dimensions=metric.dimensions if metric else (),
        comparison=alarm.comparison,
        queries=alarm.queries,
    )


def moment_of_incident(incident: Incident, overview: AlarmOverview | None, now: datetime) -> AlarmMoment:
    """The alarm that an incident began with, counted from when it last fired; `overview` is the newest reading of alarms."""
    alarms = overview.alarms if overview is not None else ()
    alarm = next((alarm for alarm in alarms if alarm.id == incident.target), None)
    if alarm is None and incident.is_without_alarm:
        metric = "HealthyHostCount" if incident.target == f"{OUTAGE}targets" else "RequestCount"
        return AlarmMoment(
            id=incident.target,
            name=incident.title,
            since=incident.firing_since,
            namespace=RawId("AWS/ApplicationELB"),
            metric=RawId(metric),
        )
    if alarm is None:
        return AlarmMoment(id=incident.target, name=incident.target, since=incident.firing_since)
    return moment_of(alarm, now).model_copy(update={"since": incident.firing_since, "fires": True})


def service_name(alarm: AlarmMoment, runbook: Runbook) -> str:
    """The ECS service that the alarm is about, or else the runbook's first; "" if it names none."""
    if runbook.ecs is None:
        return ""
    name = dict(alarm.dimensions).get(RawId("ServiceName"))
    return name if name in runbook.ecs.services else runbook.ecs.services[0]


def may_be_mixed(service: ContainerService, since: datetime) -> bool:
    recent = any(each.created is None or each.created >= since for each in service.deployments)
    return recent or len(service.deployments) != 1


def target_group_of(service: ContainerService, runbook: Runbook) -> str:
    """The ARN of the service's target group: the one that the runbook names, or else the first; "" without any."""
    name = runbook.alb.target_group if runbook.alb else ""
    own = (arn for arn in service.target_groups if name and arn.endswith(f":{name}"))
    return next(own, next(iter(service.target_groups), ""))


def entries_of(lines: Iterable[LogLine]) -> tuple[LogEntry, ...]:
    return tuple(
        LogEntry(at=datetime.fromtimestamp(line.at / 1000, UTC), stream=line.stream, text=line.text)
        for line in lines
    )


def plain_events(events: Iterable[TrailEvent]) -> tuple[TrailEvent, ...]:
    return tuple(TrailEvent(**{name: getattr(event, name) for name in _TRAIL_FIELDS}) for event in events)
