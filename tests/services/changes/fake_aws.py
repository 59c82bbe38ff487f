from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.aws.client.errors import Invalid, Throttled, Unreachable
from services.aws.client.write_grants import WriteAuthorizer, WriteGrant
from services.calendar.calendar import Calendar
from services.changes.approval.authority import authority_of
from services.changes.base import ChangeContext
from services.changes.ecs_scaling.state import action_digest, limit_digest
from services.changes.engine import ChangeEngine
from services.changes.registry import Changes
from services.changes.trail import Trace, Trail
from services.clock import ManualClock
from services.journal.journal import Journal
from services.models.aws_calls import AwsCall
from services.models.base import RawId
from services.models.changes import Plan, PlannedStep
from services.models.cloudtrail import Actor, ActorKind, TrailEvent
from services.models.ecs import ScalableTarget, ScheduledAction
from services.models.identity import Identity
from services.models.journal import Person
from services.models.problem import Problem, ProblemKind
from tests.services.changes.change_world import UNAPPROVED

NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)


class FakeAws:
    skew_seconds: float | None = None

    def __init__(self) -> None:
        self.minimum, self.maximum, self.desired, self.suspended = 2, 5, 4, False
        self.actions: dict[str, dict[str, Any]] = {}
        self.effects: Counter[int] = Counter()
        """By the identity of the confirmed call: how often it was carried out."""
        self.marks: set[str] = set()  # The marks of the requests that were carried out
        self.plans: list[Plan] = []
        self.faults: list[str] = []
        """What happens to the next writes: `lost-after`, `lost-before`, `throttled`, `invalid`, or "" for nothing."""

    async def identity(self) -> Identity:
        return Identity(account="123456789012", arn="arn", name="hanako")

    async def pages(self, service: str, operation: str, /, **params: Any) -> AsyncIterator[dict[str, Any]]:
        yield await self.read(service, operation, **params)

    async def read(self, service: str, operation: str, /, **_params: Any) -> dict[str, Any]:
        counts = {"desiredCount": self.desired, "runningCount": self.desired, "pendingCount": 0}
        suspended = {"DynamicScalingOutSuspended": self.suspended}
        target = {"MinCapacity": self.minimum, "MaxCapacity": self.maximum, "SuspendedState": suspended}
        answers: dict[str, dict[str, Any]] = {
            "DescribeScalableTargets": {"ScalableTargets": [target]},
            "DescribeServices": {"services": [{"serviceName": "staff-api", "status": "ACTIVE", **counts}]},
            "DescribeScheduledActions": {
                "ScheduledActions": [{"ScheduledActionName": name, **it} for name, it in self.actions.items()]
            },
            "DescribeScalingPolicies": {"ScalingPolicies": []},
            "DescribeScalingActivities": {"ScalingActivities": []},
            "GetMetricData": {"MetricDataResults": []},
        }
        return answers[operation]

    async def write(
        self, permit: WriteGrant, /, *, required: Any = (), timeout: float = 20.0
    ) -> dict[str, Any]:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "throttled":
            raise Throttled(_problem(ProblemKind.THROTTLED))
        if fault == "invalid":
            raise Invalid(_problem(ProblemKind.INVALID))
        if fault != "lost-before":
            self._carry_out(permit.call)
            self.marks.add(permit.mark)
        if fault:
            raise Unreachable(_problem(ProblemKind.UNREACHABLE))
        return dict.fromkeys(required, "x")

    def _carry_out(self, call: AwsCall) -> None:
        step = next(step for plan in self.plans for step in plan.steps if step.call is call)
        assert step.expects == self._digest(step.id, call.params, step.expects), "a stale plan was applied"
        self.effects[id(call)] += 1
        if call.operation == "RegisterScalableTarget":
            assert call.params.keys() == {
                "ServiceNamespace",
                "ResourceId",
                "ScalableDimension",
                "MaxCapacity",
            }
            self.maximum = call.params["MaxCapacity"]
            self.desired = min(self.desired, self.maximum)
        elif call.operation == "DeleteScheduledAction":
            del self.actions[call.params["ScheduledActionName"]]
        else:
            self.actions[call.params["ScheduledActionName"]] = {
                key: call.params[key] for key in ("Schedule", "Timezone", "ScalableTargetAction")
            }

    def _digest(self, step: str, params: dict[str, Any], expects: str) -> str:
        if step == "register":
            target = ScalableTarget(minimum=self.minimum, maximum=self.maximum, suspended=self.suspended)
            planned = limit_digest(target, stops=True, active=True)
            stops = self.desired > params["MaxCapacity"]
            return planned if expects == planned else limit_digest(target, stops=stops, active=True)
        there = self.actions.get(params["ScheduledActionName"])
        if there is None:
            return action_digest(None)
        return action_digest(
            ScheduledAction(
                id=RawId(""),
                name="",
                schedule=there["Schedule"],
                timezone=there["Timezone"],
                maximum=there["ScalableTargetAction"]["MaxCapacity"],
            )
        )


class FakeTrail(Trail):
    delay = timedelta()

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    async def trace(self, plan: Plan, step: PlannedStep, mark: str, ended: datetime | None) -> Trace:
        if mark not in self._aws.marks:
            return Trace(is_silent=bool(mark) and ended is not None)
        actor = Actor(kind=ActorKind.USER, name="hanako")
        operation = step.call.operation
        event = TrailEvent(
            id=RawId("1"), name=operation, source="", at=NOW, region="", actor=actor, mark=mark
        )
        return Trace(own=event)


def _problem(kind: ProblemKind) -> Problem:
    return Problem(kind=kind, summary=kind.value, at=NOW)


async def opened(aws: FakeAws, clock: ManualClock, path: Path, name: str) -> tuple[Journal, ChangeEngine]:
    session: Any = aws
    journal = Journal(path, clock=clock, person=lambda: Person(user=name), syslog=None)
    await journal.open()
    context = ChangeContext(
        runbook=UNAPPROVED,
        calendar=Calendar(UNAPPROVED),
        clock=clock,
        region="ap-northeast-1",
        reader=session,
    )
    engine = ChangeEngine(
        Changes(context),
        journal=journal,
        session=session,
        permits=WriteAuthorizer(clock, UNAPPROVED.system.account),
        clock=clock,
        authority=authority_of(context, journal),
        zone=context.zone,
        trail=FakeTrail(aws),
    )
    return journal, engine
