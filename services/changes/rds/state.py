from dataclasses import dataclass
from datetime import datetime, tzinfo

from services.calendar.maintenance_windows import Window, weekly
from services.i18n import _
from services.models.base import RawId
from services.models.canonical import digest
from services.models.date_text import dated_time, span_text, with_zone, zoned_time
from services.models.depletion import Depletion
from services.models.rds import Database, PendingAction, PendingSetting

MODIFYING = "modifying"  # DBInstanceStatus while RDS applies a modification
CLASS, STORAGE = "instance_class", "storage_gib"  # Ids of pending settings that the console itself requests


@dataclass(frozen=True, slots=True)
class MeasuredLoad:
    """The load of the database; None: no data, or unreadable."""

    cpu: float | None = None  # Per cent
    free: float | None = None  # Bytes of free storage
    depletion: Depletion | None = None  # When the storage is full; None: it is not certain that it fills


@dataclass(frozen=True, slots=True)
class ReadState:
    at: datetime
    database: Database
    actions: tuple[PendingAction, ...] | None = ()  # Pending maintenance; None: could not be read
    load: MeasuredLoad = MeasuredLoad()

    @property
    def window(self) -> Window | None:
        return weekly(self.database.maintenance_window)

    @property
    def next_window(self) -> tuple[datetime, datetime] | None:
        """Start and end (UTC) of the next window, or of the one that is open now."""
        window = self.window
        if window is None:
            return None
        start = window.latest_start(self.at)
        start = start if self.at < window.end(start) else window.next(self.at)
        return start, window.end(start)

    @property
    def in_window(self) -> bool:
        return self.window is not None and self.at in self.window

    @property
    def is_available(self) -> bool:
        """Whether RDS accepts modifications: not during a backup, but while the storage is optimized."""
        return self.database.status in ("available", "storage-optimization")

    @property
    def can_extend(self) -> bool:
        """Whether RDS accepts more storage: a full database is not available, and this is its remedy."""
        return self.is_available or self.database.status == "storage-full"

    def pending(self, id: str) -> PendingSetting | None:
        return next((setting for setting in self.database.pending if setting.id == id), None)

    def others(self, *ids: str) -> tuple[PendingSetting, ...]:
        return tuple(setting for setting in self.database.pending if setting.id not in ids)


def window_text(state: ReadState, zone: tzinfo) -> str:
    """`11-29(Sun) 02:00–03:00 JST`: the next window, or the one that is open."""
    window = state.next_window
    if window is None:
        return _("unknown")
    start, end = window
    text = span_text(dated_time(start, zone), f"{end.astimezone(zone):%H:%M}")
    return with_zone(text, start, zone)


def of_cluster(database: Database) -> list[str]:
    if not database.cluster:
        return []
    text = _("{name} is a member of the cluster {cluster}, which is not changed here yet.")
    return [text.format(name=database.name, cluster=database.cluster)]


def database_name(target: RawId) -> str:
    """The instance's name from the target id `db:<name>`."""
    return str(target).removeprefix("db:")


def pending_digest(state: ReadState, *, without: tuple[str, ...] = ()) -> list[list[str]]:
    return [[setting.id, setting.value] for setting in state.others(*without)]


def state_digest(*parts: object) -> str:
    return digest(list(parts))


def time_of(at: datetime, zone: tzinfo) -> str:
    return zoned_time(at, zone)
