"""Restore drill (runbook: 運用カレンダー 四半期 DR訓練): a snapshot becomes an instance of our own, for a day. Its name
contains the plan's id and its tag is that id, so reading proves whether a request was carried out, and only
such an instance can be deleted again. Source: RestoreDBInstanceFromDBSnapshot, DescribeDBInstances (Amazon
RDS API reference); "Restoring to a DB instance" (user guide)."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from services.aws.client.errors import NotFound
from services.aws.rds.reader import RdsReader
from services.aws_cli.calls import call
from services.aws_cli.plans import requests_of
from services.calendar.calendar import Calendar
from services.changes.base import REVERT_AT, ChangeContext, observed, warning
from services.changes.drill_restore.state import RestoreState
from services.changes.drills import timing
from services.changes.drills.instances import DELETE, RESOURCE, TAG, instance_name, target_id
from services.changes.guarantees import Guarantees
from services.changes.kind import ChangeKind
from services.changes.rds.change import DatabaseChange
from services.changes.rds.cost import DatabaseCosts, MonthlyCost, day_text
from services.changes.rds.facts import facts
from services.changes.rds.state import ReadState, database_name, of_cluster, time_of
from services.changes.rds.watching import failed, running, watch
from services.changes.rds_class.state import offered
from services.changes.typed_values import as_typed, moment, normalized
from services.i18n import _
from services.models.aws_cli import CliCommand
from services.models.changes import (
    Caution,
    ChangeTarget,
    LiveState,
    Observation,
    Parameter,
    Plan,
    PlannedStep,
    Revert,
    Row,
)
from services.models.rds import Database, DatabaseState, Snapshot
from services.models.runbook import Runbook
from services.models.text import clean
from services.models.watches import Progress, WatchState

SNAPSHOT, CLASS_ID = "snapshot", "class"
NAMES = (SNAPSHOT, CLASS_ID, REVERT_AT)
SOONEST = timedelta(hours=2)
"""How long the instance exists at least if nothing else is chosen: restoring takes a part of it."""
AHEAD = timedelta(minutes=5)
NAMED = 6  # Choices that a refusal names


@dataclass(frozen=True, slots=True)
class RestoreParameters:
    snapshot: Snapshot
    instance_class: str
    delete_at: datetime  # UTC

    def as_typed(self, zone: tzinfo) -> dict[str, str]:
        return {
            SNAPSHOT: str(self.snapshot.id),
            CLASS_ID: self.instance_class,
            REVERT_AT: as_typed(self.delete_at, zone),
        }


def proposed_end(calendar: Calendar, runbook: Runbook, now: datetime) -> datetime:
    """When city hall closes (UTC), on the next open day if that is soon."""
    closes, day = runbook.closures.closes, calendar.day_of(now)
    for at in (calendar.local(calendar.first_open(day + timedelta(days=ahead)), closes) for ahead in (0, 1)):
        if at >= now + SOONEST:
            return at
    return now + timedelta(days=1)


def read_parameters(
    parameters: Mapping[str, str], state: RestoreState, calendar: Calendar, runbook: Runbook
) -> tuple[RestoreParameters | None, tuple[str, ...]]:
    """(the parsed parameters, or None; the reasons for refusing them). Missing parameters get their defaults."""
    snapshot, why = _snapshot(parameters.get(SNAPSHOT), state)
    if snapshot is None:
        return None, (why,)
    name = normalized(parameters.get(CLASS_ID) or state.original.instance_class)
    if name not in state.classes:
        text = _("{name} is not one of the classes up to that of the database: {choices}.")
        choices = _(", ").join(state.classes[:NAMED])
        return None, (text.format(name=clean(name), choices=choices),)
    default = as_typed(proposed_end(calendar, runbook, state.at), calendar.zone)
    typed = parameters.get(REVERT_AT) or default
    at, why = moment(_("Delete at"), typed, calendar.zone, state.at, AHEAD)
    return (None, (why,)) if at is None else (RestoreParameters(snapshot, name, at), ())


def _snapshot(typed: str | None, state: RestoreState) -> tuple[Snapshot | None, str]:
    name = normalized(typed or "")
    if not name:
        newest = state.default_snapshot
        return newest, "" if newest else _("There is no snapshot of the database that is available.")
    snapshot = next((each for each in state.snapshots if each.id == name), None)
    if snapshot is None:
        return None, _("The database has no snapshot {name}.", name=clean(name))
    if not state.is_usable(snapshot):
        text = _("The snapshot {name} is {status}; only one that is available can be restored.")
        return None, text.format(name=snapshot.name, status=snapshot.status)
    return snapshot, ""


# The step that restores an instance, and its state in words. Pure.
#
# Source: RestoreDBInstanceFromDBSnapshot (Amazon RDS API reference).


CREATE = "restore"


def restore(
    context: ChangeContext,
    target: ChangeTarget,
    values: RestoreParameters,
    state: RestoreState,
    name: str,
    id: str,
) -> PlannedStep:
    original = state.original
    params = {
        "DBInstanceIdentifier": name,
        "DBSnapshotIdentifier": str(values.snapshot.id),
        "DBInstanceClass": values.instance_class,
        "DBSubnetGroupName": str(original.subnet_group),
        "VpcSecurityGroupIds": [str(each) for each in original.security_groups],
        "DBParameterGroupName": str(original.parameter_group),
        "MultiAZ": False,
        "PubliclyAccessible": False,
        "DeletionProtection": False,
        "CopyTagsToSnapshot": False,
        "AutoMinorVersionUpgrade": False,
        "Tags": [{"Key": TAG, "Value": id}],
    }
    groups = _(", ").join(str(each) for each in original.security_groups)
    none = _("none")
    return context.step(
        CREATE,
        _("Restore the instance {name}", name=name),
        target,
        ("rds", "RestoreDBInstanceFromDBSnapshot", params),
        rows=(
            Row(name=_("Instance"), before=none, after=name),
            Row(name=_("Snapshot"), before=none, after=snapshot_title(values.snapshot, context.zone)),
            Row(name=_("Instance class"), before=none, after=values.instance_class),
            Row(name=_("Subnet group"), before=none, after=str(original.subnet_group)),
            Row(name=_("Security groups"), before=none, after=groups),
            Row(name=_("Public access"), before=none, after=_("no")),
            Row(name=_("Multi-AZ"), before=none, after=_("no")),
        ),
        expects=state.digest(values.snapshot, name),
        required=("DBInstance",),
    )


def exists_text(instance: Database) -> str:
    text = _("The instance {name} of an earlier drill still exists ({status}); delete it first.")
    return text.format(name=instance.name, status=instance.status)


def snapshot_title(snapshot: Snapshot, zone: tzinfo) -> str:
    at = time_of(snapshot.at, zone) if snapshot.at else "—"
    return _("{name} ({at})", name=snapshot.name, at=at)


def observed_text(state: RestoreState, snapshot: Snapshot | None, name: str, id: str) -> str:
    instance = state.named(name)
    if instance is not None and instance.tags.get(TAG) != id:
        return _("There is an instance {name} without the tag of this plan.", name=name)
    if instance is not None:
        return _("The instance {name} is {status}.", name=name, status=instance.status)
    others = state.drills
    if others:
        return exists_text(others[0])
    if snapshot is None or not state.is_usable(snapshot):
        return _("The snapshot is not available.")
    return _("There is no instance {name}.", name=name)


# Reads what a restore drill depends on.
#
# Source: DescribeDBInstances, DescribeDBSnapshots, DescribeOrderableDBInstanceOptions (Amazon RDS API reference).


class RestoreReads:
    def __init__(self, context: ChangeContext, rds: RdsReader, costs: DatabaseCosts) -> None:
        self._clock = context.clock
        self._rds = rds
        self._costs = costs

    async def state(self, target: ChangeTarget, chosen: str | None) -> RestoreState:
        name = database_name(target.id)
        databases, automatic, manual = await asyncio.gather(
            self._rds.databases(), self._rds.snapshots(name), self._rds.snapshots(name, "manual")
        )
        original = await self.original(name, databases)
        at, own = self._clock.now(), original.instance_class
        classes = (own,) if chosen in ("", own) else await self._classes(original)
        return RestoreState(at, original, databases, (*automatic, *manual), classes)

    async def original(self, name: str, databases: tuple[Database, ...]) -> Database:
        return next((each for each in databases if each.id == name), None) or await self._rds.database(name)

    async def _classes(self, original: Database) -> tuple[str, ...]:
        single = original.model_copy(update={"multi_az": False})
        options = await self._rds.classes(original.engine, original.engine_version)
        fitting = offered(options, ReadState(at=self._clock.now(), database=single))
        own = original.instance_class
        family = [each.name for each in fitting if each.name.rpartition(".")[0] == own.rpartition(".")[0]]
        return (*family[: family.index(own)], own) if own in family else (own,)

    async def costs(self, original: Database, values: RestoreParameters) -> tuple[MonthlyCost | None, ...]:
        single = original.model_copy(update={"multi_az": False})
        instance, gib = await asyncio.gather(
            self._costs.of_class(single, values.instance_class), self._costs.of_gib(single)
        )
        size = original.storage_gib
        return instance, gib.times(size) if gib is not None and size is not None else None


OFFERED = 20  # Snapshots that are offered


def form(state: RestoreState, runbook: Runbook, calendar: Calendar) -> tuple[Parameter, ...]:
    newest, zone = state.default_snapshot, calendar.zone
    usable = sorted(
        filter(state.is_usable, state.snapshots), key=lambda snapshot: snapshot.at or state.at, reverse=True
    )
    return (
        Parameter(
            id=SNAPSHOT,
            title=_("Snapshot"),
            kind="choice",
            default=str(newest.id) if newest else "",
            choices=tuple((str(each.id), snapshot_title(each, zone)) for each in usable[:OFFERED]),
            why=_("the newest automatic one"),
        ),
        Parameter(
            id=CLASS_ID,
            title=_("Instance class"),
            kind="choice",
            default=state.original.instance_class,
            choices=tuple((name, name) for name in state.classes),
            why=_("the class of the database, so that the time is comparable"),
            help=_("A smaller class costs less and may take longer."),
        ),
        Parameter(
            id=REVERT_AT,
            title=_("Delete at"),
            kind="moment",
            default=as_typed(proposed_end(calendar, runbook, state.at), zone),
            help=_("A dated duty reminds of it. Time in {zone}, e.g. 2026-12-01 17:00.", zone=zone.key),
        ),
    )


def obstacles(state: RestoreState) -> Iterator[str]:
    yield from map(exists_text, state.drills)
    original = state.original
    yield from of_cluster(original)
    if not (original.subnet_group and original.security_groups and original.parameter_group):
        yield _(
            "RDS does not report the database's subnet, security and parameter groups; without them the "
            "instance would not be placed as the database is."
        )


def warnings(state: RestoreState, values: RestoreParameters, zone: tzinfo) -> Iterator[Caution]:
    text = _("The instance holds the data of production: it is private, and reached as the database is.")
    yield warning(text)
    yield warning(_("It is charged until it is deleted; a dated duty reminds of that."))
    newest = state.default_snapshot
    if newest is not None and values.snapshot.at and newest.at and values.snapshot.at < newest.at:
        yield warning(_("A newer automatic snapshot exists, of {at}.", at=time_of(newest.at, zone)))


LASTS = timedelta(hours=12)  # How long a restore is followed; it usually takes a quarter of an hour
_READY = ("available", "storage-optimization")


class DrillRestore(DatabaseChange):
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
        values, refusals = read_parameters(parameters, state, self.context.calendar, self.context.runbook)
        reasons = [*self.unknown_names(parameters), *obstacles(state), *refusals]
        if values is None or reasons:
            return self.refused(target, parameters, reasons, id=id, read_at=state.at)
        zone = self.context.zone
        name = instance_name(str(state.original.id), id, zone)
        title = _("Delete the instance {name} of the restore drill", name=name)
        revert = Revert(
            way="duty", at=values.delete_at, title=title, values={}, kind=DELETE, target=target_id(name)
        )
        return self.planned(
            target,
            values.as_typed(zone),
            [restore(self.context, target, values, state, name, id)],
            id=id,
            read_at=state.at,
            title=_("Restore {snapshot} into an instance of its own", snapshot=values.snapshot.name),
            warnings=tuple(warnings(state, values, zone)),
            approval="restore",
            downtime=_("None"),
            cost=day_text(costs, self.context.runbook, at_most=bool(state.original.multi_az)),
            reversible=_("Yes: the instance can be deleted at any time."),
            revert=revert,
            watch=watch(
                ReadState(at=state.at, database=state.original),
                _("the instance {name} is available", name=name),
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
            text = _("There is no instance {name}.", name=name)
            return failed(text) if self.is_settled(plan) else running(text)
        text = _("The instance {name} is {status}.", name=name, status=instance.status)
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
