"""Application Auto Scaling of ECS services: bounds, policies, scheduled actions, decisions. Source:
DescribeScalableTargets, DescribeScalingPolicies, DescribeScheduledActions, DescribeScalingActivities
(Application Auto Scaling API reference)."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.aws.client.reader import Answer, Reader, finite, incomplete, readable_name, rows, when, whole
from services.i18n import _
from services.models.base import RawId
from services.models.ecs import (
    ScalableTarget,
    ScalingActivities,
    ScalingActivity,
    ScalingPolicy,
    ScheduledAction,
)
from services.models.text import clean

DIMENSION = "ecs:service:DesiredCount"
SERVICE = "application-autoscaling"
_PARTS = ("DynamicScalingIn", "DynamicScalingOut", "ScheduledScaling")
_KINDS = ("TargetTrackingScaling", "StepScaling", "PredictiveScaling")
_POLICY = re.compile(r"scalingPolicy:[^:]+:")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)\)")


class AutoScalingReader:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def target(self, cluster: str, name: str) -> ScalableTarget | None:
        """A service's capacity bounds; None if it is not registered. Raises AwsError (Incomplete: no bounds)."""
        answer = await self._session.read(
            SERVICE,
            "DescribeScalableTargets",
            required=("ScalableTargets",),
            ServiceNamespace="ecs",
            ResourceIds=[f"service/{cluster}/{name}"],
            ScalableDimension=DIMENSION,
        )
        for row in rows(answer, "ScalableTargets"):
            suspended = row.get("SuspendedState")
            minimum, maximum = whole(row.get("MinCapacity")), whole(row.get("MaxCapacity"))
            if minimum is None or maximum is None:
                text = _("AWS returned the scaling of {name} without its bounds.")
                raise incomplete(text.format(name=clean(name)), SERVICE, "DescribeScalableTargets")
            return ScalableTarget(
                minimum=minimum,
                maximum=maximum,
                suspended=any((suspended or {}).values()),
                suspensions=_suspensions(suspended or {}),
            )
        return None

    async def policies(self, cluster: str, name: str) -> tuple[ScalingPolicy, ...]:
        """A service's scaling policies, sorted by name. Raises AwsError."""
        pages = self._session.pages(
            SERVICE, "DescribeScalingPolicies", required=("ScalingPolicies",), **_of(cluster, name)
        )
        policies = [_policy(row) async for page in pages for row in rows(page, "ScalingPolicies")]
        return tuple(sorted(policies, key=lambda policy: policy.id))

    async def scheduled_actions(self, cluster: str, name: str) -> tuple[ScheduledAction, ...]:
        """A service's scheduled actions: one-time actions first, soonest first, then recurring ones by name.
        Raises AwsError."""
        pages = self._session.pages(
            SERVICE, "DescribeScheduledActions", required=("ScheduledActions",), **_of(cluster, name)
        )
        actions = [_scheduled(row) async for page in pages for row in rows(page, "ScheduledActions")]
        return tuple(sorted(actions, key=lambda action: (action.at or _NEVER, action.id)))

    async def activities(self, cluster: str, name: str, limit: int = 50) -> tuple[ScalingActivity, ...]:
        """A service's latest scaling decisions, newest first, including those without effect. AWS keeps them
        for six weeks. Raises AwsError."""
        return (await self.decisions(cluster, name, limit)).activities

    async def decisions(self, cluster: str, name: str, limit: int = 50) -> ScalingActivities:
        """The same, with the number of decisions without a time. Raises AwsError."""
        activities: list[ScalingActivity] = []
        undated = 0
        pages = self._session.pages(
            SERVICE,
            "DescribeScalingActivities",
            required=("ScalingActivities",),
            IncludeNotScaledActivities=True,
            **_of(cluster, name),
        )
        async for page in pages:
            read = [_activity(row) for row in rows(page, "ScalingActivities")]
            activities += filter(None, read)
            undated += read.count(None)
            if len(activities) >= limit:
                break
        activities.sort(key=lambda activity: activity.at, reverse=True)
        return ScalingActivities(activities=tuple(activities[:limit]), undated=undated)


_NEVER = datetime.max.replace(tzinfo=UTC)


def _of(cluster: str, name: str) -> dict[str, Any]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{cluster}/{name}",
        "ScalableDimension": DIMENSION,
    }


def _suspensions(state: Answer) -> tuple[str, ...] | None:
    """The suspended parts, without the suffix `Suspended`; None if AWS omits one."""
    if not all(isinstance(state.get(f"{part}Suspended"), bool) for part in _PARTS):
        return None
    return tuple(sorted(key.removesuffix("Suspended") for key, suspended in state.items() if suspended))


def _activity(row: Answer) -> ScalingActivity | None:
    at = when(row.get("StartTime"))
    if at is None:
        return None
    return ScalingActivity(
        at=at,
        status=clean(row.get("StatusCode")),
        description=row.get("Description"),
        cause=row.get("Cause"),
        not_scaled=tuple(clean(why.get("Code")) for why in rows(row, "NotScaledReasons")),
    )


def _policy(row: Answer) -> ScalingPolicy:
    tracking = row.get("TargetTrackingScalingPolicyConfiguration") or {}
    predefined = tracking.get("PredefinedMetricSpecification") or {}
    custom = tracking.get("CustomizedMetricSpecification") or {}
    name = str(row.get("PolicyName") or "")
    alarms = [readable_name(alarm.get("AlarmName")) for alarm in rows(row, "Alarms")]
    return ScalingPolicy(
        id=RawId(name),
        name=name,
        kind=clean(row.get("PolicyType")),
        target=finite(tracking.get("TargetValue")),
        metric=predefined.get("PredefinedMetricType") or custom.get("MetricName") or "",
        scales_in=not tracking.get("DisableScaleIn", False),
        triggered=_triggered(row),
        key=RawId(_key(row)),
        alarms=tuple(RawId(alarm) for alarm in alarms if alarm),
        unread=not all(alarms) or row.get("PolicyType") not in _KINDS,
    )


def _key(row: Answer) -> str:
    """`scalingPolicy:<id>:`, because an action's ARN may have a suffix that the policy's lacks (`:createdBy/…`)."""
    match = _POLICY.search(str(row.get("PolicyARN") or ""))
    return readable_name(match[0]) if match is not None else ""


def _triggered(row: Answer) -> bool:
    if row.get("PolicyType") == "PredictiveScaling":
        predicting = row.get("PredictiveScalingPolicyConfiguration") or {}
        return predicting.get("Mode") == "ForecastAndScale"
    return bool(rows(row, "Alarms"))


def _scheduled(row: Answer) -> ScheduledAction:
    name, schedule = str(row.get("ScheduledActionName") or ""), str(row.get("Schedule") or "")
    timezone, bounds = str(row.get("Timezone") or "UTC"), row.get("ScalableTargetAction") or {}
    capacities = [bounds.get(key) for key in ("MinCapacity", "MaxCapacity")]
    # Unnamed actions would be indistinguishable; an unreadable bound would look like one that does not change.
    if not name or any(bound is not None and whole(bound) is None for bound in capacities):
        text = _("AWS returned a scheduled action without a name or with unreadable bounds.")
        raise incomplete(text, SERVICE, "DescribeScheduledActions")
    return ScheduledAction(
        id=RawId(name),
        name=name,
        schedule=RawId(schedule),
        timezone=clean(timezone),
        at=_moment(schedule, timezone),
        start=when(row.get("StartTime")),
        end=when(row.get("EndTime")),
        created=when(row.get("CreationTime")),
        minimum=capacities[0],
        maximum=capacities[1],
    )


def _moment(schedule: str, timezone: str) -> datetime | None:
    """The time of an `at(…)` schedule; None for other schedules and for unknown time zones."""
    match = _AT.fullmatch(schedule)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return None
