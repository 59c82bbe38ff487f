"""復旧先のリージョン: what another region has, from which the database could be recovered if its own region fails.

Runbook: 運用カレンダー 10月 リージョン障害訓練. Automatic snapshots and the logs for a point-in-time restore stay in their region;
only what was copied or replicated survives it. Limits: `[disaster]`.
"""

from collections.abc import Iterator

from services.aws.rds.reader import RdsReader
from services.aws.rds.recovery import RecoveryReader
from services.i18n import _
from services.inspections.base import InspectionRequest, table
from services.inspections.dr_region.evaluation import RecoveryReading, checks, normal_summary, unset
from services.inspections.toolkit.database_inspection import DatabaseInspection
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.inspections.toolkit.wording import length
from services.models.aws_cli import CliCommand
from services.models.date_text import zoned_time
from services.models.evidence import Evidence
from services.models.findings import Finding
from services.models.metrics import TimeSpan


class DisasterRegion(DatabaseInspection):
    """Inspects the region of recovery."""

    async def run(self, request: InspectionRequest) -> Finding:
        """Read the database and what the other region has of it. Raises AwsError if nothing there can be read."""
        builder, spec = FindingBuilder(self, request, windowed=False), self.context.runbook.disaster
        if spec is None:
            builder.check(unset())
            return builder.finding_of_checks("")
        there, name = RecoveryReader(self.context.reader, spec.region), str(self.spec.instance)
        own = RdsReader(self.context.reader).database(self.spec.instance)
        database = await builder.readable(own, _("The parameter group here cannot be read."))
        if database is not None and (finding := self.of_cluster(builder, database)):
            return finding
        # Without these two nothing can be said; the groups only make the recovery quicker.
        snapshots = await there.snapshots(name)
        backups = await there.automated_backups(name)
        groups = await builder.readable(there.subnet_groups(), _("The subnet groups there cannot be read."))
        group = str(database.parameter_group) if database is not None else ""
        has_group = None
        if group:
            text = _("The parameter group there cannot be read.")
            has_group = await builder.readable(there.has_parameter_group(group), text)
        reading = RecoveryReading(
            spec, request.until, self.context.calendar.zone, snapshots, backups, group, has_group, groups
        )
        builder.check(*checks(reading))
        builder.table(backups_table(reading), snapshots_table(reading))
        builder.remark(
            _("AWS is asked in {region}; whether a recovery works is shown only by the drill.").format(
                region=spec.region
            )
        )
        return builder.finding_of_checks(normal_summary(reading))

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        """The replicated backups, the copies of snapshots, and the groups that a recovered database needs."""
        from services.aws_cli.calls import call

        rds, spec = self.context.runbook.rds, self.context.runbook.disaster
        if rds is None or spec is None:
            return
        region, instance = str(spec.region), {"DBInstanceIdentifier": rds.instance}
        yield call(
            "rds",
            "DescribeDBInstanceAutomatedBackups",
            instance,
            region=region,
            query="DBInstanceAutomatedBackups[].[Status,RestoreWindow.LatestTime]",
            purpose=_("Automated backups replicated to {region}. Normal: active, some minutes old.").format(
                region=region
            ),
            traps=(_("Without --region it lists the backups of the region that fails."),),
        )
        yield call(
            "rds",
            "DescribeDBSnapshots",
            instance,
            region=region,
            query="DBSnapshots[].[SnapshotCreateTime,Status,DBSnapshotIdentifier]",
            purpose=_("Copies of snapshots. Normal: the newest is at most {hours} hours old.").format(
                hours=spec.max_age_hours
            ),
        )
        for operation, query, purpose in (
            (
                "DescribeDBParameterGroups",
                "DBParameterGroups[].DBParameterGroupName",
                _("The parameter groups. Normal: that of the database is among them."),
            ),
            (
                "DescribeDBSubnetGroups",
                "DBSubnetGroups[].DBSubnetGroupName",
                _("The subnet groups. Normal: there is one."),
            ),
        ):
            yield call("rds", operation, {}, region=region, query=query, purpose=purpose)


def backups_table(reading: RecoveryReading) -> Evidence:
    """Each replicated automated backup with the times between which it can be restored."""
    zone = reading.zone
    return table(
        _("Replicated automated backups"),
        (_("Instance"), _("Status"), _("Restorable from"), _("Restorable until")),
        [
            (
                each.name,
                each.status,
                zoned_time(each.earliest, zone) if each.earliest else "—",
                zoned_time(each.latest, zone) if each.latest else "—",
            )
            for each in reading.backups
        ],
    )


def snapshots_table(reading: RecoveryReading) -> Evidence:
    """Each copy of a snapshot with its age, the newest first."""
    return table(
        _("Copies of snapshots"),
        (_("Snapshot"), _("Status"), _("Taken"), _("Age")),
        [
            (
                each.name,
                each.status,
                zoned_time(each.at, reading.zone) if each.at else "—",
                length(reading.now - each.at) if each.at and each.at <= reading.now else "—",
            )
            for each in reading.snapshots
        ],
    )
