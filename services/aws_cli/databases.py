"""Source: DescribeDBInstances (Amazon RDS API reference)."""

from collections.abc import Iterator

from services.aws_cli.calls import call
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.runbook import Runbook


def instance(runbook: Runbook, *, purpose: str = "") -> Iterator[CliCommand]:
    if runbook.rds is None:
        return
    yield call(
        "rds",
        "DescribeDBInstances",
        {"DBInstanceIdentifier": runbook.rds.instance},
        query="DBInstances[].{Status:DBInstanceStatus,Class:DBInstanceClass,Storage:AllocatedStorage,"
        "MultiAZ:MultiAZ,Pending:PendingModifiedValues,Retention:BackupRetentionPeriod,"
        "BackupWindow:PreferredBackupWindow,Maintenance:PreferredMaintenanceWindow,"
        "RestorableTo:LatestRestorableTime,LogExports:EnabledCloudwatchLogsExports}",
        output="json",
        purpose=purpose or _("The database. Normal: available, and Pending is empty."),
        traps=(
            _(
                "modify-db-instance with --apply-immediately also applies everything in Pending, and may restart the database."
            ),
            _(
                "It takes --apply-immediately or --no-apply-immediately; “--apply-immediately false” is rejected."
            ),
        ),
    )


def database_arn(runbook: Runbook, region: str) -> str:
    """The ARN of the runbook's database; "" without one."""
    system, rds = runbook.system, runbook.rds
    return f"arn:aws:rds:{region}:{system.account}:db:{rds.instance}" if rds is not None else ""
