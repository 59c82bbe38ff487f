"""Every sentence of a plan rests on something that AWS reports: where that differs, the sentence does."""

import ast
import inspect
import re
import sys
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.changes import base
from services.changes.ecs_scaling import rollout
from services.changes.ecs_scaling.quota import FargateQuota
from services.changes.registry import CHANGES
from services.models.base import Quota, RawId
from services.models.ecs import ScalingPolicy
from services.models.rds import OptIn
from tests.services.changes.plans_of_states import ACTION, ALARM, NOW, REFUSED, plan, rule
from tests.services.changes.rds_states import OUTAGE, QUIET, patch

# The warnings of all cases are counted together.
pytestmark = pytest.mark.xdist_group("consequences")

DAY = timedelta(days=1)
RULES = "DescribeServices: deploymentConfiguration"
PENDING = "DescribeDBInstances: PendingModifiedValues"
SNS = RawId("arn:aws:sns:ap-northeast-1:1:ops")


class Flip(NamedTuple):
    kind: str
    part: str  # downtime, cost, reversible, impact, refused, title, rows, warning or grave (a grave warning)
    field: str
    one: dict[str, Any]
    words: str
    other: dict[str, Any]
    instead: str = ""  # "" for a sentence that is not said at all then


def warned(kind, field, words, one, other=None):
    return Flip(kind, "warning", field, one, words, other or {})


OLD = {"keys": 2, "written": (4 * DAY, 4 * DAY), "ran": 3 * DAY, "new_used": 2 * DAY}
PATCH = {"actions": (patch("system-update"),)}
POLICY_IN = ScalingPolicy(id=RawId("in"), name="in", kind="StepScaling", scales_in=False)
TOKYO = RawId("arn:aws:ecs:ap-northeast-1:1:x")

_OF_BOTH: tuple[tuple[str, str, dict[str, Any], str, dict[str, Any], str], ...] = (
        ("downtime", f"{RULES}.minimumHealthyPercent", {"least": 100}, "None: each task is stopped once", {"least": 50},
         "At least 3 of 5 tasks keep serving; up to 2 may be stopped before their successors are healthy."),
        ("downtime", f"{RULES}.maximumPercent", {"least": 50, "most": 100}, "up to 2 are stopped before", {"least": 50},
         "up to 2 may be stopped"),
        ("downtime", f"{RULES}.minimumHealthyPercent (0)", {"least": 0, "most": 100}, "The service is down for minutes",
         {"least": 0}, "The service may be down: all 5"),
        ("downtime", f"{RULES}.strategy", {"strategy": "BLUE_GREEN", "least": 0}, "None: the 5 old tasks serve until",
         {"least": 0}, "may be down"),
        ("downtime", f"{RULES} (not reported)", {"least": None}, "Unknown: AWS does not report", {}, "None: each"),
        ("downtime", "DescribeServices: desiredCount", {"desired": 3, "least": 50}, "At least 2 of 3", {"least": 50},
         "At least 3 of 5"),
        ("impact", f"{RULES}.minimumHealthyPercent", {"least": 50}, "At least 3 of 5", {}, ""),
        ("cost", f"{RULES}.maximumPercent", {"most": 150}, "Up to 2 more tasks run", {}, "Up to 5 more tasks run"),
        ("cost", f"{RULES}.maximumPercent (more room than new tasks)", {"most": 400}, "Up to 5 more tasks run", {"most": 120},
         "Up to 1 more task runs"),
        ("cost", f"{RULES}.maximumPercent (no room)", {"least": 50, "most": 119}, "None: no more than 5 tasks", {},
         "Up to 5"),
        ("cost", f"{RULES}.strategy", {"strategy": "CANARY"}, "5 more tasks run until the old ones are stopped.", {},
         "until it is complete"),
        ("cost", f"{RULES}.bakeTimeInMinutes", {"strategy": "LINEAR", "bake": 10}, "10 minutes after the traffic",
         {"strategy": "LINEAR"}, "until the old ones are stopped."),
        ("cost", f"{RULES} (not reported)", {"most": None}, "Unknown: AWS does not report", {}, "Up to 5"),
        ("cost", "DescribeServices: launchType", {"launches_on": ("EC2",)}, "charged in any case", {}, "¥45.0 an hour"),
        ("cost", "DescribeServices: capacityProviderStrategy", {"launches_on": ("FARGATE", "FARGATE_SPOT")},
         "price is unknown: FARGATE, FARGATE_SPOT", {}, "¥45.0 an hour"),
        ("refused", f"{RULES} (1 task at 100/150)", {"desired": 1, "most": 150},
         "cannot proceed: at least 1 must keep running (minimumHealthyPercent 100) and at most 1 may run "
         "(maximumPercent 150). Set maximumPercent to 200 or more. Or set the desired count to 2 first.",
         {"desired": 2, "most": 150}, ""),
        ("refused", f"{RULES} (3 tasks at 99/133)", {"desired": 3, "least": 99, "most": 133}, "cannot proceed",
         {"desired": 3, "least": 99, "most": 134}, ""),
        ("refused", f"{RULES} (100/100)", {"most": 100}, "Set maximumPercent to 120 or more.", {"least": 80, "most": 100},
         ""),
        ("refused", "DescribeServices: deploymentController.type", {"controller": "CODE_DEPLOY"}, "deploys this service",
         {}, ""),
        ("warning", f"{RULES}.deploymentCircuitBreaker.enable", {"breaker": False}, "Without a circuit breaker", {}, ""),
        ("warning", f"{RULES}.deploymentCircuitBreaker.rollback", {"rolls_back": False}, "ends it, and rolls nothing back",
         {}, ""),
        ("warning", f"{RULES}.deploymentCircuitBreaker.rollback", {}, "ECS rolls it back", {"breaker": False}, ""),
        ("warning", "DescribeServices: runningCount", {"running": 3}, "Only 3 of 5 tasks run now", {}, ""),
)  # fmt: skip
DEPLOYMENTS = [Flip(kind, *rest) for kind in ("service-restart", "deploy-rollback") for rest in _OF_BOTH]
ECS = [
    Flip("service-restart", "cost", "DescribeTaskDefinition: cpu", {"cpu": 1024}, "¥82.5 an hour", {}, "¥45.0 an hour"),
    Flip("service-restart", "cost", "DescribeTaskDefinition: memory", {"memory": 2048}, "¥52.5", {}, "¥45.0"),
    Flip("service-restart", "cost", "DescribeTaskDefinition: runtimePlatform", {"platform": "LINUX/ARM64"}, "¥35.8", {}, "¥45.0"),
    Flip("service-restart", "cost", "DescribeTaskDefinition: runtimePlatform", {"platform": "WINDOWS_SERVER_2022_CORE/X86_64"}, "price is unknown: WINDOWS", {}, "¥45.0"),
    Flip("service-restart", "cost", "GetProducts", {"listed": False}, "price list could not be read", {}, "AWS price list of"),
    Flip("service-restart", "cost", "DescribeTaskDefinition", {"unread": True}, "size of a task could not be read", {}, "¥45.0"),
    warned("service-restart", "DescribeTaskDefinition: image", "resolves the tag again", {"image": "staff-api:1"}),
    warned("service-restart", "DescribeTaskDefinition", "could not be read", {"unread": True}),
    Flip("deploy-rollback", "cost", "DescribeTaskDefinition: cpu", {"before_cpu": 1024}, "Afterwards all tasks cost about ¥45.0 an hour instead of ¥82.5.", {}, ""),
    Flip("deploy-rollback", "downtime", "DescribeServices: desiredCount", {"desired": 0, "running": 0}, "None: the desired count is 0", {}, "None: each"),
    Flip("deploy-rollback", "reversible", "DescribeServiceDeployments: status", {"status": "IN_PROGRESS"}, "once the rollback is complete", {}, "can be deployed again"),
    warned("deploy-rollback", "DescribeServiceDeployments: sourceServiceRevisions", "The revision before the newest release is staff-api:41", {"revision": "40"}),
    warned("deploy-rollback", "DescribeServiceDeployments: lifecycleHookDetails.timeoutAction", "Without an answer, ECS continues", {"status": "IN_PROGRESS", "on_timeout": "CONTINUE"}, {"status": "IN_PROGRESS", "on_timeout": "ROLLBACK"}),
    warned("deploy-rollback", "DescribeTaskDefinition: revision", "deploys the newer revision again", {}, {"revision": "43"}),
    warned("deploy-rollback", "DescribeTaskDefinition: revision", "Migrations of the database are not undone", {}, {"revision": "43"}),
    warned("deploy-rollback", "DescribeServiceDeployments (a rollback)", "is the release that was rolled back", {"earlier": "yes", "revision": "43"}),
    warned("deploy-rollback", "DescribeServiceDeployments (a rollback)", "The newest deployment was a rollback already", {"earlier": "yes", "revision": "40"}),
    warned("deploy-rollback", "DescribeTaskDefinition", "could not be compared", {"unread": True}),
    warned("deploy-rollback", "DescribeServiceRevisions: imageDigest", "Both revisions use the same image", {"before_image": "staff-api:1", "digests": ("sha256:a", "sha256:a")}),
    warned("deploy-rollback", "DescribeServiceRevisions: imageDigest", "the tag was moved from", {"before_image": "staff-api:1", "digests": ("sha256:a", "sha256:b")}),
    warned("deploy-rollback", "DescribeServiceRevisions: imageDigest", "the digests are unknown", {"before_image": "staff-api:1"}),
    Flip("desired-count", "downtime", "UpdateService: desiredCount", {"count": 4}, "may be cut off", {}, "None"),
    Flip("desired-count", "downtime", "UpdateService: desiredCount", {"count": 0, "minimum": 0}, "answers no request", {}, "None"),
    Flip("desired-count", "impact", "DescribeServices: desiredCount", {"count": 4}, "now 1 task is stopped", {}, ""),
    Flip("desired-count", "cost", "DescribeServices: desiredCount", {"desired": 4}, "2 more tasks, each charged while it runs. About ¥18.0 an hour, ¥13,140 a month", {}, "1 more task, charged while it runs. About ¥9.0 an hour"),
    Flip("desired-count", "cost", "DescribeServices: launchType", {"launches_on": ("EC2",)}, "charged in any case", {}, "¥9.0"),
    Flip("desired-count", "cost", "UpdateService: desiredCount", {"count": 4}, "None", {}, "1 more task"),
    Flip("desired-count", "reversible", "DescribeServices: desiredCount", {"desired": 4}, "count, 4, is recorded", {}, "count, 5, is recorded"),
    Flip("desired-count", "refused", "DescribeServices: schedulingStrategy", {"scheduling": "DAEMON"}, "one task on each instance", {}, ""),
    Flip("desired-count", "refused", "DescribeScalableTargets: MaxCapacity", {"maximum": 5}, "above the maximum, 5", {}, ""),
    warned("desired-count", "UpdateService: desiredCount", "With 0 tasks", {"count": 0, "minimum": 0}),
    warned("desired-count", "GetMetricData: CPUUtilization", "CPU would be about 75%", {"count": 4}, {"count": 4, "load": 40.0}),
    warned("desired-count", "GetMetricData: CPUUtilization", "could not be measured", {"count": 4, "load": None}, {"count": 4}),
    warned("desired-count", "DescribeServices: runningCount", "Tasks are starting or stopping", {"count": 4, "running": 3}, {"count": 4}),
    warned("desired-count", "DescribeScheduledActions", "A scheduled action may change it: night", {"actions": (ACTION,)}),
    warned("desired-count", "DescribeServices: deployments", "A deployment is in progress", {"deployments": 2}),
    warned("desired-count", "DescribeScalableTargets", "Auto Scaling is not configured", {"unscaled": True}),
    warned("desired-count", "DescribeScalableTargets: SuspendedState.DynamicScalingInSuspended", "Scaling in is suspended", {"suspensions": ("DynamicScalingIn",)}),
    warned("desired-count", "DescribeScalingPolicies: DisableScaleIn", "The policy cpu60 may undo it", {}, {"policies": (POLICY_IN,)}),
    warned("desired-count", "DescribeScalingPolicies: TargetValue; CPUUtilization", "will undo it within minutes", {"load": 12.0}),
    warned("desired-count", "DescribeScalingActivities: NotScaledReasons", "last refused to scale", {"activities": (REFUSED,)}),
    Flip("task-limit", "downtime", "DescribeServices: desiredCount", {"values": {"max": "4", "revert": "none"}}, "may be cut off", {"values": {"max": "4", "revert": "none"}, "desired": 4}, "None"),
    Flip("task-limit", "impact", "DescribeServices: desiredCount", {"values": {"max": "4", "revert": "none"}}, "now 1 task is stopped", {"values": {"max": "4", "revert": "none"}, "desired": 4}, ""),
    Flip("task-limit", "cost", "DescribeScalableTargets: MaxCapacity", {"maximum": 5}, "Up to 5 more tasks, each charged while it runs. About ¥45.0 an hour, ¥326 until it is reverted", {}, "Up to 2 more tasks"),
    Flip("task-limit", "cost", "PutScheduledAction: Schedule", {"values": {"max": "10", "revert_at": "2026-01-29 17:15"}}, "¥562 until it is reverted", {}, "¥130 until it is reverted"),
    Flip("task-limit", "cost", "RegisterScalableTarget: MinCapacity", {"values": {"max": "8", "min": "4", "revert_at": "2026-01-28 17:15"}}, "At least 2 more tasks, each charged also while idle. About ¥18.0", {}, "Up to 2"),
    Flip("task-limit", "cost", "GetProducts", {"listed": False}, "price is unknown", {}, "¥18.0"),
    Flip("task-limit", "reversible", "DescribeScalableTargets: MaxCapacity", {"maximum": 5}, "(maximum 5)", {}, "(maximum 8)"),
    warned("task-limit", "DescribeServices: desiredCount", "raising the minimum starts tasks up to 6", {"values": {"max": "8", "min": "6", "revert_at": "2026-01-28 17:15"}}),
    warned("task-limit", "DescribeScalableTargets: MaxCapacity", "Only MinCapacity is sent; the maximum stays 8", {"values": {"max": "8", "min": "4", "revert_at": "2026-01-28 17:15"}}),
    warned("task-limit", "DescribeScalableTargets: MinCapacity", "Only MaxCapacity is sent; the minimum stays 2", {}, {"values": {"max": "8", "min": "4", "revert_at": "2026-01-28 17:15"}}),
    warned("task-limit", "DescribeScalableTargets: SuspendedState", "a higher limit alone may not start", {"suspensions": ("DynamicScalingOut",)}),
    warned("task-limit", "DescribeScalableTargets: SuspendedState", "AWS does not revert it either", {"suspensions": ("ScheduledScaling",)}),
    warned("task-limit", "GetMetricData: CPUUtilization", "If it were reverted to 8 now, CPU would be about 60%", {}, {"load": 30.0}),
    warned("task-limit", "GetMetricData: CPUUtilization", "could not be measured", {"load": None}),
    warned("task-limit", "GetMetricData: DatabaseConnections", "so 10 tasks would use about 40", {}, {"connections": 30.0}),
    warned("task-limit", "GetMetricData: DatabaseConnections", "connections could not be measured", {"connections": None}),
    warned("task-limit", "PutScheduledAction: Schedule", "days away", {"values": {"max": "10", "revert_at": "2026-06-28 17:15"}}),
    warned("task-limit", "PutScheduledAction: Schedule", "On 2026-01-28(Wed) 17:15 JST AWS stops the tasks above 8", {}, {"values": {"max": "10", "revert": "duty", "revert_at": "2026-01-28 17:15"}}),
    warned("task-limit", "(no PutScheduledAction)", "not reverted automatically", {"values": {"max": "10", "revert": "duty", "revert_at": "2026-01-28 17:15"}}),
    warned("task-limit", "DescribeScheduledActions", "A scheduled action already exists: night", {"actions": (ACTION,)}),
    warned("task-limit", "DescribeServices: deployments", "no tasks are scaled in", {"deployments": 2}),
    warned("task-limit", "GetServiceQuota: Value", "not all of them can start", {"quota": FargateQuota(0.5, Quota(value=4.0))}),
    warned("task-limit", "GetServiceQuota", "could not be checked", {"quota": FargateQuota(problem="denied")}),
]  # fmt: skip
QUEUED = QUIET.model_copy(update={"id": "instance_class", "value": "db.t4g.large"})
WITHDRAWS = {"withdraws": True, "pending": (QUEUED,)}
UPGRADE, HARDWARE, CERTIFICATE = (
    {"actions": (patch(name),)} for name in ("db-upgrade", "hardware-maintenance", "ca-certificate-rotation")
)
RDS = [
    Flip("rds-class", "downtime", "DescribeDBInstances: MultiAZ", {"multi_az": False}, "about 5 to 10 minutes", {}, "One failover"),
    Flip("rds-class", "downtime", "ModifyDBInstance: ApplyImmediately", {"timing": "now"}, ", immediately", {}, "02-01(Sun) 02:00"),
    Flip("rds-class", "downtime", "DescribeDBInstances: PreferredMaintenanceWindow", {"maintenance_window": "mon:17:00-mon:18:00"}, "02-03(Tue) 02:00", {}, "02-01(Sun) 02:00"),
    Flip("rds-class", "impact", f"{PENDING} (drag-along)", {"timing": "now", "pending": (OUTAGE,)}, "1 pending modification is applied", {"timing": "now"}, "One failover"),
    Flip("rds-class", "cost", "GetProducts", {"priced": False}, "Unknown", {}, "¥15,000 → ¥30,000"),
    Flip("rds-class", "reversible", "ModifyDBInstance: ApplyImmediately", {"timing": "now"}, "same interruption", {}, "until the window begins"),
    Flip("rds-class", "cost", "the runbook's prices", {"source": "RDS pricing page"}, "prices of the runbook, 2026-01-28(Wed), RDS pricing page", {}, "AWS price list of"),
    Flip("rds-class", "cost", "GetProducts: publicationDate", {"dated": False}, "AWS price list, undated", {}, "AWS price list of"),
    Flip("rds-class", "downtime", f"{PENDING} (a withdrawal's drag-along)", {"withdraws": True, "pending": (QUEUED, OUTAGE)}, "That of the pending modifications", WITHDRAWS, "None"),
    Flip("rds-class", "reversible", f"{PENDING}.DBInstanceClass", WITHDRAWS, "can be queued again", {}, "until the window begins"),
    Flip("rds-class", "rows", f"{PENDING}.DBInstanceClass", WITHDRAWS, "Queued class: db.t4g.large → none", {}, "Instance class: "),
    Flip("rds-class", "rows", "ModifyDBInstance: ApplyImmediately", {"timing": "now"}, "ApplyImmediately: — → true: now", {}, "ApplyImmediately: — → false: in the window 2026-02-01"),
    warned("rds-class", f"{PENDING} (same window)", "In the same window: Engine version → 16.6", {"pending": (OUTAGE,)}),
    warned("rds-class", f"{PENDING} (drag-along)", "applies what is pending: Engine version → 16.6, which interrupts", {"timing": "now", "pending": (OUTAGE,)}, {"timing": "now", "pending": (QUIET,)}),
    warned("rds-class", f"{PENDING} (not reported)", "AWS did not report what is pending", {"timing": "now", "pending_reported": False}, {"timing": "now"}),
    warned("rds-class", f"{PENDING}.DBInstanceClass", "is queued already for the window", {"timing": "now", "pending": (QUIET.model_copy(update={"id": "instance_class", "value": "db.t4g.large"}),)}, {"timing": "now"}),
    warned("rds-class", "DescribePendingMaintenanceActions", "Maintenance is pending (system-update)", {"timing": "now", **PATCH}, {"timing": "now"}),
    warned("rds-class", "DescribePendingMaintenanceActions (unreadable)", "maintenance could not be read", {"timing": "now", "actions": None}, {"timing": "now"}),
    warned("rds-class", "DescribeDBInstances: PreferredMaintenanceWindow", "is not reported", {"maintenance_window": ""}),
    warned("rds-class", "DescribeDBInstances: PreferredMaintenanceWindow", "window is open now", {"maintenance_window": "wed:00:30-wed:01:30"}),
    warned("rds-class", "DescribePendingMaintenanceActions: CurrentApplyDate", "Maintenance system-update is applied on", {"actions": (patch(current=NOW + DAY),)}),
    warned("rds-class", "ModifyDBInstance: ApplyImmediately", "The window only moves the interruption", {}, {"timing": "now"}),
    warned("rds-class", "DescribeDBInstances: LatestRestorableTime", "No point in time to restore to", {"latest_restorable": None}),
    warned("rds-class", "DescribeDBInstances: LatestRestorableTime", "can be restored to its state of", {}, {"latest_restorable": None}),
    Flip("rds-storage", "downtime", "DescribeDBInstances: AllocatedStorage (above 400 GiB)", {"size": "500"}, "slower for hours, while the data are copied", {}, "usually grows within minutes"),
    Flip("rds-storage", "downtime", "DescribeDBInstances: Engine", {"engine": "oracle-se2", "size": "250"}, "while the data are copied", {"size": "250"}, "within minutes"),
    Flip("rds-storage", "downtime", "DescribeDBInstances: StorageType", {"storage_type": "standard"}, "while the data are copied", {}, "within minutes"),
    Flip("rds-storage", "downtime", f"{PENDING} (drag-along)", {"pending": (OUTAGE,)}, "interrupt the database", {"pending": (QUIET,)}, "None"),
    Flip("rds-storage", "impact", f"{PENDING} (drag-along)", {"pending": (QUIET,)}, "1 pending modification is applied", {}, ""),
    Flip("rds-storage", "cost", "GetProducts", {"priced": False}, "Unknown", {}, "¥15,000 → ¥30,000"),
    Flip("rds-storage", "rows", "ModifyDBInstance: ApplyImmediately", {"timing": "window"}, "ApplyImmediately: — → false: in the window 2026-02-01", {}, "ApplyImmediately: — → true: now"),
    Flip("rds-storage", "refused", "DescribeEvents (cool-down)", {"changed": NOW - timedelta(hours=1)}, "less than six hours ago", {}, ""),
    Flip("rds-storage", "refused", "DescribeDBInstances: StorageOperationStatus", {"storage_operation": "Optimizing"}, "still being optimized", {}, ""),
    warned("rds-storage", "DescribeDBInstances: AllocatedStorage", "The data are copied to other volumes", {"size": "500"}),
    warned("rds-storage", f"{PENDING}.AllocatedStorage", "to 150 GiB is pending already", {"pending": (QUIET.model_copy(update={"id": "storage_gib", "value": "150"}),)}),
    warned("rds-storage", "DescribeDBInstances: PreferredMaintenanceWindow", "extended in the next maintenance window, 2026-02-01", {"timing": "window"}),
    warned("rds-storage", "GetMetricData: FreeStorageSpace", "full before that window", {"timing": "window", "full_in": 3600.0}, {"timing": "window"}),
    warned("rds-storage", "GetMetricData: FreeStorageSpace", "could not be measured", {"free": None}),
    warned("rds-storage", "DescribeEvents", "events could not be read", {"events": False}),
    Flip("rds-maintenance", "downtime", "DescribeDBInstances: MultiAZ", {**PATCH, "multi_az": False}, "Interrupted for minutes", PATCH, "One failover"),
    Flip("rds-maintenance", "downtime", "DescribePendingMaintenanceActions: Action", UPGRADE, "restarts both instances", PATCH, "One failover"),
    Flip("rds-maintenance", "downtime", "DescribeDBInstances: MultiAZ (an upgrade)", UPGRADE, "restarts both instances", {**UPGRADE, "multi_az": False}, "Interrupted for minutes, "),
    Flip("rds-maintenance", "downtime", "DescribePendingMaintenanceActions: Action", HARDWARE, "At most one failover", PATCH, "One failover"),
    Flip("rds-maintenance", "downtime", "DescribePendingMaintenanceActions: Action", CERTIFICATE, "where the engine version cannot change its certificate", PATCH, "One failover"),
    Flip("rds-maintenance", "downtime", "ApplyPendingMaintenanceAction: OptInType", {**PATCH, "timing": "now"}, "immediately", PATCH, "02-01(Sun) 02:00"),
    Flip("rds-maintenance", "impact", "ApplyPendingMaintenanceAction: OptInType", {**PATCH, "timing": "now"}, "One failover", PATCH, ""),
    Flip("rds-maintenance", "reversible", "ApplyPendingMaintenanceAction: OptInType", {**PATCH, "timing": "now"}, "cannot be undone", PATCH, "can be withdrawn"),
    warned("rds-maintenance", "DescribePendingMaintenanceActions: OptInStatus", "is requested already for the window", {"timing": "now", "actions": (patch(opt_in=OptIn.NEXT_WINDOW),)}, {**PATCH, "timing": "now"}),
    warned("rds-maintenance", "ApplyPendingMaintenanceAction: OptInType", "begins now and cannot be undone", {**PATCH, "timing": "now"}, PATCH),
    warned("rds-maintenance", "DescribeDBInstances: PreferredMaintenanceWindow", "The window bounds the beginning", PATCH, {**PATCH, "timing": "now"}),
    warned("rds-maintenance", "DescribeDBInstances: PreferredMaintenanceWindow", "window is open now", {**PATCH, "maintenance_window": "wed:00:30-wed:01:30"}, PATCH),
    warned("rds-maintenance", PENDING, "In the same window: Engine version", {**PATCH, "pending": (OUTAGE,)}, PATCH),
    warned("rds-maintenance", "DescribePendingMaintenanceActions: ForcedApplyDate", "in any case, regardless", {"actions": (patch(forced=NOW + DAY),)}, PATCH),
    warned("rds-maintenance", "DescribePendingMaintenanceActions: ForcedApplyDate", "The window comes after that", {"actions": (patch(forced=NOW + DAY),)}, {"actions": (patch(forced=NOW + 9 * DAY),)}),
    warned("rds-maintenance", "DescribePendingMaintenanceActions: AutoAppliedAfterDate", "AWS applies it by itself from", {"timing": "undo", "actions": (patch(opt_in=OptIn.NEXT_WINDOW, auto_after=NOW + DAY),)}, {"timing": "undo", "actions": (patch(opt_in=OptIn.NEXT_WINDOW),)}),
    warned("rds-maintenance", "DescribePendingMaintenanceActions: AutoAppliedAfterDate", "reports no date", {"timing": "undo", "actions": (patch(opt_in=OptIn.NEXT_WINDOW),)}, {"timing": "undo", "actions": (patch(opt_in=OptIn.NEXT_WINDOW, auto_after=NOW + DAY),)}),
    warned("rds-maintenance", "DescribeDBInstances: AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade is on", {"timing": "undo", "auto_minor": True, "actions": (patch("db-upgrade", opt_in=OptIn.NEXT_WINDOW),)}, {"timing": "undo", "actions": (patch("db-upgrade", opt_in=OptIn.NEXT_WINDOW),)}),
    Flip("rds-snapshot", "downtime", "DescribeDBInstances: MultiAZ", {"multi_az": False}, "I/O may pause", {}, "None"),
    Flip("rds-snapshot", "downtime", "DescribeDBInstances: Engine", {"engine": "sqlserver-se"}, "I/O may pause", {}, "None"),
    Flip("rds-snapshot", "cost", "DescribeDBInstances: AllocatedStorage", {"storage_gib": 200}, "At most 200 GiB", {}, "At most 100 GiB"),
    Flip("rds-snapshot", "cost", "DescribeDBInstances: AllocatedStorage", {"storage_gib": None}, "size is unknown", {}, "At most 100 GiB"),
    warned("rds-snapshot", "DescribeDBInstances: MultiAZ", "I/O may pause at the beginning", {"multi_az": False}),
    warned("rds-snapshot", "DescribeDBInstances: StorageOperationStatus", "is being optimized", {"storage_operation": "Optimizing"}),
    Flip("drill-failover", "refused", "DescribeDBInstances: MultiAZ", {"multi_az": False}, "no standby", {}, ""),
    Flip("drill-failover", "refused", f"{PENDING} (drag-along)", {"pending": (OUTAGE,)}, "a restart may apply it", {}, ""),
    Flip("drill-failover", "rows", "DescribeDBInstances: AvailabilityZone", {"zone": "ap-northeast-1c"}, "ap-northeast-1c →", {}, "ap-northeast-1a →"),
    warned("drill-failover", "DescribeDBInstances: LatestRestorableTime", "No point in time", {"latest_restorable": None}),
    Flip("drill-restore", "cost", "GetProducts", {"priced": False}, "Unknown", {}, "Per day"),
    Flip("drill-restore", "cost", "the runbook's prices (of two zones)", {"source": ""}, "Per day at most", {}, "Per day ¥"),
    Flip("drill-restore", "refused", "DescribeDBInstances: DBSubnetGroup", {"subnet_group": RawId("")}, "would not be placed", {}, ""),
    warned("drill-restore", "DescribeDBSnapshots: SnapshotCreateTime", "A newer automatic snapshot exists", {"chosen": "old"}),
    Flip("drill-delete", "rows", "DescribeDBInstances: BackupRetentionPeriod", {"retention_days": 7}, "kept for 7 days → deleted", {"retention_days": 0}, "none → deleted"),
    Flip("drill-delete", "refused", "DescribeDBInstances: DeletionProtection", {"protected": True}, "deletion protection", {}, ""),
]  # fmt: skip
OTHERS = [
    Flip("alarm-mute", "impact", "DescribeAlarms: StateValue", {"action": "unmute", "firing": True, "rules": (rule(),)}, "runs their actions at once", {"action": "unmute", "rules": (rule(),)}, ""),
    Flip("alarm-mute", "refused", "DescribeAlarms: AlarmActions (Auto Scaling)", {"scaling_actions": (RawId("arn:aws:autoscaling:x:policyName/cpu"),)}, "drives Auto Scaling", {}, ""),
    Flip("alarm-mute", "reversible", "PutAlarmMuteRule, DeleteAlarmMuteRule", {"action": "unmute", "rules": (rule(),)}, "by muting it again", {}, "by deleting the rule"),
    warned("alarm-mute", "PutAlarmMuteRule", "nobody is told when the alarm fires", {}, {"action": "unmute", "rules": (rule(),)}),
    warned("alarm-mute", "PutAlarmMuteRule: Schedule", "The mute begins at 2026-01-28(Wed) 10:02 JST", {}, {"action": "unmute", "rules": (rule(),)}),
    warned("alarm-mute", "DescribeAlarms: StateValue", f"Now in ALARM: {ALARM}", {"firing": True}),
    warned("alarm-mute", "DescribeAlarms: StateValue", "of the alarms that are in ALARM then", {}, {"firing": True}),
    warned("alarm-mute", "DescribeAlarms: ActionsEnabled", "are disabled already", {"actions_enabled": False}),
    warned("alarm-mute", "DescribeAlarms: AlarmActions", "Its actions do more than notify", {"alarm_actions": (TOKYO,)}, {"alarm_actions": (SNS,)}),
    warned("alarm-mute", "DescribeAlarms: AlarmRule", "and still notifies", {"composite": True}),
    warned("alarm-mute", "ListAlarmMuteRules", "mutes it already", {"rules": (rule(),)}),
    warned("alarm-mute", "GetAlarmMuteRule: Status", "Unmuting runs their actions", {"action": "unmute", "firing": True, "rules": (rule(),)}, {"action": "unmute", "firing": True, "rules": (rule(status="SCHEDULED"),)}),
    warned("alarm-mute", "GetAlarmMuteRule: MuteTargets", "they are unmuted with it", {"action": "unmute", "rules": (rule(alarms=(ALARM, "other")),)}, {"action": "unmute", "rules": (rule(),)}),
    warned("alarm-mute", "ListAlarmMuteRules (of others)", "goes on muting it", {"action": "unmute", "rules": (rule(), rule("theirs"))}, {"action": "unmute", "rules": (rule(),)}),
    Flip("cache-invalidation", "cost", "ListInvalidations, GetInvalidation: Paths", {"used": 1000}, "About ¥0.8: 1 path beyond", {}, "None: 1 of the 1,000"),
    Flip("cache-invalidation", "cost", "GetInvalidation", {"used": 1000, "uncounted": 1}, "At least: About ¥0.8", {"used": 1000}, "About ¥0.8"),
    Flip("cache-invalidation", "cost", "ListInvalidations: IsTruncated", {"complete": False}, "Unknown", {}, "None"),
    Flip("cache-invalidation", "refused", "GetDistribution: Enabled", {"enabled": False}, "disabled", {}, ""),
    warned("cache-invalidation", "CreateInvalidation: Paths", "/* covers every file", {"paths": "/*"}),
    warned("cache-invalidation", "CreateInvalidation: Paths", "Leave it out", {"paths": "/* /a"}),
    warned("cache-invalidation", "CreateInvalidation: Paths", "is covered by another", {"paths": "/a/* /a/b"}),
    warned("cache-invalidation", "CreateInvalidation: Paths", "is sent as", {"paths": "/あ"}),
    warned("cache-invalidation", "CreateInvalidation: Paths", "covers only this query string", {"paths": "/a?b"}),
    warned("cache-invalidation", "GetInvalidation", "were not counted", {"uncounted": 1}),
    warned("cache-invalidation", "ListInvalidations: IsTruncated", "than could be listed", {"complete": False}),
    warned("cache-invalidation", "GetDistribution: InProgressInvalidationBatches", "still in progress", {"in_progress": 1}),
    warned("cache-invalidation", "GetDistribution: Status", "still reaching the edge", {"status": "InProgress"}),
    Flip("key-rotation", "downtime", "PutSecret", {"step": "github", "keys": 2, "in_vault": True}, "start between the two writes fail", {}, "None"),
    Flip("key-rotation", "downtime", "GetAccessKeyLastUsed: LastUsedDate", {**OLD, "step": "deactivate", "old_used": 3 * DAY / 2}, "still uses the old key fails", {**OLD, "step": "deactivate"}, "None"),
    Flip("key-rotation", "downtime", "GitHub: updated_at", {"step": "discard", "keys": 2, "written": (4 * DAY, 4 * DAY)}, "until another key is handed over", {"step": "discard", "keys": 2}, "None"),
    Flip("key-rotation", "reversible", "DeleteAccessKey", {"step": "discard", "keys": 2}, "keeps nothing of a deleted key", {}, "can be deleted while nothing uses it"),
    Flip("key-rotation", "reversible", "UpdateAccessKey: Status", {**OLD, "step": "deactivate"}, "activated again until it is deleted (7 days", {"step": "reactivate", "old_status": "Inactive"}, "deactivated again"),
    warned("key-rotation", "CreateAccessKey", "AWS shows the secret once", {}, {"step": "discard", "keys": 2}),
    warned("key-rotation", "GitHub (unreadable)", "could not be handed over to it", {"problem": "denied"}),
    warned("key-rotation", "PutSecret", "Between the two writes", {"step": "github", "keys": 2, "in_vault": True}),
    warned("key-rotation", "PutSecret", "keeps the key that it began with", {"step": "github", "keys": 2, "in_vault": True}),
    warned("key-rotation", "GitHub: updated_at", "workflows fail. Hand the key over again", {"step": "github", "keys": 2, "in_vault": True, "written": (4 * DAY, None)}, {"step": "github", "keys": 2, "in_vault": True}),
    warned("key-rotation", "(shown on the screen)", "appears on the screen", {"step": "reveal", "keys": 2, "in_vault": True}),
    warned("key-rotation", "GetAccessKeyLastUsed: LastUsedDate", "was used after the hand-over", {**OLD, "step": "deactivate", "old_used": 3 * DAY / 2}, {**OLD, "step": "deactivate"}),
    warned("key-rotation", "GitHub: workflow runs", "Proof in GitHub", {**OLD, "step": "deactivate"}),
    warned("key-rotation", "GetAccessKeyLastUsed: LastUsedDate", "Proof in AWS", {**OLD, "step": "deactivate"}),
    warned("key-rotation", "DeleteAccessKey", "It cannot be undone", {"step": "discard", "keys": 2}),
    warned("key-rotation", "DeleteAccessKey", "It cannot be undone", {"step": "delete", "keys": 2, "old_status": "Inactive", "deactivated": 8 * DAY}),
    warned("key-rotation", "the journal: UpdateAccessKey", "not recorded when the key was deactivated", {"step": "delete", "keys": 2, "old_status": "Inactive"}, {"step": "delete", "keys": 2, "old_status": "Inactive", "deactivated": 8 * DAY}),
    warned("key-rotation", "GitHub: updated_at", "GitHub has this key", {"step": "discard", "keys": 2, "written": (4 * DAY, 4 * DAY)}, {"step": "discard", "keys": 2}),
    warned("key-rotation", "ListAccessKeys; the vault", "is not in this console", {"step": "discard", "keys": 2}, {"step": "discard", "keys": 2, "in_vault": True}),
]  # fmt: skip
FLIPS = [*DEPLOYMENTS, *ECS, *RDS, *OTHERS]

ALWAYS = {
    ("service-restart", "reversible"): "UpdateService: forceNewDeployment deploys the same task definition",
    ("rds-storage", "reversible"): "ModifyDBInstance: AllocatedStorage can only grow",
    ("rds-maintenance", "cost"): "Amazon RDS pricing: maintenance is not charged",
    ("rds-snapshot", "reversible"): "DeleteDBSnapshot; a manual snapshot has no expiry",
    (
        "drill-failover",
        "downtime",
    ): "User guide: failover times are 60–120 seconds; it is refused without MultiAZ",
    ("drill-failover", "cost"): "Amazon RDS pricing: a reboot is not charged",
    ("drill-failover", "reversible"): "User guide: no failback is needed, both instances are equal",
    ("drill-restore", "downtime"): "RestoreDBInstanceFromDBSnapshot creates another instance",
    ("drill-restore", "reversible"): "DeleteDBInstance: the request sets DeletionProtection to false",
    ("drill-delete", "downtime"): "Only an instance with our tag is deleted",
    ("drill-delete", "cost"): "Amazon RDS pricing: an instance is charged until it is deleted",
    ("drill-delete", "reversible"): "DeleteDBInstance: SkipFinalSnapshot",
    ("alarm-mute", "downtime"): "PutAlarmMuteRule: alarms go on evaluating, only actions are muted",
    ("alarm-mute", "cost"): "CloudWatch pricing: mute rules are not charged",
    (
        "cache-invalidation",
        "downtime",
    ): "Developer guide: after an invalidation the next request goes to the origin",
    ("cache-invalidation", "reversible"): "Developer guide: you cannot cancel an invalidation",
    ("key-rotation", "cost"): "AWS IAM is not charged",
}
"""Sentences that AWS's documentation makes true whatever is read, and where it says so."""
WARNINGS = {
    "Sessions that a task holds": "A task is stopped and replaced: what it holds in memory is lost (developer guide)",
    "other IaC may restore": "No field of AWS says who manages a resource",
    "present schema": "No field of AWS says which schema the database has",
    "Memory, cache and the default": "DB parameter formulas depend on DBInstanceClassMemory (user guide)",
    "storage cannot shrink": "ModifyDBInstance: AllocatedStorage can only grow",
    "For the next 6 hours": "User guide: six hours, or until storage optimization has completed",
    "never deletes a manual snapshot": "CreateDBSnapshot: a manual snapshot has no expiry",
    "Connections are cut at once": "RebootDBInstance: ForceFailover",
    "Tell the users first": "advice",
    "holds the data of production": "RestoreDBInstanceFromDBSnapshot: PubliclyAccessible false, in the request",
    "charged until it is deleted; a dated": "Amazon RDS pricing",
    "Write down first": "advice",
    "The free paths are the account's": "CloudFront pricing: 1,000 paths a month for an account",
    "caches of browsers and proxies": "Developer guide: invalidation clears edge caches only",
}


def said(of, part):
    rows = (f"{row.name}: {row.before} → {row.after}" for step in of.steps for row in step.rows)
    return {
        "downtime": of.downtime,
        "cost": of.cost,
        "reversible": of.reversible,
        "impact": of.blast,
        "title": of.title,
        "refused": "\n".join(of.refusals),
        "rows": "\n".join(rows),
        "warning": "\n".join(each.text for each in of.cautions),
    }[part]


@pytest.mark.parametrize(
    "flip", FLIPS, ids=lambda flip: f"{flip.kind}: {flip.part}: {flip.field}: {flip.words[:30]}"
)
def test_a_sentence_follows_its_field(flip):
    one, other = plan(flip.kind, **flip.one), plan(flip.kind, **flip.other)
    if flip.part != "refused":
        assert (one.refusals, other.refusals) == ((), ()), "both are plans"
    assert flip.words in said(one, flip.part)
    assert flip.words not in said(other, flip.part)
    assert flip.instead in said(other, flip.part)
    if flip.part != "refused":
        assert flip.field, "each names what it rests on"


CONSEQUENCES = re.compile(
    "_?(downtime|cost|reversible|impact|blast|outage_text|stopped_text|applied_row|watch|expires"
    "|cost_text|source_text|change_text|day_text|used_text)"
)


def test_every_consequence_is_said_in_some_case(monkeypatch):
    written = {
        str(node.args[0].value)
        for file in Path(inspect.getfile(base)).parent.rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text()))
        if isinstance(function, ast.FunctionDef) and CONSEQUENCES.fullmatch(function.name)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "plural")
        if isinstance(node.args[0], ast.Constant)
    } | {*rollout._GAPS.values()}
    translated: set[str] = set()

    def recorded(text, *_more, **values):
        translated.add(text)
        return text.format(**values) if values else text

    for module in [each for name, each in sys.modules.items() if name.startswith("services.changes.")]:
        for name in ("_", "plural"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, recorded)
    for flip in FLIPS:
        plan(flip.kind, **flip.one), plan(flip.kind, **flip.other)
    assert len(written) > 60
    assert written - translated == set(), "each has a row of its own"


def test_no_kind_has_a_part_that_rests_on_nothing():
    parts = {(flip.kind, flip.part) for flip in FLIPS}
    wanted = {(kind.id, part) for kind in CHANGES for part in ("downtime", "cost", "reversible")}
    assert wanted - parts == {*ALWAYS}, "a sentence flips with a field, or names its document, and not both"


def sites():
    files = Path(inspect.getfile(base)).parent.rglob("*.py")
    return {
        (str(file), node.lineno)
        for file in files
        if file.name != "base.py"
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "warning"
    }


def test_every_warning_is_given_in_one_case_and_not_in_another(monkeypatch):
    given: dict[str, set[tuple[str, int]]] = defaultdict(set)
    texts: dict[tuple[str, int], set[str]] = defaultdict(set)
    here: set[tuple[str, int]] = set()
    original = base.warning

    def recorded(text, *, grave=False):
        frame = sys._getframe(1)
        site = (frame.f_code.co_filename, frame.f_lineno)
        texts[site].add(text)
        here.add(site)
        return original(text, grave=grave)

    for module in [each for name, each in sys.modules.items() if name.startswith("services.changes.")]:
        if getattr(module, "warning", None) is original and module is not base:
            monkeypatch.setattr(module, "warning", recorded)
    always: dict[str, set[tuple[str, int]]] = {}
    for flip in FLIPS:
        for flips in (flip.one, flip.other):
            here.clear()
            if plan(flip.kind, **flips).refusals:
                continue
            given[flip.kind] |= here
            always[flip.kind] = always.get(flip.kind, {*here}) & here
    unseen = sites() - {site for each in given.values() for site in each}
    assert unseen == set(), "each has a row of its own"
    rigid = [site for site in texts if all(site in always[kind] for kind in given if site in given[kind])]
    unlisted = {
        text for site in rigid for text in texts[site] if not any(words in text for words in WARNINGS)
    }
    assert unlisted == set(), "a warning that is always given names its document"
