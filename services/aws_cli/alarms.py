"""Commands about one alarm: its state, its history, its curve, and what its playbook looks at. Source:
DescribeAlarms, DescribeAlarmHistory, DescribeAlarmContributors (Amazon CloudWatch API reference)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from services.aws.cloudwatch.alarms.requests import ALL_TYPES
from services.aws_cli import containers, databases, logs
from services.aws_cli.calls import call
from services.aws_cli.metrics import by_region, curve
from services.i18n import _
from services.models.alarms import Alarm
from services.models.aws_cli import CliCommand
from services.models.metrics import TimeSpan, last_whole
from services.models.runbook import Runbook

HISTORY = timedelta(days=1)
CURVE = timedelta(hours=3)  # As long as the alarm's detail shows


def alarm_commands(alarm: Alarm, runbook: Runbook, region: str, now: datetime) -> Iterator[CliCommand]:
    yield states((alarm.id,), purpose=_("The alarm's state now. Normal: OK."))
    yield history(alarm.id, now - HISTORY)
    if alarm.several:
        yield call(
            "cloudwatch",
            "DescribeAlarmContributors",
            {"AlarmName": alarm.id},
            purpose=_("The series that fire. Normal: none."),
        )
    end = last_whole(now, max(60, alarm.period))
    span = TimeSpan(start=end - CURVE, end=end)
    for queries in by_region(alarm.queries).values():
        text = _("The alarm's values over three hours; it fires at {limit}.")
        limit = "—" if alarm.threshold is None else f"{alarm.sign} {alarm.threshold:,.15g}"
        yield curve(queries, span, purpose=text.format(limit=limit), traps=_metric_traps(alarm))
    yield from _playbook(alarm, runbook, region)


def states(names: Sequence[str] = (), *, purpose: str, region: str = "") -> CliCommand:
    return call(
        "cloudwatch",
        "DescribeAlarms",
        {**({"AlarmNames": list(names)} if names else {}), "AlarmTypes": list(ALL_TYPES)},
        region=region,
        query="[MetricAlarms,CompositeAlarms,LogAlarms][][].[AlarmName,StateValue,StateTransitionedTimestamp,"
        "ActionsEnabled,StateReason]",
        purpose=purpose,
        traps=(
            _(
                "--state-value ALARM and no output is not “all OK”: alarms without data, deleted and disabled ones are missing."
            ),
            _("Without --alarm-types only metric alarms are listed."),
        ),
    )


def history(name: str, since: datetime) -> CliCommand:
    """The changes of one alarm, or of all if `name` is ""."""
    return call(
        "cloudwatch",
        "DescribeAlarmHistory",
        {
            **({"AlarmName": name} if name else {}),
            "AlarmTypes": list(ALL_TYPES),
            "HistoryItemType": "StateUpdate",
            "StartDate": since,
            "ScanBy": "TimestampDescending",
        },
        query="AlarmHistoryItems[].[Timestamp,AlarmName,HistorySummary]",
        purpose=_("What fired and recovered since then, in UTC. Normal: no row."),
    )


def _metric_traps(alarm: Alarm) -> Iterator[str]:
    metrics = {query.metric for query in alarm.queries}
    if "FreeStorageSpace" in metrics:
        yield _(
            "FreeStorageSpace is in bytes (GiB × 1073741824); Minimum, not Average, shows how little is left."
        )
    if "TargetResponseTime" in metrics:
        yield _("TargetResponseTime is in seconds, and its Average hides slow requests: read p95 too.")
    if any(query.period >= 300 and query.stat == "Average" for query in alarm.queries):
        yield _("A mean over five minutes hides peaks: read the last hour with --period 60 and Maximum, too.")


def _playbook(alarm: Alarm, runbook: Runbook, region: str) -> Iterator[CliCommand]:
    playbook = runbook.playbook_for(alarm.id)
    looks = [step.look for step in playbook.steps if step.look] if playbook is not None else []
    ecs, group = runbook.ecs, runbook.log_group_for(alarm.id)
    cluster = ecs.cluster if ecs is not None else ""

    def services() -> Iterable[CliCommand]:
        for name in ecs.services if ecs is not None else ():
            yield containers.service_state(cluster, name)
            yield containers.scaling_activities(cluster, name)

    reads: dict[str, Callable[[], Iterable[CliCommand]]] = {
        "tail": lambda: logs.follow(group) if group else (),
        "ecs": services,
        "targets": lambda: containers.target_health(runbook, region),
        "databases": lambda: databases.instance(runbook),
    }
    for look in dict.fromkeys(looks):
        yield from reads[look]() if look in reads else ()
