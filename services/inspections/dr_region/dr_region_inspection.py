"""復旧先のリージョン: what another region has, from which the database could be recovered if its own region fails.
Runbook: 運用カレンダー 10月 リージョン障害訓練. Automatic snapshots and the logs for a point-in-time restore stay in their
region; only what was copied or replicated survives it. Limits: `[disaster]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.aws.rds.reader import RdsReader
from services.aws.rds.recovery import RecoveryReader
from services.i18n import _, plural
from services.inspections.base import InspectionRequest, table
from services.inspections.toolkit.checks import CheckRow, about
from services.inspections.toolkit.finding_builder import DatabaseInspection, FindingBuilder
from services.inspections.toolkit.toolkit_wording import length, listed
from services.models.aws_cli import CliCommand
from services.models.base import RawId
from services.models.date_text import zoned_time
from services.models.evidence import Evidence
from services.models.findings import Finding, Measure
from services.models.metrics import TimeSpan
from services.models.rds import AutomatedBackup, Snapshot, SnapshotState
from services.models.runbook import Disaster
from services.models.verdict import Verdict

ACTIVE = "active"
DEFAULT_GROUP = "default."  # Prefix of the parameter groups that RDS makes by itself
SKEW = timedelta(minutes=10)  # Anything dated further ahead than this was made after the time that is judged


@dataclass(frozen=True, slots=True)
class RecoveryReading:
    spec: Disaster
    now: datetime
    zone: tzinfo
    snapshots: tuple[Snapshot, ...]  # The newest first
    backups: tuple[AutomatedBackup, ...]
    parameter_group: str  # The database's own
    has_parameter_group: bool | None  # Whether the region has it; None: could not be read
    subnet_groups: tuple[RawId, ...] | None  # None: could not be read

    @property
    def newest_snapshot(self) -> Snapshot | None:
        last = self.now + SKEW
        usable = (
            each
            for each in self.snapshots
            if each.state is SnapshotState.AVAILABLE and each.at and each.at <= last
        )
        return next(usable, None)

    @property
    def newest(self) -> datetime | None:
        """The newest state of the database that can be recovered (UTC); None: there is none."""
        times = [each.latest for each in self.backups if each.latest and each.latest <= self.now + SKEW]
        copy = self.newest_snapshot
        return max((*times, *([copy.at] if copy and copy.at else [])), default=None)


def unset() -> CheckRow:
    measure = Measure(title=_("Region of recovery"), shown="", verdict=Verdict.UNKNOWN)
    tip = _("Decide where the system is recovered, and write it into the runbook: disaster.region.")
    return CheckRow(measure, _("The runbook names no region in which the system is recovered."), (tip,))


def normal_summary(reading: RecoveryReading) -> str:
    """The summary if everything is normal; "" without anything to recover from."""
    newest = reading.newest
    if newest is None:
        return ""
    text = _("{region} has a state of the database that is {age} old.")
    return text.format(region=reading.spec.region, age=length(reading.now - newest))


def checks(reading: RecoveryReading) -> list[CheckRow]:
    return [
        *about("recoverable", _recoverable(reading)),
        *about("replicated", _replicated(reading)),
        *about("copies", _copies(reading)),
        *about("groups", _parameter_group(reading), _subnet_groups(reading)),
    ]


def _recoverable(reading: RecoveryReading) -> CheckRow:
    title, region, hours = _("Newest recoverable state"), reading.spec.region, reading.spec.max_age_hours
    allowed = _("≤ {hours} h", hours=hours)
    newest = reading.newest
    if newest is None:
        text = _("{region} has nothing from which the database could be recovered.")
        tip = _(
            "Replicate the automated backups to {region} (aws rds start-db-instance-automated-backups-replication), or "
            "copy a snapshot there (aws rds copy-db-snapshot)."
        )
        measure = Measure(title=title, shown=_("none"), allowed=allowed, verdict=Verdict.ABNORMAL)
        return CheckRow(measure, text.format(region=region), (tip.format(region=region),), by_runbook=True)
    age = reading.now - newest
    is_old = age > timedelta(hours=hours)
    measure = Measure(
        title=title,
        shown=length(age),
        allowed=allowed,
        verdict=Verdict.ABNORMAL if is_old else Verdict.NORMAL,
        value=round(age.total_seconds() / 3600, 2),
        unit="h",
        note=zoned_time(newest, reading.zone),
    )
    text = _("The newest state that can be recovered in {region} is {age} old (at most {hours} h).")
    tip = _("Check why nothing newer has arrived in {region}: the replication, or what copies the snapshots.")
    return CheckRow(
        measure,
        text.format(region=region, age=length(age), hours=hours),
        (tip.format(region=region),),
        by_runbook=True,
    )


def _replicated(reading: RecoveryReading) -> CheckRow:
    title, others = _("Replicated automated backups"), _statuses(reading)
    if not reading.backups:
        # Copies of snapshots may do; whether anything does is judged above.
        return CheckRow(Measure(title=title, shown=_("none")))
    text = _("The automated backups in {region} are {statuses}, so that no newer ones arrive.")
    tip = _("Start the replication again, or check why it does not run.")
    measure = Measure(
        title=title,
        shown=listed([each.status for each in reading.backups]),
        allowed=ACTIVE,
        verdict=Verdict.ATTENTION if others else Verdict.NORMAL,
        note=_retention(reading.backups[0]),
    )
    return CheckRow(measure, text.format(region=reading.spec.region, statuses=listed(others)), (tip,))


def _statuses(reading: RecoveryReading) -> list[str]:
    """The statuses other than active; replicated backups of older versions of RDS say `replicating`."""
    return [each.status for each in reading.backups if each.status not in (ACTIVE, "replicating")]


def _retention(backup: AutomatedBackup) -> str:
    if backup.retention_days is None:
        return ""
    days = backup.retention_days
    return plural("kept for {count} day", "kept for {count} days", days, count=days)


def _copies(reading: RecoveryReading) -> CheckRow:
    title = _("Copies of snapshots")
    bad = [each for each in reading.snapshots if each.state is SnapshotState.UNUSABLE]
    measure = Measure(
        title=title,
        shown=str(len(reading.snapshots)) if reading.snapshots else _("none"),
        verdict=Verdict.ATTENTION if bad else None,
        value=float(len(reading.snapshots)),
    )
    names = listed([_("{name} is {status}", name=each.name, status=each.status) for each in bad[:3]])
    return CheckRow(
        measure, _("{parts}.", parts=names), (_("Delete the copy that failed, and copy it again."),)
    )


def _parameter_group(reading: RecoveryReading) -> CheckRow:
    title, name = _("Parameter group"), reading.parameter_group
    if reading.has_parameter_group is None or not name:
        measure = Measure(title=title, shown="", verdict=Verdict.UNKNOWN)
        return CheckRow(measure, _("Whether the database's parameter group is there is not known."))
    is_there = reading.has_parameter_group or name.startswith(DEFAULT_GROUP)
    measure = Measure(
        title=title,
        shown=name if is_there else _("none"),
        allowed=name,
        verdict=Verdict.NORMAL if is_there else Verdict.ATTENTION,
    )
    text = _("{region} has no parameter group {name}: a recovered database would run with other settings.")
    tip = _("Create the parameter group {name} in {region} with the same values.")
    return CheckRow(
        measure,
        text.format(region=reading.spec.region, name=name),
        (tip.format(region=reading.spec.region, name=name),),
    )


def _subnet_groups(reading: RecoveryReading) -> CheckRow:
    title, names = _("Subnet groups"), reading.subnet_groups
    if names is None:
        measure = Measure(title=title, shown="", verdict=Verdict.UNKNOWN)
        return CheckRow(measure, _("Whether there is a subnet group is not known."))
    measure = Measure(
        title=title,
        shown=listed([str(each) for each in names[:3]]) or _("none"),
        allowed=_("at least one"),
        verdict=Verdict.NORMAL if names else Verdict.ATTENTION,
    )
    text = _("{region} has no subnet group: a recovered database has no network to go to.")
    tip = _("Prepare a VPC with private subnets and a subnet group in {region}.")
    region = reading.spec.region
    return CheckRow(measure, text.format(region=region), (tip.format(region=region),))


class DisasterRegion(DatabaseInspection):
    async def run(self, request: InspectionRequest) -> Finding:
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
            purpose=_(
                "Automated backups replicated to {region}. Normal: active, some minutes old.", region=region
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
