"""Listing inspections imports none of them; a class is imported when its inspection is created."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pkgutil import resolve_name

from services.aws.cloudwatch.dashboards.default import builtin_dashboard
from services.i18n import N_
from services.inspections.base import Inspection, InspectionContext
from services.models.base import RawId
from services.models.findings import InspectionInfo
from services.models.runbook import Runbook

Requirement = str | Callable[[Runbook], str]
"""A key (`rds`, `error_logs.log_group`), or a function that returns the missing key, "" for none."""


def missing_setting(runbook: Runbook, requirements: Iterable[Requirement]) -> str:
    """The first required key that the runbook does not set; "" if it sets all of them."""
    keys = (_missing(runbook, need) if isinstance(need, str) else need(runbook) for need in requirements)
    return next(filter(None, keys), "")


def _missing(runbook: Runbook, key: str) -> str:
    section, _dot, name = key.partition(".")
    value = getattr(runbook, section)
    if not value:
        return section
    return key if name and not getattr(value, name) else ""


def dashboard(runbook: Runbook) -> str:
    """Requires a dashboard, or targets from which one can be generated."""
    return "" if runbook.dashboard or builtin_dashboard(runbook).widgets else "dashboard"


def web_acl(runbook: Runbook) -> str:
    """Requires the web ACL's name, or the load balancer that it protects."""
    waf, alb = runbook.waf, runbook.alb
    if waf is None:
        return "waf"
    balancer = alb is not None and alb.load_balancer and waf.scope == "regional"
    return "" if waf.web_acl or balancer else "waf.web_acl"


SIGN_INS = "sign-ins"  # The inspection whose findings name unknown people and networks


@dataclass(frozen=True, slots=True)
class InspectionEntry:
    """An inspection that is available to every runbook."""

    id: str  # The id in duties and on the command line: `toban inspect <id>`
    title: str  # English; translated where shown
    implementation: str  # `module:Class` of the Inspection
    needs: tuple[Requirement, ...] = ()  # Settings of the runbook without which the inspection is not offered
    asked_by: str = ""
    """The section by which a runbook asks for it, unless a duty, a playbook or a procedure names it; "": `needs` suffice."""
    words: str = ""  # Readings and romaji for the palette
    page: str = ""
    """Page of the AWS console with the same data, relative to the console's root; `{region}` is filled in."""
    calls: tuple[str, ...] = ()
    """Every operation that it may call, `service:Operation`, as botocore names both."""

    @property
    def info(self) -> InspectionInfo:
        return InspectionInfo(id=RawId(self.id), title=self.title, words=self.words)

    def missing_setting(self, runbook: Runbook) -> str:
        """The first required runbook key that is not set (`rds`, `error_logs.log_group`); "" for none."""
        return missing_setting(runbook, self.needs)

    def create(self, context: InspectionContext) -> Inspection:
        inspection: Inspection = resolve_name(self.implementation)(context, self.info)
        return inspection


_ALARMS = ("cloudwatch:DescribeAlarms", "cloudwatch:GetAlarmMuteRule", "cloudwatch:ListAlarmMuteRules")
_SCALING = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingActivities",
    "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions",
)
_INSIGHTS = (
    "logs:DescribeLogGroups",
    "logs:FilterLogEvents",
    "logs:GetQueryResults",
    "logs:StartQuery",
    "logs:StopQuery",
)
_REGIONS = ("account:ListRegions", "ec2:DescribeRegions")
_TRAIL = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:LookupEvents")
_FIREWALL = (
    "wafv2:GetLoggingConfiguration",
    "wafv2:GetSampledRequests",
    "wafv2:GetWebACL",
    "wafv2:GetWebACLForResource",
    "wafv2:ListWebACLs",
    "s3:ListObjectsV2",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)

INSPECTIONS: tuple[InspectionEntry, ...] = (
    InspectionEntry("alarms", N_("Alarms"), "services.inspections.alarms.alarm_inspection:AlarmStates", ("alarms",), words="あらーむ araamu けいほう keihou cloudwatch alarm", page="cloudwatch/home?region={region}#alarmsV2:", calls=(*_ALARMS, "cloudwatch:DescribeAlarmHistory", "sns:ListSubscriptionsByTopic")),
    InspectionEntry("dashboard", N_("Dashboard"), "services.inspections.dashboard.dashboard_inspection:DashboardValues", ("limits", dashboard), words="だっしゅぼーど dasshuboodo cloudwatch dashboard metrics cpu", page="cloudwatch/home?region={region}#dashboards", calls=("cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:GetMetricData", "rds:DescribeDBInstances")),
    InspectionEntry("error-logs", N_("Error logs"), "services.inspections.error_logs.error_logs_inspection:ErrorLogsInspection", ("error_logs.log_group", "error_logs.field"), words="えらーろぐ eraarogu error log insights 5xx", page="cloudwatch/home?region={region}#logsV2:logs-insights", calls=(*_INSIGHTS, "logs:GetLogGroupFields")),
    InspectionEntry("costs", N_("Costs"), "services.inspections.costs.costs_inspection:CostsInspection", ("costs",), words="コスト こすと kosuto 費用 ひよう hiyou 料金 りょうきん ryoukin 予算 よさん yosan cost explorer budget", page="costmanagement/home#/cost-explorer", calls=("budgets:DescribeBudgets", "ce:GetCostAndUsage")),
    InspectionEntry("backups", N_("RDS backups"), "services.inspections.backups.backups_inspection:Backups", ("rds",), words="ばっくあっぷ bakkuappu snapshot すなっぷしょっと sunappushotto rds", page="rds/home?region={region}#snapshots-list:", calls=("rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:DescribeEvents")),
    InspectionEntry(SIGN_INS, N_("Sign-ins and changes (CloudTrail)"), "services.inspections.sign_ins.sign_ins_inspection:SignIns", ("trail.sign_in_regions",), words="サインイン ログイン さいんいん ろぐいん signin rogu-in CloudTrail しょうせき 証跡 shoseki", page="cloudtrailv2/home?region={region}#/events", calls=(*_TRAIL, *_REGIONS, "iam:GetAccountSummary", "iam:ListUsers")),
    InspectionEntry("access-keys", N_("Access keys"), "services.inspections.access_keys.access_keys_inspection:KeyAges", ("access_keys",), words="アクセスキー あくせすきー 鍵 かぎ kagi akusesuki- key IAM ローテーション", page="iam/home#/users", calls=("iam:GetAccessKeyLastUsed", "iam:GetAccountSummary", "iam:ListAccessKeys", "iam:ListUsers")),
    InspectionEntry("maintenance", N_("RDS maintenance"), "services.inspections.maintenance.maintenance_inspection:MaintenanceInspection", ("rds",), words="めんてなんす mentenansu ぱっち pacchi patch maintenance rds certificate", page="rds/home?region={region}#databases:", calls=("rds:DescribeDBInstances", "rds:DescribePendingMaintenanceActions")),
    InspectionEntry("dr-region", N_("Region of recovery"), "services.inspections.dr_region.dr_region_inspection:DisasterRegion", ("rds",), asked_by="disaster", words="さいがい ふっきゅう saigai fukkyuu りーじょん riijon disaster recovery region dr", page="rds/home?region={region}#automatedbackups:", calls=("rds:DescribeDBInstanceAutomatedBackups", "rds:DescribeDBInstances", "rds:DescribeDBParameterGroups", "rds:DescribeDBSnapshots", "rds:DescribeDBSubnetGroups")),
    InspectionEntry("slow-queries", N_("Slow queries"), "services.inspections.slow_queries.slow_queries_inspection:SlowQueriesInspection", ("slow_queries.log_group", "rds"), words="すろーくえり suroukueri slow query database postgresql", page="cloudwatch/home?region={region}#logsV2:logs-insights", calls=(*_INSIGHTS, "rds:DescribeDBInstances")),
    InspectionEntry("waf-blocks", N_("WAF blocks"), "services.inspections.waf_blocks.waf_blocks_inspection:WafBlocks", (web_acl,), words="わふ ぶろっく だぶりゅーえーえふ waf burokku block firewall faiauooru", page="wafv2/homev2", calls=(*_FIREWALL, "cloudwatch:GetMetricData", "cloudtrail:LookupEvents", "logs:FilterLogEvents")),
    InspectionEntry("scaling", N_("Tasks and scaling"), "services.inspections.scaling.scaling_inspection:TaskLimits", ("ecs.usual_max",), words="たすくすう tasukusuu おーとすけーりんぐ ootosukeeringu auto scaling ecs", page="ecs/v2/clusters?region={region}", calls=(*_ALARMS, *_SCALING, "ecs:DescribeServices")),
)  # fmt: skip

KINDS: dict[str, str] = {
    "insights": "services.inspections.custom.log_query:CustomInsights",
    "metric": "services.inspections.custom.metric:CustomMetric",
}
"""Kinds of a runbook's own inspections (`[[inspections]]`), each with its `module:Class`."""
KIND_CALLS: dict[str, tuple[str, ...]] = {"insights": _INSIGHTS, "metric": ("cloudwatch:GetMetricData",)}
"""Every operation that an inspection of each kind may call."""


def import_all() -> None:
    """Import every inspection; run it in a thread, so that creating one later does not block the event loop."""
    for implementation in (*(entry.implementation for entry in INSPECTIONS), *KINDS.values()):
        resolve_name(implementation)


def offered(runbook: Runbook) -> tuple[InspectionInfo, ...]:
    own = (InspectionInfo(id=RawId(spec.id), title=spec.title) for spec in runbook.inspections)
    return (*(entry.info for entry in INSPECTIONS if not entry.missing_setting(runbook)), *own)


def asked(runbook: Runbook) -> tuple[str, ...]:
    """Ids of the inspections that the runbook asks for: by their settings, by naming them, or by defining them."""
    steps = [
        *(step for duty in runbook.duties for step in duty.steps),
        *(step for book in runbook.playbooks for step in book.steps),
        *(step for procedure in runbook.procedures for step in procedure.steps),
    ]
    named = {
        *(id for duty in runbook.duties for id in duty.inspections),
        *(id for book in runbook.playbooks for id in book.findings),
        *(str(step.look) for step in steps),
    }
    unasked = {
        entry.id
        for entry in INSPECTIONS
        if entry.asked_by and entry.id not in named and not getattr(runbook, entry.asked_by)
    }
    return tuple(str(each.id) for each in offered(runbook) if each.id not in unasked)


def make(context: InspectionContext, id: str) -> Inspection:
    """Create the inspection called `id`. Raises LookupError if the runbook does not have it."""
    for entry in INSPECTIONS:
        if entry.id == id and not entry.missing_setting(context.runbook):
            return entry.create(context)
    for spec in context.runbook.inspections:
        if spec.id == id:
            inspection: Inspection = resolve_name(KINDS[spec.kind])(context, spec)
            return inspection
    raise LookupError(id)
