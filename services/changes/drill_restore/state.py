from dataclasses import dataclass
from datetime import datetime

from services.changes.drills.instances import drills_of
from services.changes.rds.state import state_digest
from services.models.rds import Database, Snapshot, SnapshotState


@dataclass(frozen=True, slots=True)
class RestoreState:
    at: datetime
    original: Database
    databases: tuple[Database, ...] = ()  # Every instance of the region
    snapshots: tuple[Snapshot, ...] = ()  # The automatic ones, then those made by hand
    classes: tuple[str, ...] = ()  # The classes of the database's family up to its own, smallest first

    @property
    def drills(self) -> tuple[Database, ...]:
        return drills_of(self.databases, str(self.original.id))

    @property
    def default_snapshot(self) -> Snapshot | None:
        usable = [each for each in self.snapshots if each.kind == "automated" and self.is_usable(each)]
        return max(usable, key=lambda snapshot: snapshot.at or self.at, default=None)

    @staticmethod
    def is_usable(snapshot: Snapshot) -> bool:
        return snapshot.state is SnapshotState.AVAILABLE and snapshot.at is not None

    def named(self, name: str) -> Database | None:
        return next((each for each in self.databases if each.id == name), None)

    def digest(self, snapshot: Snapshot | None, name: str) -> str:
        original = self.original
        return state_digest(
            snapshot is not None and self.is_usable(snapshot),
            self.named(name) is not None,
            [str(each.id) for each in self.drills],
            [original.subnet_group, *original.security_groups],
            [original.parameter_group, original.instance_class, original.engine],
        )
