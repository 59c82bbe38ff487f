"""The inspections, one line each: their metadata, requirements, and classes.

Listing inspections imports none of them; a class is imported when its inspection is created.
"""

from dataclasses import dataclass
from pkgutil import resolve_name

from services.i18n import N_
from services.inspections import requirements
from services.inspections.base import Inspection, InspectionContext
from services.inspections.requirements import Requirement
from services.models.base import RawId
from services.models.findings import InspectionInfo
from services.models.runbook import Runbook

SIGN_INS = "sign-ins"
"""The inspection whose findings name unknown people and networks."""


@dataclass(frozen=True, slots=True)
class InspectionEntry:
    """An inspection that is available to every runbook."""

    id: str
    """The id in duties and on the command line: `toban inspect <id>`."""
    title: str
    """English; translated where shown."""
    implementation: str
    """`module:Class` of the Inspection."""
    needs: tuple[Requirement, ...] = ()
    """Settings of the runbook without which the inspection is not offered."""
    words: str = ""
    """Readings and romaji for the palette."""
    page: str = ""
    """Page of the AWS console with the same data, relative to the console's root; `{region}` is filled in."""

    @property
    def info(self) -> InspectionInfo:
        """The entry as listed."""
        return InspectionInfo(id=RawId(self.id), title=self.title, words=self.words)

    def missing_setting(self, runbook: Runbook) -> str:
        """The first required runbook key that is not set (`rds`, `error_logs.log_group`); "" for none."""
        return requirements.missing_setting(runbook, self.needs)

    def create(self, context: InspectionContext) -> Inspection:
        """Import the class and create the inspection."""
        inspection: Inspection = resolve_name(self.implementation)(context, self.info)
        return inspection


INSPECTIONS: tuple[InspectionEntry, ...] = (
    InspectionEntry("alarms", N_("Alarms"), "services.inspections.alarms.inspection:AlarmStates", ("alarms",), "あらーむ araamu けいほう keihou cloudwatch alarm", page="cloudwatch/home?region={region}#alarmsV2:"),
    InspectionEntry("dashboard", N_("Dashboard"), "services.inspections.dashboard.inspection:DashboardValues", ("limits", requirements.dashboard), "だっしゅぼーど dasshuboodo cloudwatch dashboard metrics cpu", page="cloudwatch/home?region={region}#dashboards"),
    InspectionEntry("error-logs", N_("Error logs"), "services.inspections.error_logs.inspection:ErrorLogs", ("error_logs.log_group", "error_logs.field"), "えらーろぐ eraarogu error log insights 5xx", page="cloudwatch/home?region={region}#logsV2:logs-insights"),
    InspectionEntry("costs", N_("Costs"), "services.inspections.costs.inspection:Costs", ("costs",), "コスト こすと kosuto 費用 ひよう hiyou 料金 りょうきん ryoukin 予算 よさん yosan cost explorer budget", page="costmanagement/home#/cost-explorer"),
    InspectionEntry("backups", N_("RDS backups"), "services.inspections.backups.inspection:Backups", ("rds",), "ばっくあっぷ bakkuappu snapshot すなっぷしょっと sunappushotto rds", page="rds/home?region={region}#snapshots-list:"),
    InspectionEntry(SIGN_INS, N_("Sign-ins and changes (CloudTrail)"), "services.inspections.sign_ins.inspection:SignIns", ("trail.sign_in_regions",), "サインイン ログイン さいんいん ろぐいん signin rogu-in CloudTrail しょうせき 証跡 shoseki", page="cloudtrailv2/home?region={region}#/events"),
    InspectionEntry("access-keys", N_("Access keys"), "services.inspections.access_keys.inspection:KeyAges", ("access_keys",), "アクセスキー あくせすきー 鍵 かぎ kagi akusesuki- key IAM ローテーション", page="iam/home#/users"),
    InspectionEntry("maintenance", N_("RDS maintenance"), "services.inspections.maintenance.inspection:Maintenance", ("rds",), "めんてなんす mentenansu ぱっち pacchi patch maintenance rds certificate", page="rds/home?region={region}#databases:"),
    InspectionEntry("slow-queries", N_("Slow queries"), "services.inspections.slow_queries.inspection:SlowQueries", ("slow_queries.log_group", "rds"), "すろーくえり suroukueri slow query database postgresql", page="cloudwatch/home?region={region}#logsV2:logs-insights"),
    InspectionEntry("waf-blocks", N_("WAF blocks"), "services.inspections.waf_blocks.inspection:WafBlocks", (requirements.web_acl,), "わふ ぶろっく だぶりゅーえーえふ waf burokku block firewall faiauooru", page="wafv2/homev2"),
    InspectionEntry("scaling", N_("Tasks and scaling"), "services.inspections.scaling.inspection:TaskLimits", ("ecs.usual_max",), "たすくすう tasukusuu おーとすけーりんぐ ootosukeeringu auto scaling ecs", page="ecs/v2/clusters?region={region}"),
)  # fmt: skip

KINDS: dict[str, str] = {
    "insights": "services.inspections.custom.log_query:CustomInsights",
    "metric": "services.inspections.custom.metric:CustomMetric",
}
"""Kinds of a runbook's own inspections (`[[inspections]]`), each with its `module:Class`."""


def import_all() -> None:
    """Import every inspection; run it in a thread, so that creating one later does not block the event loop."""
    for implementation in (*(entry.implementation for entry in INSPECTIONS), *KINDS.values()):
        resolve_name(implementation)


def offered(runbook: Runbook) -> tuple[InspectionInfo, ...]:
    """The inspections available with this runbook: the built-in ones, then the runbook's own."""
    own = (InspectionInfo(id=RawId(spec.id), title=spec.title) for spec in runbook.inspections)
    return (*(entry.info for entry in INSPECTIONS if not entry.missing_setting(runbook)), *own)


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
