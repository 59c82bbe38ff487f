"""RDS: an instance's current state, snapshots, events, pending maintenance, and what it may be changed to.
Source: DescribeDBInstances, DescribeDBSnapshots, DescribeEvents, DescribePendingMaintenanceActions,
DescribeValidDBInstanceModifications, DescribeOrderableDBInstanceOptions (Amazon RDS API reference); "Viewing
Amazon RDS DB instance status" (Amazon RDS user guide)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from services.aws.client.errors import NotFound
from services.aws.client.reader import Answer, Reader, incomplete, not_found, rows, whole
from services.aws.rds.parsing import database_of, event_of, pending_of, snapshot_of
from services.i18n import _
from services.models.rds import (
    Database,
    DatabaseEvent,
    OrderableClass,
    PendingAction,
    SizeRange,
    Snapshot,
    StorageOption,
)
from services.models.text import clean

# Converts what an instance may be changed to, as RDS reports it, to models; pure.
#
# Source: the types ValidStorageOptions, Range and OrderableDBInstanceOption (Amazon RDS API reference).


_SIZES = ("rds", "DescribeValidDBInstanceModifications")


def storage_option_of(row: Answer) -> StorageOption:
    """The storage type in a Storage row. Raises Incomplete without its name, or with an unreadable range."""
    kind = clean(row.get("StorageType"))
    if not kind:
        raise incomplete(_("RDS returned a storage type without its name."), *_SIZES)
    return StorageOption(
        storage_type=kind,
        sizes=tuple(map(_range, rows(row, "StorageSize"))),
        iops=tuple(map(_range, rows(row, "ProvisionedIops"))),
    )


def _range(row: Answer) -> SizeRange:
    first, last = whole(row.get("From")), whole(row.get("To"))
    if first is None or last is None:
        # A skipped range would make its sizes look illegal.
        raise incomplete(_("RDS returned a range of sizes without its ends."), *_SIZES)
    return SizeRange(first=first, last=last, step=max(1, whole(row.get("Step"), 1)))


def classes_of(options: Iterable[Answer]) -> tuple[OrderableClass, ...]:
    """The instance classes of OrderableDBInstanceOptions rows, one for all storage types, in the order of AWS."""
    storage: dict[str, set[str]] = {}
    multi_az: dict[str, bool] = {}
    for row in options:
        name = clean(row.get("DBInstanceClass"))
        if not name:
            continue
        storage.setdefault(name, set()).add(clean(row.get("StorageType")))
        multi_az[name] = multi_az.get(name, False) or row.get("MultiAZCapable") is True
    return tuple(
        OrderableClass(name=name, multi_az=multi_az[name], storage_types=tuple(sorted(kinds - {""})))
        for name, kinds in storage.items()
    )


EVENTS_KEPT = timedelta(days=14)  # RDS's retention of events


class RdsReader:
    """Reads the database instances of one account and region; every method raises AwsError."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def database(self, name: str) -> Database:
        """One instance (NotFound: no such instance; Incomplete: its name, ARN or status is missing)."""
        try:
            answer = await self._session.read(
                "rds", "DescribeDBInstances", required=("DBInstances",), DBInstanceIdentifier=name
            )
        except NotFound as error:
            raise _no_database(name, error.problem.detail) from error
        instances = rows(answer, "DBInstances")
        if not instances:
            raise _no_database(name)
        return database_of(instances[0])

    async def databases(self) -> tuple[Database, ...]:
        pages = self._session.pages("rds", "DescribeDBInstances", required=("DBInstances",))
        return tuple([database_of(row) async for page in pages for row in rows(page, "DBInstances")])

    async def snapshots(self, name: str, kind: str = "automated") -> tuple[Snapshot, ...]:
        """The snapshots of one kind (`automated`, `manual`, `awsbackup`): those without a time, then newest first."""
        pages = self._session.pages(
            "rds",
            "DescribeDBSnapshots",
            required=("DBSnapshots",),
            DBInstanceIdentifier=name,
            SnapshotType=kind,
        )
        snapshots = [snapshot_of(row) async for page in pages for row in rows(page, "DBSnapshots")]
        dated = sorted(
            (each for each in snapshots if each.at),
            key=lambda snapshot: (snapshot.at, snapshot.id),
            reverse=True,
        )
        return (*(each for each in snapshots if each.at is None), *dated)

    async def snapshot(self, id: str) -> Snapshot | None:
        try:
            answer = await self._session.read(
                "rds", "DescribeDBSnapshots", required=("DBSnapshots",), DBSnapshotIdentifier=id
            )
        except NotFound:
            return None
        return next(map(snapshot_of, rows(answer, "DBSnapshots")), None)

    async def storage_options(self, name: str) -> tuple[StorageOption, ...]:
        """The storage that an instance may be changed to; RDS refuses to tell while it is being modified."""
        key = "ValidDBInstanceModificationsMessage"
        answer = await self._session.read(
            "rds", "DescribeValidDBInstanceModifications", required=(key,), DBInstanceIdentifier=name
        )
        return tuple(map(storage_option_of, rows(answer[key] or {}, "Storage")))

    async def classes(self, engine: str, version: str) -> tuple[OrderableClass, ...]:
        pages = self._session.pages(
            "rds",
            "DescribeOrderableDBInstanceOptions",
            required=("OrderableDBInstanceOptions",),
            Engine=engine,
            EngineVersion=version,
            Vpc=True,
        )
        return classes_of([row async for page in pages for row in rows(page, "OrderableDBInstanceOptions")])

    async def events(
        self, name: str, *, over: timedelta = EVENTS_KEPT, categories: Sequence[str] = ()
    ) -> tuple[DatabaseEvent, ...]:
        """An instance's events of the last `over` (at most EVENTS_KEPT), oldest first."""
        # Without a duration RDS returns only the last sixty minutes.
        minutes = max(1, int(min(over, EVENTS_KEPT).total_seconds() // 60))
        narrowed: dict[str, Any] = {"EventCategories": list(categories)} if categories else {}
        pages = self._session.pages(
            "rds",
            "DescribeEvents",
            required=("Events",),
            SourceType="db-instance",
            SourceIdentifier=name,
            Duration=minutes,
            **narrowed,
        )
        events = [event_of(row) async for page in pages for row in rows(page, "Events")]
        return tuple(sorted(events, key=lambda event: event.at))

    async def pending_actions(self, database: Database) -> tuple[PendingAction, ...]:
        pages = self._session.pages(
            "rds",
            "DescribePendingMaintenanceActions",
            required=("PendingMaintenanceActions",),
            ResourceIdentifier=database.arn,
        )
        actions: list[PendingAction] = []
        async for page in pages:
            for resource in rows(page, "PendingMaintenanceActions"):
                details = rows(resource, "PendingMaintenanceActionDetails")
                if not details:
                    text = _("RDS lists {name} as having pending maintenance without saying which.")
                    raise incomplete(
                        text.format(name=database.name), "rds", "DescribePendingMaintenanceActions"
                    )
                actions.extend(map(pending_of, details))
        return tuple(actions)


def _no_database(name: str, detail: str = "") -> NotFound:
    return not_found(
        _("RDS has no database {name}.", name=clean(name)),
        "rds",
        "DescribeDBInstances",
        detail=detail,
        remedy=_("Check the instance name in the runbook (rds)."),
    )
