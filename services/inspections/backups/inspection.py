"""RDS バックアップ: checks that every backup window has a usable snapshot, and that snapshots are kept as agreed.

Runbook: 定期メンテナンス 1. "Is the newest from yesterday" cannot be judged by dates, which are UTC, so it is judged by age and
by window. A window without a snapshot is first explained by RDS events. Limits: `[rds]`.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from services.aws.client.errors import AwsError
from services.aws.rds.reader import EVENTS_KEPT, RdsReader
from services.calendar.maintenance_windows import Window, daily
from services.i18n import _
from services.inspections.backups.evaluation import BackupReading, checks, normal_summary
from services.inspections.backups.tables import events_table, nights_table
from services.inspections.backups.windows import GAPS, Night, Outcome, expected, nights, with_others
from services.inspections.base import InspectionRequest
from services.inspections.toolkit.database_inspection import DatabaseInspection
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.models.aws_cli import CliCommand
from services.models.findings import Finding
from services.models.metrics import TimeSpan
from services.models.rds import Database, DatabaseEvent, Snapshot
from services.models.verdict import Verdict

WINDOWS = 7
"""Minimum number of backup windows checked: a week, because the duty is weekly."""
CATEGORIES = ("backup", "failure", "low storage", "availability", "maintenance", "notification")
"""RDS event categories that may explain a missing backup."""


class Backups(DatabaseInspection):
    async def run(self, request: InspectionRequest) -> Finding:
        """Read the instance and its snapshots, and if one is missing also AWS Backup's and events. Raises AwsError."""
        reader, builder = RdsReader(self.context.reader), FindingBuilder(self, request)
        database = await reader.database(self.spec.instance)
        if finding := self.of_cluster(builder, database):
            return finding
        window = daily(database.backup_window)
        try:
            automatic = await reader.snapshots(database.id)
        except AwsError as error:
            return self._without_snapshots(builder, database, window, error)
        judged_nights = self._nights(window, database, automatic, request)
        if window and any(night.outcome in GAPS for night in judged_nights):
            text = _("The snapshots of AWS Backup cannot be read.")
            others = await builder.readable(reader.snapshots(database.id, "awsbackup"), text)
            judged_nights = with_others(window, judged_nights, others or ())
        gaps = [night for night in judged_nights if night.outcome in (*GAPS, Outcome.ELSEWHERE, Outcome.SLOW)]
        events = await self._events(reader, database, gaps, builder) if gaps else ()
        zone = self.context.calendar.zone
        reading = BackupReading(
            database, self.spec, request.until, zone, window, automatic, judged_nights, events
        )
        return self._finding(builder, reading)

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        """The retention, the snapshots of RDS and of AWS Backup, and the events that explain a gap."""
        from services.aws_cli.calls import call
        from services.aws_cli.databases import instance

        rds = self.context.runbook.rds
        if rds is None:
            return
        text = _("The database. Normal: Retention {days}, RestorableTo at most some minutes ago.")
        for command in instance(self.context.runbook, purpose=text.format(days=rds.retention_days)):
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

    def _without_snapshots(
        self, builder: FindingBuilder, database: Database, window: Window | None, error: AwsError
    ) -> Finding:
        """The finding from the instance alone, if it is abnormal; otherwise raises the AwsError."""
        zone = self.context.calendar.zone
        reading = BackupReading(
            database, self.spec, builder.request.until, zone, window, (), [], has_snapshots=False
        )
        if not any(result.verdict is Verdict.ABNORMAL for result in checks(reading, self.context.runbook)):
            raise error
        builder.unread(error, _("The snapshots cannot be read."))
        return self._finding(builder, reading)

    def _nights(
        self,
        window: Window | None,
        database: Database,
        automatic: Sequence[Snapshot],
        request: InspectionRequest,
    ) -> list[Night]:
        if window is None:
            return []
        since_last = sum(1 for _start in window.between(request.since, request.until))
        number = max(WINDOWS, since_last)
        # Snapshots older than the retention have been deleted; they are not gaps.
        number = min(number, database.retention_days or WINDOWS)
        starts = expected(window, request.until, number, database.created)
        return nights(window, starts, automatic, request.until)

    async def _events(
        self, reader: RdsReader, database: Database, gaps: Sequence[Night], builder: FindingBuilder
    ) -> tuple[DatabaseEvent, ...]:
        """RDS events about the windows without a snapshot, oldest first."""
        oldest = self.context.clock.now() - min(night.start for night in gaps) + timedelta(minutes=1)
        reading = reader.events(database.id, over=min(oldest, EVENTS_KEPT), categories=CATEGORIES)
        text = _("The RDS events, which may explain it, cannot be read.")
        events = await builder.readable(reading, text) or ()
        return tuple(event for event in events if any(night.holds(event.at) for night in gaps))

    def _finding(self, builder: FindingBuilder, reading: BackupReading) -> Finding:
        builder.check(*checks(reading, self.context.runbook))
        # Added even without any window, to show that none was checked.
        builder.table(nights_table(reading.nights, reading.events, reading.zone), keep_empty=True)
        builder.table(events_table(reading.events, reading.zone))
        gaps = any(night.outcome in GAPS for night in reading.nights)
        if gaps and not reading.events and builder.problem is None:
            text = _("RDS has no event about the missing backups (it keeps events for {days} days).")
            builder.remark(text.format(days=EVENTS_KEPT.days))
        builder.remark(*reading.remarks())
        return builder.finding_of_checks(normal_summary(reading))
