"""RDS メンテナンス: checks what AWS is going to apply, when, and whether a maintenance window comes before that.
Runbook: 定期メンテナンス 4. The written command reads fields that do not exist and always prints None, and the date
it names is seldom the relevant one. Pending changes, the certificate, the window itself (UTC) and duties in
the same window are checked as well. Limits: `[rds]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.aws.rds.reader import RdsReader
from services.calendar import maintenance_windows
from services.calendar.maintenance_dates import ActionUrgency, Due, due
from services.calendar.maintenance_windows import Window, typed_as_local, weekly
from services.i18n import N_, _, plural
from services.inspections.base import InspectionRequest, table
from services.inspections.toolkit.checks import CheckRow, about, undecided
from services.inspections.toolkit.finding_builder import DatabaseInspection, FindingBuilder
from services.inspections.toolkit.toolkit_wording import listed
from services.models.aws_cli import CliCommand
from services.models.date_text import zoned_time
from services.models.duties import ScheduledOccurrence
from services.models.evidence import Evidence, Row
from services.models.findings import Finding, Measure
from services.models.metrics import TimeSpan
from services.models.rds import Database, OptIn
from services.models.runbook import Rds, Runbook
from services.models.verdict import DISPLAY_ORDER, Verdict

CERTIFICATE_SOON, CERTIFICATE_URGENT = timedelta(days=90), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class MaintenanceReading:
    database: Database
    spec: Rds
    now: datetime
    zone: tzinfo
    window: Window | None
    dues: tuple[Due, ...] | None  # None: could not be read
    clashes: tuple[ScheduledOccurrence, ...] = ()
    """Duties within the next window, in which something may be applied."""
    office_hours: frozenset[datetime] = frozenset()  # The dates of actions that are within opening hours

    @property
    def coming(self) -> datetime | None:
        """When the next window begins, or the current time within one (UTC)."""
        return self.window.chance(self.now) if self.window else None

    def stamp(self, at: datetime | None) -> str:
        """Local time; "" for none."""
        return zoned_time(at, self.zone) if at else ""


def touched(database: Database, dues: tuple[Due, ...] | None) -> bool:
    soon = (ActionUrgency.ASKED, ActionUrgency.LAST_WINDOW, ActionUrgency.LATE)
    return bool(database.pending) or any(due.urgency in soon for due in dues or ())


def checks(reading: MaintenanceReading, runbook: Runbook) -> list[CheckRow]:
    title, is_decided = _("Maintenance window"), bool(weekly(reading.spec.window_utc))
    return [
        *about("patches", *_actions(reading)),
        *about("window", _window(reading) if is_decided else undecided(title, "rds.window_utc", runbook)),
        *about("changes", _settings(reading), *_clashes(reading)),
        *about("certificate", _certificate(reading)),
    ]


def normal_summary(reading: MaintenanceReading) -> str:
    dates = [due.at for due in reading.dues or () if due.at]
    if dates:
        text = _("No pending action is applied before {at}; the next maintenance window is {window}.")
        return text.format(at=reading.stamp(min(dates)), window=reading.stamp(reading.coming))
    text = _("No action is pending; the next maintenance window is {window}.")
    if reading.dues:
        text = _("No pending action is scheduled; the next maintenance window is {window}.")
    return text.format(window=reading.stamp(reading.coming))


def _actions(reading: MaintenanceReading) -> Iterator[CheckRow]:
    title = _("Pending maintenance")
    if reading.dues is None:
        measure = Measure(title=title, shown="", verdict=Verdict.UNKNOWN)
        yield CheckRow(measure, _("Pending maintenance could not be read."))
    elif not reading.dues:
        yield CheckRow(Measure(title=title, shown=_("none"), verdict=Verdict.NORMAL, value=0))
    else:
        for due in sorted(reading.dues, key=lambda due: (due.at is None, due.at or reading.now)):
            yield _action(reading, due)


def _action(reading: MaintenanceReading, due: Due) -> CheckRow:
    lead = reading.spec.patch_lead_days
    notes = []
    if due.at:
        notes.append(_("in the window") if due.in_window else _("regardless of the window"))
    if due.at in reading.office_hours:
        notes.append(_("within opening hours"))
    measure = Measure(
        title=due.action.action,
        shown=reading.stamp(due.at) or _("no date"),
        allowed=plural("by hand {count} day before", "by hand {count} days before", lead, count=lead),
        verdict=due.verdict,
        value=None if due.at is None else round((due.at - reading.now) / timedelta(days=1), 2),
        unit="" if due.at is None else "d",
        at=due.at,
        note=listed(notes),
    )
    return CheckRow(measure, _sentence(reading, due), tuple(_advice(reading, due)), by_runbook=True)


def _sentence(reading: MaintenanceReading, due: Due) -> str:
    lead = reading.spec.patch_lead_days
    texts = {
        ActionUrgency.FORCED: _("{action} is forced at {at}, before the next maintenance window ({window})."),
        ActionUrgency.LATE: plural(
            "{action} is applied at {at}: less than {count} day left.",
            "{action} is applied at {at}: less than {count} days left.",
            lead,
        ),
        ActionUrgency.LAST_WINDOW: plural(
            "{action} is applied at {at}: {by_hand} is the last window at least {count} day before it.",
            "{action} is applied at {at}: {by_hand} is the last window at least {count} days before it.",
            lead,
        ),
        ActionUrgency.ASKED: _("{action} is applied at {at} as requested."),
    }
    text = texts.get(due.urgency, "")
    if due.urgency is ActionUrgency.ASKED and due.action.opt_in is OptIn.IMMEDIATE:
        text = _("{action} is being applied immediately, as requested.")
    elif due.urgency is ActionUrgency.ASKED and due.at is None:
        text = _("{action} will be applied as requested; AWS does not give a date.")
    if due.urgency is ActionUrgency.LAST_WINDOW and not due.leaves(timedelta(days=lead)):
        text = _(
            "{action} is applied at {at}: no window is left at least {count} days before it; the next is "
            "{by_hand}."
        )
        if due.manual_window is None:
            text = _("{action} is applied at {at}: no window is left at least {count} days before it.")
    return text.format(
        action=due.action.action,
        at=reading.stamp(due.at),
        window=reading.stamp(reading.coming),
        by_hand=reading.stamp(due.manual_window),
        count=lead,
    )


def _advice(reading: MaintenanceReading, due: Due) -> Iterator[str]:
    if due.urgency is ActionUrgency.FORCED:
        text = _(
            "There is no window before it: agree on a time with the users of the system, and apply it then."
        )
        yield text
    elif due.urgency is ActionUrgency.LATE and due.manual_window is None and due.in_window:
        yield _("AWS applies it in the maintenance window: notify the users of the system.")
    elif due.manual_window is not None:
        yield _("Apply {action} by hand in the maintenance window of {window}.").format(
            action=due.action.action, window=reading.stamp(due.manual_window)
        )


def _window(reading: MaintenanceReading) -> CheckRow:
    title, in_aws = _("Maintenance window"), str(reading.database.maintenance_window)
    in_runbook = weekly(reading.spec.window_utc)
    allowed = ""
    if in_runbook:
        allowed = _("{local} ({utc} UTC)").format(
            local=maintenance_windows.local_text(in_runbook, reading.zone, reading.now),
            utc=reading.spec.window_utc,
        )
    if reading.window is None:
        measure = Measure(title=title, shown=in_aws, allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckRow(measure, _("AWS did not return the maintenance window."))
    local = maintenance_windows.local_text(reading.window, reading.zone, reading.now)
    is_same = in_runbook == reading.window
    verdict = Verdict.NORMAL if is_same else Verdict.ABNORMAL
    measure = Measure(
        title=title,
        shown=_("{local} ({utc} UTC)", local=local, utc=in_aws),
        allowed=_("as in the runbook") if is_same else allowed,
        verdict=verdict,
    )
    text = _("The maintenance window is {local}, not the runbook's.")
    if in_runbook and typed_as_local(in_runbook, reading.window, reading.zone, reading.now):
        text = _("The maintenance window was entered in local time, but RDS reads it as UTC: it is {local}.")
    tip = _("Set the maintenance window to {utc} (UTC).", utc=reading.spec.window_utc)
    return CheckRow(measure, text.format(local=local), (tip,))


def _settings(reading: MaintenanceReading) -> CheckRow:
    title = _("Changes waiting for the window")
    pending = reading.database.pending
    if not reading.database.pending_reported:
        measure = Measure(title=title, shown="", verdict=Verdict.UNKNOWN)
        return CheckRow(
            measure, _("AWS did not report whether changes are waiting for the maintenance window.")
        )
    if not pending:
        return CheckRow(Measure(title=title, shown=_("none"), verdict=Verdict.NORMAL, value=0))
    words = [_("{title} → {value}", title=change.title, value=change.value) for change in pending]
    outage = any(change.outage for change in pending)
    note = _("interrupts the database") if outage else ""
    measure = Measure(
        title=title, shown=listed(words), verdict=Verdict.ATTENTION, value=float(len(pending)), note=note
    )
    if reading.coming is None:
        text = _("Waiting for a maintenance window: {changes}.")
        if outage:
            text = _("Waiting for a maintenance window, with an interruption: {changes}.")
    elif outage:
        text = _("Waiting for the maintenance window of {window}, with an interruption: {changes}.")
    else:
        text = _("Waiting for the maintenance window of {window}: {changes}.")
    tip = _("Applying anything immediately applies these changes too.")
    return CheckRow(measure, text.format(window=reading.stamp(reading.coming), changes=listed(words)), (tip,))


def _clashes(reading: MaintenanceReading) -> Iterator[CheckRow]:
    if not reading.clashes:
        return
    names = [
        _("{title} (if planned)", title=slot.title) if slot.if_planned else str(slot.title)
        for slot in reading.clashes
    ]
    measure = Measure(
        title=_("Duties in the next window"),
        shown=listed(names),
        allowed=_("none"),
        verdict=Verdict.ATTENTION,
    )
    text = _("Duties overlapping the maintenance window of {window}: {duties}.")
    tip = _("Do not deploy in a window in which the database may restart; move one of the two.")
    yield CheckRow(measure, text.format(window=reading.stamp(reading.coming), duties=listed(names)), (tip,))


def _certificate(reading: MaintenanceReading) -> CheckRow:
    title = _("Server certificate")
    allowed = _("> {days} days", days=CERTIFICATE_SOON.days)
    until = reading.database.certificate_until
    if until is None:
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckRow(measure, _("AWS did not return the expiry of the server certificate."))
    remaining = until - reading.now
    verdict = Verdict.ATTENTION if remaining <= CERTIFICATE_SOON else Verdict.NORMAL
    if remaining <= CERTIFICATE_URGENT:
        verdict = Verdict.ABNORMAL
    days = remaining // timedelta(days=1)
    measure = Measure(
        title=title,
        shown=_("until {at}", at=reading.stamp(until)),
        allowed=allowed,
        verdict=verdict,
        value=float(days),
        unit="d",
        at=until,
        note=str(reading.database.certificate),
    )
    text = plural(
        "The server certificate expires in {count} day ({at}).",
        "The server certificate expires in {count} days ({at}).",
        days,
    )
    if remaining <= timedelta(0):
        text = _("The server certificate has expired ({at}).")
    tip = _("Renew the server certificate, after making sure that every client trusts its authority.")
    return CheckRow(measure, text.format(count=days, at=reading.stamp(until)), (tip,))


_ASKED = {OptIn.NONE: "", OptIn.NEXT_WINDOW: N_("next window"), OptIn.IMMEDIATE: N_("immediately")}


class MaintenanceInspection(DatabaseInspection):
    async def run(self, request: InspectionRequest) -> Finding:
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
