from datetime import UTC, datetime, timedelta
from typing import Any

from services.calendar.calendar import Calendar
from services.changes.base import ChangeContext
from services.changes.rds.state import MeasuredLoad, ReadState
from services.changes.registry import CHANGES, change_class
from services.clock import ManualClock
from services.models.base import RawId
from services.models.changes import Plan
from services.models.rds import Database, DatabaseState, PendingAction, PendingSetting
from services.models.runbook import Runbook
from services.runbook.loader import load_builtin

NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)  # A Wednesday, 10:00 JST
BOOK = load_builtin("facility-prod")
CALENDAR = Calendar(BOOK)
ARN = RawId("arn:aws:rds:ap-northeast-1:123456789012:db:facility-prod-db")
OUTAGE = PendingSetting(id="engine_version", title="Engine version", value="16.6", outage=True)
QUIET = PendingSetting(id="multi_az", title="Multi-AZ", value="on")
UNKNOWN = PendingSetting(id="DedicatedLogVolume", title="DedicatedLogVolume", value="on")


def change(kind: str, runbook: Runbook = BOOK) -> Any:
    spec = next(each for each in CHANGES if each.id == kind)
    context = ChangeContext(
        runbook=runbook, calendar=CALENDAR, clock=ManualClock(NOW), region="ap-northeast-1",
        reader=None,
    )  # fmt: skip
    return change_class(spec)(spec, context)


def database(**more: Any) -> Database:
    fields: dict[str, Any] = {
        "id": RawId("facility-prod-db"),
        "name": "facility-prod-db",
        "arn": ARN,
        "status": "available",
        "state": DatabaseState.AVAILABLE,
        "engine": "postgres",
        "engine_version": "16.4",
        "instance_class": "db.t4g.medium",
        "storage_gib": 100,
        "storage_type": "gp3",
        "iops": 3000,
        "multi_az": True,
        "maintenance_window": "sat:17:00-sat:18:00",
        "latest_restorable": NOW - timedelta(minutes=5),
    }
    return Database(**(fields | more))


def read_state(*, at: datetime = NOW, actions: Any = (), load: Any = None, **more: Any) -> ReadState:
    return ReadState(at=at, database=database(**more), actions=actions, load=load or MeasuredLoad())


def patch(action: str = "system-update", **more: Any) -> PendingAction:
    return PendingAction(action=action, **more)


def texts(plan: Plan, *, grave: bool | None = None) -> str:
    return "\n".join(each.text for each in plan.cautions if grave in (None, each.grave))


def rows(plan: Plan) -> dict[str, tuple[str, str]]:
    return {row.name: (row.before, row.after) for step in plan.steps for row in step.rows}
