"""Every inspection, one line each."""

from collections.abc import Callable

from services.inspections.access_keys.inspection import KeyAges
from services.inspections.alarms.inspection import AlarmStates
from services.inspections.backups.inspection import Backups
from services.inspections.base import Inspection, InspectionContext
from services.inspections.costs.inspection import Costs
from services.inspections.custom.log_query import CustomInsights
from services.inspections.custom.metric import CustomMetric
from services.inspections.dashboard.inspection import DashboardValues
from services.inspections.error_logs.inspection import ErrorLogs
from services.inspections.maintenance.inspection import Maintenance
from services.inspections.scaling.inspection import TaskLimits
from services.inspections.sign_ins.inspection import SignIns
from services.inspections.slow_queries.inspection import SlowQueries
from services.inspections.waf_blocks.inspection import WafBlocks
from services.models.base import RawId
from services.models.findings import InspectionInfo
from services.models.runbook import Runbook
from services.models.runbook_looks import CustomInspection

INSPECTIONS: tuple[type[Inspection], ...] = (
    AlarmStates,
    DashboardValues,
    ErrorLogs,
    Costs,
    Backups,
    SignIns,
    KeyAges,
    Maintenance,
    SlowQueries,
    WafBlocks,
    TaskLimits,
)

KINDS: dict[str, Callable[[InspectionContext, CustomInspection], Inspection]] = {
    "insights": CustomInsights,
    "metric": CustomMetric,
}
"""What `[[inspections]]` of a runbook can be, by their `kind`."""


def offered(runbook: Runbook) -> tuple[InspectionInfo, ...]:
    """The looks that this runbook's system has."""
    own = (InspectionInfo(id=RawId(each.id), title=each.title) for each in runbook.inspections)
    built = (kind for kind in INSPECTIONS if not kind.lacks(runbook))
    return (*(InspectionInfo(id=RawId(kind.id), title=kind.title, words=kind.words) for kind in built), *own)


def make(context: InspectionContext, id: str) -> Inspection:
    """The inspection called `id`. Raises LookupError for one that this runbook does not have."""
    for kind in INSPECTIONS:
        if kind.id == id and not kind.lacks(context.runbook):
            return kind(context)
    for spec in context.runbook.inspections:
        if spec.id == id:
            return KINDS[spec.kind](context, spec)
    raise LookupError(id)
