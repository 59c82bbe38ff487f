"""The inspection of backups by hand."""

from collections.abc import Iterator

from services.aws.rds.reader import EVENTS_KEPT
from services.aws_cli.calls import call
from services.aws_cli.databases import instance
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.runbook import Runbook


def commands_of(runbook: Runbook) -> Iterator[CliCommand]:
    """The retention, the snapshots of RDS and of AWS Backup, and the events that explain a gap."""
    rds = runbook.rds
    if rds is None:
        return
    text = _("The database. Normal: Retention {days}, RestorableTo at most some minutes ago.")
    for command in instance(runbook, purpose=text.format(days=rds.retention_days)):
        trap = _("The retention is shown by no snapshot, only here.")
        yield command.model_copy(update={"traps": (trap,)})
    text = _("RDS's snapshots. Normal: one available per day, the newest at most {hours} hours old.")
    for kind, purpose in (
        ("automated", text.format(hours=rds.snapshot_max_age_hours)),
        (
            "awsbackup",
            _("AWS Backup's snapshots, in case it owns the backups. Normal: no row if RDS has its own."),
        ),
    ):
        yield call(
            "rds",
            "DescribeDBSnapshots",
            {"DBInstanceIdentifier": rds.instance, "SnapshotType": kind},
            query="DBSnapshots[].[SnapshotCreateTime,Status,DBSnapshotIdentifier]",
            purpose=purpose,
            traps=(
                _(
                    "SnapshotCreateTime is in UTC: at 9:00 JST the newest is of “yesterday”, or of today in Japan."
                ),
            )
            if kind == "automated"
            else (),
        )
    yield call(
        "rds",
        "DescribeEvents",
        {
            "SourceType": "db-instance",
            "SourceIdentifier": rds.instance,
            "Duration": int(EVENTS_KEPT.total_seconds() // 60),
        },
        query="Events[].[Date,EventCategories[0],Message]",
        purpose=_("The database's events of two weeks; they explain a missing snapshot."),
        traps=(_("Without --duration only the last hour is listed."),),
    )
