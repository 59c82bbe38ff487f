"""The inspection of the region of recovery by hand."""

from collections.abc import Iterator

from services.aws_cli.calls import call
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.runbook import Runbook


def commands_of(runbook: Runbook) -> Iterator[CliCommand]:
    """The replicated backups, the copies of snapshots, and the groups that a recovered database needs."""
    rds, spec = runbook.rds, runbook.disaster
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
