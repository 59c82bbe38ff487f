"""The runbook's database: the instance, its modifications and its maintenance, by the world's clock; and what RDS sells.

Source: ModifyDBInstance, ApplyPendingMaintenanceAction and the types DBInstance and PendingMaintenanceAction (Amazon
RDS API reference); "Modifying an Amazon RDS DB instance" (Amazon RDS user guide): what is queued is applied in the next
maintenance window, "immediately" applies everything that is queued; storage cannot be modified again for six hours or
until it is optimized; "DB instance classes". Prices are invented, near those of Tokyo.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from services.calendar.maintenance_windows import weekly
from services.demo import names
from services.demo.account import ACCOUNT, REGION, SYSTEM, answer_of
from services.demo.ec2 import DATABASE_GROUP
from services.demo.effects import DatabaseStateEffect
from services.demo.scenario import (
    CertificateFact,
    DatabaseEventFact,
    Patch,
    PendingChange,
    Retention,
    ScenarioRun,
    WindowFact,
)

ENGINE, VERSION = "postgres", "16.4"
GIB_MONTH = 0.138
"""Dollars per GiB and month of gp3 in one zone; Multi-AZ costs twice as much, and so does an instance."""
SMALLEST, LARGEST = 20, 65536  # GiB of storage
FARGATE = {
    "Fargate-vCPU-Hours:perCPU": 0.05056,
    "Fargate-GB-Hours": 0.00553,
    "Fargate-ARM-vCPU-Hours:perCPU": 0.04045,
    "Fargate-ARM-GB-Hours": 0.00442,
}
"""Dollars per hour by type of usage."""
STRIPED = 400  # GiB from which gp3 is striped over four volumes: its IOPS must be given, and are more
IOPS, STRIPED_IOPS, MOST_IOPS = 3000, 12000, 64000


@dataclass(frozen=True, slots=True)
class InstanceClass:
    name: str
    cores: int
    memory_gib: int
    hourly: float  # Dollars in one zone

    @property
    def share(self) -> float:
        return (2 / self.cores) * (4 / self.memory_gib) ** 0.5


CLASSES = {
    each.name: each
    for each in (
        InstanceClass("db.t4g.micro", 2, 1, 0.025),
        InstanceClass("db.t4g.small", 2, 2, 0.051),
        InstanceClass("db.t4g.medium", 2, 4, 0.101),
        InstanceClass("db.t4g.large", 2, 8, 0.202),
        InstanceClass("db.t4g.xlarge", 4, 16, 0.404),
        InstanceClass("db.m6g.large", 2, 8, 0.236),
        InstanceClass("db.m6g.xlarge", 4, 16, 0.472),
        InstanceClass("db.r6g.large", 2, 16, 0.273),
        InstanceClass("db.r6g.xlarge", 4, 32, 0.546),
    )
}


def baseline(size: int) -> int:
    """IOPS of gp3 of so many GiB without extra charge."""
    return STRIPED_IOPS if size >= STRIPED else IOPS


@dataclass(frozen=True, slots=True)
class DatabaseEventRecord:
    at: datetime
    message: str
    category: str = "backup"
    source: str = ""  # The snapshot it is about; empty: the instance
    instance: str = ""  # The instance it is about; empty: the runbook's database


@dataclass(slots=True)
class PendingMaintenance:
    action: str
    description: str
    dates: dict[str, datetime]
    """AutoAppliedAfterDate, ForcedApplyDate and CurrentApplyDate, as far as there are any."""
    due: datetime | None  # When it is applied; None: not by itself
    opt_in: str = ""
    chosen: datetime | None = None  # When it is applied according to the opt-in; None: without one

    def describe(self) -> dict[str, Any]:
        row: dict[str, Any] = {"Action": self.action, "Description": self.description} | self.dates
        if self.opt_in:
            row["OptInStatus"] = self.opt_in
            row.pop("CurrentApplyDate", None)
        if self.opt_in == "next-maintenance":
            row["CurrentApplyDate"] = self.chosen
        return row


@dataclass(slots=True)
class Operation:
    status: str
    ends: datetime
    outage: tuple[datetime, datetime] | None = None  # When the database cannot be reached
    values: dict[str, Any] = field(default_factory=dict)  # Settings that it applies
    maintenance: PendingMaintenance | None = None  # What it applies
    fails_over: bool = True
    """Whether the standby of a Multi-AZ instance takes over; a plain restart stays where it is."""


CREATED = datetime(2025, 4, 1, 2, 14, 5, tzinfo=UTC)
BACKUP_WINDOW = "18:10-18:40"
MAINTENANCE_WINDOW = "sat:17:00-sat:18:00"
RETENTION = 7
CERTIFICATE_DAYS = 300.0
ALLOCATED = 100  # GiB at the beginning
COOLDOWN = timedelta(hours=6)
OPTIMIZING = timedelta(hours=5)  # How long the storage is optimized after an extension
FAILOVER = timedelta(seconds=100)
"""Outage of a Multi-AZ instance; another one is out of reach for almost all of an operation."""
STATUSES = {"db-upgrade": "upgrading", "ca-certificate-rotation": "rebooting"}
"""Status during a maintenance action; others: `maintenance`."""
_UPLOADS = 300  # Seconds from one upload of the transaction log to the next
PARAMETER_GROUP, SUBNET_GROUP = f"{SYSTEM}-prod-postgres16", names.DATABASE


class DatabaseInstance:
    """The database of one world; call `advance` before reading it."""

    def __init__(self, run: ScenarioRun) -> None:
        facts_of = run.scenario.facts_of
        self._run = run
        self.arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{names.DATABASE}"
        self.retention = next((fact.days for fact in facts_of(Retention)), RETENTION)
        """Days that automatic backups are kept."""
        self.window = next((fact.utc for fact in facts_of(WindowFact)), MAINTENANCE_WINDOW)
        self.settings: dict[str, Any] = {
            "DBInstanceClass": "db.t4g.medium",
            "AllocatedStorage": ALLOCATED,
            "StorageType": "gp3",
            "Iops": baseline(ALLOCATED),
            "MultiAZ": True,
            "EngineVersion": VERSION,
        }
        self.zones = ("a", "c")  # Letters of the zones of the database and of its standby
        self.security_groups = [DATABASE_GROUP]
        self.pending: dict[str, Any] = {}  # Modifications that are queued, or being applied
        for fact in facts_of(PendingChange):
            self.pending |= {"DBInstanceClass": fact.instance_class} if fact.instance_class else {}
            self.pending |= {"AllocatedStorage": fact.storage_gib} if fact.storage_gib else {}
            self.pending |= fact.other
        self._queued = run.began
        self.maintenance = [self._maintenance(fact) for fact in facts_of(Patch)]
        self.operation: Operation | None = None
        self.optimized: tuple[datetime, datetime] | None = None
        """When the storage was extended last, and when its optimization ends."""
        self.events: list[DatabaseEventRecord] = []
        """Events other than those of automatic backups, oldest first."""
        for event in facts_of(DatabaseEventFact):
            self.events.append(DatabaseEventRecord(run.time_of(event.at), event.message, event.category))
        self.is_full = False
        self._now = run.began
        days = next((fact.days for fact in facts_of(CertificateFact)), CERTIFICATE_DAYS)
        self._certificate_until = self._after(days)

    @property
    def status(self) -> str:
        if self.operation:
            return self.operation.status
        if self.is_full:
            return "storage-full"
        at = (self._run.now - self._run.began).total_seconds()
        states = (each for each in self._run.scenario.effects if isinstance(each, DatabaseStateEffect))
        if status := next((each.status for each in states if each.status and each.active(at)), ""):
            return status
        return "storage-optimization" if self.is_optimizing else "available"

    @property
    def is_optimizing(self) -> bool:
        return self.optimized is not None and self._now < self.optimized[1]

    @property
    def grown_gib(self) -> float:
        return float(self.settings["AllocatedStorage"] - ALLOCATED)

    @property
    def cpu_share(self) -> float:
        return CLASSES[self.settings["DBInstanceClass"]].share

    def is_down(self, first: float, last: float) -> bool:
        """Whether it cannot be reached at some time from `first` to `last` (epoch seconds)."""
        outage = self.operation.outage if self.operation else None
        return outage is not None and outage[0].timestamp() < last and first < outage[1].timestamp()

    def next_window(self, at: datetime) -> datetime:
        window = weekly(self.window)
        assert window is not None, "a scenario's window is valid"
        return window.next(at)

    def queue(self, values: dict[str, Any], *, immediately: bool) -> None:
        """Queue modifications; `immediately` applies them with all that are queued, unless nothing differs."""
        if not self.pending:
            self._queued = self._now
        if not immediately:
            self.pending |= {key: new for key, new in values.items() if self.settings.get(key) != new}
            return
        self.pending |= values
        # A queued value that equals the current one is withdrawn; that needs "immediately" (user guide).
        self.pending = {key: new for key, new in self.pending.items() if self.settings.get(key) != new}
        if self.pending:
            self._apply(self._now)

    def reboot(self, *, failover: bool) -> None:
        at = self._now
        if failover:
            self._event(at, "Multi-AZ instance failover started.", "failover")
        ends = at + (FAILOVER if failover else timedelta(seconds=45))
        self.operation = Operation("rebooting", ends, (at, ends), fails_over=failover)

    def restorable(self) -> datetime:
        return datetime.fromtimestamp(int(self._run.now.timestamp()) // _UPLOADS * _UPLOADS, UTC)

    def advance(self, now: datetime) -> None:
        while (due := self._due()) is not None and due <= now:
            self._now = max(self._now, due)
            self._carry_out(self._now)
        self._now = max(self._now, now)

    def _due(self) -> datetime | None:
        if self.operation:
            return self.operation.ends
        waiting = [each for each in (self._due_of(action) for action in self.maintenance) if each]
        return min([*waiting, *([self.next_window(self._queued)] if self.pending else [])], default=None)

    @staticmethod
    def _due_of(action: PendingMaintenance) -> datetime | None:
        return action.chosen or action.due

    def _carry_out(self, at: datetime) -> None:
        if self.operation:
            self._end(self.operation, at)
        elif self.pending and self.next_window(self._queued) <= at:
            self._apply(at)
        else:
            action = next(each for each in self.maintenance if (due := self._due_of(each)) and due <= at)
            self._begin(STATUSES.get(action.action, "maintenance"), at, {}, action)

    def _apply(self, at: datetime) -> None:
        values = dict(self.pending)
        interrupts = set(values) - {"AllocatedStorage", "Iops", "StorageThroughput"}
        if not interrupts:
            self.operation = Operation("modifying", at + timedelta(seconds=60), values=values)
            self._event(at, "Applying modification to allocated storage", "configuration change")
            return
        if "DBInstanceClass" in values:
            self._event(at, "Applying modification to database instance class", "configuration change")
        self._begin("modifying", at, values)

    def _begin(
        self, status: str, at: datetime, values: dict[str, Any], action: PendingMaintenance | None = None
    ) -> None:
        random = Random(f"{self._run.scenario.seed} {at.isoformat()}")
        ends = at + timedelta(seconds=random.randint(360, 540))
        down = ends - (FAILOVER if self.settings["MultiAZ"] else timedelta(seconds=330))
        self.operation = Operation(status, ends, (down, ends), values, action)
        if action:
            self._event(at, f"Applying {action.action}: {action.description}", "maintenance")

    def _end(self, operation: Operation, at: datetime) -> None:
        self.operation = None
        if operation.outage:
            fails_over = self.settings["MultiAZ"] and operation.fails_over
            reason = "Multi-AZ instance failover completed" if fails_over else "DB instance restarted"
            self._event(at, reason, "failover" if fails_over else "availability")
            self.zones = self.zones[::-1] if fails_over else self.zones
        if operation.maintenance:
            self.maintenance.remove(operation.maintenance)
            self._event(at, f"Finished applying {operation.maintenance.action}", "maintenance")
        values, before = operation.values, self.settings["AllocatedStorage"]
        self.settings |= values
        self.pending = {key: new for key, new in self.pending.items() if values.get(key) != new}
        if "DBInstanceClass" in values:
            text = "Finished applying modification to DB instance class"
            self._event(at, text, "configuration change")
        if self.settings["AllocatedStorage"] != before:
            self.optimized = (at, at + OPTIMIZING)
            text = "Finished applying modification to allocated storage"
            self._event(at, text, "configuration change")

    def _event(self, at: datetime, message: str, category: str) -> None:
        self.events.append(DatabaseEventRecord(at, message, category))

    def describe(self) -> dict[str, Any]:
        row = (
            answer_of("database")
            | {
                "DBInstanceArn": self.arn,
                "DBInstanceStatus": self.status,
                "InstanceCreateTime": CREATED,
                "AvailabilityZone": f"{REGION}{self.zones[0]}",
                "VpcSecurityGroups": [
                    {"VpcSecurityGroupId": each, "Status": "active"} for each in self.security_groups
                ],
                "BackupRetentionPeriod": self.retention,
                "PreferredMaintenanceWindow": self.window,
                "PendingModifiedValues": dict(self.pending),
                "CertificateDetails": {
                    "CAIdentifier": "rds-ca-rsa2048-g1",
                    "ValidTill": self._certificate_until,
                },
            }
            | self.settings
        )
        if self.settings["MultiAZ"]:
            row["SecondaryAvailabilityZone"] = f"{REGION}{self.zones[1]}"
        # Without automatic backups there is no point in time to restore to.
        if self.retention:
            row["LatestRestorableTime"] = self.restorable()
        return row | self._storage_operation()

    def _storage_operation(self) -> dict[str, Any]:
        if self.optimized is None or not self.is_optimizing:
            return {}
        began, ends = self.optimized
        percent = int(100 * ((self._now - began) / (ends - began)))
        return {"StorageOperationStatus": "Optimizing", "StorageOperationPercentProgress": percent}

    def pending_actions(self) -> list[dict[str, Any]]:
        return [action.describe() for action in self.maintenance]

    def _maintenance(self, fact: Patch) -> PendingMaintenance:
        days = {
            "AutoAppliedAfterDate": fact.auto_after_days,
            "ForcedApplyDate": fact.forced_days,
            "CurrentApplyDate": fact.current_days,
        }
        dates = {name: self._after(each) for name, each in days.items() if each is not None}
        auto, forced = dates.get("AutoAppliedAfterDate"), dates.get("ForcedApplyDate")
        due = [each for each in (auto and self.next_window(auto), forced) if each]
        text = fact.description or "New Operating System update is available"
        return PendingMaintenance(fact.action, text, dates, min(due, default=None))

    def _after(self, days: float) -> datetime:
        return (self._run.began + timedelta(days=days)).replace(microsecond=0)
