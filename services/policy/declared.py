"""An operation is written `service:Operation`, as botocore names both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.aws.belongings import looks_of
from services.aws.certificates import CALLS as CERTIFICATES
from services.aws.client.allowed_operations import READS
from services.changes.registry import CHANGES, change_class
from services.incidents.first_wave.sources import SOURCES
from services.inspections.registry import INSPECTIONS, KIND_CALLS
from services.models.runbook import Runbook
from services.policy.arns import Arns
from services.policy.permissions import permissions_of

Operation = tuple[str, str]  # Service and operation, as botocore names them

CONSOLE: Mapping[str, tuple[str, ...]] = {
    "change calendar": ("ssm:GetCalendarState",),
    "identity": ("sts:GetCallerIdentity",),
    "alarm detail": (
        "cloudwatch:DescribeAlarmContributors",
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:GetMetricData",
    ),
    "logs": (
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:StartLiveTail",
        "logs:TestMetricFilter",
    ),
    "queries of logs": (
        "logs:DescribeFieldIndexes",
        "logs:DescribeLogGroups",
        "logs:DescribeQueries",
        "logs:DescribeQueryDefinitions",
        "logs:GetLogGroupFields",
        "logs:GetLogRecord",
        "logs:GetQueryResults",
        "logs:StartQuery",
        "logs:StopQuery",
    ),
    "names in the runbook": ("elbv2:DescribeLoadBalancers",),
    "outages without an alarm": ("cloudwatch:GetMetricData", *CERTIFICATES),
    "dates of duties": (
        "iam:ListAccessKeys",
        "rds:DescribeDBInstances",
        "rds:DescribePendingMaintenanceActions",
    ),
}
"""What the console calls beside inspections, changes, panels of the watch mode and the first wave of incidents."""
TRACES = ("cloudtrail:LookupEvents",)  # What tells whose effect it is where the response to a change was lost
JOURNAL = ("logs:FilterLogEvents", "logs:PutLogEvents")
"""What the journal calls to store its checkpoints outside this machine, and to verify them."""
ROTATION = "iam"  # The service whose writes belong to the rotation of keys, and to a role of their own


@dataclass(frozen=True, slots=True)
class Declared:
    reads: frozenset[Operation]
    writes: frozenset[Operation]  # Of all changes but the rotation of keys
    rotation: frozenset[Operation]  # Reads and writes of the rotation of keys
    journal: frozenset[Operation]


def declared(runbook: Runbook, panels: Iterable[str] = ()) -> Declared:
    """What the parts that this runbook has declare; `panels` are the operations of the watch mode's panels."""
    arns = Arns(runbook)
    all_changes = {kind.id: operations(change_class(kind).calls) for kind in CHANGES}
    changes = {id: calls for id, calls in all_changes.items() if _has_targets(calls, arns)}
    rotations = {id for id, calls in changes.items() if any(each[0] == ROTATION for each in calls - READS)}
    own = frozenset[Operation]().union(*(calls for id, calls in changes.items() if id not in rotations))
    if changes:
        own |= operations(TRACES)
    rotation = frozenset[Operation]().union(*(changes[id] for id in rotations))
    parts = (
        *(entry.calls for entry in INSPECTIONS if not entry.missing_setting(runbook)),
        *(KIND_CALLS[spec.kind] for spec in runbook.inspections),
        *CONSOLE.values(),
        *(spec.calls for spec in SOURCES.values() if not spec.missing(runbook)),
        tuple(look.call for look in looks_of(runbook)),
        tuple(panels),
    )
    reads = frozenset[Operation]().union(*map(operations, parts))
    return Declared(
        reads=reads | (own & READS) | (rotation & READS),
        writes=own - READS,
        rotation=rotation,
        journal=operations(JOURNAL),
    )


def _has_targets(calls: frozenset[Operation], arns: Arns) -> bool:
    return any(permission.resources for write in calls - READS for permission in permissions_of(*write, arns))


def operations(calls: Iterable[str]) -> frozenset[Operation]:
    return frozenset(
        (service, operation) for service, _colon, operation in (call.partition(":") for call in calls)
    )
