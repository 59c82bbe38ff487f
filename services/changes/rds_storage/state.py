"""The state that an extension of the storage is planned from. Pure.

Source: AllocatedStorage (Amazon RDS user guide): not again for six hours, or until the storage is optimized, whichever
is longer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.changes.rds.state import STORAGE, ReadState, pending_digest, state_digest
from services.models.rds import DatabaseEvent, StorageOption

COOLDOWN = timedelta(hours=6)
_FINISHED, _STORAGE = "finished applying", "allocated storage"
"""Parts of the event that ends a modification, by a person or by storage autoscaling."""


@dataclass(frozen=True, slots=True)
class StorageState:
    """A database with the sizes that its storage may have."""

    read: ReadState
    options: tuple[StorageOption, ...] | None
    """None: RDS did not tell."""
    changed_at: datetime | None = None
    """When the storage was last changed (UTC); None: not within the last hours."""
    events_read: bool = True
    """Whether events could be read; if not, `changed_at` means nothing."""

    @property
    def current(self) -> int:
        """The present size in GiB; 0: not reported."""
        return self.read.database.storage_gib or 0

    @property
    def option(self) -> StorageOption | None:
        """The legal values of the present storage type; None: unknown."""
        kind = self.read.database.storage_type
        return next((option for option in self.options or () if option.storage_type == kind), None)

    @property
    def is_optimizing(self) -> bool:
        database = self.read.database
        return bool(database.storage_operation) or database.status == "storage-optimization"

    @property
    def cooldown_ends(self) -> datetime | None:
        """When the storage may be changed again (UTC) unless it is still being optimized; None: now."""
        if self.changed_at is None or self.changed_at + COOLDOWN <= self.read.at:
            return None
        return self.changed_at + COOLDOWN


def last_change(events: Iterable[DatabaseEvent]) -> datetime | None:
    return max((event.at for event in events if _is_change(event.message.lower())), default=None)


def _is_change(message: str) -> bool:
    return _FINISHED in message and _STORAGE in message


def storage_digest(state: ReadState, *, immediately: bool) -> str:
    """Digest of the state that a new size is planned from; `immediately` also depends on what is applied along."""
    database = state.database
    queued = state.pending(STORAGE)
    return state_digest(
        database.storage_gib,
        database.storage_type,
        database.iops,
        database.max_storage_gib,
        database.storage_operation,
        queued.value if queued else "",
        pending_digest(state, without=(STORAGE,)) if immediately else database.maintenance_window,
        state.can_extend,
    )
