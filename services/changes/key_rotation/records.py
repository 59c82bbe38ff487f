"""IAM reports neither when a key was deactivated nor by whom it was created."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.models.change_runs import Run, StepRun, StepState
from services.models.changes import PlannedStep
from services.models.iam import user_target

KIND = "key-rotation"
CREATE, UPDATE, DELETE = "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"
PUT_SECRET = "PutSecret"
ID, SECRET = "id", "secret"  # What a secret of GitHub is to hold
HAND_OVER = "HandOver"
"""Operation of a hand-over by command or by eye; `AccessKeyId` is among its parameters, as in AWS's own."""
CREATED = "access_key"  # Name of the kept answer: id of the key that was created


@dataclass(frozen=True, slots=True)
class Done:
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class KeyRecords:
    created: dict[str, Done] = field(default_factory=dict)
    """Keys that a console is proven to have created, by id."""
    handed: dict[str, Done] = field(default_factory=dict)
    """Hand-overs by command or by eye, by key id; the newest."""
    ids: dict[str, Done] = field(default_factory=dict)
    """Writes of a key's id to GitHub, by key id; the newest."""
    deactivated: dict[str, Done] = field(default_factory=dict)
    """Keys that were deactivated and not activated again."""
    deleted: dict[str, Done] = field(default_factory=dict)


def records_of(runs: Iterable[Run], user: str) -> KeyRecords:
    """The records of a user's keys; `runs` is ordered newest first."""
    records = KeyRecords()
    for step, outcome, by in _done(runs, user):
        assert outcome.at is not None
        done, params = Done(outcome.at, by), step.call.params
        key, operation = str(params.get("AccessKeyId", "")), step.call.operation
        if operation == CREATE:
            records.created[outcome.answer.get(CREATED, "")] = done
        elif operation == HAND_OVER:
            records.handed[key] = done
        elif operation == PUT_SECRET and params.get("Value") == ID:
            records.ids[key] = done
        elif operation == DELETE:
            records.deleted[key] = done
        elif operation == UPDATE and params.get("Status") == "Inactive":
            records.deactivated[key] = done
        elif operation == UPDATE:
            records.deactivated.pop(key, None)
    return records


def _done(runs: Iterable[Run], user: str) -> Iterable[tuple[PlannedStep, StepRun, str]]:
    for run in reversed(tuple(runs)):
        if run.plan.kind != KIND or run.plan.target.id != user_target(user):
            continue
        for step, outcome in zip(run.plan.steps, run.steps, strict=False):
            if outcome.state is StepState.DONE and outcome.at is not None:
                yield step, outcome, run.by
