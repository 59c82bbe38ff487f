"""RDS メンテナンス: checks what AWS is going to apply, when, and whether a maintenance window comes before that.

Runbook: 定期メンテナンス 4. The written command reads fields that do not exist and always prints None, and the date it names is
seldom the relevant one. Pending changes, the certificate, the window itself (UTC) and duties in the same window are
checked as well. Limits: `[rds]`.
"""

from collections.abc import Iterator
from datetime import timedelta

from services.aws.client.errors import AwsError
from services.aws.rds.reader import RdsReader
from services.calendar.maintenance_dates import Due, due
from services.calendar.maintenance_windows import Window, weekly
from services.i18n import N_, _
from services.inspections.base import InspectionRequest, table
from services.inspections.maintenance.evaluation import MaintenanceReading, checks, normal_summary, touched
from services.inspections.toolkit.database_inspection import DatabaseInspection
from services.inspections.toolkit.finding_builder import FindingBuilder
from services.models.aws_cli import CliCommand
from services.models.duties import ScheduledOccurrence
from services.models.evidence import Evidence, Row
from services.models.findings import Finding
from services.models.metrics import TimeSpan
from services.models.rds import Database, OptIn
from services.models.verdict import DISPLAY_ORDER

_ASKED = {OptIn.NONE: "", OptIn.NEXT_WINDOW: N_("next window"), OptIn.IMMEDIATE: N_("immediately")}


class Maintenance(DatabaseInspection):
    """Inspects the database's pending maintenance."""

    async def run(self, request: InspectionRequest) -> Finding:
        """Read the instance and its pending actions. Raises AwsError if not even the instance can be read."""
        reader, builder = RdsReader(self.context.reader), FindingBuilder(self, request, windowed=False)
        database = await reader.database(self.spec.instance)
        if finding := self.of_cluster(builder, database):
            return finding
        window = weekly(database.maintenance_window)
        dues = await self._dues(reader, database, window, builder)
        calendar = self.context.calendar
        reading = MaintenanceReading(
            database,
            self.spec,
            request.until,
            calendar.zone,
            window,
            dues,
            self._clashes(window, request) if touched(database, dues) else (),
            frozenset(due.at for due in dues or () if due.at and calendar.within_hours(due.at)),
        )
        builder.check(*checks(reading, self.context.runbook))
        builder.table(*_tables(reading))
        return builder.finding_of_checks(normal_summary(reading))

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
        """The pending maintenance, then the window and the changes that wait for it."""
        from services.aws_cli.calls import call
        from services.aws_cli.databases import database_arn, instance

        yield call(
            "rds",
            "DescribePendingMaintenanceActions",
            {"ResourceIdentifier": database_arn(self.context.runbook, self.context.region)},
            query="PendingMaintenanceActions[].PendingMaintenanceActionDetails[].[Action,CurrentApplyDate,"
            "AutoAppliedAfterDate,ForcedApplyDate,OptInStatus,Description]",
            purpose=_("Pending maintenance. Normal: no row. CurrentApplyDate is when AWS will apply it."),
            traps=(
                _(
                    "PendingMaintenanceActions[*].[Action,…] always prints None: the fields are one level below."
                ),
                _("ForcedApplyDate is not the date that matters: AutoAppliedAfterDate comes first."),
            ),
        )
        for command in instance(self.context.runbook):
            trap = _("The windows are in UTC: Sunday 2:00 in Japan is sat:17:00.")
            yield command.model_copy(update={"traps": (trap, *command.traps)})

    async def _dues(
        self, reader: RdsReader, database: Database, window: Window | None, builder: FindingBuilder
    ) -> tuple[Due, ...] | None:
        lead, until = timedelta(days=self.spec.patch_lead_days), builder.request.until
        try:
            actions = await reader.pending_actions(database)
        except AwsError as error:
            builder.unread(error, _("The pending maintenance cannot be read."))
            return None
        return tuple(due(action, window, until, lead) for action in actions)

    def _clashes(self, window: Window | None, request: InspectionRequest) -> tuple[ScheduledOccurrence, ...]:
        """Duties that become due within the next window."""
        if window is None:
            return ()
        start = window.latest_start(window.chance(request.until))
        end, calendar = window.end(start), self.context.calendar
        slots = calendar.slots(calendar.day_of(start), calendar.day_of(end))
        return tuple(slot for slot in slots if slot.timed and start <= slot.due_at < end)


def _tables(reading: MaintenanceReading) -> Iterator[Evidence]:
    yield _actions_table(reading, reading.dues or ())
    changes = [
        (str(change.title), str(change.value), _("yes") if change.outage else _("no"))
        for change in reading.database.pending
    ]
    columns = (_("Setting"), _("New value"), _("Interruption"))
    yield table(_("Changes waiting for the window"), columns, changes)
    duties = [(reading.stamp(slot.due_at), str(slot.title)) for slot in reading.clashes]
    yield table(_("Duties in the next window"), (_("At"), _("Duty")), duties)


def _actions_table(reading: MaintenanceReading, dues: tuple[Due, ...]) -> Evidence:
    rows = [
        Row(
            cells=(
                str(due.action.action),
                str(due.action.description),
                reading.stamp(due.at),
                reading.stamp(due.action.auto_after),
                reading.stamp(due.action.forced),
                reading.stamp(due.manual_window),
                _(words) if (words := _ASKED[due.action.opt_in]) else "",
            ),
            verdict=due.verdict,
        )
        for due in sorted(dues, key=lambda due: DISPLAY_ORDER.index(due.verdict))
    ]
    columns = (
        _("Action"),
        _("Description"),
        _("Applied"),
        _("Auto-applied after"),
        _("Forced on"),
        _("Manual deadline"),
        _("Opt-in"),
    )
    return table(_("Pending maintenance"), columns, rows)
