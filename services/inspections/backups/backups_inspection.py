"""RDS バックアップ: checks that every backup window has a usable snapshot, and that snapshots are kept as agreed.
Runbook: 定期メンテナンス 1. "Is the newest from yesterday" cannot be judged by dates, which are UTC, so it is judged
by age and by window. A window without a snapshot is first explained by RDS events. Limits: `[rds]`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.aws.client.errors import AwsError
from services.aws.rds.reader import EVENTS_KEPT, RdsReader
from services.calendar.maintenance_windows import DAY, Window, daily, local_text
from services.i18n import _, first_few, plural, sentences
from services.inspections.backups.tables import VERDICTS, events_table, nights_table, reason
from services.inspections.backups.windows import GAPS, BackupOutcome, Night, expected, nights, with_others
from services.inspections.base import InspectionRequest
from services.inspections.toolkit.checks import CheckRow, about, undecided
from services.inspections.toolkit.finding_builder import DatabaseInspection, FindingBuilder
from services.inspections.toolkit.toolkit_wording import age_text, length, listed
from services.models.aws_cli import CliCommand
from services.models.date_text import zoned_time
from services.models.findings import Finding, Measure
from services.models.metrics import TimeSpan
from services.models.rds import Database, DatabaseEvent, DatabaseState, Snapshot, SnapshotState
from services.models.runbook import Rds, Runbook
from services.models.verdict import Verdict, judgement

RESTORABLE = timedelta(minutes=10)
"""Maximum age of the latest restorable time; the transaction log is saved every five minutes."""
SKEW = timedelta(minutes=10)
"""Anything dated further ahead than this was created after the time that is judged."""
NAMED = 3  # Maximum number of windows named in one sentence


@dataclass(frozen=True, slots=True)
class BackupReading:
    database: Database
    spec: Rds
    now: datetime
    zone: tzinfo
    window: Window | None
    automatic: tuple[Snapshot, ...]
    nights: list[Night]  # Newest first
    events: tuple[DatabaseEvent, ...] = ()  # RDS events about windows without a backup, oldest first
    has_snapshots: bool = True  # False: the snapshots could not be read

    @property
    def newest(self) -> Snapshot | None:
        snapshots = {snapshot.id: snapshot for snapshot in self.automatic}
        snapshots |= {snapshot.id: snapshot for night in self.nights for snapshot in night.snapshots}
        last = self.now + SKEW
        usable = [
            snapshot
            for snapshot in snapshots.values()
            if snapshot.state is SnapshotState.AVAILABLE and snapshot.at and snapshot.at <= last
        ]
        return max(usable, key=lambda snapshot: snapshot.at or self.now, default=None)

    @property
    def age(self) -> timedelta | None:
        return self.now - self.newest.at if self.newest and self.newest.at else None

    @property
    def young(self) -> bool:
        return self.window is not None and all(night.outcome is BackupOutcome.COMING for night in self.nights)

    def remarks(self) -> Iterator[str]:
        if self.window:
            yield _("The backup window is {window} ({utc} UTC); snapshot names contain UTC dates.").format(
                window=local_text(self.window, self.zone, self.now), utc=self.database.backup_window
            )
        if any(each.kind == "awsbackup" for night in self.nights for each in night.snapshots):
            yield _("Some of the snapshots were made by AWS Backup.")
        if self.database.protected is False:
            yield _("Deletion protection of the database is off: one request deletes it.")


def normal_summary(reading: BackupReading) -> str:
    age = length(reading.age) if reading.age is not None else "—"
    complete = sum(night.outcome is not BackupOutcome.COMING for night in reading.nights)
    text = plural(
        "The last {count} backup window has its snapshot, the newest {age} old; kept for {days} days.",
        "The last {count} backup windows have their snapshots, the newest {age} old; kept for {days} days.",
        complete,
    )
    return text.format(count=complete, age=age, days=reading.database.retention_days)


def checks(reading: BackupReading, runbook: Runbook) -> list[CheckRow]:
    of_instance = [
        *about("retention", _retention(reading, runbook)),
        *about("restorable", _restorable(reading)),
        *about("database", _instance(reading)),
    ]
    if not reading.has_snapshots:
        measure = Measure(title=_("Snapshots"), shown="", verdict=Verdict.UNKNOWN)
        unread = CheckRow(measure, _("The snapshots cannot be read."))
        return [*of_instance, *about("snapshots", unread)]
    of_snapshots = about("snapshots", _newest(reading), _windows(reading))
    return [*of_snapshots, *about("status", _statuses(reading)), *of_instance]


def _newest(reading: BackupReading) -> CheckRow:
    hours = reading.spec.snapshot_max_age_hours
    allowed = _("≤ {hours} h", hours=hours)
    title = _("Newest snapshot")
    if reading.age is None:
        verdict = Verdict.ATTENTION if reading.young else Verdict.ABNORMAL
        text = _("There is no usable snapshot at all.")
        return CheckRow(
            Measure(title=title, shown=_("none"), allowed=allowed, verdict=verdict), text, by_runbook=True
        )
    # While a window is open, the newest snapshot may be from the day before, but not older.
    coming = bool(reading.nights) and reading.nights[0].outcome is BackupOutcome.COMING
    old = reading.age > timedelta(hours=hours) + (DAY if coming else timedelta())
    measure = Measure(
        title=title,
        shown=length(reading.age),
        allowed=allowed,
        verdict=Verdict.ABNORMAL if old else Verdict.NORMAL,
        value=round(reading.age.total_seconds() / 3600, 2),
        unit="h",
        note=zoned_time(reading.newest.at, reading.zone) if reading.newest and reading.newest.at else "",
    )
    text = _("The newest snapshot is {age} old (at most {hours} h).")
    return CheckRow(measure, text.format(age=length(reading.age), hours=hours), by_runbook=True)


def _windows(reading: BackupReading) -> CheckRow:
    title, allowed = _("Snapshots of the backup windows"), _("one each")
    if reading.window is None:
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckRow(measure, _("AWS did not return the backup window, so gaps cannot be detected."))
    if not reading.nights:
        note = _("no backup window has passed since it was created")
        if reading.database.created:
            note = _("created {at}; no backup window has passed since", at=_created(reading))
        return CheckRow(
            Measure(title=title, shown="0", allowed=allowed, verdict=Verdict.ATTENTION, note=note), note
        )
    complete = sum(night.outcome not in GAPS for night in reading.nights)
    note = ""
    if reading.database.created and reading.nights[-1].start - timedelta(days=1) < reading.database.created:
        note = _("created {at}", at=_created(reading))
    measure = Measure(
        title=title,
        shown=_("{made} of {count}", made=complete, count=len(reading.nights)),
        allowed=allowed,
        **judgement(VERDICTS[night.outcome] for night in reading.nights),
        value=float(complete),
        note=note,
    )
    return CheckRow(measure, sentences(*_gaps(reading)), _gap_advice(reading), by_runbook=True)


def _created(reading: BackupReading) -> str:
    return zoned_time(reading.database.created, reading.zone) if reading.database.created else "—"


def _gaps(reading: BackupReading) -> Iterator[str]:
    texts = {
        BackupOutcome.MISSING: _("No snapshot from the backup window {windows}."),
        BackupOutcome.UNUSABLE: _("No usable snapshot from the backup window {windows}."),
        BackupOutcome.SLOW: _("The snapshot of the backup window {windows} is taking long to complete."),
        BackupOutcome.ELSEWHERE: _("Only AWS Backup made a snapshot after the backup window {windows}."),
    }
    for outcome, text in texts.items():
        nights = [night for night in reading.nights if night.outcome is outcome]
        if not nights:
            continue
        names = [_name(night, reading.events, reading.zone) for night in nights]
        yield text.format(windows=listed(first_few(names, NAMED)))


def _name(night: Night, events: Sequence[DatabaseEvent], zone: tzinfo) -> str:
    why = reason(night, events)
    at = zoned_time(night.start, zone)
    return _("{at} (RDS: {reason})", at=at, reason=why.rstrip(".")) if why else at


def _gap_advice(reading: BackupReading) -> tuple[str, ...]:
    if not any(
        night.outcome in (*GAPS, BackupOutcome.SLOW, BackupOutcome.ELSEWHERE) for night in reading.nights
    ):
        return ()
    gap = any(night.outcome in GAPS for night in reading.nights)
    return (
        _(
            "Check the RDS events of that time first: RDS makes no automatic snapshot while the database "
            "is not available or a snapshot is being copied, and may skip one under heavy load; "
            "point-in-time restore still works."
        ),
        *(
            [_("Take a manual snapshot in its place: “RDS manual snapshot” in the change mode.")]
            if gap
            else ()
        ),
    )


def _statuses(reading: BackupReading) -> CheckRow:
    snapshots = [snapshot for night in reading.nights for snapshot in night.snapshots]
    counts = Counter(str(snapshot.status) for snapshot in snapshots)
    bad = [snapshot for snapshot in snapshots if snapshot.state is SnapshotState.UNUSABLE]
    verdict = Verdict.ATTENTION if bad else Verdict.NORMAL
    if any(night.outcome is BackupOutcome.UNUSABLE for night in reading.nights):
        verdict = Verdict.ABNORMAL
    measure = Measure(
        title=_("Status of the snapshots"),
        shown=listed([_("{count} {status}", count=n, status=status) for status, n in counts.items()])
        or _("none"),
        allowed="available",
        # Without snapshots there is nothing to judge; another check reports that.
        verdict=verdict if snapshots else None,
    )
    names = listed([_("{name} is {status}", name=item.name, status=item.status) for item in bad[:NAMED]])
    return CheckRow(measure, _("{parts}.", parts=names), by_runbook=True)


def _retention(reading: BackupReading, runbook: Runbook) -> CheckRow:
    days, agreed = reading.database.retention_days, reading.spec.retention_days
    title = _("Backup retention (days)")
    allowed = plural("{count} day", "{count} days", agreed, count=agreed)
    if days is None:
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckRow(measure, _("AWS did not return the backup retention period."))
    value = plural("{count} day", "{count} days", days, count=days)
    verdicts = [_kept(days, agreed)]
    text = _("Backups are kept for {days}; the runbook says {wanted}.", days=value, wanted=allowed)
    tip = _("Set the backup retention to {days} days. Changing it from or to 0 interrupts the database.")
    tips: tuple[str, ...] = (tip.format(days=agreed),)
    notes = []
    if not agreed:
        unsettled = undecided(title, "rds.retention_days", runbook)
        allowed, text, tips = unsettled.measure.shown, unsettled.sentence, unsettled.advice
        notes.append(unsettled.measure.note)
        verdicts.append(Verdict.UNKNOWN)
    if days == 0:
        text, value = _("Automatic backups are off (retention 0 days)."), _("0 days (off)")
    waiting = next((change for change in reading.database.pending if change.id == "retention_days"), None)
    if waiting is not None:
        coming = int(waiting.value) if waiting.value.isdecimal() else None
        text = sentences(
            text if verdicts != [Verdict.NORMAL] else "",
            _(
                "Waiting to be applied: backup retention {value} (0: none are made); the runbook says {wanted}."
            ).format(value=waiting.value, wanted=allowed),
        )
        notes.insert(0, _("will become {value}", value=waiting.value))
        verdicts.append(Verdict.UNKNOWN if coming is None else _kept(coming, agreed))
    measure = Measure(
        title=title,
        shown=value,
        allowed=allowed,
        **judgement(verdicts),
        value=float(days),
        unit="d",
        note=_("; ").join(notes),
    )
    return CheckRow(measure, text, tips)


def _kept(days: int, agreed: int) -> Verdict:
    if days < agreed or not days:
        return Verdict.ABNORMAL
    return Verdict.NORMAL if days == agreed or not agreed else Verdict.ATTENTION


def _restorable(reading: BackupReading) -> CheckRow:
    title = _("Latest restorable time")
    allowed = _("≤ {minutes} min ago", minutes=int(RESTORABLE.total_seconds() // 60))
    at = reading.database.latest_restorable
    if at is None:
        # With backups disabled there is nothing to restore to; another check reports that.
        unknown = None if reading.database.retention_days == 0 else Verdict.UNKNOWN
        measure = Measure(title=title, shown="", allowed=allowed, verdict=unknown)
        return CheckRow(measure, _("AWS did not return the latest restorable time of the database."))
    ago = reading.now - at
    if ago < -SKEW:
        # The latest restorable time at an earlier moment is no longer known.
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckRow(measure, _("It is not known until when the database could be restored at that time."))
    measure = Measure(
        title=title,
        shown=age_text(ago),
        allowed=allowed,
        verdict=Verdict.NORMAL if ago <= RESTORABLE else Verdict.ATTENTION,
        value=round(ago.total_seconds() / 60, 1),
        unit="min",
        at=at,
    )
    text = _("The database can be restored only until {time} ago; five minutes is usual.")
    return CheckRow(measure, text.format(time=length(ago)))


def _instance(reading: BackupReading) -> CheckRow:
    verdicts = {
        DatabaseState.AVAILABLE: Verdict.NORMAL,
        DatabaseState.BUSY: Verdict.ATTENTION,
        DatabaseState.BROKEN: Verdict.ABNORMAL,
    }
    measure = Measure(
        title=_("Status of the database"),
        shown=str(reading.database.status),
        allowed="available",
        verdict=verdicts[reading.database.state],
    )
    text = _("The database is {status}: RDS makes no automatic backup in the meantime.")
    return CheckRow(measure, text.format(status=reading.database.status))


WINDOWS = 7  # Minimum number of backup windows checked: a week, because the duty is weekly
CATEGORIES = ("backup", "failure", "low storage", "availability", "maintenance", "notification")
"""RDS event categories that may explain a missing backup."""


class Backups(DatabaseInspection):
    async def run(self, request: InspectionRequest) -> Finding:
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
        gaps = [
            night
            for night in judged_nights
            if night.outcome in (*GAPS, BackupOutcome.ELSEWHERE, BackupOutcome.SLOW)
        ]
        events = await self._events(reader, database, gaps, builder) if gaps else ()
        zone = self.context.calendar.zone
        reading = BackupReading(
            database, self.spec, request.until, zone, window, automatic, judged_nights, events
        )
        return self._finding(builder, reading)

    def cli_commands(self, span: TimeSpan) -> Iterator[CliCommand]:
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
