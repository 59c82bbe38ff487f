from collections.abc import Sequence
from datetime import tzinfo

from services.i18n import N_, _
from services.inspections.backups.windows import BackupOutcome, Night
from services.inspections.base import table
from services.models.date_text import zoned_time
from services.models.evidence import Evidence, Row
from services.models.rds import DatabaseEvent, Snapshot, SnapshotState
from services.models.verdict import DISPLAY_ORDER, Verdict

VERDICTS = {
    BackupOutcome.MADE: Verdict.NORMAL,
    BackupOutcome.COMING: Verdict.NORMAL,
    BackupOutcome.ELSEWHERE: Verdict.ATTENTION,
    BackupOutcome.SLOW: Verdict.ATTENTION,
    BackupOutcome.UNUSABLE: Verdict.ABNORMAL,
    BackupOutcome.MISSING: Verdict.ABNORMAL,
}
_NOTES = {
    BackupOutcome.COMING: N_("the window has barely ended"),
    BackupOutcome.ELSEWHERE: N_("made by AWS Backup"),
    BackupOutcome.SLOW: N_("taking long to complete"),
    BackupOutcome.UNUSABLE: N_("not usable"),
    BackupOutcome.MISSING: N_("none"),
}


def nights_table(nights: Sequence[Night], events: Sequence[DatabaseEvent], zone: tzinfo) -> Evidence:
    ordered = sorted(nights, key=lambda night: DISPLAY_ORDER.index(VERDICTS[night.outcome]))
    rows = [row for night in ordered for row in _rows(night, events, zone)]
    return table(_("Backup windows"), (_("Window"), _("Snapshot"), _("Taken"), _("Status"), _("Note")), rows)


def _rows(night: Night, events: Sequence[DatabaseEvent], zone: tzinfo) -> list[Row]:
    window = zoned_time(night.start, zone)
    why = reason(night, events)
    note = _(_NOTES[night.outcome]) if night.outcome in _NOTES else ""
    verdict = VERDICTS[night.outcome]
    if not night.snapshots:
        return [Row(cells=(window, "", "", "", f"{note}: {why}" if why else note), verdict=verdict)]
    first, *others = night.snapshots
    rows = [Row(cells=(*_cells(window, first, zone), f"{note}: {why}" if why else note), verdict=verdict)]
    for snapshot in others:
        bad = Verdict.ATTENTION if snapshot.state is SnapshotState.UNUSABLE else None
        rows.append(Row(cells=(*_cells(window, snapshot, zone), ""), verdict=bad))
    return rows


def _cells(window: str, snapshot: Snapshot, zone: tzinfo) -> tuple[str, str, str, str]:
    at = zoned_time(snapshot.at, zone) if snapshot.at else ""
    status = str(snapshot.status)
    if snapshot.state is SnapshotState.CREATING and snapshot.percent is not None:
        status = f"{status} {snapshot.percent} %"
    return window, str(snapshot.name), at, status


def reason(night: Night, events: Sequence[DatabaseEvent]) -> str:
    """RDS's first event after the window began; "" if RDS made a snapshot, or has no event."""
    if night.outcome in (BackupOutcome.MADE, BackupOutcome.COMING):
        return ""
    return next((str(event.message) for event in events if night.holds(event.at)), "")


def events_table(events: Sequence[DatabaseEvent], zone: tzinfo) -> Evidence:
    return table(
        _("RDS events"),
        (_("At"), _("Category"), _("Message")),
        [(zoned_time(event.at, zone), ", ".join(event.categories), str(event.message)) for event in events],
    )
