"""RDS メンテナンス: what AWS is going to apply, when it really comes, and whether a window comes before it.

Runbook: 定期メンテナンス 4. The written command reads fields where there are none and always prints None; and the
date it names is seldom the one that counts. Changes that wait, the certificate, the window itself (UTC) and duties
in the same window are looked at beside it. Limits: `[rds]`.
"""

from datetime import timedelta

from services.aws.client.errors import AwsError
from services.aws.rds.reader import RdsReader
from services.calendar.maintenance_windows import Window, weekly
from services.i18n import N_, _
from services.inspections.base import Look, table
from services.inspections.maintenance.dates import Due, due
from services.inspections.maintenance.evaluation import Maintenance as Seen
from services.inspections.maintenance.evaluation import normal_summary, points, touched
from services.inspections.toolkit.database_inspection import DatabaseLook
from services.inspections.toolkit.points import Unread, advice, summary
from services.models.databases import Database, OptIn
from services.models.duties import ScheduledOccurrence
from services.models.findings import TOLD, Evidence, Finding, Row, worst
from services.models.verdict import Verdict

_ASKED = {OptIn.NONE: "", OptIn.NEXT_WINDOW: N_("for the next window"), OptIn.IMMEDIATE: N_("at once")}


class Maintenance(DatabaseLook):
    """What waits to be applied to the database."""

    id = "maintenance"
    title = N_("RDS maintenance")
    words = "めんてなんす mentenansu ぱっち pacchi patch maintenance rds certificate"

    async def look(self, look: Look) -> Finding:
        """The instance and its pending actions. Raises AwsError where not even the instance can be read."""
        reader, unread = RdsReader(self.context.reader), Unread()
        database = await reader.database(self.spec.instance)
        window = weekly(database.maintenance_window)
        dues = await self._dues(reader, database, window, look, unread)
        calendar = self.context.calendar
        seen = Seen(
            database,
            self.spec,
            look.until,
            calendar.zone,
            window,
            dues,
            self._clashes(window, look) if touched(database, dues) else (),
            frozenset(each.at for each in dues or () if each.at and calendar.within_hours(each.at)),
        )
        return self._judged(look, seen, unread)

    async def _dues(
        self, reader: RdsReader, database: Database, window: Window | None, look: Look, unread: Unread
    ) -> tuple[Due, ...] | None:
        lead = timedelta(days=self.spec.patch_lead_days)
        try:
            found = await reader.pending_actions(database)
        except AwsError as error:
            unread.add(_("The pending maintenance cannot be read."), error.problem)
            return None
        return tuple(due(action, window, look.until, lead) for action in found)

    def _clashes(self, window: Window | None, look: Look) -> tuple[ScheduledOccurrence, ...]:
        """Duties that come due within the coming window."""
        if window is None:
            return ()
        start = window.begun(window.chance(look.until))
        end, calendar = window.end(start), self.context.calendar
        slots = calendar.slots(calendar.day_of(start), calendar.day_of(end))
        return tuple(slot for slot in slots if slot.timed and start <= slot.due_at < end)

    def _judged(self, look: Look, seen: Seen, unread: Unread) -> Finding:
        judged = points(seen)
        return self.found(
            look,
            worst(each.verdict for each in judged) or Verdict.UNKNOWN,
            summary(judged, normal_summary(seen)),
            windowed=False,
            measures=tuple(each.measure for each in judged),
            evidence=tuple(_evidence(seen)),
            advice=advice(judged, self.context.runbook, self.id),
            remarks=tuple(unread.remarks),
            problem=unread.problems[0] if unread.problems else None,
        )


def _evidence(seen: Seen) -> list[Evidence]:
    found = []
    if seen.dues:
        found.append(_actions_table(seen, seen.dues))
    if seen.database.pending:
        rows = [
            (str(each.title), str(each.value), _("yes") if each.outage else _("no"))
            for each in seen.database.pending
        ]
        columns = (_("Setting"), _("Becomes"), _("Interruption"))
        found.append(table(_("Changes waiting for the window"), columns, rows))
    if seen.clashes:
        cells = [(seen.stamp(slot.due_at), str(slot.title)) for slot in seen.clashes]
        found.append(table(_("Duties in the next window"), (_("At"), _("Duty")), cells))
    return found


def _actions_table(seen: Seen, dues: tuple[Due, ...]) -> Evidence:
    rows = [
        Row(
            cells=(
                str(each.action.action),
                str(each.action.description),
                seen.stamp(each.at),
                seen.stamp(each.action.auto_after),
                seen.stamp(each.action.forced),
                seen.stamp(each.by_hand),
                _(asked) if (asked := _ASKED[each.action.opt_in]) else "",
            ),
            verdict=each.verdict,
        )
        for each in sorted(dues, key=lambda each: TOLD.index(each.verdict))
    ]
    columns = (
        _("Action"),
        _("Description"),
        _("Applied"),
        _("Automatically after"),
        _("Forced"),
        _("By hand at the latest"),
        _("Asked for"),
    )
    return table(_("Pending maintenance"), columns, rows)
