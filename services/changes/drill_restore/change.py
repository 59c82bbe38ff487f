"""Restore drill (runbook: 運用カレンダー 四半期 DR訓練): a snapshot becomes an instance of our own, for a day.

Its name contains the plan's id and its tag is that id, so reading proves whether a request was carried out, and only such
an instance can be deleted again. Source: RestoreDBInstanceFromDBSnapshot, DescribeDBInstances (Amazon RDS API
reference); "Restoring to a DB instance" (user guide).
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from services.aws.client.errors import NotFound
from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.changes.base import ChangeContext, observed
from services.changes.drill_restore.form import form
from services.changes.drill_restore.parameters import CLASS_ID, NAMES, read_parameters
from services.changes.drill_restore.reading import RestoreReads
from services.changes.drill_restore.state import RestoreState
from services.changes.drill_restore.steps import exists_text, observed_text, restore
from services.changes.drill_restore.warnings import obstacles, warnings
from services.changes.drills import timing
from services.changes.drills.instances import DELETE, RESOURCE, TAG, instance_name, target_id
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.rds.change import DatabaseChange
from services.changes.rds.cost import MonthlyCost, day_text
from services.changes.rds.facts import facts
from services.changes.rds.state import ReadState, database_name, time_of
from services.changes.rds.watching import failed, running, watch
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import ChangeTarget, LiveState, Observation, Parameter, Plan, PlannedStep, Revert
from services.models.rds import DatabaseState
from services.models.watches import Progress, WatchState

LASTS = timedelta(hours=12)
"""How long a restore is followed; it usually takes a quarter of an hour."""
_READY = ("available", "storage-optimization")


class DrillRestore(DatabaseChange):
    """Restores a snapshot into an instance that only this drill uses."""

    names = NAMES
    calls = (
        "cloudwatch:GetMetricData",
        "pricing:GetProducts",
        "rds:DescribeDBInstances",
        "rds:DescribeDBSnapshots",
        "rds:DescribeEvents",
        "rds:DescribeOrderableDBInstanceOptions",
        "rds:DescribePendingMaintenanceActions",
        "rds:RestoreDBInstanceFromDBSnapshot",
    )
    guarantees = Guarantees(
        proof="DescribeDBInstances: DBInstanceIdentifier, TagList",
        token="DBInstanceIdentifier",
        named=frozenset({"RestoreDBInstanceFromDBSnapshot"}),
        settles="DBInstanceStatus is available",
    )

    def __init__(self, kind: ChangeKind, context: ChangeContext) -> None:
        super().__init__(kind, context)
        self.restores = RestoreReads(context, self.reads.rds, self.costs)

    async def read_target(self, target: ChangeTarget) -> LiveState:
        current, state = await asyncio.gather(self.reads.state(target.id), self.restores.state(target, ""))
        with self.written_on(state.at):
            remarks = [exists_text(each) for each in state.drills]
            if (newest := state.default_snapshot) is not None and newest.at is not None:
                text = _("The newest automatic snapshot that can be restored is of {at}.")
                remarks.append(text.format(at=time_of(newest.at, self.context.zone)))
            return self.live(target, state.at, facts(current, self.context.zone), remarks)

    async def parameters(self, target: ChangeTarget) -> tuple[Parameter, ...]:
        state = await self.restores.state(target, None)
        with self.written_on(state.at):
            return form(state, self.context.runbook, self.context.calendar)

    async def plan(self, target: ChangeTarget, parameters: Mapping[str, str], id: str) -> Plan:
        state = await self.restores.state(target, parameters.get(CLASS_ID, ""))
        values, _refusals = read_parameters(parameters, state, self.context.calendar, self.context.runbook)
        costs = await self.restores.costs(state.original, values) if values else (None,)
        with self.written_on(state.at):
            return self.plan_on(target, parameters, state, costs, id)

    def plan_on(
        self,
        target: ChangeTarget,
        parameters: Mapping[str, str],
        state: RestoreState,
        costs: tuple[MonthlyCost | None, ...],
        id: str,
    ) -> Plan:
        """The plan from a given state and the monthly costs of the instance's parts; pure."""
        values, refusals = read_parameters(parameters, state, self.context.calendar, self.context.runbook)
        reasons = [*self.unknown_names(parameters), *obstacles(state), *refusals]
        if values is None or reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=state.at)
        zone = self.context.zone
        name = instance_name(str(state.original.id), id, zone)
        title = _("Delete the instance {name} of the restore drill").format(name=name)
        revert = Revert(
            way="duty", at=values.delete_at, title=title, values={}, kind=DELETE, target=target_id(name)
        )
        return self.planned(
            target,
            values.as_typed(zone),
            [restore(self.context, target, values, state, name, id)],
            id=id,
            read_at=state.at,
            title=_("Restore {snapshot} into an instance of its own").format(snapshot=values.snapshot.name),
            warnings=tuple(warnings(state, values, zone)),
            approval="restore",
            downtime=_("None"),
            cost=day_text(costs, self.context.runbook, at_most=bool(state.original.multi_az)),
            reversible=_("Yes: the instance can be deleted at any time."),
            revert=revert,
            watch=watch(
                ReadState(at=state.at, database=state.original),
                _("the instance {name} is available").format(name=name),
                lasts=LASTS,
                in_window=False,
            ),
        )

    def answered(self, plan: Plan, step: PlannedStep, answer: Mapping[str, Any]) -> Mapping[str, str]:
        instance = answer.get("DBInstance") or {}
        values = {"arn": instance.get("DBInstanceArn"), RESOURCE: instance.get("DbiResourceId")}
        return {name: str(value) for name, value in values.items() if value}

    async def observe(self, step: PlannedStep) -> Observation:
        params = step.call.params
        name, id = params["DBInstanceIdentifier"], params["Tags"][0]["Value"]
        databases, snapshot = await asyncio.gather(
            self.reads.rds.databases(), self.reads.rds.snapshot(params["DBSnapshotIdentifier"])
        )
        original = await self.restores.original(database_name(step.target), databases)
        state = RestoreState(self.context.clock.now(), original, databases)
        instance = state.named(name)
        return observed(
            state.digest(snapshot, name),
            observed_text(state, snapshot, name, id),
            after=instance is not None and instance.tags.get(TAG) == id,
            before=instance is None,
        )

    async def progress(self, plan: Plan, answers: Mapping[str, Mapping[str, str]]) -> Progress:
        name = plan.steps[0].call.params["DBInstanceIdentifier"]
        try:
            instance = await self.reads.rds.database(name)
        except NotFound:
            text = _("There is no instance {name}.").format(name=name)
            return failed(text) if self.is_settled(plan) else running(text)
        text = _("The instance {name} is {status}.").format(name=name, status=instance.status)
        if instance.status in _READY:
            return await self._measured(plan, name)
        return failed(text) if instance.state is DatabaseState.BROKEN else running(text)

    async def _measured(self, plan: Plan, name: str) -> Progress:
        now, since = self.context.clock.now(), timing.requested_at(self.context.runs(), plan)
        events = await self.reads.rds.events(name, over=now - since + timing.SKEW)
        took = timing.minutes(since, timing.restored_at(events, since, now))
        text = _("The instance {name} is available, {minutes} minutes after the request.")
        return Progress(
            state=WatchState.DONE,
            text=text.format(name=name, minutes=took),
            percent=100,
            measured={
                timing.MINUTES: took,
                timing.SNAPSHOT: plan.steps[0].call.params["DBSnapshotIdentifier"],
            },
        )

    def cli_commands(self, plan: Plan) -> Iterable[CliCommand]:
        yield from requests_of(plan)
        for step in plan.steps:
            yield call(
                "rds",
                "DescribeDBInstances",
                {"DBInstanceIdentifier": step.call.params["DBInstanceIdentifier"]},
                query="DBInstances[].{Status:DBInstanceStatus,Endpoint:Endpoint.Address,Tags:TagList}",
                purpose=_("Afterwards: Status becomes available; then the data can be queried."),
            )
