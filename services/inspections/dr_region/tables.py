"""The tables of what the region of recovery has. Pure."""

from services.i18n import _
from services.inspections.base import table
from services.inspections.dr_region.evaluation import RecoveryReading
from services.inspections.toolkit.wording import length
from services.models.date_text import zoned_time
from services.models.evidence import Evidence


def backups_table(reading: RecoveryReading) -> Evidence:
    """Each replicated automated backup with the times between which it can be restored."""
    zone = reading.zone
    return table(
        _("Replicated automated backups"),
        (_("Instance"), _("Status"), _("Restorable from"), _("Restorable until")),
        [
            (
                each.name,
                each.status,
                zoned_time(each.earliest, zone) if each.earliest else "—",
                zoned_time(each.latest, zone) if each.latest else "—",
            )
            for each in reading.backups
        ],
    )


def snapshots_table(reading: RecoveryReading) -> Evidence:
    """Each copy of a snapshot with its age, the newest first."""
    return table(
        _("Copies of snapshots"),
        (_("Snapshot"), _("Status"), _("Taken"), _("Age")),
        [
            (
                each.name,
                each.status,
                zoned_time(each.at, reading.zone) if each.at else "—",
                length(reading.now - each.at) if each.at and each.at <= reading.now else "—",
            )
            for each in reading.snapshots
        ],
    )
