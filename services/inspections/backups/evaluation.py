"""The points of the look at the backups, each judged by itself."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.calendar.maintenance_windows import DAY, Window, said, stamp
from services.i18n import _, plural, sentences
from services.inspections.backups.tables import VERDICTS, reason
from services.inspections.backups.windows import GAPS, Night, Outcome
from services.inspections.toolkit.checks import CheckResult
from services.inspections.toolkit.wording import length, listed
from services.models.databases import Database, DatabaseEvent, DatabaseState, Snapshot, SnapshotState
from services.models.findings import Measure, worst
from services.models.runbook import Rds
from services.models.verdict import Verdict

RESTORABLE = timedelta(minutes=10)
"""The transaction log is saved every five minutes; twice as long asks for attention."""
SKEW = timedelta(minutes=10)
"""What is dated further ahead came after the moment that is judged."""
NAMED = 3
"""Windows named in one sentence."""


@dataclass(frozen=True, slots=True)
class Backups:
    """Everything that was read about the backups of one database."""

    database: Database
    spec: Rds
    now: datetime
    zone: tzinfo
    window: Window | None
    automatic: tuple[Snapshot, ...]
    nights: list[Night]
    """Newest first."""
    read: bool = True
    """False: the snapshots could not be read, and nothing is told of them."""

    @property
    def newest(self) -> Snapshot | None:
        """The newest usable one, AWS Backup's among them where it was asked."""
        every = {each.id: each for each in self.automatic}
        every |= {each.id: each for night in self.nights for each in night.snapshots}
        last = self.now + SKEW
        usable = [
            each
            for each in every.values()
            if each.state is SnapshotState.AVAILABLE and each.at and each.at <= last
        ]
        return max(usable, key=lambda each: each.at or self.now, default=None)

    @property
    def age(self) -> timedelta | None:
        """Of the newest usable one."""
        return self.now - self.newest.at if self.newest and self.newest.at else None

    @property
    def young(self) -> bool:
        """No backup window has passed since the database was created."""
        return self.window is not None and all(night.outcome is Outcome.COMING for night in self.nights)

    def remarks(self) -> Iterator[str]:
        """What else must be known to read it."""
        if self.window:
            yield _("The backup window is {window} ({utc} UTC); names of snapshots hold UTC dates.").format(
                window=said(self.window, self.zone, self.now), utc=self.database.backup_window
            )
        if any(each.kind == "awsbackup" for night in self.nights for each in night.snapshots):
            yield _("Some of the snapshots were made by AWS Backup.")


def normal_summary(seen: Backups) -> str:
    """Where nothing is wrong."""
    age = length(seen.age) if seen.age is not None else "—"
    made = sum(night.outcome is not Outcome.COMING for night in seen.nights)
    text = plural(
        "The last {count} backup window has its snapshot, the newest {age} old; kept for {days} days.",
        "The last {count} backup windows have their snapshots, the newest {age} old; kept for {days} days.",
        made,
    )
    return text.format(count=made, age=age, days=seen.database.retention_days)


def points(seen: Backups, events: Sequence[DatabaseEvent]) -> list[CheckResult]:
    """In the order of the runbook's questions."""
    if not seen.read:
        unread = Measure(title=_("Snapshots"), shown="", verdict=Verdict.UNKNOWN)
        told = CheckResult(unread, _("The snapshots cannot be read."))
        return [_retention(seen), _restorable(seen), _instance(seen), told]
    found = [_newest(seen), _each_window(seen, events), _statuses(seen), _retention(seen), _restorable(seen)]
    return [*found, _instance(seen)]


def _newest(seen: Backups) -> CheckResult:
    hours = seen.spec.snapshot_max_age_hours
    allowed = _("≤ {hours} h").format(hours=hours)
    title = _("Newest snapshot")
    if seen.age is None:
        verdict = Verdict.ATTENTION if seen.young else Verdict.ABNORMAL
        text = _("There is no usable snapshot at all.")
        return CheckResult(
            Measure(title=title, shown=_("none"), allowed=allowed, verdict=verdict), text, by_runbook=True
        )
    # While a window is open the newest one is of the day before, and no older.
    coming = bool(seen.nights) and seen.nights[0].outcome is Outcome.COMING
    old = seen.age > timedelta(hours=hours) + (DAY if coming else timedelta())
    measure = Measure(
        title=title,
        shown=length(seen.age),
        allowed=allowed,
        verdict=Verdict.ABNORMAL if old else Verdict.NORMAL,
        value=round(seen.age.total_seconds() / 3600, 2),
        unit="h",
        note=stamp(seen.newest.at, seen.zone) if seen.newest and seen.newest.at else "",
    )
    text = _("The newest snapshot is {age} old (at most {hours} h).")
    return CheckResult(measure, text.format(age=length(seen.age), hours=hours), by_runbook=True)


def _each_window(seen: Backups, events: Sequence[DatabaseEvent]) -> CheckResult:
    title, allowed = _("Snapshots of the backup windows"), _("one each")
    if seen.window is None:
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckResult(measure, _("AWS does not say when the backup window is: gaps cannot be told."))
    if not seen.nights:
        note = _("no backup window has passed since it was created")
        if seen.database.created:
            note = _("created {at}; no backup window has passed since").format(at=_created(seen))
        return CheckResult(
            Measure(title=title, shown="0", allowed=allowed, verdict=Verdict.ATTENTION, note=note), note
        )
    made = sum(night.outcome not in GAPS for night in seen.nights)
    note = ""
    if seen.database.created and seen.nights[-1].start - timedelta(days=1) < seen.database.created:
        note = _("created {at}").format(at=_created(seen))
    measure = Measure(
        title=title,
        shown=_("{made} of {count}").format(made=made, count=len(seen.nights)),
        allowed=allowed,
        verdict=worst(VERDICTS[night.outcome] for night in seen.nights),
        value=float(made),
        note=note,
    )
    return CheckResult(measure, sentences(*_gaps(seen, events)), _gap_advice(seen), by_runbook=True)


def _created(seen: Backups) -> str:
    return stamp(seen.database.created, seen.zone) if seen.database.created else "—"


def _gaps(seen: Backups, events: Sequence[DatabaseEvent]) -> Iterator[str]:
    """One sentence for each way in which windows went wrong."""
    texts = {
        Outcome.MISSING: _("No snapshot of the backup window {windows}."),
        Outcome.UNUSABLE: _("No usable snapshot of the backup window {windows}."),
        Outcome.SLOW: _("The snapshot of the backup window {windows} has been in the making for long."),
        Outcome.ELSEWHERE: _("Only AWS Backup made a snapshot after the backup window {windows}."),
    }
    for outcome, text in texts.items():
        found = [night for night in seen.nights if night.outcome is outcome]
        if not found:
            continue
        names = [_named(night, events, seen.zone) for night in found[:NAMED]]
        if len(found) > NAMED:
            names.append(_("{count} more").format(count=len(found) - NAMED))
        yield text.format(windows=listed(names))


def _named(night: Night, events: Sequence[DatabaseEvent], zone: tzinfo) -> str:
    why = reason(night, events)
    at = stamp(night.start, zone)
    return _("{at} (RDS: {reason})").format(at=at, reason=why.rstrip(".")) if why else at


def _gap_advice(seen: Backups) -> tuple[str, ...]:
    if not any(night.outcome in (*GAPS, Outcome.SLOW, Outcome.ELSEWHERE) for night in seen.nights):
        return ()
    return (
        _(
            "Look at the RDS events of that time first: RDS makes no automatic snapshot while the database is not "
            "available or a snapshot is copied, and may skip one under heavy load; restoring to a moment still works."
        ),
    )


def _statuses(seen: Backups) -> CheckResult:
    every = [each for night in seen.nights for each in night.snapshots]
    counted = Counter(str(each.status) for each in every)
    bad = [each for each in every if each.state is SnapshotState.UNUSABLE]
    verdict = Verdict.ATTENTION if bad else Verdict.NORMAL
    if any(night.outcome is Outcome.UNUSABLE for night in seen.nights):
        verdict = Verdict.ABNORMAL
    measure = Measure(
        title=_("Status of the snapshots"),
        shown=listed([_("{count} {status}").format(count=n, status=each) for each, n in counted.items()])
        or _("none"),
        allowed="available",
        # Without snapshots there is nothing to judge; that there is none is told above.
        verdict=verdict if every else None,
    )
    names = listed(
        [_("{name} is {status}").format(name=each.name, status=each.status) for each in bad[:NAMED]]
    )
    return CheckResult(measure, _("{parts}.").format(parts=names), by_runbook=True)


def _retention(seen: Backups) -> CheckResult:
    days, wanted = seen.database.retention_days, seen.spec.retention_days
    title, allowed = (
        _("Days backups are kept"),
        plural("{count} day", "{count} days", wanted).format(count=wanted),
    )
    if days is None:
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckResult(measure, _("AWS does not say how long backups are kept."))
    shown = plural("{count} day", "{count} days", days).format(count=days)
    verdict = Verdict.NORMAL if days == wanted and days else Verdict.ATTENTION
    text = _("Backups are kept for {days}; the runbook says {wanted}.").format(days=shown, wanted=allowed)
    if days == 0:
        verdict, text = Verdict.ABNORMAL, _("Automatic backups are off (kept for 0 days).")
        shown = _("0 days (off)")
    elif days < wanted:
        verdict = Verdict.ABNORMAL
    waiting = next((each for each in seen.database.pending if each.id == "retention_days"), None)
    measure = Measure(
        title=title,
        shown=shown,
        allowed=allowed,
        verdict=verdict,
        value=float(days),
        unit="d",
        note=_("will become {value}").format(value=waiting.value) if waiting else "",
    )
    tip = _("Set the days backups are kept to {days}. From or to 0, RDS interrupts the database.")
    return CheckResult(measure, text, (tip.format(days=wanted),))


def _restorable(seen: Backups) -> CheckResult:
    title = _("Can be restored until")
    allowed = _("≤ {minutes} min ago").format(minutes=int(RESTORABLE.total_seconds() // 60))
    at = seen.database.latest_restorable
    if at is None:
        # With backups off there is nothing to restore to, which is told above.
        unknown = None if seen.database.retention_days == 0 else Verdict.UNKNOWN
        measure = Measure(title=title, shown="", allowed=allowed, verdict=unknown)
        return CheckResult(measure, _("AWS does not say until when the database can be restored."))
    ago = seen.now - at
    if ago < -SKEW:
        # Until when it could be restored at an earlier moment, nobody can tell any more.
        measure = Measure(title=title, shown="", allowed=allowed, verdict=Verdict.UNKNOWN)
        return CheckResult(measure, _("Until when the database could be restored at that time is not known."))
    measure = Measure(
        title=title,
        shown=_("{time} ago").format(time=length(ago)),
        allowed=allowed,
        verdict=Verdict.NORMAL if ago <= RESTORABLE else Verdict.ATTENTION,
        value=round(ago.total_seconds() / 60, 1),
        unit="min",
        at=at,
    )
    text = _("The database can be restored only until {time} ago; five minutes are usual.")
    return CheckResult(measure, text.format(time=length(ago)))


def _instance(seen: Backups) -> CheckResult:
    verdicts = {
        DatabaseState.AVAILABLE: Verdict.NORMAL,
        DatabaseState.BUSY: Verdict.ATTENTION,
        DatabaseState.BROKEN: Verdict.ABNORMAL,
    }
    measure = Measure(
        title=_("Status of the database"),
        shown=str(seen.database.status),
        allowed="available",
        verdict=verdicts[seen.database.state],
    )
    text = _("The database is {status}: RDS makes no automatic backup meanwhile.")
    return CheckResult(measure, text.format(status=seen.database.status))
