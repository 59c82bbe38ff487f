"""The instances that drills restore: their names, their tag, and what the journal knows of them. Pure.
Source: RestoreDBInstanceFromDBSnapshot (Amazon RDS API reference): an identifier has up to 63 letters, digits
and single hyphens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from services.changes.ids import made_at
from services.changes.rds.state import database_name
from services.models.base import RawId
from services.models.change_runs import Run, StepState
from services.models.rds import Database

RESTORE, DELETE, FAILOVER = "drill-restore", "drill-delete", "drill-failover"  # Ids of the changes
TAG = "toban-drill"
"""Key of the tag that marks an instance of ours; its value is the id of the plan that restored it."""
RESOURCE = "resource"  # Name of the resource id in the restore's answer as the journal has it
MARK = "-drill-"  # Between the database's name and the day in an instance's name
_LONGEST, _SHORT = 63, 8
_SUFFIX = len(MARK) + len("20261127-") + _SHORT


def name_prefix(database: str) -> str:
    return f"{database[: _LONGEST - _SUFFIX].rstrip('-')}{MARK}".lower()


def instance_name(database: str, id: str, zone: tzinfo) -> str:
    """The instance of the plan `id`: `facility-prod-db-drill-20261127-8k3v0c2m`, with the plan's day."""
    return f"{name_prefix(database)}{made_at(id).astimezone(zone):%Y%m%d}-{id[-_SHORT:]}"


def drills_of(databases: Iterable[Database], database: str) -> tuple[Database, ...]:
    prefix = name_prefix(database)
    return tuple(each for each in databases if TAG in each.tags and str(each.id).startswith(prefix))


@dataclass(frozen=True, slots=True)
class Restored:
    name: str
    plan: str  # The id of the plan that restored it; its tag has the same value
    at: datetime  # When that was confirmed (UTC)
    by: str
    resource: str = ""  # Its DbiResourceId; "": AWS's answer was lost, or is of an earlier version


def restored(runs: Iterable[Run]) -> tuple[Restored, ...]:
    runs = tuple(runs)
    deleted = {
        database_name(run.plan.target.id) for run in runs if run.plan.kind == DELETE and run.has_ended_well
    }
    instances = (
        Restored(
            run.plan.steps[0].call.params["DBInstanceIdentifier"],
            run.id,
            run.at,
            str(run.by),
            run.answers.get(run.plan.steps[0].id, {}).get(RESOURCE, ""),
        )
        for run in runs
        if run.plan.kind == RESTORE and run.steps and run.steps[0].state is StepState.DONE
    )
    return tuple(instance for instance in instances if instance.name not in deleted)


def target_id(name: str) -> RawId:
    return RawId(f"db:{name}")
