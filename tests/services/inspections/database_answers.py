"""Canned answers of RDS, for inspections of a database that the embedded AWS does not have."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.calendar.calendar import Calendar
from services.clock import ManualClock
from services.inspections.base import InspectionContext, InspectionRequest
from services.inspections.registry import make
from services.models.findings import Finding
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin
from tests.services.aws.canned import Canned

BOOK = load_builtin("facility-prod")
MONDAY = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)  # 9:00 JST
LAST = datetime(2026, 1, 11, 18, 14, tzinfo=UTC)
"""In the newest backup window before MONDAY: a Sunday in UTC, Monday 3:14 JST."""
ROW: dict[str, Any] = {
    "DBInstanceIdentifier": "facility-prod-db",
    "DBInstanceArn": "arn:aws:rds:ap-northeast-1:123456789012:db:facility-prod-db",
    "DBInstanceStatus": "available",
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "18:10-18:40",
    "PreferredMaintenanceWindow": "sat:17:00-sat:18:00",
    "InstanceCreateTime": datetime(2025, 4, 1, tzinfo=UTC),
    "PendingModifiedValues": {},
    "CertificateDetails": {"CAIdentifier": "ca", "ValidTill": MONDAY + timedelta(days=300)},
}


def instance(now: datetime = MONDAY, **changed: Any) -> dict[str, Any]:
    """DescribeDBInstances; a value of None leaves the key out."""
    row = ROW | {"LatestRestorableTime": now - timedelta(minutes=4)} | changed
    return {"DBInstances": [{key: value for key, value in row.items() if value is not None}]}


def snapshots(*days_ago: int, kind: str = "automated", last: datetime = LAST) -> list[dict[str, Any]]:
    return [
        {
            "DBSnapshotIdentifier": f"{kind}-{days}",
            "SnapshotType": kind,
            "Status": "available",
            "SnapshotCreateTime": last - timedelta(days=days),
        }
        for days in days_ago
    ]


def by_kind(automatic: list[dict[str, Any]], others: Any = ()) -> Any:
    def answer(params: dict[str, Any]) -> Any:
        if params["SnapshotType"] == "automated":
            return {"DBSnapshots": automatic}
        return others if isinstance(others, Exception) else {"DBSnapshots": list(others)}

    return answer


def pending(*details: dict[str, Any]) -> dict[str, Any]:
    resource = {"ResourceIdentifier": ROW["DBInstanceArn"], "PendingMaintenanceActionDetails": list(details)}
    return {"PendingMaintenanceActions": [resource] if details else []}


async def judged(
    id: str, *, now: datetime = MONDAY, runbook: Runbook = BOOK, since: datetime | None = None, **answers: Any
) -> Finding:
    context = InspectionContext(
        runbook=runbook,
        calendar=Calendar(runbook),
        clock=ManualClock(now),
        region=runbook.system.region,
        reader=Canned(**answers),
    )
    return await make(context, id).run(InspectionRequest(since=since or now - timedelta(days=3), until=now))
