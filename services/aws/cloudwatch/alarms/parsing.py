from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.aws.client.reader import Answer, finite, inside, is_readable, rows, when, whole
from services.aws.cloudwatch.alarms.actions import action_arns, notifies_somebody, only_scales, scaling_arns
from services.i18n import _
from services.models.alarms import WARM_UP_UNTOLD, Alarm, AlarmKind, AlarmState, AlarmTransition, Contributor
from services.models.base import RawId, share_fields_set
from services.models.metrics import MetricQuery
from services.toml.mistakes import near

# An alarm's warm-up: the time after a change in which AWS neither evaluates it nor runs its actions; pure.
#
# Source: WarmUpConfiguration (Amazon CloudWatch API reference), "Alarm warm-up periods" (User Guide).


LONGEST = 2880  # AWS's maximum warm-up in minutes


def warm_up_end(row: Answer, state: AlarmState, since: datetime | None) -> datetime | None:
    """The latest end of its warm-up; None without one, or if it was evaluated since its last change. AWS
    evaluates early if the window fills early, unless the alarm requires the full warm-up."""
    warm_up = row.get("WarmUpConfiguration")
    configured = when(row.get("AlarmConfigurationUpdatedTimestamp"))
    if not isinstance(warm_up, dict) or configured is None:
        return None
    minutes = whole(warm_up.get("WarmUpPeriodDurationInMinutes"), LONGEST)
    early = not warm_up.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds")
    evaluated = state is not AlarmState.INSUFFICIENT and since is not None and since > configured
    if early and evaluated:
        return None
    return configured + timedelta(minutes=max(0, min(minutes, LONGEST)))


def warm_up_doubt(row: Answer) -> str:
    """WARM_UP_UNTOLD if it cannot be determined whether the alarm is warming up, else ""."""
    has_one = row.get("WarmUpConfiguration") is not None
    return WARM_UP_UNTOLD if has_one and when(row.get("AlarmConfigurationUpdatedTimestamp")) is None else ""


def warmed(alarm: Alarm, now: datetime) -> Alarm:
    """The alarm at `now`: an OK state during warm-up becomes INSUFFICIENT, because nothing is evaluated."""
    if alarm.warm_up_until is None:
        return alarm
    if alarm.warm_up_until <= now:
        return alarm.model_copy(update={"warm_up_until": None})
    blind = AlarmState.INSUFFICIENT if alarm.state is AlarmState.OK else alarm.state
    return alarm.model_copy(update={"state": blind})


STATES = {"OK": AlarmState.OK, "ALARM": AlarmState.ALARM, "INSUFFICIENT_DATA": AlarmState.INSUFFICIENT}
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside",
    "LessThanLowerThreshold": "outside",
    "GreaterThanUpperThreshold": "outside",
}
ORDER = (AlarmState.ALARM, AlarmState.MISSING, AlarmState.INSUFFICIENT, AlarmState.OK)
COMPARED = 2000  # Number of names up to which a missing alarm's is compared with them
EVENTFUL = ("AWS/ApplicationELB", "AWS/ELB", "AWS/Lambda", "AWS/ApiGateway", "AWS/CloudFront", "AWS/WAFV2")
"""Namespaces whose metrics are reported only while there are requests."""
HISTORY_KINDS = {
    "StateUpdate": "state",
    "ConfigurationUpdate": "configuration",
    "Action": "action",
    "AlarmContributorStateUpdate": "contributor",
    "AlarmContributorAction": "action",
}


def metric_alarm(row: Answer) -> Alarm:
    queries = alarm_queries(row)
    periods = [query.period for query in queries if query.metric]
    promql = _dig(row, "EvaluationCriteria", "PromQLCriteria", "Query")
    evaluations = whole(row.get("EvaluationPeriods"), 1)
    return _alarm(
        row,
        AlarmKind.METRIC,
        queries=queries,
        period=whole(row.get("Period"), max(periods, default=whole(row.get("EvaluationInterval"), 60))),
        evaluation_periods=evaluations,
        datapoints_to_alarm=whole(row.get("DatapointsToAlarm"), evaluations),
        rule=promql or "",
        several=bool(promql) or any(_grouped(query.expression) for query in queries),
        **_threshold(row),
    )


def composite_alarm(row: Answer) -> Alarm:
    suppressor = str(row.get("ActionsSuppressor") or "")
    return _alarm(
        row,
        AlarmKind.COMPOSITE,
        rule=row.get("AlarmRule"),
        suppressor=RawId(suppressor),
        muted_by=(alarm_name(suppressor) or _("another alarm")) if row.get("ActionsSuppressedBy") else "",
    )


def log_alarm(row: Answer) -> Alarm:
    evaluations = whole(row.get("QueryResultsToEvaluate"), 1)
    return _alarm(
        row,
        AlarmKind.LOG,
        rule=_dig(row, "ScheduledQueryConfiguration", "QueryString") or "",
        evaluation_periods=evaluations,
        datapoints_to_alarm=whole(row.get("QueryResultsToAlarm"), evaluations),
        several=True,
        **_threshold(row),
    )


def _grouped(expression: str) -> bool:
    return expression.lstrip()[:6].upper() == "SELECT"


def eventful(namespace: str, metric: str) -> bool:
    """Whether AWS reports this metric only while there is traffic; host counts are always reported."""
    return namespace in EVENTFUL and not metric.endswith("HostCount")


def sparse(alarm: Alarm) -> bool:
    metrics = [query for query in alarm.queries if query.metric]
    return (
        alarm.treat_missing == "missing"
        and bool(metrics)
        and all(eventful(query.namespace, query.metric) for query in metrics)
    )


def missing_alarm(name: str, others: Collection[str] = ()) -> Alarm:
    # Among thousands of alarms a similar name says little, and comparing them all takes long.
    similar = near(name, others) if len(others) <= COMPARED else ""
    return Alarm(id=RawId(name), name=name, state=AlarmState.MISSING, expected=True, near=similar)


def _alarm(row: Answer, kind: AlarmKind, **more: Any) -> Alarm:
    name = str(row.get("AlarmName") or "")
    state = STATES.get(str(row.get("StateValue")), AlarmState.INSUFFICIENT)
    since = when(row.get("StateTransitionedTimestamp")) or when(row.get("StateUpdatedTimestamp"))
    alarm = Alarm(
        id=RawId(name),
        name=name,
        arn=RawId(row.get("AlarmArn") or ""),
        kind=kind,
        # An unknown state maps to INSUFFICIENT, so that it never looks like OK.
        state=state,
        reason=row.get("StateReason"),
        since=since,
        description=row.get("AlarmDescription"),
        actions_enabled=enabled if isinstance(enabled := row.get("ActionsEnabled"), bool) else None,
        alarm_actions=tuple(map(RawId, action_arns(row, "AlarmActions"))),
        scaling_actions=tuple(map(RawId, scaling_arns(row))),
        has_actions=notifies_somebody(row),
        scaling=only_scales(row, kind, name),
        evaluation=str(row.get("EvaluationState") or warm_up_doubt(row)),
        warm_up_until=warm_up_end(row, state, since),
        recent=recent_points(row.get("StateReasonData")),
        **more,
    )
    for model in (alarm, *alarm.queries):
        share_fields_set(model)
    return alarm


def _threshold(row: Answer) -> dict[str, Any]:
    return {
        "comparison": COMPARISONS.get(str(row.get("ComparisonOperator")), ""),
        "threshold": finite(row.get("Threshold")),
        "treat_missing": str(row.get("TreatMissingData") or "missing"),
    }


def alarm_queries(row: Answer) -> tuple[MetricQuery, ...]:
    if metrics := rows(row, "Metrics"):
        return tuple(_query(metric) for metric in metrics)
    if not row.get("MetricName"):
        return ()
    return (
        MetricQuery(
            id="m1",
            namespace=RawId(row.get("Namespace") or ""),
            metric=RawId(row["MetricName"]),
            dimensions=_dimensions(row),
            stat=str(row.get("Statistic") or row.get("ExtendedStatistic") or "Average"),
            period=whole(row.get("Period"), 60),
        ),
    )


def _query(row: Answer) -> MetricQuery:
    stat: Answer = row.get("MetricStat") or {}
    metric: Answer = stat.get("Metric") or {}
    return MetricQuery(
        id=str(row.get("Id") or ""),
        namespace=RawId(metric.get("Namespace") or ""),
        metric=RawId(metric.get("MetricName") or ""),
        dimensions=_dimensions(metric),
        stat=str(stat.get("Stat") or "Average"),
        expression=RawId(row.get("Expression") or ""),
        period=whole(stat.get("Period") or row.get("Period"), 60),
        label=RawId(row.get("Label") or ""),
        visible=bool(row.get("ReturnData", True)),
        account=str(row.get("AccountId") or ""),
    )


def _dimensions(row: Answer) -> tuple[tuple[RawId, RawId], ...]:
    return tuple(
        (RawId(each.get("Name") or ""), RawId(each.get("Value") or "")) for each in rows(row, "Dimensions")
    )


def recent_points(data: object) -> tuple[float | None, ...]:
    """StateReasonData's recentDatapoints, oldest first; non-numbers become gaps (None). DescribeAlarms
    returns the data as text, the history as part of its own JSON."""
    points = (data if isinstance(data, dict) else _parsed(data)).get("recentDatapoints")
    if not isinstance(points, list):
        return ()
    return tuple(finite(point) for point in points)


def transition(row: Answer, since: datetime) -> AlarmTransition:
    """One AlarmHistoryItem; its kind is `unreadable` if the event, time or alarm is missing. An entry without
    a time is placed at `since`, the start of the requested history."""
    at = when(row.get("Timestamp"))
    kind = HISTORY_KINDS.get(str(row.get("HistoryItemType")), "unreadable")
    data = _parsed(row.get("HistoryData"))
    before, after = (data.get(key) for key in ("oldState", "newState"))
    name = str(row.get("AlarmName") or "")
    untold = kind == "state" and None in (_state(before), _state(after))
    if at is None or not name or not is_readable(name) or untold or kind == "unreadable":
        text = _("An unreadable entry of the alarm history.")
        return AlarmTransition(id=RawId(name), name=name, at=at or since, kind="unreadable", summary=text)
    return AlarmTransition(
        id=RawId(name),
        name=name,
        at=at,
        kind=kind,
        before=_state(before) if kind == "state" else None,
        after=_state(after) if kind == "state" else None,
        summary=row.get("HistorySummary"),
        reason=after.get("stateReason") if isinstance(after, dict) else "",
        series=_attributes(row.get("AlarmContributorAttributes")),
        points=recent_points(after.get("stateReasonData")) if isinstance(after, dict) else (),
    )


def contributor(row: Answer) -> Contributor:
    id = RawId(row.get("ContributorId") or "")
    return Contributor(
        id=id,
        name=_attributes(row.get("ContributorAttributes")) or id,
        since=when(row.get("StateTransitionedTimestamp")),
        reason=row.get("StateReason"),
    )


def _attributes(value: object) -> str:
    """`Cluster=prod, Service=staff-api`."""
    return (
        ", ".join(f"{key}={value[key]}" for key in sorted(value, key=str))
        if isinstance(value, Mapping)
        else ""
    )


def _state(value: object) -> AlarmState | None:
    return STATES.get(str(value.get("stateValue"))) if isinstance(value, dict) else None


def alarm_name(arn: str) -> str:
    """The name in an alarm's ARN (`arn:aws:cloudwatch:region:account:alarm:name`); a plain name is returned as is."""
    parts = arn.split(":", 6)
    return parts[6] if len(parts) == 7 and parts[5] == "alarm" else arn


def arn_region(arn: str) -> str:
    """The region in an ARN, or ""."""
    parts = arn.split(":", 6)
    return parts[3] if len(parts) == 7 and parts[0] == "arn" else ""


def ordered(alarms: list[Alarm]) -> tuple[Alarm, ...]:
    """Firing, missing, insufficient, ok; within each the newest change first; scaling alarms last."""
    return tuple(
        sorted(
            alarms,
            key=lambda alarm: (
                alarm.scaling,
                ORDER.index(alarm.state),
                -alarm.since.timestamp() if alarm.since else 0.0,
                alarm.id,
            ),
        )
    )


def _parsed(data: object) -> Answer:
    try:
        value = inside(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _dig(row: Answer, *path: str) -> str | None:
    value: object = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
