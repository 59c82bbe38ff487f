"""The base class of the database's inspections. Limits: `[rds]`."""

from services.i18n import _
from services.inspections.base import Inspection
from services.inspections.toolkit.checks import CheckResult
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.models.findings import Finding, Measure
from services.models.rds import Database
from services.models.runbook import Rds
from services.models.verdict import Verdict


class DatabaseInspection(Inspection):
    """An inspection of the runbook's RDS instance."""

    @property
    def spec(self) -> Rds:
        spec = self.context.runbook.rds
        assert spec is not None
        return spec

    def of_cluster(self, builder: FindingBuilder, database: Database) -> Finding | None:
        """The finding for a member of a cluster, whose backups and settings are the cluster's; None for others."""
        if not database.cluster:
            return None
        measure = Measure(title=_("Cluster"), shown=database.cluster, verdict=Verdict.UNKNOWN)
        text = _("The database is a member of the cluster {cluster}: not judged here.")
        builder.check(CheckResult(measure, text.format(cluster=database.cluster)))
        return builder.finding_of_checks("")
