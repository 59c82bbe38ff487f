"""RDS バックアップ: is there a usable snapshot of every backup window, and are they kept as long as agreed.

Runbook: 定期メンテナンス 1. "Is the newest from yesterday" cannot be judged by dates, which are UTC: it is judged
by age and by window. A window without a snapshot is explained by RDS's events first. Limits: `[rds]`.
"""

from collections.abc import Sequence
from datetime import timedelta

from services.aws.client.errors import AwsError
from services.aws.rds.reader import EVENTS_KEPT, RdsReader
from services.calendar.maintenance_windows import Window, daily
from services.i18n import N_, _
from services.inspections.backups.evaluation import Backups as Seen
from services.inspections.backups.evaluation import normal_summary, points
from services.inspections.backups.tables import events_table, nights_table
from services.inspections.backups.windows import GAPS, Night, Outcome, expected, nights, with_others
from services.inspections.base import Look
from services.inspections.toolkit.database_inspection import DatabaseLook
from services.inspections.toolkit.points import Unread, advice, summary
from services.models.databases import Database, DatabaseEvent, Snapshot
from services.models.findings import Finding, worst
from services.models.verdict import Verdict

WINDOWS = 7
"""Backup windows looked at, at least: a week, as the duty comes every week."""
CATEGORIES = ("backup", "failure", "low storage", "availability", "maintenance", "notification")
"""RDS event categories that may say why there is no backup."""


class Backups(DatabaseLook):
    """The database's backups."""

    id = "backups"
    title = N_("RDS backups")
    words = "ばっくあっぷ bakkuappu snapshot すなっぷしょっと sunappushotto rds"

    async def look(self, look: Look) -> Finding:
        """The instance and its snapshots; where one is missing, AWS Backup's and the events too. Raises AwsError."""
        reader, unread = RdsReader(self.context.reader), Unread()
        database = await reader.database(self.spec.instance)
        window = daily(database.backup_window)
        try:
            automatic = await reader.snapshots(database.id)
        except AwsError as error:
            return self._without_snapshots(look, database, window, error)
        found = self._nights(window, database, automatic, look)
        if window and any(night.outcome in GAPS for night in found):
            found = with_others(window, found, await self._others(reader, database, unread))
        events: tuple[DatabaseEvent, ...] = ()
        gaps = [night for night in found if night.outcome in (*GAPS, Outcome.ELSEWHERE, Outcome.SLOW)]
        if gaps:
            events = await self._events(reader, database, gaps, unread)
        seen = Seen(database, self.spec, look.until, self.context.calendar.zone, window, automatic, found)
        return self._judged(look, seen, events, unread)

    def _without_snapshots(
        self, look: Look, database: Database, window: Window | None, error: AwsError
    ) -> Finding:
        """What the instance alone tells, where it is abnormal; else the look could not be made. Raises AwsError."""
        seen = Seen(database, self.spec, look.until, self.context.calendar.zone, window, (), [], read=False)
        if not any(each.verdict is Verdict.ABNORMAL for each in points(seen, ())):
            raise error
        unread = Unread()
        unread.add(_("The snapshots cannot be read."), error.problem)
        return self._judged(look, seen, (), unread)

    def _nights(
        self, window: Window | None, database: Database, automatic: Sequence[Snapshot], look: Look
    ) -> list[Night]:
        if window is None:
            return []
        since_last = sum(1 for _start in window.between(look.since, look.until))
        number = max(WINDOWS, since_last)
        # What is older than the retention is gone, and that is no gap.
        number = min(number, database.retention_days or WINDOWS)
        starts = expected(window, look.until, number, database.created)
        return nights(window, starts, automatic, look.until)

    async def _others(self, reader: RdsReader, database: Database, unread: Unread) -> tuple[Snapshot, ...]:
        try:
            return await reader.snapshots(database.id, "awsbackup")
        except AwsError as error:
            unread.add(_("The snapshots of AWS Backup cannot be read."), error.problem)
            return ()

    async def _events(
        self, reader: RdsReader, database: Database, gaps: Sequence[Night], unread: Unread
    ) -> tuple[DatabaseEvent, ...]:
        """What RDS says about the windows that made nothing, oldest first."""
        oldest = self.context.clock.now() - min(night.start for night in gaps) + timedelta(minutes=1)
        try:
            found = await reader.events(database.id, over=min(oldest, EVENTS_KEPT), categories=CATEGORIES)
        except AwsError as error:
            unread.add(_("The RDS events, which may say why, cannot be read."), error.problem)
            return ()
        return tuple(event for event in found if any(night.holds(event.at) for night in gaps))

    def _judged(self, look: Look, seen: Seen, events: tuple[DatabaseEvent, ...], unread: Unread) -> Finding:
        judged = points(seen, events)
        verdict = worst(each.verdict for each in judged) or Verdict.UNKNOWN
        zone = self.context.calendar.zone
        return self.found(
            look,
            verdict,
            summary(judged, normal_summary(seen)),
            measures=tuple(each.measure for each in judged),
            evidence=(
                nights_table(seen.nights, events, zone),
                *((events_table(events, zone),) if events else ()),
            ),
            advice=advice(judged, self.context.runbook, self.id),
            remarks=tuple(self._remarks(seen, events, unread)),
            problem=unread.problems[0] if unread.problems else None,
        )

    def _remarks(self, seen: Seen, events: tuple[DatabaseEvent, ...], unread: Unread) -> list[str]:
        said = list(unread.remarks)
        gaps = [night for night in seen.nights if night.outcome in GAPS]
        if gaps and not events and not unread.problems:
            text = _("RDS has no event about the missing backups (it keeps events for {days} days).")
            said.append(text.format(days=EVENTS_KEPT.days))
        return [*said, *seen.remarks()]
